//! How an incarnation ends: stop commits, crash aborts, and the order of what follows.
use super::kit::{World, check};
use crate::Config;
use alloc::{format, vec::Vec};
use expect_test::expect;

#[test]
fn stop_sends_what_the_turn_sent_and_crash_does_not() {
    check(
        "root: spawn a; spawn b; send a {send parent sent; stop odd}; send b {send parent lost; crash odd}",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b; send a {send parent sent; stop odd}; send b {send parent lost; crash odd}" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > a user "send parent sent; stop odd"
            0.000 root   > b user "send parent lost; crash odd"
            0.000 a      < init "" from root
            0.000 a      < user "send parent sent; stop odd" from root
            0.000 a      > root user "sent"
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling a message of 26 bytes
            0.000 b      < init "" from root
            0.000 b      < user "send parent lost; crash odd" from root
            0.000 b      = aborted: crashed "odd"
            0.000 root   = dead letter, crashed: user to b "send parent lost; crash odd"
            0.000 b      = ended: crashed "odd"
            0.000 host   = report: b crashed "odd", handling a message of 27 bytes
            0.000 root   < user "sent" from a
        "#]],
    );
}

#[test]
fn the_last_turn_runs_only_after_a_stop() {
    check(
        "root: spawn a {on terminate {send parent bye}}; send a {stop shutdown}
         root: spawn a {on terminate {send parent bye}}; send a {crash boom}
         root: spawn a {on terminate {send parent bye}}; exit a kill",
        expect![[r#"
            0.000 root   < user "spawn a {on terminate {send parent bye}}; send a {stop shutdown}" from host
            0.000 root   > spawn a
            0.000 root   > a user "stop shutdown"
            0.000 a      < init "on terminate {send parent bye}" from root
            0.000 a      < user "stop shutdown" from root
            0.000 a      > root user "bye"
            0.000 a      = ended: shutdown
            0.000 root   < user "bye" from a
            0.000 root   < user "spawn a {on terminate {send parent bye}}; send a {crash boom}" from host
            0.000 root   > spawn a
            0.000 root   > a user "crash boom"
            0.000 a      < init "on terminate {send parent bye}" from root
            0.000 a      < user "crash boom" from root
            0.000 a      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: user to a "crash boom"
            0.000 a      = ended: crashed "boom"
            0.000 host   = report: a crashed "boom", handling a message of 10 bytes
            0.000 root   < user "spawn a {on terminate {send parent bye}}; exit a kill" from host
            0.000 root   > spawn a
            0.000 root   > a exit "kill"
            0.000 a      = ended: killed
            0.000 host   = report: a killed, handling an exit signal from 0.1
            0.000 root   = dead letter, noproc: init to a "on terminate {send parent bye}"
        "#]],
    );
}

#[test]
fn calls_are_settled_before_the_watchers_hear() {
    check(
        "root: spawn a monitored; call a {hold caller}; call a {hold other}; send a {stop odd}; call a unread",
        expect![[r#"
        0.000 root   < user "spawn a monitored; call a {hold caller}; call a {hold other}; send a {stop odd}; call a unread" from host
        0.000 root   > spawn a
        0.000 root   > a user "hold caller"
        0.000 root   > a user "hold other"
        0.000 root   > a user "stop odd"
        0.000 root   > a user "unread"
        0.000 a      < init "" from root
        0.000 a      < user "hold caller" from root
        0.000 a      < user "hold other" from root
        0.000 a      < user "stop odd" from root
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling a message of 8 bytes
        0.000 root   = dead letter, noproc: user to a "unread"
        0.000 root   < reply "exit(odd)" from host
        0.000 root   < reply "exit(odd)" from host
        0.000 root   < reply "noproc" from host
        0.000 root   < down "odd" from a
    "#]],
    );
}

#[test]
fn what_waits_for_a_dead_actor_is_dead_in_order() {
    check(
        "root: spawn a; send a {crash boom}; send a one; call a two; send a three",
        expect![[r#"
        0.000 root   < user "spawn a; send a {crash boom}; send a one; call a two; send a three" from host
        0.000 root   > spawn a
        0.000 root   > a user "crash boom"
        0.000 root   > a user "one"
        0.000 root   > a user "two"
        0.000 root   > a user "three"
        0.000 a      < init "" from root
        0.000 a      < user "crash boom" from root
        0.000 a      = aborted: crashed "boom"
        0.000 root   = dead letter, crashed: user to a "crash boom"
        0.000 a      = ended: crashed "boom"
        0.000 host   = report: a crashed "boom", handling a message of 10 bytes
        0.000 root   = dead letter, noproc: user to a "one"
        0.000 root   = dead letter, noproc: user to a "two"
        0.000 root   = dead letter, noproc: user to a "three"
        0.000 root   < reply "noproc" from host
    "#]],
    );
}

#[test]
fn an_orderly_end_writes_no_report() {
    check(
        "root: spawn a {stop shutdown}; spawn b {stop normal}; spawn c {stop odd}",
        expect![[r#"
        0.000 root   < user "spawn a {stop shutdown}; spawn b {stop normal}; spawn c {stop odd}" from host
        0.000 root   > spawn a
        0.000 root   > spawn b
        0.000 root   > spawn c
        0.000 a      < init "stop shutdown" from root
        0.000 a      = ended: shutdown
        0.000 b      < init "stop normal" from root
        0.000 b      = ended: normal
        0.000 c      < init "stop odd" from root
        0.000 c      = ended: odd
        0.000 host   = report: c odd, handling init
    "#]],
    );
}

#[test]
fn with_the_root_everything_that_is_linked_goes() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a linked {spawn b linked {timer 1 1000; spawn c kept; spawn d {trap}}; spawn e kept; call parent x}; call a {hold x}; watch a; timer 2 20");
    world.play("host: exit root kill");
    let left: Vec<_> = world.vat.rows().into_iter().map(|row| row.label).collect();
    assert_eq!(left, ["e", "c", "d"], "who was not linked lives on");
    for name in left {
        world.play(&format!("host: exit {name} kill"));
    }
    assert_eq!(world.in_use(), [0; 5]);
}
