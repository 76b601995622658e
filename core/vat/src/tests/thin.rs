//! The path that everything else widens: spawn, send, call, timer, crash, port.
use super::kit::{World, check};
use crate::{Config, Output, Said};
use expect_test::expect;

#[test]
fn what_a_parent_sends_arrives_after_the_childs_init() {
    check(
        "root: spawn a {one}; send a two",
        expect![[r#"
            0.000 root   < user "spawn a {one}; send a two" from host
            0.000 root   > spawn a
            0.000 root   > a user "two"
            0.000 a      < init "one" from root
            0.000 a      < user "two" from root
        "#]],
    );
}

#[test]
fn a_call_is_answered_once() {
    check(
        "root: spawn a; call a {reply five; reply six}",
        expect![[r#"
            0.000 root   < user "spawn a; call a {reply five; reply six}" from host
            0.000 root   > spawn a
            0.000 root   > a user "reply five; reply six"
            0.000 a      < init "" from root
            0.000 a      < user "reply five; reply six" from root
            0.000 a      > caller reply "five"
            0.000 a      > caller reply "six"
            0.000 a      = dead letter, late_reply: reply to caller "six"
            0.000 root   < reply "five" from a
        "#]],
    );
}

#[test]
fn a_crash_drops_the_turn_and_tells_who_watches() {
    check(
        "root: spawn a; spawn b; watch a; send a {send parent lost; crash boom}",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b; watch a; send a {send parent lost; crash boom}" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > a user "send parent lost; crash boom"
            0.000 a      < init "" from root
            0.000 a      < user "send parent lost; crash boom" from root
            0.000 a      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: user to a "send parent lost; crash boom"
            0.000 a      = ended: crashed "boom"
            0.000 host   = report: a crashed "boom", handling a message of 28 bytes
            0.000 b      < init "" from root
            0.000 root   < down "crashed \"boom\"" from a
        "#]],
    );
}

#[test]
fn a_timer_comes_when_it_is_due_and_not_before() {
    check(
        "root: timer 1 100; timer 2 50; timer 3 100
         +99
         +1",
        expect![[r#"
            0.000 root   < user "timer 1 100; timer 2 50; timer 3 100" from host
            0.099 root   < timer "2" from root
            0.100 root   < timer "1" from root
            0.100 root   < timer "3" from root
        "#]],
    );
}

#[test]
fn a_port_is_the_way_to_the_host_and_back() {
    check(
        "root: send p1 hello; call p2 {what time}
         host: reply 1 noon
         host: reply 1 later",
        expect![[r#"
            0.000 root   < user "send p1 hello; call p2 {what time}" from host
            0.000 root   > p1 user "hello"
            0.000 host   < p1 "hello"
            0.000 root   > p2 user "what time"
            0.000 host   < call 1 of p2 "what time"
            0.000 root   < reply "noon" from host
            0.000 host   = dead letter, late_reply: reply to caller "later"
        "#]],
    );
}

#[test]
fn an_aborted_turn_leaves_a_report_and_nothing_else() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a; watch a; link a");
    let before = world.in_use();
    world.play("root: spawn b monitored linked; start c; send a lost; call p2 lost; watch a; timer 1 10; crash boom");
    let said = |world: &World, wanted: fn(&Output) -> bool| world.said.iter().filter(|said| wanted(said)).count();
    assert_eq!(said(&world, |said| matches!(said, Output::Report(report) if matches!(report.what, Said::Crashed { .. }))), 2);
    assert_eq!(said(&world, |said| matches!(said, Output::Port { .. })), 0);
    assert!(world.vat.rows().is_empty(), "the root ended, and a with it");
    assert_eq!((before[0], world.in_use()), (2, [0; 5]));
}
