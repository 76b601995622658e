//! Guests as children of the supervisors that all actors have.
use crate::{
    guests::{Count, Counter},
    kit::{World, class, encode, guest},
    turns::Get,
};
use peerd_metered::Native;
use peerd_otp::supervisor::{Answer, ChildSpec, Request, Strategy, SupervisorSpec};
use peerd_vat::Ref;

#[test]
fn a_guest_that_crashes_begins_again_under_the_same_ref() {
    let mut world = World::new(vec![guest(class("counter", 1), Native::<Counter>::default())]);
    let spec = SupervisorSpec::new(Strategy::OneForOne).intensity(2, 5_000).child(ChildSpec::new("counter", "counter", encode(&7u64)));
    let tree = world.spawn_raw(peerd_otp::supervisor::NAME, &spec.encode());
    let (body, refs) = world.ask_raw(tree, &Request::WhichChildren.encode());
    assert!(matches!(Answer::decode(&body), Some(Answer::Children(children)) if children.len() == 1));
    let counter: Ref = refs[0];
    world.tell(counter, &Count::Add(1), &[]);
    assert_eq!(world.ask(counter, &Get), Ok(8u64));
    world.tell(counter, &Count::Crash, &[]);
    assert_eq!(world.ask(counter, &Get), Ok(7u64), "a new life");
    for _ in 0..2 {
        world.tell(counter, &Count::Crash, &[]);
    }
    assert!(!world.lives(counter) && !world.lives(tree), "its supervisor has given up");
    let crashes = world.take_reports().into_iter().filter(|report| report == "counter told: to crash").count();
    assert_eq!(crashes, 3);
    // The world is otherwise as it was.
    let again = world.spawn("counter", &1u64, &[]);
    assert_eq!(world.ask(again, &Get), Ok(1u64));
}
