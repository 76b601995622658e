//! Peers of one thread, joined in memory: nothing is measured but the machines.
use peerd_captp::{Limits, Object, Ref, Value};
use peerd_ocapn::{Memory, now};

use crate::{
    caller::{Caller, ECHO, OTHERS, TAKER},
    process::{cpu, resident},
};

/// Calls under way at a time.
const WINDOW: u64 = 500;

type Values = Result<Vec<f64>, String>;

fn joined(peers: usize) -> Memory<Caller> {
    let members = (0..peers).map(|at| (["a", "b", "c"][at], [at as u8 + 1; 32], Caller::default())).collect();
    let mut memory = Memory::new(members, Limits::default());
    for at in 0..peers {
        let (peer, objects) = memory.member(at);
        *objects = Caller::new(peer);
    }
    memory.run(now());
    memory
}

/// The first has the echo of the second.
fn pair() -> Memory<Caller> {
    let mut memory = joined(2);
    fetch(&mut memory, 1, ECHO.0);
    memory
}

/// By the first.
fn fetch(memory: &mut Memory<Caller>, of: usize, swiss: &[u8]) {
    let location = memory.location(of);
    let (peer, objects) = memory.member(0);
    objects.fetch(peer, location, swiss);
    memory.run(now());
}

fn play(memory: &mut Memory<Caller>, calls: u64) -> Result<(), String> {
    let (peer, objects) = memory.member(0);
    objects.begin(peer, calls, WINDOW);
    memory.run(now());
    let (_, objects) = memory.member(0);
    match &objects.failed {
        Some(why) => Err(why.clone()),
        None if objects.answered == calls => Ok(()),
        None => Err(format!("{} of {calls} were answered", objects.answered)),
    }
}

/// Calls for each second of CPU that both ends take.
pub fn calls(calls: u64) -> Values {
    let mut memory = pair();
    play(&mut memory, calls / 10)?;
    let before = cpu();
    play(&mut memory, calls)?;
    Ok(vec![calls as f64 / (cpu() - before)])
}

/// In both directions, what collects them included, without what a carrier adds.
pub fn bytes_per_call(calls: u64) -> Values {
    let mut memory = pair();
    play(&mut memory, calls)?;
    let before = memory.carried;
    play(&mut memory, calls)?;
    Ok(vec![(memory.carried - before) as f64 / calls as f64])
}

/// So many objects of ours in the hands of a peer that keeps them: what both ends' memory grew by.
pub fn bytes_per_export(exports: u64) -> Values {
    const AT_ONCE: u64 = 1_000;
    let mut memory = pair();
    play(&mut memory, 1_000)?;
    let before = resident();
    for first in (0..exports).step_by(AT_ONCE as usize) {
        let (peer, objects) = memory.member(0);
        let Some(Value::Ref(far)) = objects.far else { return Err("nothing was fetched".into()) };
        let refs = (first..first + AT_ONCE).map(|object| Ref::Local(Object(object + OTHERS)).into()).collect();
        peer.send(far, refs).map_err(|refused| format!("{refused:?}"))?;
        memory.run(now());
    }
    Ok(vec![(resident() - before) / exports as f64])
}

/// The first has what is the last's and gives it to the second, who calls it: handoffs, each with its call, for a
/// second of CPU of all three.
pub fn handoffs(handoffs: u64) -> Values {
    let mut memory = joined(3);
    fetch(&mut memory, 2, ECHO.0);
    let given = memory.member(0).1.far.take().ok_or("nothing was fetched")?;
    fetch(&mut memory, 1, TAKER.0);
    let before = cpu();
    for _ in 0..handoffs {
        let (peer, objects) = memory.member(0);
        let Some(Value::Ref(taker)) = objects.far else { return Err("nothing was fetched".into()) };
        peer.send(taker, vec![given.clone()]).map_err(|refused| format!("{refused:?}"))?;
        memory.run(now());
    }
    let took = cpu() - before;
    match memory.member(1).1 {
        Caller { failed: Some(why), .. } => Err(why.clone()),
        Caller { answered, .. } if *answered == handoffs => Ok(vec![handoffs as f64 / took]),
        Caller { answered, .. } => Err(format!("{answered} of {handoffs} arrived")),
    }
}
