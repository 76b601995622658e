//! Calls of one reference arrive in the order they were made, whatever way they had to take.
use peerd_captp::*;

use crate::world::*;

fn numbers(world: &mut World, peer: usize) -> Vec<i64> {
    world
        .delivered(peer)
        .iter()
        .filter_map(|(_, args)| args.first().and_then(|value| if let Value::Integer(number) = value { number.to_i64() } else { None }))
        .collect()
}

fn send(world: &mut World, peer: usize, to: Ref, number: i64) {
    world.peers[peer].send(to, vec![Value::integer(number)]).expect("a call");
}

#[test]
fn what_waited_for_a_promise_arrives_before_what_came_later() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let object = world.object(1, |_, _, _| {});
    let (promise, resolver) = world.peers[1].promise();
    let far = world.give_promise(1, promise, 0);
    for number in 0..3 {
        send(&mut world, 0, far, number);
        world.run();
    }
    world.peers[1].settle(resolver, fulfilled(Value::Ref(object))).expect("once");
    for number in 3..6 {
        send(&mut world, 0, far, number);
    }
    world.run();
    assert_eq!(numbers(&mut world, 1), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn an_answer_that_comes_home_does_not_let_a_later_call_overtake() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let mine = world.object(0, |_, _, _| {});
    let echo = world.object(1, |peer, mut args, answer| {
        peer.settle(answer.expect("a call"), fulfilled(args.remove(0))).expect("asked just now");
    });
    let far = world.give(1, echo, 0);
    world.latency = 50 * MS;
    let promise = world.peers[0].call(far, vec![Value::Ref(mine)]).expect("a call");
    world.peers[0].listen(promise).expect("held");
    world.run_for(60);
    // Leaves before the answer is here, and comes back to us after it.
    send(&mut world, 0, Ref::Promise(promise), 1);
    world.run_for(45);
    assert!(world.settled(0, promise).is_some());
    send(&mut world, 0, Ref::Promise(promise), 2);
    world.run();
    assert_eq!(numbers(&mut world, 0), [1, 2]);
}

#[test]
fn an_answer_that_is_a_third_peers_does_not_let_a_later_call_overtake() {
    let mut world = World::new(3);
    world.connect(0, 1);
    world.connect(1, 2);
    world.connect(0, 2);
    let object = world.object(2, |_, _, _| {});
    let at_carol = world.give(2, object, 1);
    let giver = world.object(1, move |peer, _, answer| {
        peer.settle(answer.expect("a call"), fulfilled(Value::Ref(at_carol))).expect("asked just now");
    });
    let far = world.give(1, giver, 0);
    world.latency = 50 * MS;
    let promise = world.peers[0].call(far, Vec::new()).expect("a call");
    world.peers[0].listen(promise).expect("held");
    world.run_for(60);
    send(&mut world, 0, Ref::Promise(promise), 1);
    // The gift is withdrawn meanwhile, and bob forwards the call.
    world.run_for(45);
    send(&mut world, 0, Ref::Promise(promise), 2);
    world.run();
    send(&mut world, 0, Ref::Promise(promise), 3);
    world.run();
    assert_eq!(numbers(&mut world, 2), [1, 2, 3]);
}

#[test]
fn once_all_that_went_along_is_answered_the_way_is_short() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let mine = world.echo(0);
    let echo = world.object(1, |peer, mut args, answer| {
        peer.settle(answer.expect("a call"), fulfilled(args.remove(0))).expect("asked just now");
    });
    let far = world.give(1, echo, 0);
    let promise = world.peers[0].call(far, vec![Value::Ref(mine)]).expect("a call");
    let along = world.peers[0].call(Ref::Promise(promise), vec![Value::integer(1)]).expect("a call");
    assert_eq!(world.outcome_kept(0, promise), fulfilled(Value::Ref(mine)));
    assert!(matches!(world.outcome(0, along), Outcome::Fulfilled(_)));
    let before = world.sent(0);
    assert_eq!(world.ask(0, Ref::Promise(promise), &[Value::integer(2)]), fulfilled(Value::List(vec![Value::integer(2)])));
    assert_eq!(world.sent(0), before);
    assert_eq!(numbers(&mut world, 0), [1, 2]);
}

