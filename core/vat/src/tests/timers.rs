//! Timers (semantics 11).
use super::kit::{World, check};
use crate::{Config, Time};
use alloc::{format, string::String, vec::Vec};
use expect_test::expect;

#[test]
fn a_timer_set_again_comes_once_at_its_new_time() {
    check(
        "root: timer 1 10; timer 1 30
         +10
         +20",
        expect![[r#"
            0.000 root   < user "timer 1 10; timer 1 30" from host
            0.030 root   < timer "1" from root
        "#]],
    );
}

#[test]
fn a_tick_already_queued_is_not_seen_after_cancel_or_set() {
    check(
        "root: timer 1 0; timer 2 0; untimer 1; timer 2 5
         +5",
        expect![[r#"
            0.000 root   < user "timer 1 0; timer 2 0; untimer 1; timer 2 5" from host
            0.000 root   = dead letter, cancelled: timer to root "1"
            0.000 root   = dead letter, cancelled: timer to root "2"
            0.005 root   < timer "2" from root
        "#]],
    );
}

#[test]
fn a_timer_of_zero_goes_to_the_tail_at_commit() {
    check(
        "root: send me before; timer 1 0; send me after",
        expect![[r#"
        0.000 root   < user "send me before; timer 1 0; send me after" from host
        0.000 root   > root user "before"
        0.000 root   > root user "after"
        0.000 root   < user "before" from root
        0.000 root   < timer "1" from root
        0.000 root   < user "after" from root
    "#]],
    );
}

#[test]
fn in_its_own_tick_a_key_reads_as_unset() {
    check(
        "root: on timer {timer 1 10}; timer 1 10
         +10
         +10",
        expect![[r#"
            0.000 root   < user "on timer {timer 1 10}; timer 1 10" from host
            0.010 root   < timer "1" from root
            0.020 root   < timer "1" from root
        "#]],
    );
}

#[test]
fn timers_end_with_their_incarnation() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a kept {timer 1 10; timer 2 20}");
    assert_eq!(world.vat.wake_at(), Some(Time(10)));
    world.play("a: timer 1 0; stop normal");
    assert_eq!(world.vat.wake_at(), None);
}

#[test]
fn a_hundred_thousand_armed_and_cancelled_leave_nothing() {
    let mut world = World::new(Config::default());
    let before = world.in_use();
    for round in 0..100 {
        let script = |verb: fn(u32) -> String| (0..100).map(verb).collect::<Vec<_>>().join("; ");
        world.play(&format!("root: {}", script(|n| format!("timer {n} {}", 1_000 + n % 7))));
        if round % 2 == 0 {
            world.play(&format!("root: {}", script(|n| format!("untimer {n}"))));
        }
    }
    world.play("+2000");
    assert_eq!(world.in_use(), before);
}

#[test]
fn a_clock_that_goes_back_is_not_believed() {
    let mut world = World::new(Config::default());
    world.play("+1000\nroot: timer 1 10");
    world.now = Time(5);
    world.play("root: timer 2 10");
    assert_eq!(world.vat.wake_at(), Some(Time(1_010)));
}

#[test]
fn a_cancel_tells_what_was_left_and_after_that_nothing() {
    check(
        "root: timer 1 100; left 1; left 1; timer 2 100
         +40
         root: left 2; left 2; timer 3 10
         +10
         root: left 3; timer 4 0; left 4; timer 5 50; timer 5 70; left 5",
        expect![[r#"
            0.000 root   < user "timer 1 100; left 1; left 1; timer 2 100" from host
            0.000 root   = inform Some(100)
            0.000 root   = inform None
            0.040 root   < user "left 2; left 2; timer 3 10" from host
            0.040 root   = inform Some(60)
            0.040 root   = inform None
            0.050 root   < timer "3" from root
            0.050 root   < user "left 3; timer 4 0; left 4; timer 5 50; timer 5 70; left 5" from host
            0.050 root   = inform None
            0.050 root   = inform None
            0.050 root   = inform Some(70)
            0.050 root   = dead letter, cancelled: timer to root "4"
        "#]],
    );
}
