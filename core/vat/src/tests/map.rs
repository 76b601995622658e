//! The map of an actor: part of its state over turns, lives and crashes of its vat, and never written whole.
use super::{disk::Disk, durable::House, kit::World};
use crate::{ActorId, Config, Map, Vat};
use alloc::{format, string::String, vec, vec::Vec};
use proptest::prelude::*;

fn shown(map: Map<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.into()).expect("text");
    map.iter().map(|(key, value)| format!("{}={}", text(key), text(value))).collect::<Vec<_>>().join(" ")
}

fn of(vat: &Vat, label: &str) -> String {
    let row = vat.rows().into_iter().find(|row| row.label == label).expect("it is known");
    shown(vat.map(row.id))
}

fn house() -> House {
    House::keeping("puppet", Disk::default())
}

fn again(house: House) -> House {
    House::keeping("puppet", house.disk)
}

#[test]
fn a_turn_reads_its_own_writes_and_a_dropped_one_leaves_none() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a\na: put x 1; put y 2; entries z; delete x\na: put w 0; crash boom");
    let ActorId(a) = world.find("a").actor_id().expect("an actor");
    assert_eq!(shown(world.vat.map(ActorId(a))), "", "a volatile one's goes with its life");
    world.play("root: spawn b\nb: put x 1; put y 2; entries z; delete x\nb: put y 3; clear; entries y; put a 4");
    assert_eq!(of(&world.vat, "b"), "a=4 y=");
    let with_entries = world.vat.rows().into_iter().filter(|row| world.vat.map(row.id).first().is_some()).count();
    assert_eq!(with_entries, 1, "no other turn has taken up what was dropped");
}

#[test]
fn the_map_of_a_volatile_actor_is_empty_in_its_next_life() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a kept\na: put x 1; stop");
    world.play("root: spawn a kept\na: put y 2");
    assert_eq!(of(&world.vat, "a"), "y=2");
}

#[test]
fn a_value_that_is_too_long_is_an_error_to_the_turn_alone() {
    let mut world = World::new(Config::default());
    world.play(&format!("root: spawn a\na: put x 1\na: put x {}", "v".repeat(Map::VALUE_MAX + 1)));
    assert!(world.transcript.last().is_some_and(|line| line.contains("a value of 131073 bytes; 131072 are the most")));
}

#[test]
fn the_map_counts_in_what_an_actor_may_use_and_in_what_is_seen_of_it() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a; spawn b capped monitored\na: put key value");
    let before = world.vat.rows().into_iter().find(|row| row.label == "b").expect("it lives").state_bytes;
    let row = world.vat.rows().into_iter().find(|row| row.label == "a").expect("it lives");
    assert_eq!(row.state_bytes as usize, before as usize + 8 + Map::ENTRY);
    world.play(&format!("b: put x {}", "v".repeat(400)));
    assert!(world.transcript.iter().any(|line| line.contains("= ended: killed")));
}

#[test]
fn a_shared_handler_that_puts_is_at_fault() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a\na: timer 1 10; await 1; open shared\na: quick; put x 1");
    assert!(world.transcript.iter().any(|line| line.contains("a shared handler wrote")), "{:?}", world.transcript);
}

