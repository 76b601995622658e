//! Actors out of memory: nobody can tell, and their journal is the same byte for byte.
use super::{disk::Disk, durable::House};
use crate::{Activity, Input, Reason, Swap, refs::Key};
use alloc::{boxed::Box, format, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicBool, Ordering};
use proptest::prelude::*;

const NAMES: &str = "note tally relay shelf case lives";

/// Bytes, as a host's file has them; and whether it fails from now on.
#[derive(Default)]
struct Drawer {
    bytes: Vec<u8>,
    fails: Arc<AtomicBool>,
}

impl Swap for Drawer {
    fn write(&mut self, at: u64, bytes: &[u8]) -> bool {
        let (from, to) = (at as usize, at as usize + bytes.len());
        if self.bytes.len() < to {
            self.bytes.resize(to, 0);
        }
        self.bytes[from..to].copy_from_slice(bytes);
        !self.fails.load(Ordering::Relaxed)
    }

    fn read(&self, at: u64, to: &mut [u8]) -> bool {
        let from = at as usize;
        to.copy_from_slice(&self.bytes[from..from + to.len()]);
        !self.fails.load(Ordering::Relaxed)
    }
}

fn with_drawer(mut house: House) -> (House, Arc<AtomicBool>) {
    let drawer = Drawer::default();
    let fails = drawer.fails.clone();
    house.vat.give_swap(Box::new(drawer));
    (house, fails)
}

/// All who may.
fn leave(house: &mut House) {
    let all: Vec<Key> = house.vat.tables.slots.keys().collect();
    for me in all {
        let waits = house.vat.tables.slots.get(me).is_some_and(|header| !header.mailbox.is_none());
        if !waits && house.vat.passivate(me).is_ok() {
            house.vat.swap_out(me);
        }
    }
}

fn away(house: &House, label: &str) -> bool {
    let row = house.vat.rows().into_iter().find(|row| row.label == label).expect("it is known");
    house.vat.tables.slots.is_swapped_out(row.id.0)
}

#[test]
fn one_that_has_left_is_there_for_its_next_message_in_the_same_life() {
    let (mut house, _) = with_drawer(House::keeping(NAMES, Disk::default()));
    house.say(&["note a", "tally x", "relay b"]);
    leave(&mut house);
    assert!(["note", "tally", "relay"].iter().all(|label| away(&house, label)), "{} are away", house.vat.swapped_out());
    house.say(&["note c", "tally x", "relay d"]);
    let lives = ["note", "tally", "relay"].map(|label| house.life(label));
    assert_eq!((house.state("note"), house.state("tally"), lives), ("abcd".into(), "2".into(), [1, 1, 1]));
    leave(&mut house);
    assert!(away(&house, "tally"));
    let tally = house.actor("tally").actor_id().expect("an actor");
    assert_eq!(house.vat.state(tally), Some(b"2".to_vec()), "looking brings nobody back");
    assert!(away(&house, "tally"));
}

#[test]
fn who_is_not_in_memory_can_be_killed_and_its_owner_hears_of_it() {
    let (mut house, _) = with_drawer(House::keeping("case", Disk::default()));
    house.say(&["case note a"]);
    leave(&mut house);
    assert!(away(&house, "note") && !away(&house, "case"), "who keeps somebody stays");
    let to = house.actor("note");
    house.input(Input::Exit { to, reason: Reason::Kill });
    house.run();
    house.say(&["case note b"]);
    assert_eq!((house.state("note"), house.life("note")), ("ab".into(), 2));
}

#[test]
fn an_owner_that_ends_takes_those_it_keeps_with_it_wherever_they_are() {
    let (mut house, _) = with_drawer(House::keeping("shelf", Disk::default()));
    house.say(&["shelf note a"]);
    leave(&mut house);
    assert!(away(&house, "note"));
    let to = house.actor("shelf");
    house.input(Input::Exit { to, reason: Reason::Kill });
    house.run();
    let row = house.vat.rows().into_iter().find(|row| row.label == "note").expect("it is known");
    assert_eq!((row.state, house.vat.swapped_out()), (Activity::Ended, 0));
    house.land();
    house = House::keeping("shelf", house.disk);
    assert_eq!(house.state("note"), "a");
}

#[test]
fn where_there_is_no_room_everybody_stays() {
    let (mut house, fails) = with_drawer(House::keeping(NAMES, Disk::default()));
    house.say(&["note a"]);
    fails.store(true, Ordering::Relaxed);
    leave(&mut house);
    assert_eq!((house.vat.swapped_out(), house.state("note")), (0, "a".into()));
    house.say(&["note b"]);
    assert_eq!(house.state("note"), "ab");
}

#[test]
fn a_vat_that_can_not_have_an_actor_back_writes_nothing_more_and_its_journal_has_all() {
    let (mut house, fails) = with_drawer(House::keeping(NAMES, Disk::default()));
    house.say(&["note a", "tally x"]);
    house.land();
    leave(&mut house);
    fails.store(true, Ordering::Relaxed);
    house.say(&["note b"]);
    house.land();
    assert!(house.left.iter().all(|left| left != "b"));
    let mut house = House::keeping(NAMES, house.disk);
    house.run();
    assert!(["a", "ab"].contains(&&*house.state("note")), "{}", house.state("note"));
    assert_eq!(house.state("tally"), "1");
}

proptest! {
    /// Twice the same play, once with everybody leaving whenever they may.
    #[test]
    fn a_play_with_everybody_away_between_its_steps_is_the_same_play(script in proptest::collection::vec((0u8..14, 0u8..4), 1..60)) {
        let mut plain = House::keeping(NAMES, Disk::default());
        let (mut thin, _) = with_drawer(House::keeping(NAMES, Disk::default()));
        let mut left = 0;
        for (n, (what, which)) in script.into_iter().enumerate() {
            let label = ["note", "tally", "relay", "lives"][usize::from(which)];
            if what == 13 {
                (plain, (thin, _)) = (House::keeping(NAMES, plain.disk), with_drawer(House::keeping(NAMES, thin.disk)));
                continue;
            }
            for house in [&mut plain, &mut thin] {
                match what {
                    0..=2 => house.say(&[&format!("{label} {n},")]),
                    3 => house.say(&[&format!("relay {n},"), &format!("note {n};")]),
                    4 => house.say(&["relay crash"]),
                    5 => house.say(&[&format!("{label} crash")]),
                    6 => house.say(&[&format!("case note {n}.")]),
                    7 => house.say(&[&format!("shelf note {n}.")]),
                    8 | 9 => house.land(),
                    10 => house.say(&["tally wait", &format!("note tag {which}")]),
                    11 => house.say(&[&format!("once {n}")]),
                    _ => {
                        let to = house.actor(label);
                        house.input(Input::Exit { to, reason: Reason::Other("odd".into()) });
                        house.run();
                    }
                }
            }
            leave(&mut thin);
            left += thin.vat.swapped_out();
            prop_assert_eq!(&plain.left, &thin.left);
        }
        for house in [&mut plain, &mut thin] {
            house.run();
            house.land();
        }
        prop_assert_eq!(plain.disk.0, thin.disk.0, "{} left", left);
        let (a, b) = (plain.vat.counters(), thin.vat.counters());
        prop_assert_eq!((a.turns, a.sent, a.handled, a.dead), (b.turns, b.sent, b.handled, b.dead));
    }
}
