//! When the faults stop, everything must work: calls settle, supervisors are quiet and complete, queues are empty.
use super::{Inside, Script};
use crate::World;
use peerd_otp::supervisor::{self, OnFault, Request};
use peerd_vat::Activity;
use std::collections::BTreeSet;

/// More than the orders to die that one script gives to one tree.
const LIVES_MAX: u32 = 100;
/// Longer than all children of one tree may take to stop, one after the other.
const LONG_MS: u64 = 400_000;
/// Longer than one child may.
const SHORT_MS: u64 = 10_000;

pub(super) fn heal(world: &mut World, script: &Script) {
    world.heal_host();
    world.advance(LONG_MS);
    // What was sent to children while their supervisor was down waits for them, orders to die included: they may bring it down again.
    let mut supervisors = Vec::new();
    script.top.visit(&mut |node| {
        if matches!(node.inside, Inside::Supervisor { .. }) {
            supervisors.push(node.label.clone());
        }
    });
    for _ in 0..LIVES_MAX {
        if world.failed() || (world.lives("top") && !unpark(world, &supervisors)) {
            break;
        }
        world.revive();
        world.advance(LONG_MS);
    }
    let top = world.lives("top");
    world.require(top, "the top supervisor can be started again");
    // One that went down meanwhile, over what waited for its children, is a child of another: until a round in which all stay up.
    let mut stay_up = false;
    for _ in 0..LIVES_MAX {
        // With the one on top all others may be down, and nobody left to say so.
        stay_up = world.lives("top");
        revive(world);
        for label in &supervisors {
            if world.failed() {
                return;
            }
            // Asked each time: its own has just been made to start it again.
            if living(world).contains(label) {
                stay_up &= complete(world, label);
            }
        }
        if stay_up {
            break;
        }
    }
    world.require(stay_up, "there is a round in which all supervisors stay up");
    members_answer(world, script);
    queues_are_empty(world);
}

/// Starts the top supervisor again if it is gone.
fn revive(world: &mut World) {
    if !world.lives("top") {
        world.revive();
        world.advance(LONG_MS);
    }
}

fn living(world: &World) -> BTreeSet<String> {
    world.living().map(|row| row.label).collect()
}

/// What was sent to parked children waits for them, too. Whether there were any.
fn unpark(world: &mut World, supervisors: &[String]) -> bool {
    let living = living(world);
    let mut some = false;
    for label in supervisors.iter().filter(|label| living.contains(*label)) {
        let list = ask(world, label, Request::WhichChildren, 0).unwrap_or_default();
        for parked in list.split(", ").filter_map(|child| child.strip_suffix(" (parked)")) {
            some = true;
            world.call(label, Request::RestartChild(parked.into()));
        }
    }
    some
}

/// A supervisor that lives lists settled children, and all that it lists can be made to run. Some of them may fail over what
/// waited for them, and others with them: then once more. Whether it lives to the end of that.
fn complete(world: &mut World, label: &str) -> bool {
    // It may be busy with what waited for it.
    let which = |world: &mut World| ask(world, label, Request::WhichChildren, SHORT_MS);
    let mut count = String::new();
    for _ in 0..LIVES_MAX {
        // The one on top is nobody's child: it is started again here.
        if !world.lives(label) {
            if label != "top" {
                return false;
            }
            revive(world);
        }
        // One that had dropped its link has ended without a word to its supervisor: it is stopped like one that runs.
        let Some(listed) = which(world) else { continue };
        let living = living(world);
        for silent in listed.split(", ").filter(|child| is_name(child) && !living.contains(*child)) {
            let answer = ask(world, label, Request::TerminateChild(silent.into()), SHORT_MS);
            let stops = answer.as_deref() == Some("ok") || !world.lives(label);
            world.require(stops, &format!("{silent} of {label} is stopped, not {answer:?}"));
        }
        let Some(mut list) = which(world) else { continue };
        if list.contains("restarting") {
            // It fails over one thing after the other that waited for it, with a backoff after each.
            world.advance(LONG_MS);
            let Some(later) = which(world) else { continue };
            list = later;
        }
        let is_settled = !list.contains("restarting") || !world.lives(label);
        world.require(is_settled, &format!("{label} lists settled children, not {list}"));
        for stopped in list.split(", ").filter_map(|child| child.strip_suffix(" (stopped)")) {
            let answer = ask(world, label, Request::RestartChild(stopped.into()), SHORT_MS);
            // Running, or restarting: with a sibling that failed it was started again meanwhile, or will be. None: that brought its
            // supervisor down. That all run in the end is asked below.
            let runs = matches!(answer.as_deref(), Some("started" | "running" | "restarting")) || !world.lives(label);
            world.require(runs, &format!("{stopped} of {label} starts, not {answer:?}"));
        }
        // One that failed over what waited for it may be waiting to be started again.
        world.advance(SHORT_MS);
        count = ask(world, label, Request::CountChildren, 0).unwrap_or_default();
        let mut numbers = count.trim_matches(['[', ']']).split(',');
        if world.failed() || numbers.next().is_some_and(|specs| !specs.is_empty() && numbers.next() == Some(specs)) {
            return true;
        }
    }
    world.require(false, &format!("all children of {label} run, not {count}"));
    true
}

