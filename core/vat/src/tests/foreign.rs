//! Durable actors and the code they are run by, over lives of their vat in which that is another.
use super::{
    disk::Disk,
    durable::{House, behaviours},
    notes::Note,
};
use crate::Activity;
use alloc::{boxed::Box, string::String, vec::Vec};

fn state_of(house: &House, label: &str) -> Activity {
    house.vat.rows().into_iter().find(|row| row.label == label).expect("it is known").state
}

#[test]
fn newer_code_takes_the_state_over_once_and_the_older_one_is_not_needed_any_more() {
    let mut house = House::keeping("note", Disk::default());
    house.say(&["note a"]);
    house.land();
    for letters in ["A", "AB"] {
        house = House::with(behaviours(2), "note", house.disk);
        assert_eq!(house.state("note"), letters);
        house.say(&["note b"]);
        house.land();
    }
    assert_eq!(House::with(behaviours(2), "note", house.disk).state("note"), "ABB");
}

#[test]
fn what_waited_is_handled_by_the_newer_code_after_it_has_taken_over() {
    let mut house = House::keeping("note tally relay", Disk::default());
    house.say(&["relay a"]);
    house.land();
    house.tell("relay b");
    // The relay has sent it on and the note has not handled it.
    house.turns(2);
    house.land();
    house = House::with(behaviours(2), "note tally relay", house.disk);
    house.say(&["relay c"]);
    assert_eq!(house.state("note"), "ABC");
}

#[test]
fn with_both_versions_in_the_table_an_actor_keeps_its_own() {
    let mut house = House::keeping("note", Disk::default());
    house.say(&["note a"]);
    house.land();
    let mut both = behaviours(1);
    both.push(Box::new(Note { version: 2 }));
    house = House::with(both, "note", house.disk);
    house.say(&["note b"]);
    assert_eq!(house.state("note"), "ab");
}

#[test]
fn code_that_knows_no_migration_says_so_loses_nothing_and_leaves_the_others_alone() {
    let mut house = House::keeping("lives note", Disk::default());
    house.say(&["note a"]);
    house.land();
    for _ in 0..2 {
        house = House::with(behaviours(2), "lives note", house.disk);
        house.say(&["lives x", "note b"]);
        assert_eq!((state_of(&house, "lives"), house.state("lives")), (Activity::Suspended, "|".into()));
        let said = "parked: no state of lives version 1 becomes one of lives version 2: lives knows no state of lives version 1";
        assert_eq!(house.left, [said]);
        house.land();
    }
    house = House::with(behaviours(2), "note", house.disk);
    assert_eq!(house.state("note"), "ABB");
    let house = House::keeping("lives", house.disk);
    assert_eq!((state_of(&house, "lives"), house.state("lives")), (Activity::Waiting, "||".into()), "the older code is there again");
}

#[test]
fn who_is_of_no_name_in_the_table_waits_for_it() {
    let mut house = House::keeping("note lives", Disk::default());
    house.say(&["note a"]);
    house.land();
    let without: Vec<_> = behaviours(1).into_iter().filter(|behaviour| behaviour.name() != "note").collect();
    house = House::with(without, "lives", house.disk);
    assert_eq!((house.state("lives"), state_of(&house, "note")), ("||".into(), Activity::Parked));
    house = House::keeping("note", house.disk);
    house.say(&["note b"]);
    assert_eq!((house.state("note"), house.left), ("ab".into(), Vec::<String>::new()));
}
