//! What distance costs: links of 50 ms.
use peerd_captp::*;

use crate::world::*;

const LATENCY_MS: u64 = 50;

#[test]
fn a_pipelined_chain_costs_one_round_trip_however_deep() {
    for depth in 1..=64 {
        let mut world = World::new(2);
        world.connect(0, 1);
        // Each gives another of its kind.
        let next = world.object(1, |peer, _, answer| {
            peer.settle(answer.expect("a call"), fulfilled(Value::Ref(Ref::Local(Object(1))))).expect("asked just now");
        });
        assert_eq!(next, Ref::Local(Object(1)));
        let mut at = world.give(1, next, 0);
        world.latency = LATENCY_MS * MS;
        let start = world.now;
        let mut last = None;
        for _ in 0..depth {
            let promise = world.peers[0].call(at, Vec::new()).expect("a call");
            at = Ref::Promise(promise);
            last = Some(promise);
        }
        let outcome = world.outcome(0, last.expect("one at least"));
        assert!(matches!(outcome, Outcome::Fulfilled(Value::Ref(Ref::Far(_)))));
        assert_eq!(world.now - start, 2 * LATENCY_MS * MS, "{depth}");
    }
}

#[test]
fn a_chain_through_a_dial_costs_two_round_trips() {
    let mut world = World::new(2);
    let echo = world.echo(1);
    world.peers[1].register(b"echo", echo);
    world.latency = LATENCY_MS * MS;
    let start = world.now;
    let promise = world.peers[0].enliven(&Sturdyref { location: location("bob"), swiss: b"echo".to_vec() }).expect("a way there");
    let asked = world.peers[0].call(Ref::Promise(promise), vec![Value::Void]).expect("a call");
    assert_eq!(world.outcome(0, asked), fulfilled(Value::List(vec![Value::Void])));
    assert_eq!(world.now - start, 4 * LATENCY_MS * MS);
}

#[test]
fn what_was_said_together_leaves_together() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let echo = world.echo(1);
    let far = world.give(1, echo, 0);
    let before = world.sent(0);
    for _ in 0..100 {
        world.peers[0].send(far, Vec::new()).expect("a call");
    }
    world.run();
    let (pieces, bytes) = world.sent(0);
    assert_eq!(pieces - before.0, 1);
    assert_eq!(bytes - before.1, 100 * b"37:<10'op:deliver<11'desc:export1+>[]ff>".len());
}