#[test]
fn calls_of_a_promise_that_becomes_a_third_peers_are_forwarded_in_order() {
    let mut world = World::new(3);
    world.connect(0, 1);
    world.connect(1, 2);
    world.latency = 50 * MS;
    let object = world.object(2, |_, _, _| {});
    let at_carol = world.give(2, object, 1);
    let (promise, resolver) = world.peers[1].promise();
    let far = world.give_promise(1, promise, 0);
    for number in 0..3 {
        send(&mut world, 0, far, number);
    }
    world.run();
    world.peers[1].settle(resolver, fulfilled(Value::Ref(at_carol))).expect("once");
    for number in 3..6 {
        send(&mut world, 0, far, number);
        world.run();
    }
    assert_eq!(numbers(&mut world, 2), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_row_of_promises_keeps_the_order_of_what_waited_at_each() {
    let mut world = World::new(1);
    let object = world.object(0, |_, _, _| {});
    let row: Vec<(Promise, Resolver)> = (0..100).map(|_| world.peers[0].promise()).collect();
    for number in 0..3 {
        send(&mut world, 0, Ref::Promise(row[0].0), number);
    }
    for two in row.windows(2) {
        world.peers[0].settle(two[0].1, fulfilled(Value::Ref(Ref::Promise(two[1].0)))).expect("once");
        send(&mut world, 0, Ref::Promise(row[0].0), 3);
    }
    world.peers[0].settle(row[99].1, fulfilled(Value::Ref(object))).expect("once");
    send(&mut world, 0, Ref::Promise(row[0].0), 4);
    world.run();
    let found = numbers(&mut world, 0);
    assert!(found.is_sorted() && found.len() == 103, "{found:?}");
    for (promise, _) in row {
        world.peers[0].release(Ref::Promise(promise));
    }
    assert_eq!(world.peers[0].totals(), Totals::default());
}

#[test]
fn a_ring_of_promises_breaks_all_of_them() {
    let mut world = World::new(1);
    let ring: Vec<(Promise, Resolver)> = (0..5).map(|_| world.peers[0].promise()).collect();
    for at in 0..5 {
        let next = ring[(at + 1) % 5].0;
        world.peers[0].settle(ring[at].1, fulfilled(Value::Ref(Ref::Promise(next)))).expect("once");
    }
    for (promise, _) in ring {
        assert_eq!(world.outcome(0, promise), Outcome::Broken(Reason::Machine("a promise of itself")));
    }
    assert_eq!(world.peers[0].totals(), Totals::default());
}

#[test]
fn promises_that_end_at_different_times_each_keep_their_order() {
    // Over many schedules: which promise is settled when, and when calls are made, drawn from a small generator.
    for seed in 0..50_u64 {
        let mut world = World::new(3);
        world.connect(0, 1);
        world.connect(1, 2);
        world.latency = 5 * MS;
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let targets = [
            world.object(1, |_, _, _| {}),
            {
                let far = world.object(2, |_, _, _| {});
                world.give(2, far, 1)
            },
            {
                let home = world.object(0, |_, _, _| {});
                world.give(0, home, 1)
            },
        ];
        let (promise, resolver) = world.peers[1].promise();
        let far = world.give_promise(1, promise, 0);
        let target = draw(3) as usize;
        let settle_at = draw(20);
        for number in 0..20 {
            if number == settle_at {
                world.peers[1].settle(resolver, fulfilled(Value::Ref(targets[target]))).expect("once");
            }
            if draw(2) == 0 {
                send(&mut world, 0, far, number as i64);
            } else {
                let promise = world.peers[0].call(far, vec![Value::integer(number as i64)]).expect("a call");
                world.peers[0].release(Ref::Promise(promise));
            }
            if draw(3) == 0 {
                world.run();
            }
        }
        world.run();
        let found = numbers(&mut world, [1, 2, 0][target]);
        assert_eq!(found, (0..20).collect::<Vec<i64>>(), "{seed}: to {target}, settled at {settle_at}");
    }
}
