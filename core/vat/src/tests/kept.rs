//! Whom owners keep over lives of their vat: found again at their place, with their state, their bonds and their owner.
use super::{disk::Disk, durable::House};
use crate::Activity;

fn lives(house: &House, name: &str) -> (u32, bool) {
    let row = house.vat.rows().into_iter().find(|row| row.label == name).expect("it is known");
    (row.incarnation.0, row.state != Activity::Ended)
}

#[test]
fn a_note_on_a_shelf_that_is_made_anew_is_the_same_note() {
    let mut house = House::keeping("shelf", Disk::default());
    house.say(&["shelf note a", "shelf note b"]);
    house.land();
    for _ in 0..2 {
        house = House::keeping("shelf", house.disk);
    }
    house.say(&["shelf note c"]);
    assert_eq!((house.state("note"), lives(&house, "note")), ("abc".into(), (2, true)));
}

#[test]
fn a_note_in_a_durable_case_goes_on_before_anybody_asks_for_it() {
    let mut house = House::keeping("case", Disk::default());
    house.say(&["case note a"]);
    house.land();
    let mut house = House::keeping("", house.disk);
    assert_eq!((lives(&house, "note"), lives(&house, "case")), ((2, true), (1, false)));
    house = House::keeping("case", house.disk);
    house.say(&["case note b"]);
    assert_eq!(house.state("note"), "ab");
}

#[test]
fn what_a_note_in_a_durable_case_hears_in_a_later_life_is_written_down_too() {
    let mut house = House::keeping("case", Disk::default());
    for said in ["case note a", "case note b"] {
        house.say(&[said]);
        house.land();
        house = House::keeping("case", house.disk);
    }
    let handled_again = house.vat.rows().into_iter().find(|row| row.label == "note").expect("it is there").turns;
    assert_eq!((house.state("note"), handled_again), ("ab".into(), 0));
}

#[test]
fn a_durable_owner_hears_of_an_end_also_in_later_lives_of_the_vat() {
    let mut house = House::keeping("case", Disk::default());
    house.say(&["case note a"]);
    house.land();
    house = House::keeping("case", house.disk);
    house.say(&["case note crash"]);
    assert_eq!((lives(&house, "case"), lives(&house, "note")), ((2, true), (3, true)), "it trapped the exit and started it again");
    house.say(&["case note b"]);
    house.land();
    house = House::keeping("case", house.disk);
    assert_eq!((house.state("note"), lives(&house, "note")), ("ab".into(), (4, true)));
}

#[test]
fn a_place_that_nobody_has_any_more_loses_nothing() {
    let mut house = House::keeping("shelf", Disk::default());
    house.say(&["shelf note a"]);
    house.land();
    house = House::keeping("", house.disk);
    house = House::keeping("case", house.disk);
    house = House::keeping("shelf", house.disk);
    house.say(&["shelf note b"]);
    let notes = house.vat.rows().into_iter().filter(|row| row.label == "note").count();
    assert_eq!((house.state("note"), notes), ("ab".into(), 2), "that of the case waits, too");
}

#[test]
fn a_behaviour_that_minds_it_begins_each_later_life_with_a_turn() {
    let mut house = House::keeping("lives", Disk::default());
    assert_eq!(house.state("lives"), "|");
    for lives in 2..5 {
        house = House::keeping("lives", house.disk);
        assert_eq!(house.state("lives"), "|".repeat(lives));
    }
}
