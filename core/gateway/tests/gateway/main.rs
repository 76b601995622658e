//! What actors of two vats can do with each other through their gateways.
mod kit;

use kit::{CONN, World, carry, join};
use peerd_captp::Value;
use peerd_gateway::{Reply, Request, portable, wire::FromHost};
use peerd_otp::message::{decode, encode};
use peerd_vat::Ref;

/// `one` has the purse of `other`, under this name.
fn pair() -> (World, World) {
    let (mut one, mut other) = (World::new(1), World::new(2));
    join(&mut one, &mut other);
    let swiss = offer(&mut other, false);
    fetch(&mut one, &mut other, swiss);
    (one, other)
}

fn offer(world: &mut World, lasts: bool) -> [u8; 32] {
    world.turn(move |owner, cx| {
        let (clerk, purse) = (owner.get("clerk"), owner.get("purse"));
        owner.ask("offer", clerk, &encode(&Request::Offer { lasts }), &[purse], cx);
    });
    let owner = world.owner.lock().expect("one thread");
    match owner.answers["offer"].as_ref().map(|(body, _)| decode(body)) {
        Ok(Some(Reply::Offered { swiss })) => swiss,
        other => panic!("{other:?}"),
    }
}

fn fetch(one: &mut World, other: &mut World, swiss: [u8; 32]) {
    one.turn(move |owner, cx| {
        let clerk = owner.get("clerk");
        owner.ask("far", clerk, &encode(&Request::Fetch { conn: CONN, swiss: swiss.into() }), &[], cx);
    });
    carry(one, other);
    one.turn(|owner, _| {
        owner.name("far");
    });
}

/// Asks the other's purse, and waits for what it says.
fn ask(one: &mut World, other: &mut World, label: &'static str, method: &'static str, args: Vec<Value>, refs: Vec<&'static str>) {
    one.turn(move |owner, cx| {
        let refs: Vec<Ref> = refs.iter().map(|name| owner.get(name)).collect();
        let far = owner.get("far");
        owner.ask(label, far, &portable::invoke(method, args), &refs, cx);
    });
    carry(one, other);
}

#[test]
fn an_actor_elsewhere_is_asked_like_one_that_is_here() {
    let (mut one, mut other) = pair();
    ask(&mut one, &mut other, "put", "put", vec![Value::integer(5)], vec![]);
    ask(&mut one, &mut other, "sum", "sum", vec![], vec![]);
    assert_eq!((one.value("put"), one.value("sum")), (Ok(Value::integer(5)), Ok(Value::integer(5))));
}

#[test]
fn a_ref_in_a_message_is_called_back_and_comes_home_as_itself() {
    let (mut one, mut other) = pair();
    ask(&mut one, &mut other, "pay", "pay", vec![portable::nth(0), Value::integer(3)], vec!["purse"]);
    one.turn(|owner, cx| {
        let purse = owner.get("purse");
        owner.ask("mine", purse, &portable::invoke("sum", vec![]), &[], cx);
    });
    assert_eq!(one.value("mine"), Ok(Value::integer(3)), "the other side told ours to take it");
    ask(&mut one, &mut other, "same", "same", vec![Value::List(vec![portable::nth(0), portable::nth(1)])], vec!["purse", "far"]);
    one.turn(|owner, _| {
        let home = owner.answers["same"].as_ref().expect("it was answered").1.clone();
        assert_eq!(home[0].actor_id(), owner.get("purse").actor_id());
        assert_eq!(home[1], owner.get("far"));
    });
}

#[test]
fn ten_thousand_refs_to_one_actor_are_one_of_the_table() {
    let (mut one, mut other) = pair();
    let many = Value::List((0..10_000).map(|_| portable::nth(0)).collect());
    ask(&mut one, &mut other, "same", "same", vec![many.clone()], vec!["purse"]);
    assert_eq!(one.value("same"), Ok(many));
    one.turn(|owner, _| assert_eq!(owner.answers["same"].as_ref().expect("it was answered").1.len(), 1));
}

#[test]
fn a_failure_is_told_without_what_is_nobodys_business() {
    let (mut one, mut other) = pair();
    ask(&mut one, &mut other, "nothing", "nothing", vec![], vec![]);
    assert_eq!(one.value("nothing"), Ok(Value::Error("no method nothing with 0 arguments".into())));
    ask(&mut one, &mut other, "crash", "crash", vec![], vec![]);
    assert_eq!(one.value("crash"), Ok(Value::Error("failed".into())));
}

#[test]
fn what_is_no_portable_body_is_refused_here() {
    let (mut one, _other) = pair();
    one.turn(|owner, cx| {
        let far = owner.get("far");
        owner.ask("odd", far, b"hello", &[], cx);
        owner.ask("place", far, &portable::invoke("same", vec![portable::nth(4)]), &[], cx);
    });
    let refused = || Ok(Value::Error("not a list of portable values".into()));
    assert_eq!((one.value("odd"), one.value("place")), (refused(), refused()));
}