#[test]
fn who_controls_an_actor_sees_its_map_in_pieces() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a\na: put a 1; put b 2; put c 3\nroot: system a get_map b");
    assert_eq!(world.transcript.last().map(|line| line.ends_with(r#"reply "\u{2}\u{1}b\u{1}2\u{1}c\u{1}3" from a"#)), Some(true));
    let long = "v".repeat(Map::SHOWN_MAX);
    world.play(&format!("a: put a {long}; put b {long}"));
    let a = world.find("a").actor_id().expect("an actor");
    assert_eq!(world.vat.map(a).shown(b"").len(), 1);
    assert_eq!(world.vat.map(a).shown(b"aa").len(), 1, "not what is too long with it");
    assert_eq!(world.vat.map(a).shown(b"c").len(), 1);
    assert!(world.vat.map(a).shown(b"d").is_empty());
}

#[test]
fn what_landed_of_a_map_is_there_in_the_next_life() {
    let mut house = house();
    house.say(&["puppet put x 1; put y 2; put z 3", "puppet delete y; put x 4"]);
    house.land();
    house.say(&["puppet put never 5"]);
    let mut house = again(house);
    assert_eq!(of(&house.vat, "puppet"), "x=4 z=3");
    house.say(&["puppet clear; put n 1", "puppet put x 2; crash boom"]);
    house.land();
    assert_eq!(of(&house.vat, "puppet"), "n=1", "the next life of a durable one has what was committed");
    assert_eq!(of(&again(house).vat, "puppet"), "n=1");
}

#[test]
fn a_record_has_what_changed_and_not_the_map() {
    let mut house = house();
    let long = "v".repeat(1_000);
    house.say(&(0..50).map(|n| format!("puppet put {n} {long}")).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>());
    house.land();
    let before: usize = house.disk.0.values().map(Vec::len).sum();
    house.say(&["puppet put 7 short"]);
    house.land();
    let written = house.disk.0.values().map(Vec::len).sum::<usize>() - before;
    assert!(written < 300, "{written} bytes for one entry of fifty");
}

#[test]
fn who_is_replaced_begins_again_with_an_init_and_nothing_of_its_state_or_map() {
    let mut house = house();
    let begun = "puppet spawn child kept durable {put born again; needs 0 {put tag none}}";
    house.say(&["puppet spawn child kept durable", "puppet send child {put x 1; tag 3; on timer {}}", "puppet send child {crash boom}"]);
    house.say(&[begun]);
    house.land();
    assert_eq!(of(&house.vat, "child"), "x=1", "a restart keeps it, and does without an init");
    house.say(&["puppet send child {crash boom}", "puppet send child {put waited 1}", "puppet replace child"]);
    assert_eq!((of(&house.vat, "child"), house.state("child")), (String::new(), String::new()));
    // Whether or not the vat ends between the decision and the next life.
    house.land();
    let mut later = House::keeping("puppet", house.disk.clone());
    later.say(&[begun]);
    house.say(&[begun]);
    for mut house in [house, later] {
        assert_eq!(of(&house.vat, "child"), "born=again tag=none waited=1");
        house.land();
        let mut house = again(house);
        house.say(&["puppet send child {needs 0 {put tag still}}"]);
        assert!(of(&house.vat, "child").starts_with("born=again tag=still"), "{}", of(&house.vat, "child"));
    }
}

#[test]
fn a_turn_that_changes_too_much_is_dropped_with_its_children_and_the_vat_goes_on() {
    let mut house = house();
    house.say(&["puppet put x 1", "puppet put x 2; spawn child durable; swell 18000000"]);
    house.land();
    let house = again(house);
    assert_eq!(of(&house.vat, "puppet"), "x=1");
    assert!(house.vat.rows().iter().all(|row| row.label != "child"));
}

proptest! {
    /// Whatever is cut when, the map is what some of its turns in order leave, and those that landed are among them.
    #[test]
    fn a_map_is_the_fold_of_the_turns_that_landed(script in proptest::collection::vec((0u8..8, 0u8..6, 1u64..4), 1..60)) {
        let mut house = house();
        // What each turn would leave, as the vat with no cut has it.
        let (mut states, mut landed) = (vec![String::new()], 0);
        for (what, key, much) in script {
            match what {
                0..=2 => house.say(&[&format!("puppet put {key} {much}; entries {much}")]),
                3 => house.say(&[&format!("puppet delete {key}; put {much} {key}")]),
                4 => house.say(&[&format!("puppet clear; put {key} {much}")]),
                5 => house.say(&[&format!("puppet put {key} x; crash boom")]),
                6 => house.land(),
                _ => {
                    house = again(house);
                    let now = of(&house.vat, "puppet");
                    prop_assert_eq!(Some(&now), states.get(landed));
                    states.truncate(landed + 1);
                }
            }
            if what == 6 {
                landed = states.len() - 1;
            }
            states.push(of(&house.vat, "puppet"));
        }
    }
}
