//! Alarms of durable actors: once each, never early, over lives of the actor and of the vat.
use super::tower::Tower;
use crate::{Time, Wall};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::sync::atomic::Ordering::Relaxed;
use proptest::prelude::*;

/// After these words, and then this much time, the bell's line.
fn check(words: &[&str], ms: u64, expected: &str) {
    let mut tower = Tower::new();
    words.iter().for_each(|words| tower.say(words));
    tower.advance(ms);
    assert_eq!(tower.line(), expected);
    tower.land();
    assert_eq!(tower.again(0).line(), expected, "and so says the journal");
}

#[test]
fn an_alarm_rings_at_its_time_and_once() {
    check(&["set 1 100"], 99, "");
    check(&["set 1 100"], 100, "1@100");
    check(&["set 1 100"], 100_000, "1@100");
}

#[test]
fn many_ring_in_order_of_time_then_of_the_journal() {
    check(&["set 3 100", "set 2 50; set 1 100", "set 4 100"], 200, "2@50 3@100 1@100 4@100");
}

#[test]
fn of_one_key_the_newest_time_counts() {
    check(&["set 1 100", "set 1 50"], 200, "1@50");
    check(&["set 1 100", "set 1 150"], 120, "");
    check(&["set 1 100; set 1 70; set 1 90"], 200, "1@90");
}

#[test]
fn cancelling_tells_what_was_left() {
    check(&["set 1 100", "cancel 1", "cancel 1"], 200, "left Some(100) left None");
}

#[test]
fn one_that_is_over_rings_at_once() {
    let mut tower = Tower::new();
    tower.advance(500);
    tower.say("set 1 100");
    assert_eq!(tower.line(), "1@100");
}

#[test]
fn a_handler_reads_it_as_unset_and_a_time_it_sets_stands() {
    check(&["set 5 100"], 200, "5@100");
    check(&["set 5 100"], 9_000, "5@100 5@9000");
}

#[test]
fn an_alarm_outlives_the_vat_and_is_overdue_in_due_order() {
    let mut tower = Tower::new();
    tower.say("set 1 300; set 2 200");
    tower.say("set 3 5000");
    tower.land();
    let mut tower = tower.again(1_000);
    tower.settle();
    assert_eq!(tower.line(), "2@200 1@300");
    tower.land();
    let mut tower = tower.again(0);
    tower.advance(4_000);
    assert_eq!(tower.line(), "2@200 1@300 3@5000");
}

#[test]
fn one_whose_record_did_not_land_was_never_set() {
    let mut tower = Tower::new();
    tower.say("set 1 100");
    let mut tower = tower.again(0);
    tower.advance(1_000);
    assert_eq!(tower.line(), "");
}

#[test]
fn one_that_was_handled_and_not_landed_rings_again() {
    let mut tower = Tower::new();
    tower.say("set 1 100");
    tower.land();
    tower.advance(200);
    assert_eq!(tower.line(), "1@100");
    let mut tower = tower.again(0);
    tower.settle();
    assert_eq!(tower.line(), "1@100", "nothing of that turn was left");
}

#[test]
fn one_that_is_set_again_to_the_same_time_writes_nothing_new() {
    let mut tower = Tower::new();
    tower.say("set 1 100; set 2 100");
    tower.say("set 1 100");
    tower.advance(100);
    assert_eq!(tower.line(), "1@100 2@100", "it kept its place");
}

#[test]
fn a_queued_tick_of_an_older_setting_never_comes() {
    let mut tower = Tower::new();
    tower.say("set 1 100");
    tower.tell("set 1 400");
    tower.turns(1);
    // Both wait in the mailbox now: the words first, which set it anew.
    tower.now = Time(100);
    tower.turns(100);
    tower.settle();
    assert_eq!(tower.line(), "");
    tower.advance(300);
    assert_eq!(tower.line(), "1@400");
}

#[test]
fn a_step_of_the_clock_moves_alarms_and_no_timer() {
    let mut tower = Tower::new();
    tower.say("set 1 1000");
    tower.advance(100);
    tower.set_clock(10_000);
    tower.settle();
    assert_eq!((tower.line(), tower.now), ("1@1000".to_string(), Time(100)));
    tower.say("set 2 20000");
    tower.set_clock(0);
    tower.advance(9_900);
    assert_eq!(tower.line(), "1@1000", "back by ten seconds");
    tower.advance(10_000);
    assert_eq!(tower.line(), "1@1000 2@20000");
}

#[test]
fn periodic_ones_do_not_drift() {
    check(&["every 1 100 100 coalesce"], 350, "1@100 1@200 1@300");
    check(&["every 6 100 100 coalesce"], 350, "6@100");
    check(&["every 1 100 100 coalesce", "set 1 250"], 500, "1@250");
}

