//! Of which programs both systems say something certain.
//!
//! workerd runs an alarm that is due as soon as it may, also between two segments of a handler; deletes everything at once, outside
//! of what a later abort undoes; and keeps what a handler wrote before it threw.
use super::program::{Act, End, Handler, Kind, Op, Program, Segment, Step};

/// Runs of an alarm that fail one after the other: a third would be tried again only after eight seconds.
pub const FAILURES_MAX: usize = 2;

pub fn is_certain(program: &Program) -> bool {
    let handlers = &program.handlers;
    let called = program.steps.iter().filter_map(|step| if let Step::Call(_, handler) = step { Some(*handler) } else { None });
    let told = handlers.iter().flat_map(|handler| handler.segments.iter().flat_map(|segment| &segment.ops)).filter_map(told);
    called.into_iter().all(|at| may_be_called(&handlers[at], program))
        && told.into_iter().all(|at| may_be_told(&handlers[at]))
        && program.objects.iter().all(|object| {
            let runs: Vec<&Handler> = object.alarm.iter().map(|at| &handlers[*at]).collect();
            let fails = |handlers: &[&Handler]| handlers.iter().all(|handler| handler.end != End::Answer);
            runs.iter().all(|run| may_be_an_alarm(run)) && !runs.windows(FAILURES_MAX + 1).any(fails)
        })
}

const fn told(op: &Op) -> Option<usize> {
    if let Act::Tell(_, handler) = op.act { Some(handler) } else { None }
}

/// The alarm of somebody becomes due by it.
fn sets_off(segment: &Segment, program: &Program) -> bool {
    segment.ops.iter().any(|op| match op.act {
        Act::SetAlarm(when) => when.is_due(),
        Act::Tell(_, told) => program.handlers[told].segments.iter().any(|segment| sets_off(segment, program)),
        _ => false,
    })
}

fn may_be_called(handler: &Handler, program: &Program) -> bool {
    let Some((last, before)) = handler.segments.split_last() else { return false };
    handler.segments.iter().all(is_sound)
        && !before.iter().any(|segment| sets_off(segment, program) && !segment.kind.is_undone())
        && (handler.end != End::Abort || (last.kind == Kind::Plain && last.ops.iter().all(|op| op.act != Act::DeleteAll)))
}

/// In one go, because its teller goes on meanwhile.
fn may_be_told(handler: &Handler) -> bool {
    matches!(&handler.segments[..], [only] if only.kind == Kind::Plain && only.ops.iter().all(|op| op.act != Act::DeleteAll))
}

/// In one go: what it did before it failed is undone. Tells nobody: its object may be telling already.
fn may_be_an_alarm(handler: &Handler) -> bool {
    let leaves = |op: &Op| op.act.writes() || matches!(op.act, Act::Out(_));
    may_be_told(handler)
        && handler.segments[0].ops.iter().all(|op| told(op).is_none())
        && (handler.end != End::Throw || !handler.segments[0].ops.iter().any(leaves))
}

fn is_sound(segment: &Segment) -> bool {
    let tells = segment.ops.iter().filter(|op| told(op).is_some()).count();
    segment.ops.iter().all(|op| match (&op.act, segment.kind) {
        (Act::DeleteAll, kind) => kind == Kind::Plain && segment.ops.len() == 1,
        (Act::Out(_) | Act::Tell(..), kind) => kind == Kind::Plain,
        (Act::GetMany(_) | Act::PutMany(_) | Act::DeleteMany(_) | Act::GetAlarm, kind) => !matches!(kind, Kind::Synchronous(_)),
        _ => true,
    }) && tells <= 1
        && !segment.ops.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workerd::generate::generate;

    #[test]
    fn programs_of_all_seeds_are_certain() {
        for seed in 0..2_000 {
            let program = generate(seed);
            assert!(is_certain(&program), "seed {seed}:\n{program}");
        }
    }
}
