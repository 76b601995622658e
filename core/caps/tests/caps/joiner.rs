//! Many answers as one.
use super::kit::World;
use peerd_caps::joiner::{self, Rule};
use peerd_otp::message::decode;
use peerd_vat::{CALL_MS, Reason};

fn joined(world: &mut World, rule: Rule, question: &'static [u8], whom: &'static [&'static str]) {
    world.turn(move |owner, cx| {
        let joiner = joiner::spawn(cx);
        let whom: Vec<_> = whom.iter().map(|name| owner.get(name)).collect();
        let body = peerd_otp::message::encode(&joiner::Request { rule, question: question.to_vec() });
        owner.ask("joined", joiner, &body, &whom, cx);
    });
}

#[test]
fn all_answers_come_in_the_order_of_those_asked_or_the_first_failure() {
    let mut world = World::new();
    joined(&mut world, Rule::All, b"give", &["b", "a"]);
    let owner = world.owner.lock().expect("one test, one thread");
    assert_eq!(decode::<Vec<Vec<u8>>>(&owner.answer), Some(vec![b"myself".to_vec(), b"myself".to_vec()]));
    assert_eq!(owner.answered, [owner.get("b"), owner.get("a")]);
    drop(owner);
    world.turn(|owner, cx| cx.exit(owner.get("a"), Reason::Shutdown));
    world.settled();
    joined(&mut world, Rule::All, b"hold", &["b", "a"]);
    assert_eq!(world.settled(), ["joined: noproc"]);
}

#[test]
fn the_first_good_answer_is_the_answer_and_only_all_failures_are_one() {
    let mut world = World::new();
    world.turn(|owner, cx| cx.exit(owner.get("a"), Reason::Shutdown));
    joined(&mut world, Rule::First, b"what", &["a", "b"]);
    joined(&mut world, Rule::First, b"what", &["a", "a"]);
    assert_eq!(world.settled(), ["joined: b what", "joined: noproc"]);
}

#[test]
fn what_all_agree_on_is_the_answer_and_nothing_else_is() {
    let mut world = World::new();
    joined(&mut world, Rule::Same, b"give", &["a", "a"]);
    joined(&mut world, Rule::Same, b"give", &["a", "b"]);
    joined(&mut world, Rule::Same, b"what", &["a", "b"]);
    assert_eq!(world.settled(), ["joined: myself", "joined: revoked", "joined: revoked"]);
}

#[test]
fn who_is_not_waited_for_any_more_answers_nobody() {
    let mut world = World::new();
    joined(&mut world, Rule::First, b"hold", &["a", "b"]);
    world.turn(|owner, cx| cx.send(owner.get("b"), b"free"));
    assert_eq!(world.settled(), ["joined: freed"]);
    world.turn(|owner, cx| cx.send(owner.get("a"), b"free"));
    world.advance(CALL_MS);
    assert_eq!(world.settled(), Vec::<&str>::new());
}