#[test]
fn missed_ticks_are_one_or_none_or_each() {
    let missed = |policy: &str| {
        let mut tower = Tower::new();
        tower.say(&format!("every 1 100 100 {policy}"));
        tower.land();
        let mut tower = tower.again(450);
        tower.settle();
        let at_once = tower.line();
        tower.advance(100);
        (at_once, tower.line())
    };
    assert_eq!(missed("coalesce"), ("1@100+3".into(), "1@100+3 1@500".into()));
    assert_eq!(missed("skip"), (String::new(), "1@500".into()));
    assert_eq!(missed("9"), ("1@100 1@200 1@300 1@400".into(), "1@100 1@200 1@300 1@400 1@500".into()));
    assert_eq!(missed("2"), ("1@300+2 1@400".into(), "1@300+2 1@400 1@500".into()));
}

#[test]
fn a_skipped_tick_is_also_one_that_was_due_while_the_vat_was_down() {
    let mut tower = Tower::new();
    tower.say("every 1 100 100 skip");
    tower.land();
    let mut tower = tower.again(150);
    tower.settle();
    assert_eq!(tower.line(), "");
    tower.advance(100);
    assert_eq!(tower.line(), "1@200");
}

#[test]
fn one_that_was_set_aside_stays_set_until_it_is_handled() {
    let mut tower = Tower::new();
    tower.say("set 1 100; tag 7");
    tower.advance(200);
    tower.land();
    let mut tower = tower.again(0);
    tower.settle();
    assert_eq!(tower.line(), "");
    tower.say("tag 0");
    assert_eq!(tower.line(), "1@100");
    tower.land();
    let mut tower = tower.again(0);
    tower.advance(1_000);
    assert_eq!(tower.line(), "1@100");
}

#[test]
fn who_is_down_hears_of_it_in_the_next_life_and_who_is_buried_never() {
    for (then, expected) in [("again", "1@100"), ("bury", "")] {
        let mut tower = Tower::new();
        tower.say("set 1 100");
        tower.say("kill");
        tower.advance(500);
        assert_eq!(tower.line(), "");
        tower.say(then);
        tower.say("again");
        tower.advance(500);
        assert_eq!(tower.line(), expected, "{then}");
        assert_eq!(tower.vat.tables.alarms.first(), None);
    }
}

#[test]
fn a_turn_that_fails_is_tried_again_after_two_seconds_then_four() {
    let mut tower = Tower::new();
    tower.say("set 1 100");
    tower.fails.store(2, Relaxed);
    tower.advance(1_999);
    assert_eq!((tower.crashes, tower.line().as_str()), (1, ""));
    tower.say("again");
    tower.advance(601);
    assert_eq!(tower.crashes, 2);
    tower.say("again");
    tower.advance(3_000);
    assert_eq!(tower.line(), "");
    tower.advance(3_000);
    assert_eq!(tower.line(), "1@100");
}

#[test]
fn a_volatile_actor_can_set_none() {
    super::kit::check(
        "root: spawn a
         a: alarm 1 5",
        expect_test::expect![[r#"
            0.000 root   < user "spawn a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 a      < user "alarm 1 5" from host
            0.000 a      = aborted: crashed "only a durable actor has alarms"
            0.000 host   = dead letter, crashed: user to a "alarm 1 5"
            0.000 a      = ended: crashed "only a durable actor has alarms"
            0.000 host   = report: a crashed "only a durable actor has alarms", handling a message of 9 bytes
        "#]],
    );
}

proptest! {
    /// Whatever is cut when: each alarm that was set takes effect once, and none before its time.
    #[test]
    fn each_takes_effect_once_and_never_early(script in proptest::collection::vec((0u8..7, 0u64..400), 1..60)) {
        let (mut tower, mut next) = (Tower::new(), 0);
        for (what, much) in script {
            match what {
                0 | 1 => {
                    next += 1;
                    // The bell looks at the time itself.
                    let at = tower.now.0 + much;
                    tower.tell(&format!("set {} {at}", 100 + next));
                }
                2 => {
                    tower.turns(1 + much % 3);
                }
                3 => tower.land(),
                4 => tower.now = tower.now.after(much),
                5 => tower.advance(much),
                _ => tower = tower.again(much),
            }
            let line = tower.line();
            let mut keys: Vec<&str> = line.split(' ').filter_map(|told| told.split('@').next()).filter(|key| !key.is_empty()).collect();
            let told = keys.len();
            keys.sort_unstable();
            keys.dedup();
            prop_assert_eq!(keys.len(), told, "{}", line);
        }
        tower.settle();
        tower.land();
        let known = tower.landed();
        tower.advance(1_000);
        tower.land();
        prop_assert_eq!(tower.vat.tables.alarms.first(), None::<Wall>);
        let line = tower.line();
        prop_assert!(line.starts_with(&known), "{} then {}", known, line);
        prop_assert_eq!(tower.again(9_000).line(), line);
    }
}
