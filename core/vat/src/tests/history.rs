//! Back to an earlier place: what was the actor's is as it was then, and what was others' stays.
use super::{
    disk::Disk,
    durable::{House, IDENTITY, behaviours},
};
use crate::{Config, Input, NotRestored, Outputs, Position, Rights, Time, Vat, VatId};
use alloc::{format, string::String, vec::Vec};
use peerd_journal::Until;
use proptest::prelude::*;

impl House {
    fn place(&self) -> Position {
        self.vat.writer().expect("it has a journal").newest()
    }

    fn go_back(&mut self, label: &str, to: Position) -> Result<Position, NotRestored> {
        self.land();
        let past = self.disk.recover_until(VatId(1), Until::Position(to)).image;
        let (actor, mut out) = (self.actor(label), Outputs::new());
        let undo = self.vat.restore_actor(Time(0), actor, &past, &mut out);
        self.run();
        undo
    }

    fn tell_it(&mut self, label: &str, words: &str) {
        let to = self.actor(label);
        self.input(Input::Message { to, body: words.into(), refs: Vec::new() });
        self.run();
    }
}

#[test]
fn who_is_kept_by_nobody_goes_on_at_once_from_where_it_was_and_back() {
    let mut house = House::open(Disk::default());
    house.say(&["once one"]);
    house.tell_it("one", "a");
    let early = house.place();
    house.tell_it("one", "b");
    let undo = house.go_back("one", early).expect("it was there");
    assert_eq!((house.state("one"), house.life("one")), ("a".into(), 2));
    house.tell_it("one", "c");
    house.land();
    let mut house = house.again();
    assert_eq!(house.state("one"), "ac");
    house.go_back("one", undo).expect("it was there");
    assert_eq!(house.state("one"), "ab");
    house.land();
    assert_eq!(house.again().state("one"), "ab");
}

#[test]
fn who_is_kept_is_as_it_was_when_its_owner_begins_its_next_life() {
    let mut house = House::keeping("note case", Disk::default());
    house.say(&["note a", "case note x"]);
    let early = house.place();
    house.say(&["note b", "case note y"]);
    house.go_back("note", early).expect("it was there");
    house.land();
    let mut house = House::keeping("note case", house.disk);
    assert_eq!(house.state("note"), "a");
    house.say(&["note c"]);
    assert_eq!(house.state("note"), "ac");
}

#[test]
fn who_is_kept_goes_back_also_while_nobody_runs_the_vat() {
    let mut house = House::keeping("note case", Disk::default());
    house.say(&["note a", "note b"]);
    let (late, name) = (house.place(), house.actor("note").actor_id().map(crate::journal_name).expect("an actor"));
    house.say(&["note c"]);
    house.land();
    let disk = house.disk;
    let past = disk.recover_until(VatId(1), Until::Position(late)).image;
    let config = Config { vat: VatId(1), ..Config::default() };
    let vat = Vat::durable(config, behaviours(1), IDENTITY, disk.recover(VatId(1))).expect("it comes back");
    let mut house = House { vat, disk, left: Vec::new() };
    house.land();
    let actor = house.vat.durable_ref(name).expect("it is there");
    house.vat.restore_actor(Time(0), actor, &past, &mut Outputs::new()).expect("it was there");
    house.land();
    let mut house = House::keeping("note case", house.disk);
    assert_eq!(house.state("note"), "ab");
    house.say(&["note d"]);
    assert_eq!((house.state("note"), house.vat.durable_ref(peerd_journal::Actor(7))), ("abd".into(), None));
}

#[test]
fn what_waited_aside_then_waits_again_and_what_waits_aside_now_does_not() {
    let mut house = House::open(Disk::default());
    house.say(&["shy it"]);
    house.tell_it("it", "a");
    let early = house.place();
    house.tell_it("it", "b");
    house.go_back("it", early).expect("it was there");
    for again in [false, true] {
        if again {
            house.land();
            house = house.again();
        }
        assert_eq!(house.state("it"), ".");
    }
    house.tell_it("it", "open");
    assert_eq!(house.state("it"), ".a");
    house.land();
    assert_eq!(house.again().state("it"), ".a");
}

#[test]
fn what_waits_for_it_still_comes_and_what_it_has_sent_stays_sent() {
    let mut house = House::open(Disk::default());
    house.say(&["relay a"]);
    let early = house.place();
    house.say(&["relay b", "relay pass c"]);
    house.go_back("relay", early).expect("it was there");
    house.land();
    let mut house = house.again();
    house.say(&["relay d"]);
    assert_eq!(house.state("note"), "abcd");
}

#[test]
fn one_goes_back_only_to_where_the_actor_was_and_only_with_the_right_to() {
    let mut house = House::open(Disk::default());
    let before = house.place();
    house.say(&["once one"]);
    let early = house.place();
    assert_eq!(house.go_back("one", before), Err(NotRestored::NotThere));
    let past = house.disk.recover_until(VatId(1), Until::Position(early)).image;
    let lent = house.actor("one").attenuated(Rights::SEND);
    assert_eq!(house.vat.restore_actor(Time(0), lent, &past, &mut Outputs::new()), Err(NotRestored::Unknown));
    assert_eq!((house.state("one"), house.life("one")), (String::new(), 1));
}

proptest! {
    /// Wherever one goes back to, and wherever the vat is cut: what comes back is what lived, and each place is what it was.
    #[test]
    fn the_past_stays_as_it_was(script in proptest::collection::vec((0u8..6, 0usize..20), 1..40)) {
        let mut house = House::open(Disk::default());
        house.say(&["once one"]);
        house.land();
        let mut places = Vec::from([(house.place(), String::new())]);
        for (n, (what, which)) in script.into_iter().enumerate() {
            match what {
                0..=2 => house.tell_it("one", &format!("{},", n)),
                3 => house.land(),
                4 => {
                    let (place, state) = places[which % places.len()].clone();
                    let now = house.state("one");
                    let undo = house.go_back("one", place).expect("it was there");
                    prop_assert_eq!(house.state("one"), state);
                    house.land();
                    places.push((undo, now));
                }
                _ => {
                    house.land();
                    let state = house.state("one");
                    house = house.again();
                    prop_assert_eq!(house.state("one"), state);
                }
            }
            house.land();
            places.push((house.place(), house.state("one")));
        }
    }
}