/// Of a child that runs, as far as its supervisor knows.
fn is_name(child: &str) -> bool {
    !child.is_empty() && !child.contains(' ')
}

/// The answer to a call, waited for so long. Old calls may be answered meanwhile.
fn ask(world: &mut World, supervisor: &str, request: Request, ms: u64) -> Option<String> {
    let before = world.words().len();
    let asked = crate::words::asked(&request);
    let begins = format!("{} {asked}: ", world.question(supervisor, request));
    let answer = |world: &World| world.words().skip(before).find_map(|word| word.1.strip_prefix(&begins).map(str::to_owned));
    world.settle();
    if answer(world).is_none() {
        world.advance(ms);
    }
    answer(world)
}

/// Every member that lives answers, and waits for no call any more, unless it may have been resumed: the turn that failed may have
/// been that of a reply.
fn members_answer(world: &mut World, script: &Script) {
    let mut never_resumed = BTreeSet::new();
    script.top.visit(&mut |node| {
        if node.on_fault == OnFault::End {
            never_resumed.insert(node.label.clone());
        }
    });
    let members: Vec<String> = world.living().filter(|row| row.behaviour == "member").map(|row| row.label).collect();
    let before = world.words().len();
    for member in &members {
        world.tell(member, "report");
    }
    world.settle();
    let said: BTreeSet<String> = world.words().skip(before).map(|word| word.1.to_owned()).collect();
    for member in &members {
        let heard = said.iter().find(|word| word.starts_with(&format!("here {member} ")));
        let waits = heard.is_none_or(|heard| *heard != format!("here {member} 0"));
        let works = heard.is_some() && !(waits && never_resumed.contains(member));
        if !works {
            world.require(works, &format!("{member} answers and all its calls are settled, not {heard:?}"));
        }
    }
}

fn queues_are_empty(world: &mut World) {
    let rows = world.vat().rows();
    let busy = rows.iter().find(|row| matches!(row.state, Activity::Waiting | Activity::Runnable) && row.queued > 0);
    world.require(busy.is_none(), &format!("nothing waits for anybody who lives: {busy:?}"));
    let held = rows.iter().find(|row| row.state == Activity::Faulted);
    world.require(held.is_none(), &format!("nobody waits for ever for a decision: {held:?}"));
    // A supervisor that lives though its own does not: a member may be deaf, a supervisor never is.
    let dead = |state| matches!(state, Activity::Ended | Activity::Buried);
    let orphan = rows.iter().find(|row| {
        let parent = rows.iter().find(|other| Some(other.id) == row.parent);
        row.behaviour == supervisor::NAME && !dead(row.state) && parent.is_none_or(|parent| dead(parent.state))
    });
    world.require(orphan.is_none(), &format!("no supervisor lives without its own: {orphan:?}"));
    world.judge_queues();
}
