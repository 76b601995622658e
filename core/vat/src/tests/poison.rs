//! Poison: what a durable actor's turn fails on is tried again, in order, and parks it in the end; crashes of the vat don't help it.
use super::tower::Tower;
use core::sync::atomic::Ordering::Relaxed;

fn failing(times: u32) -> Tower {
    let tower = Tower::new();
    tower.fails.store(times, Relaxed);
    tower
}

/// The owner starts the bell again whenever it is down, and so much time passes.
fn pass(tower: &mut Tower, seconds: u64) {
    for _ in 0..seconds {
        if !tower.is_parked() {
            tower.say("again");
        }
        tower.advance(1_000);
    }
}

#[test]
fn a_message_is_tried_again_and_what_came_after_it_waits() {
    let mut tower = failing(2);
    tower.say("a");
    tower.say("b");
    assert_eq!((tower.line().as_str(), tower.crashes), ("", 1));
    pass(&mut tower, 2);
    tower.say("c");
    assert_eq!(tower.line(), "");
    pass(&mut tower, 7);
    assert_eq!((tower.line().as_str(), tower.crashes), ("a b c", 2));
    assert_eq!(tower.vat.counters().dead_total(), 0);
}

#[test]
fn the_sixth_failure_parks_it_with_the_message_at_the_head() {
    let mut tower = failing(6);
    tower.say("a");
    tower.say("b; set 1 5");
    pass(&mut tower, 80);
    assert_eq!((tower.crashes, tower.is_parked(), tower.row().queued), (6, true, 2));
    pass(&mut tower, 300);
    assert_eq!((tower.crashes, tower.line().as_str()), (6, ""));
    tower.say("again");
    assert_eq!(tower.line(), "a b 1@5", "its owner has taken it out");
}

#[test]
fn six_tries_over_crashes_of_the_vat_are_six() {
    let mut tower = failing(100);
    tower.say("a");
    tower.land();
    for life in 1..12 {
        let crashes = tower.crashes;
        tower = tower.again(0);
        tower.crashes += crashes;
        tower.settle();
        tower.land();
        assert_eq!(tower.crashes, 6.min(life + 1));
    }
    assert!(tower.is_parked());
    tower.fails.store(0, Relaxed);
    tower.say("b");
    tower.say("again");
    assert_eq!(tower.line(), "a b");
    tower.land();
    assert!(!tower.again(0).is_parked(), "the journal knows that, too");
}

#[test]
fn alarms_are_silent_while_parked_and_ring_once_after() {
    let mut tower = failing(0);
    tower.say("every 1 90000 100 coalesce; set 2 95000");
    tower.fails.store(6, Relaxed);
    tower.say("a");
    pass(&mut tower, 80);
    assert!(tower.is_parked());
    tower.land();
    let mut tower = tower.again(0);
    tower.advance(20_050);
    assert_eq!((tower.line().as_str(), tower.vat.wake_at()), ("", None));
    tower.say("again");
    tower.settle();
    assert_eq!(tower.line(), "a 1@90000+100 2@95000");
}

#[test]
fn an_alarm_parks_it_too() {
    let mut tower = failing(0);
    tower.say("set 1 10");
    tower.fails.store(6, Relaxed);
    pass(&mut tower, 80);
    assert_eq!((tower.crashes, tower.is_parked()), (6, true));
    tower.say("again");
    tower.settle();
    assert_eq!(tower.line(), "1@10");
}

#[test]
fn an_alarm_that_fails_delays_nothing_else() {
    let mut tower = failing(0);
    tower.say("set 1 10");
    tower.fails.store(1, Relaxed);
    tower.advance(10);
    tower.say("again");
    tower.say("a");
    assert_eq!(tower.line(), "a");
    tower.advance(3_000);
    assert_eq!(tower.line(), "a 1@10");
}

#[test]
fn skipped_after_so_many_it_is_a_dead_letter_and_the_next_goes_on() {
    for most in 1..4 {
        let mut tower = Tower::skipping(most);
        tower.fails.store(most, Relaxed);
        tower.say("a");
        tower.say("b");
        pass(&mut tower, 20);
        assert_eq!((tower.line().as_str(), tower.crashes as u32), ("b", most));
        assert_eq!(tower.vat.counters().dead_total(), 1);
        tower.land();
        assert_eq!(tower.again(0).line(), "b");
    }
}

#[test]
fn who_crashes_while_it_waits_is_there_in_the_next_life_of_the_vat() {
    let mut tower = failing(1);
    tower.say("a");
    tower.say("again");
    tower.land();
    let mut tower = tower.again(0);
    tower.settle();
    assert_eq!(tower.line(), "a", "tried again at once");
}
