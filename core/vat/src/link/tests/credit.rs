//! Back-pressure: a receiver's window is never exceeded, and one that stalls stops only those who send to it.
use super::kit::World;
use crate::{VatId, link::credit::WINDOW_ENTRIES};
use alloc::format;

#[test]
fn a_stalled_receiver_stops_only_what_is_sent_to_it() {
    let mut world = World::new(2);
    world.play("r1: spawn a; spawn b; send v2 {keep a b} a+,b");
    for n in 0..600 {
        let (vat, root) = world.find("r2");
        world.input(vat, crate::Input::Message { to: root, body: format!("send a {{{n:03}}}").into_bytes(), refs: [].into() });
        while world.turn(VatId(2)) {}
    }
    // Everything the link carries arrives, but no turn runs in the first vat.
    while let Some((from, to, bytes)) = world.network.next(world.now) {
        world.input(to, crate::Input::Link { vat: from, bytes });
    }
    let queued =
        |world: &mut World, label: &str| world.vat(VatId(1)).rows().iter().find(|row| row.label == label).map_or(0, |row| row.queued);
    assert_eq!(queued(&mut world, "a"), WINDOW_ENTRIES as u32);
    assert_eq!(world.vat(VatId(2)).links.waiting(), 600 - WINDOW_ENTRIES as u64);
    world.play("& r2: send b {not stopped}");
    while world.turn(VatId(2)) {}
    while let Some((from, to, bytes)) = world.network.next(world.now) {
        world.input(to, crate::Input::Link { vat: from, bytes });
    }
    assert_eq!(queued(&mut world, "b"), 1);
    world.run();
    let seen = world.handled("a");
    assert!(seen.len() == 600 && seen.is_sorted(), "{} of 600", seen.len());
    assert_eq!(world.handled("b"), ["not stopped"]);
}

#[test]
fn an_exit_behind_waiting_messages_of_its_sender_comes_after_them_and_anothers_does_not_wait() {
    let mut world = World::new(2);
    world.play("r1: spawn a {needs 1 {}}; spawn b; send v2 {keep a b; spawn s {}; send s {keep a b} a+,b+} a+,b+");
    for _ in 0..300 {
        world.play("& s: send a {needs 9 {}}");
    }
    world.play("s: exit a odd");
    assert!(!world.transcript.iter().any(|line| line.contains("a = ended")), "the exit waits behind what its sender said");
    world.play("r2: exit a other");
    assert!(world.transcript.iter().any(|line| line.contains("a = ended: other")), "{:?}", world.transcript.last());
}

#[test]
fn a_message_larger_than_the_window_still_passes() {
    let mut world = World::new(2);
    world.play("r1: spawn a; send v2 {keep a} a");
    let large = "x".repeat(400 * 1024);
    world.play(&format!("r2: send a {{1 {large}}}; send a {{2 {large}}}; send a {{3}}"));
    let seen = world.handled("a");
    assert_eq!(seen.iter().map(|text| &text[..1]).collect::<alloc::vec::Vec<_>>(), ["1", "2", "3"]);
}
