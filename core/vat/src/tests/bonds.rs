//! Links and watches (semantics 7.3).
use super::kit::{World, check};
use crate::Config;
use expect_test::expect;

#[test]
fn a_watch_of_nobody_is_one_down_noproc() {
    check(
        "root: spawn a {stop normal}
         root: watch a; watch a",
        expect![[r#"
            0.000 root   < user "spawn a {stop normal}" from host
            0.000 root   > spawn a
            0.000 a      < init "stop normal" from root
            0.000 a      = ended: normal
            0.000 root   < user "watch a; watch a" from host
            0.000 root   < down "noproc" from host
            0.000 root   < down "noproc" from host
        "#]],
    );
}

#[test]
fn watches_of_one_pair_are_independent_and_removed_ones_are_silent() {
    check(
        "root: spawn a; watch a; watch a; watch a; unwatch; send a {stop odd}",
        expect![[r#"
            0.000 root   < user "spawn a; watch a; watch a; watch a; unwatch; send a {stop odd}" from host
            0.000 root   > spawn a
            0.000 root   > a user "stop odd"
            0.000 a      < init "" from root
            0.000 a      < user "stop odd" from root
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling a message of 8 bytes
            0.000 root   < down "odd" from a
            0.000 root   < down "odd" from a
        "#]],
    );
}

#[test]
fn a_down_already_queued_is_not_seen_after_unwatch() {
    check(
        "root: spawn a; watch a; exit a odd; unwatch",
        expect![[r#"
            0.000 root   < user "spawn a; watch a; exit a odd; unwatch" from host
            0.000 root   > spawn a
            0.000 root   > a exit "odd"
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling an exit signal from 0.1
            0.000 root   = dead letter, noproc: init to a ""
            0.000 a      = dead letter, cancelled: down to root "odd"
        "#]],
    );
}

#[test]
fn the_down_is_the_last_word() {
    check(
        "root: spawn a monitored; send a {send parent one; send parent two; stop odd}",
        expect![[r#"
            0.000 root   < user "spawn a monitored; send a {send parent one; send parent two; stop odd}" from host
            0.000 root   > spawn a
            0.000 root   > a user "send parent one; send parent two; stop odd"
            0.000 a      < init "" from root
            0.000 a      < user "send parent one; send parent two; stop odd" from root
            0.000 a      > root user "one"
            0.000 a      > root user "two"
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling a message of 42 bytes
            0.000 root   < user "one" from a
            0.000 root   < user "two" from a
            0.000 root   < down "odd" from a
        "#]],
    );
}

#[test]
fn a_child_that_ends_in_init_is_noticed() {
    check(
        "root: spawn a linked monitored {crash boom}; spawn b linked monitored missing",
        expect![[r#"
            0.000 root   < user "spawn a linked monitored {crash boom}; spawn b linked monitored missing" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 b      = ended: crashed "no behaviour is named \"none\""
            0.000 host   = report: b crashed "no behaviour is named \"none\"", handling spawn
            0.000 root   = dead letter, noproc: init to b ""
            0.000 a      < init "crash boom" from root
            0.000 a      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: init to a "crash boom"
            0.000 a      = ended: crashed "boom"
            0.000 host   = report: a crashed "boom", handling init
            0.000 root   < exit "crashed \"no behaviour is named \\\"none\\\"\"" from b
            0.000 root   < down "crashed \"no behaviour is named \\\"none\\\"\"" from b
            0.000 root   < exit "crashed \"boom\"" from a
            0.000 root   < down "crashed \"boom\"" from a
        "#]],
    );
}

#[test]
fn linked_twice_and_unlinked_once_is_no_link() {
    check(
        "root: spawn a; link a; link a; unlink a
         a: stop odd",
        expect![[r#"
            0.000 root   < user "spawn a; link a; link a; unlink a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 a      < user "stop odd" from host
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling a message of 8 bytes
        "#]],
    );
}

#[test]
fn a_link_to_nobody_is_an_exit() {
    check(
        "root: spawn a {stop normal}
         root: link a; spawn b; send b {keep a; link a} a+",
        expect![[r#"
            0.000 root   < user "spawn a {stop normal}" from host
            0.000 root   > spawn a
            0.000 a      < init "stop normal" from root
            0.000 a      = ended: normal
            0.000 root   < user "link a; spawn b; send b {keep a; link a} a+" from host
            0.000 root   > spawn b
            0.000 root   > b user "keep a; link a"
            0.000 b      < init "" from root
            0.000 b      < user "keep a; link a" from root
            0.000 b      = ended: noproc
            0.000 host   = report: b noproc, handling an exit signal from 1.1
            0.000 root   < exit "noproc" from a
        "#]],
    );
}

#[test]
fn an_exit_message_already_queued_stays_after_unlink() {
    check(
        "root: spawn a linked; exit a odd; unlink a",
        expect![[r#"
        0.000 root   < user "spawn a linked; exit a odd; unlink a" from host
        0.000 root   > spawn a
        0.000 root   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from 0.1
        0.000 root   = dead letter, noproc: init to a ""
        0.000 root   < exit "odd" from a
    "#]],
    );
}

#[test]
fn a_watcher_that_ends_watches_no_more() {
    let mut world = World::new(Config::default());
    let before = world.in_use();
    world.play(
        "root: spawn a; spawn b; send b {keep a; watch a; watch a; link a; watch me; watch parent} a+
         b: stop normal
         a: stop odd",
    );
    assert_eq!(world.in_use(), before);
}
