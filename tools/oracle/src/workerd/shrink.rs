//! Smaller programs of a program: steps go first, then segments, then operations, then runs of alarms.
use super::program::{Act, End, Handler, Kind, Manner, Op, Program, Segment, Step};

/// Smaller ones, the smallest first. Handlers keep their numbers; those that nobody plays are emptied.
pub fn candidates(program: &Program) -> Vec<Program> {
    let steps = program.steps.len();
    let mut smaller: Vec<Program> =
        (1..=steps / 2).rev().map(|drop| Program { steps: program.steps[..steps - drop].to_vec(), ..program.clone() }).collect();
    let mut add = |change: &mut dyn FnMut(&mut Program)| {
        let mut one = program.clone();
        change(&mut one);
        smaller.push(one);
    };
    (0..steps).rev().for_each(|at| {
        add(&mut |one| {
            one.steps.remove(at);
        })
    });
    for (at, handler) in program.handlers.iter().enumerate() {
        let segments = handler.segments.len();
        if segments > 1 {
            (0..segments).rev().for_each(|segment| add(&mut |one| drop(one.handlers[at].segments.remove(segment))));
        }
        for (n, segment) in handler.segments.iter().enumerate() {
            if segment.ops.len() > 1 {
                (0..segment.ops.len()).rev().for_each(|op| add(&mut |one| drop(one.handlers[at].segments[n].ops.remove(op))));
            }
            if segment.ops.iter().any(|op| op.manner != Manner::Plain) {
                add(&mut |one| one.handlers[at].segments[n].ops.iter_mut().for_each(|op| op.manner = Manner::Plain));
            }
            if segment.kind != Kind::Plain {
                add(&mut |one| one.handlers[at].segments[n].kind = Kind::Plain);
            }
        }
        if handler.end == End::Throw {
            add(&mut |one| one.handlers[at].end = End::Answer);
        }
    }
    for (at, object) in program.objects.iter().enumerate() {
        (0..object.alarm.len()).rev().for_each(|run| {
            add(&mut |one| {
                one.objects[at].alarm.remove(run);
            })
        });
    }
    let unused: Vec<usize> =
        (0..program.handlers.len()).filter(|at| !is_played(program, *at) && program.handlers[*at] != nothing()).collect();
    if !unused.is_empty() {
        add(&mut |one| unused.iter().for_each(|at| one.handlers[*at] = nothing()));
    }
    smaller
}

fn nothing() -> Handler {
    let read = Op { act: Act::GetAlarm, manner: Manner::Plain };
    Handler { segments: vec![Segment { kind: Kind::Plain, ops: vec![read] }], end: End::Answer }
}

fn is_played(program: &Program, at: usize) -> bool {
    let tells = |handler: &Handler| {
        handler.segments.iter().flat_map(|segment| &segment.ops).any(|op| matches!(op.act, Act::Tell(_, told) if told == at))
    };
    program.steps.iter().any(|step| matches!(step, Step::Call(_, called) if *called == at))
        || program.objects.iter().any(|object| object.alarm.contains(&at))
        || program.handlers.iter().any(tells)
}
