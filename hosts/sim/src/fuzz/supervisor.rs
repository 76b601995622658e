//! Bytes as a tree of a few actors and a sequence of commands to its supervisors, under all checkers, the model among them.
use super::bytes::Bytes;
use crate::{
    Watch,
    cast::{Begin, Manner},
    render,
    script::{Inside, Node, Room, Script, Step},
    shrink,
};
use peerd_otp::supervisor::{AutoShutdown, Backoff, OnFault, Replace, Request, Restart, Shutdown, Strategy};
use peerd_vat::Reason;

/// Limit: children of one supervisor, and commands of one sequence.
const CHILDREN_MAX: u64 = 4;
const STEPS_MAX: usize = 40;

pub fn supervisor(bytes: &[u8]) -> Result<(), String> {
    let mut bytes = Bytes::new(bytes);
    let mut names = Names::default();
    let top = tree(&mut bytes, &mut names, "top".into(), 0);
    let fuel = *bytes.pick(&[1, 2, 64]);
    let mut steps = Vec::new();
    while !bytes.is_empty() && steps.len() < STEPS_MAX {
        steps.push(step(&mut bytes, &names));
    }
    let script = Script { top, steps, fuel, room: Room::Ample, counsel: false };
    script.play(1, Watch::Checks).verdict().map_err(|why| {
        let (short, why) = shrink(&script, 1, &why);
        let told = render(short.play(1, Watch::All).facts());
        format!("{why}\n{short}{told}")
    })
}

#[derive(Default)]
struct Names {
    supervisors: Vec<String>,
    members: Vec<String>,
}

fn tree(bytes: &mut Bytes<'_>, names: &mut Names, label: String, depth: u32) -> Node {
    names.supervisors.push(label.clone());
    let strategy = *bytes.pick(&[Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne]);
    let auto_shutdown = *bytes.pick(&[AutoShutdown::Never, AutoShutdown::AnySignificant, AutoShutdown::AllSignificant]);
    let (intensity, period_ms) = (bytes.below(4) as u32, 1_000 + 500 * bytes.below(4));
    let mut children = Vec::new();
    for _ in 0..bytes.below(CHILDREN_MAX + 1) {
        let kind = bytes.byte();
        let mut child = if depth < 2 && kind.is_multiple_of(4) {
            let label = format!("s{}", names.supervisors.len());
            tree(bytes, names, label, depth + 1)
        } else {
            let label = format!("m{}", names.members.len());
            names.members.push(label.clone());
            member(bytes, label)
        };
        let restart = *bytes.pick(&[Restart::Permanent, Restart::Transient, Restart::Temporary]);
        let significant = auto_shutdown != AutoShutdown::Never && restart != Restart::Permanent && kind.is_multiple_of(2);
        let backoff = if kind >= 224 { Some(Backoff::new(100, 800)) } else { None };
        child = Node { restart, significant, backoff, ..child };
        children.push(child);
    }
    let inside = Inside::Supervisor { strategy, intensity, period_ms, auto_shutdown, children };
    let (on_fault, replace) = (OnFault::End, Replace::Forbidden);
    Node { label, restart: Restart::Permanent, shutdown: Shutdown::Infinity, significant: false, backoff: None, on_fault, replace, inside }
}

fn member(bytes: &mut Bytes<'_>, label: String) -> Node {
    let manners = [Manner::Plain, Manner::Slow(300), Manner::Deaf, Manner::Odd("odd".into()), Manner::Unlinked];
    let manner = bytes.pick(&manners).clone();
    let shutdown = match (bytes.below(3), &manner) {
        // A deaf child with all the time in the world would keep it all.
        (0, Manner::Plain | Manner::Slow(_) | Manner::Odd(_) | Manner::Unlinked) => Shutdown::Infinity,
        (1, _) => Shutdown::BrutalKill,
        _ => Shutdown::Ms(200),
    };
    let inside = Inside::Member(manner);
    let (on_fault, replace) = (OnFault::End, Replace::Forbidden);
    Node { label, restart: Restart::Permanent, shutdown, significant: false, backoff: None, on_fault, replace, inside }
}

fn step(bytes: &mut Bytes<'_>, names: &Names) -> Step {
    let nobody = ["nobody".to_owned()];
    let members = if names.members.is_empty() { &nobody[..] } else { &names.members };
    let (command, who, to) = (bytes.below(14), bytes.pick(members).clone(), bytes.pick(&names.supervisors).clone());
    let tell = |text: &str| Step::Tell { who: who.clone(), text: text.into() };
    match command {
        0 => Step::Settle,
        1 => Step::Turns(1 + bytes.below(8)),
        2 => Step::Pass { ms: 50 * bytes.below(64) },
        3 => tell("die"),
        4 => {
            let word = *bytes.pick(&["stop", "leave", "quit"]);
            tell(word)
        }
        5 => Step::Exit { who, reason: Reason::Kill },
        6 => Step::Exit { who: to, reason: bytes.pick(&[Reason::Kill, Reason::Shutdown, Reason::Normal]).clone() },
        7 => Step::Begin { who, begin: *bytes.pick(&[Begin::Crash, Begin::Ignore]) },
        8 => {
            // Who has the same id has the same manner: one life of it may have to stop another.
            let at = bytes.below(3);
            let manner = [Manner::Plain, Manner::Slow(300), Manner::Odd("odd".into())][at as usize].clone();
            let restart = *bytes.pick(&[Restart::Permanent, Restart::Transient, Restart::Temporary]);
            let node = Node { restart, inside: Inside::Member(manner), ..member(bytes, format!("{to}.{at}")) };
            Step::Call { to, request: Request::StartChild(node.child()) }
        }
        9 => Step::Call { to, request: Request::TerminateChild(who) },
        10 => Step::Call { to, request: Request::RestartChild(who) },
        11 => Step::Call { to, request: Request::DeleteChild(who) },
        12 => Step::Call { to, request: Request::WhichChildren },
        _ => Step::Call { to, request: Request::CountChildren },
    }
}
