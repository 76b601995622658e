//! Random supervision trees under random kills, crashes, failing starts and calls. When the faults stop, the tree must work.
use super::spec::{nested, supervisor, worker};
use crate::{
    World,
    cast::{Begin, Manner},
};
use peerd_otp::supervisor::{ChildSpec, NAME, Request, Restart, Shutdown, SupervisorSpec};
use peerd_vat::{Activity, Reason};

const DEPTH_MAX: u32 = 3;
/// More than the orders to die that one run gives.
const LIVES_MAX: u32 = 20;
/// Longer than all children of a tree may take to stop, one after the other.
const LONG_MS: u64 = 200_000;

#[derive(Default)]
struct Names {
    supervisors: Vec<String>,
    workers: Vec<String>,
}

pub fn play(world: &mut World) {
    let mut names = Names { supervisors: vec!["top".into()], workers: Vec::new() };
    let top = draw_tree(world, &mut names, 1);
    world.boot(&top);
    for _ in 0..world.draw.between(5, 60) {
        disturb(world, &names);
        match world.draw.below(4) {
            0 => world.settle(),
            1 => {
                let ms = world.draw.below(3_000);
                world.advance(ms);
            }
            _ => drop(world.turn()),
        }
    }
    heal(world, &names);
}

fn draw_tree(world: &mut World, names: &mut Names, depth: u32) -> SupervisorSpec {
    let mut children = Vec::new();
    for _ in 0..world.draw.between(1, 4) {
        if depth < DEPTH_MAX && world.draw.one_in(3) {
            let id = format!("s{}", names.supervisors.len());
            names.supervisors.push(id.clone());
            let spec = draw_tree(world, names, depth + 1);
            children.push(nested(&id, &spec).restart(draw_restart(world)));
        } else {
            children.push(draw_worker(world, names));
        }
    }
    let period_ms = world.draw.between(1_000, 10_000);
    supervisor(world.draw.below(6) as u32, period_ms, children)
}

fn draw_worker(world: &mut World, names: &mut Names) -> ChildSpec {
    let id = format!("w{}", names.workers.len());
    names.workers.push(id.clone());
    let (manner, shutdown) = match world.draw.below(6) {
        0 => (Manner::Slow(world.draw.below(1_500)), Shutdown::Ms(1_000)),
        1 => (Manner::Deaf, Shutdown::Ms(world.draw.below(1_000))),
        2 => (Manner::Odd("odd".into()), Shutdown::Infinity),
        3 => (Manner::Plain, Shutdown::BrutalKill),
        _ => (Manner::Plain, Shutdown::Ms(1_000)),
    };
    worker(&id, manner, draw_restart(world), shutdown)
}

fn draw_restart(world: &mut World) -> Restart {
    *world.draw.pick(&[Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary]).expect("there are some")
}

fn disturb(world: &mut World, names: &Names) {
    let worker = world.draw.pick(&names.workers).cloned().unwrap_or_default();
    let supervisor = world.draw.pick(&names.supervisors).cloned().unwrap_or_default();
    match world.draw.below(12) {
        0 | 1 => world.exit(&worker, Reason::Kill),
        2 => world.exit(&supervisor, Reason::Kill),
        3 => world.exit(&supervisor, Reason::Other("stranger".into())),
        4 => drop(world.tell(&worker, "die")),
        5 => drop(world.tell(&worker, "stop")),
        6 => drop(world.tell(&supervisor, "noise")),
        7 => world.injector.crash_in(world.draw.between(1, 30)),
        8 => {
            let begin = *world.draw.pick(&[Begin::Up, Begin::Ignore, Begin::Crash]).expect("there are some");
            world.plan.set(&worker, &[begin, Begin::Up]);
        }
        9 => {
            let id = format!("d{}", world.draw.below(5));
            let shutdown = Shutdown::Ms(world.draw.below(500));
            let spec = self::worker(&id, Manner::Plain, draw_restart(world), shutdown);
            world.call(&supervisor, Request::StartChild(spec));
        }
        10 => world.call(&supervisor, Request::TerminateChild(worker)),
        _ => {
            let request = match world.draw.below(4) {
                0 => Request::RestartChild(worker),
                1 => Request::DeleteChild(worker),
                2 => Request::WhichChildren,
                _ => Request::CountChildren,
            };
            world.call(&supervisor, request);
        }
    }
}

fn heal(world: &mut World, names: &Names) {
    world.injector.heal();
    for worker in &names.workers {
        world.plan.set(worker, &[Begin::Up]);
    }
    world.advance(LONG_MS);
    // What was sent to children while their supervisor was down waits for them, orders to die included: they may bring it down again.
    for _ in 0..LIVES_MAX {
        world.revive();
        world.advance(LONG_MS);
    }
    let top = world.lives("top");
    world.require(top, "the top supervisor can be started again");
    for supervisor in names.supervisors.iter().filter(|name| world.lives(name)).cloned().collect::<Vec<_>>() {
        complete(world, &supervisor);
    }
    for worker in names.workers.iter().filter(|name| world.lives(name)).cloned().collect::<Vec<_>>() {
        world.tell(&worker, "ping heal");
        world.settle();
        let works = world.said(&format!("pong {worker} heal"));
        world.require(works, &format!("{worker} works"));
    }
    let orphan = orphan(world);
    world.require(orphan.is_none(), &format!("nobody but the deaf lives without its supervisor: {orphan:?}"));
}

/// A supervisor that lives lists settled children, and all that it lists can be made to run.
fn complete(world: &mut World, supervisor: &str) {
    let list = ask(world, supervisor, Request::WhichChildren).unwrap_or_else(|| "restarting".into());
    world.require(!list.contains("restarting"), &format!("{supervisor} lists settled children, not {list}"));
    for stopped in list.split(", ").filter_map(|child| child.strip_suffix(" (stopped)")) {
        let answer = ask(world, supervisor, Request::RestartChild(stopped.into()));
        world.require(answer.as_deref() == Some("started"), &format!("{stopped} of {supervisor} starts, not {answer:?}"));
    }
    let count = ask(world, supervisor, Request::CountChildren).unwrap_or_default();
    let numbers: Vec<&str> = count.trim_matches(['[', ']']).split(',').collect();
    let all = numbers.len() == 4 && numbers[0] == numbers[1];
    world.require(all, &format!("all children of {supervisor} run, not {count}"));
}

/// The answer to a call. It may take its time: a deaf child left over from an earlier life is given its own first.
fn ask(world: &mut World, supervisor: &str, request: Request) -> Option<String> {
    let before = world.words().count();
    world.call(supervisor, request);
    world.advance(LONG_MS);
    world.words().skip(before).find_map(|word| word.1.split_once(": ").map(|said| said.1.to_owned()))
}

/// A supervisor that lives though its own does not: a worker may be deaf, a supervisor never is.
fn orphan(world: &World) -> Option<String> {
    let rows = world.vat().rows();
    let dead = |state| matches!(state, Activity::Ended | Activity::Buried);
    let orphan = rows.iter().find(|row| {
        let parent = rows.iter().find(|other| Some(other.id) == row.parent);
        row.behaviour == NAME && !dead(row.state) && parent.is_none_or(|parent| dead(parent.state))
    });
    orphan.map(|row| row.label.clone())
}
