//! Calls, answers, promises: what one peer asks of another.
use peerd_captp::*;

use crate::world::*;

fn two() -> World {
    let mut world = World::new(2);
    world.connect(0, 1);
    world
}

#[test]
fn a_call_is_answered_with_what_the_object_said() {
    let mut world = two();
    let echo = world.echo(1);
    let far = world.give(1, echo, 0);
    let args = [
        Value::Void,
        Value::Null,
        Value::Bool(true),
        Value::Integer(Integer::parse("-123456789012345678901234567890").expect("an integer")),
        Value::Float(-0.0),
        Value::Bytes([0, 255].into()),
        Value::text("text"),
        Value::symbol("symbol"),
        Value::List([Value::integer(1), Value::List(Vec::new())].into()),
        Value::Struct([("b".into(), Value::integer(1)), ("aa".into(), Value::integer(2))].into()),
        Value::Tagged("tag".into(), Box::new(Value::integer(3))),
        Value::Error("why".into()),
        Value::Sturdyref(Box::new(Sturdyref { location: location("bob"), swiss: [7; 32].into() })),
    ];
    assert_eq!(world.ask(0, far, &args), fulfilled(Value::List(args.into())));
}

#[test]
fn an_object_that_goes_home_is_itself_again() {
    let mut world = two();
    let echo = world.echo(1);
    let far = world.give(1, echo, 0);
    let mine = world.echo(0);
    assert_eq!(world.ask(0, far, &[Value::Ref(mine), Value::Ref(far)]), fulfilled(Value::List([Value::Ref(mine), Value::Ref(far)].into())));
    assert_eq!(world.delivered(1)[0].1[1], Value::Ref(echo));
}

#[test]
fn a_refusal_is_told_and_an_unknown_swiss_number_is_one() {
    let mut world = two();
    let grumpy = world.object(1, |peer, _, answer| {
        peer.settle(answer.expect("a call"), told("no")).expect("asked just now");
    });
    let far = world.give(1, grumpy, 0);
    assert_eq!(world.ask(0, far, &[]), told("no"));
    let (conn, _) = world.conns(0, 1);
    let unknown = world.peers[0].fetch(conn, b"nothing").expect("a session");
    assert_eq!(world.outcome(0, unknown), told("no such object"));
}

#[test]
fn calls_of_an_answer_go_ahead_of_it() {
    let mut world = two();
    let echo = world.echo(1);
    let maker = world.object(1, move |peer, _, answer| {
        peer.settle(answer.expect("a call"), fulfilled(Value::Ref(echo))).expect("asked just now");
    });
    let far = world.give(1, maker, 0);
    let made = world.peers[0].call(far, Vec::new()).expect("a call");
    let asked = world.peers[0].call(Ref::Promise(made), [Value::integer(7)].into()).expect("a call of its answer");
    assert_eq!(world.outcome(0, asked), fulfilled(Value::List([Value::integer(7)].into())));
}

#[test]
fn an_answer_that_is_broken_breaks_what_was_asked_of_it_and_of_that() {
    let mut world = two();
    let grumpy = world.object(1, |peer, _, answer| {
        peer.settle(answer.expect("a call"), told("no")).expect("asked just now");
    });
    let far = world.give(1, grumpy, 0);
    let first = world.peers[0].call(far, Vec::new()).expect("a call");
    let second = world.peers[0].call(Ref::Promise(first), Vec::new()).expect("a call");
    let third = world.peers[0].call(Ref::Promise(second), Vec::new()).expect("a call");
    assert_eq!(world.outcome(0, third), told("no"));
    assert_eq!(world.delivered(1).len(), 1);
}

#[test]
fn a_promise_is_listened_to_and_called_before_it_is_settled() {
    let mut world = two();
    let echo = world.echo(1);
    let (promise, resolver) = world.peers[1].promise();
    let holder = world.object(1, move |peer, _, answer| {
        peer.settle(answer.expect("a call"), fulfilled(Value::List([Value::Ref(Ref::Promise(promise))].into()))).expect("asked just now");
    });
    let far = world.give(1, holder, 0);
    let Outcome::Fulfilled(Value::List(found)) = world.ask(0, far, &[]) else { panic!("a list") };
    let Value::Ref(Ref::Promise(theirs)) = found[0] else { panic!("a promise") };
    world.peers[0].listen(theirs).expect("a promise that is held");
    let early = world.peers[0].call(Ref::Promise(theirs), [Value::text("early")].into()).expect("a call");
    world.run();
    assert_eq!(world.delivered(1).len(), 1);
    world.peers[1].settle(resolver, fulfilled(Value::Ref(echo))).expect("once");
    assert_eq!(world.peers[1].settle(resolver, fulfilled(Value::Void)), Err(Refused::Unknown));
    assert_eq!(world.outcome(0, early), fulfilled(Value::List([Value::text("early")].into())));
    assert!(matches!(world.settled(0, theirs), Some(Outcome::Fulfilled(Value::Ref(Ref::Far(_))))));
}

#[test]
fn parts_of_an_answer_are_asked_for_before_it_is_there() {
    let mut world = two();
    let echo = world.echo(1);
    let holder = world.object(1, move |peer, _, answer| {
        let tagged = Value::Tagged("t".into(), Box::new(Value::Ref(echo)));
        let value = Value::Struct([("list".into(), Value::List([Value::Void, tagged].into()))].into());
        peer.settle(answer.expect("a call"), fulfilled(value)).expect("asked just now");
    });
    let far = world.give(1, holder, 0);
    let whole = world.peers[0].call(far, Vec::new()).expect("a call");
    let list = world.peers[0].part(whole, Part::Field("list".into())).expect("a part");
    let item = world.peers[0].part(list, Part::Index(1)).expect("a part");
    let inner = world.peers[0].part(item, Part::Untag("t".into())).expect("a part");
    let asked = world.peers[0].call(Ref::Promise(inner), [Value::integer(1)].into()).expect("a call");
    let missing = world.peers[0].part(whole, Part::Field("other".into())).expect("a part");
    assert_eq!(world.outcome(0, asked), fulfilled(Value::List([Value::integer(1)].into())));
    assert_eq!(world.outcome(0, missing), told("there is no such part"));
}

#[test]
fn a_call_without_an_answer_tells_nobody_anything() {
    let mut world = two();
    let echo = world.echo(1);
    let far = world.give(1, echo, 0);
    world.pass(1_000);
    let (here, there) = world.conns(0, 1);
    let before = (world.peers[0].sizes(here), world.peers[1].sizes(there));
    world.peers[0].send(far, [Value::integer(1)].into()).expect("a call");
    world.run();
    assert_eq!(world.delivered(1).len(), 1);
    assert_eq!((world.peers[0].sizes(here), world.peers[1].sizes(there)), before);
}