#[test]
fn calls_of_what_a_call_will_give_take_one_round_trip() {
    let (mut one, mut other) = pair();
    one.turn(|owner, cx| {
        let (clerk, far) = (owner.get("clerk"), owner.get("far"));
        owner.ask("sprout", clerk, &encode(&Request::Ask(portable::invoke("sprout", vec![]))), &[far], cx);
    });
    one.turn(|owner, cx| {
        let sprout = owner.name("sprout");
        owner.ask("put", sprout, &portable::invoke("put", vec![Value::integer(8)]), &[], cx);
    });
    assert!(!one.has_answer("put"), "nothing has left yet");
    carry(&mut one, &mut other);
    assert_eq!(one.value("put"), Ok(Value::integer(8)));
}

#[test]
fn what_nobody_has_any_more_goes_back_to_where_it_came_from() {
    let (mut one, mut other) = pair();
    ask(&mut one, &mut other, "sprout", "sprout", vec![], vec![]);
    one.turn(|owner, cx| {
        let sprout = owner.name("sprout");
        owner.ask("sum", sprout, &portable::invoke("sum", vec![]), &[], cx);
    });
    carry(&mut one, &mut other);
    assert_eq!(one.value("sum"), Ok(Value::integer(0)));
    assert_eq!((one.standing(), other.standing()), ((2, 0, 0), (0, 2, 0)));
    one.turn(|owner, _| {
        owner.refs.remove("sprout");
        owner.answers.clear();
    });
    for _ in 0..3 {
        one.advance(2_000);
        carry(&mut one, &mut other);
        other.advance(2_000);
    }
    assert_eq!((one.standing(), other.standing()), ((1, 0, 0), (0, 1, 0)));
    ask(&mut one, &mut other, "still", "sum", vec![], vec![]);
    assert_eq!(one.value("still"), Ok(Value::integer(0)));
}

#[test]
fn a_connection_that_ends_settles_what_waits() {
    let (mut one, _other) = pair();
    one.turn(|owner, cx| {
        let far = owner.get("far");
        owner.ask("late", far, &portable::invoke("sum", vec![]), &[], cx);
    });
    one.say(&FromHost::Closed { conn: CONN });
    assert_eq!(one.value("late"), Err("noconnection".into()));
    one.turn(|owner, cx| {
        let far = owner.get("far");
        owner.ask("later", far, &portable::invoke("sum", vec![]), &[], cx);
    });
    assert!(matches!(one.value("later"), Err(_) | Ok(Value::Error(_))), "{:?}", one.value("later"));
}

#[test]
fn a_lasting_name_is_good_in_the_next_life_of_the_vat() {
    let (mut one, mut other) = (World::new(1), World::new(2));
    join(&mut one, &mut other);
    let (lasting, passing) = (offer(&mut other, true), offer(&mut other, false));
    fetch(&mut one, &mut other, lasting);
    ask(&mut one, &mut other, "put", "put", vec![Value::integer(11)], vec![]);
    one.say(&FromHost::Closed { conn: CONN });

    let mut other = other.again(3);
    let mut one = one.again(4);
    join(&mut one, &mut other);
    fetch(&mut one, &mut other, lasting);
    ask(&mut one, &mut other, "sum", "sum", vec![], vec![]);
    assert_eq!(one.value("sum"), Ok(Value::integer(11)));
    assert!(refused(&mut one, &mut other, passing));
}

#[test]
fn a_name_that_was_withdrawn_is_good_no_more_in_this_life_or_the_next() {
    let (mut one, mut other) = (World::new(1), World::new(2));
    join(&mut one, &mut other);
    let swiss = offer(&mut other, true);
    fetch(&mut one, &mut other, swiss);
    other.turn(move |owner, cx| {
        let clerk = owner.get("clerk");
        owner.ask("withdraw", clerk, &encode(&Request::Withdraw(swiss)), &[], cx);
    });
    assert!(refused(&mut one, &mut other, swiss));
    ask(&mut one, &mut other, "had", "sum", vec![], vec![]);
    assert_eq!(one.value("had"), Ok(Value::integer(0)), "who has fetched has it still");
    let (mut one, mut other) = (one.again(4), other.again(3));
    join(&mut one, &mut other);
    assert!(refused(&mut one, &mut other, swiss));
}

/// Whether that number names nothing.
fn refused(one: &mut World, other: &mut World, swiss: [u8; 32]) -> bool {
    one.turn(move |owner, cx| {
        let clerk = owner.get("clerk");
        owner.ask("guess", clerk, &encode(&Request::Fetch { conn: CONN, swiss: swiss.into() }), &[], cx);
    });
    carry(one, other);
    let owner = one.owner.lock().expect("one thread");
    let answer = owner.answers["guess"].as_ref().map(|(body, _)| decode(body));
    matches!(answer, Ok(Some(Reply::Failed(_))))
}

#[test]
fn who_has_a_ref_through_the_gateway_can_send_and_nothing_else() {
    let (mut one, mut other) = pair();
    one.turn(|owner, cx| {
        let far = owner.get("far");
        cx.exit(far, peerd_vat::Reason::Kill);
        owner.ask("clerk", far, &encode(&Request::Offer { lasts: false }), &[far], cx);
    });
    carry(&mut one, &mut other);
    assert_eq!(one.value("clerk"), Ok(Value::Error("not a list of portable values".into())));
    ask(&mut one, &mut other, "sum", "sum", vec![], vec![]);
    assert_eq!(one.value("sum"), Ok(Value::integer(0)), "neither it nor its gateway has ended");
}
