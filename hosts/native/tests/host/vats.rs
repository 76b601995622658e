//! Several vats in one process.
use crate::crew::{Errand, Note, Oracle, Runner, Scribe, behaviours, system};
use peerd::prelude::*;
use peerd_native::{End, Handle, Vats};

fn vats(count: u32) -> (Vats, Vec<Handle>) {
    let vats = Vats::new(count, behaviours);
    let handles = vats.handles();
    (vats, handles)
}

/// An actor of the second vat, as the first knows it.
fn far<A: Actor<Args = ()>>(handles: &[Handle]) -> Addr<A::Message> {
    let there = handles[1].spawn::<A>(&()).wait().expect("started");
    handles[1].introduce(there, &handles[0]).wait().expect("they are joined")
}

#[test]
fn an_actor_asks_one_of_another_vat() {
    let (_vats, handles) = vats(2);
    let diary = handles[0].port::<String>().expect("it runs");
    let runner = handles[0].spawn::<Runner>(&diary.addr()).wait().expect("started");
    let whom = far::<Oracle>(&handles);
    assert!(handles[0].send(runner, Errand::Ask { ms: 5_000, whom }).is_ok());
    assert_eq!(diary.take_within(5_000).as_deref(), Some("Ok(60)"));
}

#[test]
fn what_is_told_and_asked_over_a_link_arrives_in_order_and_whole() {
    let (vats, handles) = vats(2);
    let scribe = far::<Scribe>(&handles);
    for number in 0..3_000 {
        assert!(handles[0].send(scribe, Note::Write { by: 0, number }).is_ok());
    }
    let written = handles[0].ask_within(60_000, scribe, Note::Written).wait().expect("it lives");
    assert!(written.iter().map(|note| note.1).eq(0..3_000));
    assert!(handles.iter().all(|handle| handle.counters().is_some_and(|counters| counters.balance())));
    assert_eq!(vats.shutdown(5_000), [End::Stopped, End::Stopped]);
}

#[test]
fn an_end_is_told_over_a_link() {
    let (_vats, handles) = vats(3);
    let scribe = far::<Scribe>(&handles);
    // From the first vat to a third.
    let there = handles[0].introduce(scribe, &handles[2]).wait().expect("they are joined");
    let (watched, from_there) = (handles[0].watch(scribe), handles[2].watch(there));
    // Its watch has come when what was said after it has: what another vat says may be faster.
    assert_eq!(handles[2].ask(there, Note::Written).wait(), Ok(Vec::new()));
    assert!(handles[0].send(scribe, Note::Stop).is_ok());
    assert_eq!(watched.wait(), Reason::ShutdownWith("told".into()));
    assert_eq!(from_there.wait(), Reason::ShutdownWith("told".into()));
}

#[test]
fn a_lent_address_can_not_kill_and_one_with_the_right_can() {
    let (_vats, handles) = vats(2);
    let there = handles[1].spawn::<Scribe>(&()).wait().expect("started");
    let lent = handles[1].introduce(there, &handles[0]).wait().expect("they are joined");
    assert!(handles[0].exit(lent, Reason::Kill).is_ok());
    assert_eq!(handles[0].ask(lent, Note::Written).wait(), Ok(Vec::new()));
    let owned = handles[1].introduce(there.lending(Rights::ALL), &handles[0]).wait().expect("they are joined");
    let watched = handles[1].watch(there);
    assert_eq!(handles[1].ask(there, Note::Written).wait(), Ok(Vec::new()));
    assert!(handles[0].exit(owned, Reason::Kill).is_ok());
    assert_eq!(watched.wait(), Reason::Killed);
}

#[test]
fn an_address_that_comes_home_is_its_own_again() {
    let (_vats, handles) = vats(2);
    let there = handles[1].spawn::<Scribe>(&()).wait().expect("started");
    let here = handles[1].introduce(there, &handles[0]).wait().expect("they are joined");
    assert!(!here.as_ref().is_near());
    assert_eq!(handles[0].introduce(here, &handles[1]).wait(), Ok(there));
}

#[test]
fn a_bug_in_one_vat_leaves_the_others_which_are_told() {
    let (vats, handles) = vats(3);
    let (scribe, other) = (far::<Scribe>(&handles), handles[2].spawn::<Scribe>(&()).wait().expect("started"));
    let kept = handles[0].ask(scribe, Note::Keep);
    let watched = handles[0].watch(scribe);
    assert!(handles[0].send(scribe, Note::Panic).is_ok());
    assert_eq!(kept.wait(), Err(Settle::Noconnection));
    assert_eq!(watched.wait(), Reason::Noconnection);
    assert_eq!(handles[2].ask(other, Note::Written).wait(), Ok(Vec::new()));
    assert_eq!(vats.shutdown(5_000), [End::Stopped, End::Bug("the scribe has a bug".into()), End::Stopped]);
}

#[test]
fn vats_that_are_not_joined_know_nobody_of_each_other() {
    let (mut one, other) = (system(), system());
    let scribe = one.spawn::<Scribe>(&());
    assert_eq!(one.handle().introduce(scribe, &other.handle()).wait(), Err(Settle::Noconnection));
}
