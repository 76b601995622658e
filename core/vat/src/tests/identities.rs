//! Identities that outlive their incarnations: kept, started again, buried, forgotten.
use super::kit::{World, check};
use crate::{Activity, Config};
use expect_test::expect;

#[test]
fn what_waits_for_a_kept_identity_is_handled_by_its_next_life() {
    check(
        "root: spawn a kept
         root: send a one; send a {crash boom}; send a two
         root: send a three
         root: spawn a kept {again}",
        expect![[r#"
            0.000 root   < user "spawn a kept" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 root   < user "send a one; send a {crash boom}; send a two" from host
            0.000 root   > a user "one"
            0.000 root   > a user "crash boom"
            0.000 root   > a user "two"
            0.000 a      < user "one" from root
            0.000 a      < user "crash boom" from root
            0.000 a      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: user to a "crash boom"
            0.000 a      = ended: crashed "boom"
            0.000 host   = report: a crashed "boom", handling a message of 10 bytes
            0.000 root   < user "send a three" from host
            0.000 root   > a user "three"
            0.000 root   < user "spawn a kept {again}" from host
            0.000 root   > spawn a, life 2
            0.000 a      < init "again" from root
            0.000 a      < user "two" from root
            0.000 a      < user "three" from root
        "#]],
    );
}

#[test]
fn ticks_replies_and_downs_of_the_old_life_do_not_reach_the_new_one() {
    check(
        "root: spawn b; spawn a kept; send a {keep b; watch b; timer 1 10; call b {hold caller}} b
         a: crash boom
         root: spawn a kept; send b {send caller late; stop odd}
         +10",
        expect![[r#"
            0.000 root   < user "spawn b; spawn a kept; send a {keep b; watch b; timer 1 10; call b {hold caller}} b" from host
            0.000 root   > spawn b
            0.000 root   > spawn a
            0.000 root   > a user "keep b; watch b; timer 1 10; call b {hold caller}"
            0.000 b      < init "" from root
            0.000 a      < init "" from root
            0.000 a      < user "keep b; watch b; timer 1 10; call b {hold caller}" from root
            0.000 a      > b user "hold caller"
            0.000 b      < user "hold caller" from a
            0.000 a      < user "crash boom" from host
            0.000 a      = aborted: crashed "boom"
            0.000 host   = dead letter, crashed: user to a "crash boom"
            0.000 a      = ended: crashed "boom"
            0.000 host   = report: a crashed "boom", handling a message of 10 bytes
            0.000 root   < user "spawn a kept; send b {send caller late; stop odd}" from host
            0.000 root   > spawn a, life 2
            0.000 root   > b user "send caller late; stop odd"
            0.000 a      < init "" from root
            0.000 b      < user "send caller late; stop odd" from root
            0.000 b      > caller reply "late"
            0.000 b      = dead letter, late_reply: reply to caller "late"
            0.000 b      = ended: odd
            0.000 host   = report: b odd, handling a message of 26 bytes
        "#]],
    );
}

#[test]
fn burying_makes_dead_letters_of_what_waits_and_the_identity_noproc() {
    check(
        "root: spawn a kept; watch_identity a; watch a
         root: send a {crash boom}; send a one; call a two
         root: bury a
         root: send a three; watch_identity a
         root: spawn a again; send a four",
        expect![[r#"
            0.000 root   < user "spawn a kept; watch_identity a; watch a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 root   < user "send a {crash boom}; send a one; call a two" from host
            0.000 root   > a user "crash boom"
            0.000 root   > a user "one"
            0.000 root   > a user "two"
            0.000 a      < user "crash boom" from root
            0.000 a      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: user to a "crash boom"
            0.000 a      = ended: crashed "boom"
            0.000 host   = report: a crashed "boom", handling a message of 10 bytes
            0.000 root   < down "crashed \"boom\"" from a
            0.000 root   < user "bury a" from host
            0.000 root   = dead letter, noproc: user to a "one"
            0.000 root   = dead letter, noproc: user to a "two"
            0.000 root   < reply "noproc" from host
            0.000 root   < down "crashed \"boom\"" from a
            0.000 root   < user "send a three; watch_identity a" from host
            0.000 root   > a user "three"
            0.000 root   = dead letter, noproc: user to a "three"
            0.000 root   < down "noproc" from host
            0.000 root   < user "spawn a again; send a four" from host
            0.000 root   > spawn a, life 2
            0.000 root   > a user "four"
            0.000 a      < init "" from root
            0.000 a      < user "four" from root
        "#]],
    );
}

#[test]
fn a_watch_of_the_identity_is_silent_over_restarts() {
    check(
        "root: spawn a kept; watch_identity a
         a: crash one
         root: spawn a kept
         a: crash two
         root: forget a",
        expect![[r#"
            0.000 root   < user "spawn a kept; watch_identity a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 a      < user "crash one" from host
            0.000 a      = aborted: crashed "one"
            0.000 host   = dead letter, crashed: user to a "crash one"
            0.000 a      = ended: crashed "one"
            0.000 host   = report: a crashed "one", handling a message of 9 bytes
            0.000 root   < user "spawn a kept" from host
            0.000 root   > spawn a, life 2
            0.000 a      < init "" from root
            0.000 a      < user "crash two" from host
            0.000 a      = aborted: crashed "two"
            0.000 host   = dead letter, crashed: user to a "crash two"
            0.000 a      = ended: crashed "two"
            0.000 host   = report: a crashed "two", handling a message of 9 bytes
            0.000 root   < user "forget a" from host
            0.000 root   < down "crashed \"two\"" from a
        "#]],
    );
}

#[test]
fn a_pinned_ref_breaks_with_its_incarnation() {
    check(
        "root: spawn a kept
         root: send a {crash boom}
         a#1: hello
         root: spawn a kept
         a#1: hello
         a#2: hello
         a: hello",
        expect![[r#"
            0.000 root   < user "spawn a kept" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 root   < user "send a {crash boom}" from host
            0.000 root   > a user "crash boom"
            0.000 a      < user "crash boom" from root
            0.000 a      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: user to a "crash boom"
            0.000 a      = ended: crashed "boom"
            0.000 host   = report: a crashed "boom", handling a message of 10 bytes
            0.000 host   = dead letter, noproc: user to a "hello"
            0.000 root   < user "spawn a kept" from host
            0.000 root   > spawn a, life 2
            0.000 a      < init "" from root
            0.000 host   = dead letter, noproc: user to a "hello"
            0.000 a      < user "hello" from host
            0.000 a      < user "hello" from host
        "#]],
    );
}

#[test]
fn deferred_messages_are_first_in_the_next_life() {
    check(
        "root: spawn a kept; send a {needs 1 {one}}; send a {needs 1 {two}}; send a {crash boom}; send a three
         root: spawn a kept {tag 1}",
        expect![[r#"
            0.000 root   < user "spawn a kept; send a {needs 1 {one}}; send a {needs 1 {two}}; send a {crash boom}; send a three" from host
            0.000 root   > spawn a
            0.000 root   > a user "needs 1 {one}"
            0.000 root   > a user "needs 1 {two}"
            0.000 root   > a user "crash boom"
            0.000 root   > a user "three"
            0.000 a      < init "" from root
            0.000 a      < user "needs 1 {one}" from root
            0.000 a      < user "needs 1 {two}" from root
            0.000 a      < user "crash boom" from root
            0.000 a      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: user to a "crash boom"
            0.000 a      = ended: crashed "boom"
            0.000 host   = report: a crashed "boom", handling a message of 10 bytes
            0.000 root   < user "spawn a kept {tag 1}" from host
            0.000 root   > spawn a, life 2
            0.000 a      < init "tag 1" from root
            0.000 a      < user "needs 1 {one}" from root
            0.000 a      < user "needs 1 {two}" from root
            0.000 a      < user "three" from root
        "#]],
    );
}

#[test]
fn the_living_can_be_neither_buried_nor_forgotten_nor_started_twice() {
    check(
        "root: spawn a kept; bury a; forget a; start a kept; send a hello",
        expect![[r#"
            0.000 root   < user "spawn a kept; bury a; forget a; start a kept; send a hello" from host
            0.000 root   > spawn a
            0.000 root   > a user "hello"
            0.000 a      < init "" from root
            0.000 a      < user "hello" from root
            0.000 root   < reply "exit(already_started)" from host
        "#]],
    );
}

#[test]
fn forgotten_in_the_turn_that_starts_it_again_is_gone() {
    check(
        "root: spawn a kept linked
         a: stop normal
         root: forget a; start a again",
        expect![[r#"
            0.000 root   < user "spawn a kept linked" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 a      < user "stop normal" from host
            0.000 a      = ended: normal
            0.000 root   < exit "normal" from a
            0.000 root   < user "forget a; start a again" from host
            0.000 root   < reply "noproc" from host
        "#]],
    );
}

#[test]
fn a_supervisors_identity_keeps_its_childrens_over_its_own_restart() {
    let mut world = World::new(Config::default());
    world.play("root: spawn s kept {spawn a kept linked}");
    let first = world.find("a");
    world.play("s: crash boom");
    let rows = world.vat.rows();
    assert!(rows[1..].iter().all(|row| row.state == Activity::Ended), "{rows:?}");
    world.play("root: spawn s kept {spawn a kept linked}");
    assert_eq!(world.find("a"), first);
    let row = &world.vat.rows()[2];
    assert_eq!((row.restarts, row.incarnation.0, row.state), (1, 2, Activity::Waiting));
}

#[test]
fn forgetting_a_supervisor_forgets_what_it_kept() {
    let mut world = World::new(Config::default());
    let before = world.in_use();
    world.play(
        "root: spawn s kept {spawn t kept linked {spawn a kept linked; spawn b kept}}
         s: crash boom
         root: forget s
         b: hello
         b: stop normal",
    );
    assert_eq!(world.in_use(), before, "b was an orphan, and its identity ended with its life");
}
