//! Letters: whatever is cut when, connections or lives of either vat, each is handled once and in order.
use super::letters_kit::World;
use crate::VatId;
use alloc::{format, vec::Vec};
use proptest::prelude::*;

const ONE: VatId = VatId(1);
const TWO: VatId = VatId(2);

/// The source a of vat 1 knows the note b of vat 2.
fn met(vats: u32) -> World {
    let mut world = World::new(vats);
    world.say(TWO, "send v1 {keep b; send a {keep b} b} b");
    world.settle();
    world
}

fn numbers(note: &str) -> Vec<u32> {
    note.split_terminator(',').map(|number| number.parse().expect("a number")).collect()
}

#[test]
fn a_letter_is_handled_once_over_lives_of_both_vats() {
    let mut world = met(2);
    world.say(ONE, "send a {send b {1,}}");
    world.settle();
    world.restart(TWO);
    world.say(ONE, "send a {send b {2,}}");
    world.settle();
    world.restart(ONE);
    world.say(ONE, "send a {send b {3,}}");
    world.settle();
    assert_eq!(world.note(TWO, "b"), "1,2,3,");
    assert_eq!(world.unacknowledged(), 0);
    world.disconnect(ONE, TWO);
    world.restart(ONE);
    assert_eq!(world.unacknowledged(), 0, "and is not sent again");
}

#[test]
fn a_letter_waits_for_its_vat_and_for_its_own_record() {
    let mut world = met(2);
    world.disconnect(ONE, TWO);
    world.say(ONE, "send a {send b {1,}}");
    world.settle();
    world.restart(ONE);
    assert_eq!((world.note(TWO, "b").as_str(), world.unacknowledged()), ("", 1));
    world.connect(ONE, TWO);
    world.settle();
    assert_eq!(world.note(TWO, "b"), "1,");
    // Nothing of a turn whose record never landed has left.
    world.say(ONE, "send a {send b {2,}}");
    world.run();
    world.deliver();
    world.restart(ONE);
    world.settle();
    assert_eq!((world.note(TWO, "b").as_str(), world.unacknowledged()), ("1,", 0));
}

#[test]
fn it_is_acknowledged_when_the_receivers_record_has_landed_and_not_before() {
    let mut world = met(2);
    world.say(ONE, "send a {send b {1,}}");
    world.run();
    world.land(ONE);
    world.deliver();
    world.run();
    world.deliver();
    assert_eq!((world.note(TWO, "b").as_str(), world.unacknowledged()), ("1,", 1));
    world.restart(TWO);
    world.settle();
    assert_eq!((world.note(TWO, "b").as_str(), world.unacknowledged()), ("1,", 0));
}

#[test]
fn what_a_vat_was_lent_of_a_durable_actor_it_may_name_in_every_life_and_nothing_else() {
    let mut world = met(2);
    world.restart(TWO);
    world.say(ONE, "send a {exit b kill; send b {1,}}");
    world.settle();
    assert_eq!(world.note(TWO, "b"), "1,");
    let mut world = World::new(2);
    let b = world.find(TWO, "b").key;
    let guess = crate::Ref::lasting(TWO, b, crate::Rights::ALL);
    let a = world.find(ONE, "a");
    world.input(ONE, crate::Input::Message { to: a, body: b"keep b; send b {forged,}".to_vec(), refs: [guess].into() });
    world.settle();
    assert_eq!((world.note(TWO, "b").as_str(), world.unacknowledged()), ("", 0));
}

#[test]
fn a_full_mailbox_holds_letters_up_and_loses_none() {
    let room = |vat| if vat == 2 { 8 } else { 65_536 };
    let mut world = World::with(2, |vat| crate::Config { mailbox_entries_max: room(vat), ..crate::Config::default() });
    world.say(TWO, "send v1 {keep b; send a {keep b} b} b");
    world.settle();
    for number in 0..30 {
        world.say(ONE, &format!("send a {{send b {{{number},}}}}"));
        while world.run_one(ONE) {}
        world.land(ONE);
        world.deliver();
    }
    assert_eq!(world.queued(TWO, "b"), 8);
    world.restart(TWO);
    world.settle();
    assert_eq!(numbers(&world.note(TWO, "b")), (0..30).collect::<Vec<u32>>());
}

#[test]
fn a_lasting_ref_goes_to_a_third_vat_and_home_again() {
    let mut world = met(3);
    world.say(ONE, "send a {send b {1,}}; send v3 {keep b; send a {keep b} b} b");
    world.settle();
    for vat in [TWO, ONE, VatId(3)] {
        world.restart(vat);
    }
    world.say(VatId(3), "send a {send b {2,}}");
    world.settle();
    assert_eq!(world.note(TWO, "b"), "1,2,");
}

#[test]
fn a_watch_of_a_durable_actor_of_another_vat_ends_with_the_connection_and_may_be_made_again() {
    let mut world = met(2);
    for _ in 0..2 {
        world.say(ONE, "send a {on down {send b {down,}}; watch b}");
        world.settle();
        world.restart(TWO);
        world.settle();
    }
    assert_eq!(world.note(TWO, "b"), "down,down,");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Two sources send numbers to the notes of two others, whatever is cut when. What a source's journal has of its sends, the
    /// receiver has once and in order when everything has come to rest.
    #[test]
    fn each_is_handled_once_and_in_order_whatever_is_cut(script in proptest::collection::vec((0u8..12, 1u32..4, 1u32..4), 1..80)) {
        let mut world = met(3);
        world.say(VatId(3), "send v1 {keep n; send a {keep n} n} b; send v2 {keep n; send a {keep n} n} b");
        world.settle();
        let mut next = 0;
        for (what, one, other) in script {
            let (one, other) = (VatId(one), VatId(other));
            match what {
                0..=3 => {
                    next += 1;
                    let (from, to) = if what == 3 { (TWO, "n") } else { (ONE, if what == 0 { "n" } else { "b" }) };
                    world.say(from, &format!("send a {{send {to} {{{next},}}; send tally {next},}}"));
                }
                4 | 5 => drop(world.run_one(one)),
                6 | 7 => drop(world.land(one)),
                8 => drop(world.deliver_one(one, other)),
                9 => world.deliver(),
                10 if one != other => {
                    world.disconnect(one, other);
                    world.connect(one, other);
                }
                10 => {}
                _ => world.restart(one),
            }
        }
        world.settle();
        prop_assert_eq!(world.unacknowledged(), 0);
        // What each source has written of its sends is what came: once, in order.
        let (first, second) = (numbers(&world.note(ONE, "tally")), numbers(&world.note(TWO, "tally")));
        let (b, n) = (numbers(&world.note(TWO, "b")), numbers(&world.note(VatId(3), "b")));
        let mut came: Vec<u32> = b.iter().chain(&n).copied().collect();
        came.sort_unstable();
        let mut went: Vec<u32> = first.iter().chain(&second).copied().collect();
        went.sort_unstable();
        prop_assert_eq!(came, went);
        prop_assert!(b.is_sorted());
        for of in [&first, &second] {
            prop_assert!(n.iter().filter(|number| of.contains(number)).is_sorted(), "{:?}", n);
        }
    }
}
