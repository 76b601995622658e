//! Deferred messages (semantics 9).
use super::kit::check;
use expect_test::expect;

#[test]
fn deferred_messages_come_back_oldest_first_before_the_rest_when_the_tag_changes() {
    check(
        "root: spawn a; send a {needs 1 {one}}; send a {needs 1 {two}}; send a {tag 1}; send a three",
        expect![[r#"
        0.000 root   < user "spawn a; send a {needs 1 {one}}; send a {needs 1 {two}}; send a {tag 1}; send a three" from host
        0.000 root   > spawn a
        0.000 root   > a user "needs 1 {one}"
        0.000 root   > a user "needs 1 {two}"
        0.000 root   > a user "tag 1"
        0.000 root   > a user "three"
        0.000 a      < init "" from root
        0.000 a      < user "needs 1 {one}" from root
        0.000 a      < user "needs 1 {two}" from root
        0.000 a      < user "tag 1" from root
        0.000 a      < user "needs 1 {one}" from root
        0.000 a      < user "needs 1 {two}" from root
        0.000 a      < user "three" from root
    "#]],
    );
}

#[test]
fn an_equal_tag_retries_nothing() {
    check(
        "root: spawn a; send a {needs 1 {one}}; send a {tag 0}",
        expect![[r#"
        0.000 root   < user "spawn a; send a {needs 1 {one}}; send a {tag 0}" from host
        0.000 root   > spawn a
        0.000 root   > a user "needs 1 {one}"
        0.000 root   > a user "tag 0"
        0.000 a      < init "" from root
        0.000 a      < user "needs 1 {one}" from root
        0.000 a      < user "tag 0" from root
    "#]],
    );
}

#[test]
fn one_deferred_again_keeps_its_place() {
    check(
        "root: spawn a; send a {needs 2 {one}}; send a {needs 1 {two}}; send a {needs 2 {three}}; send a {tag 1}; send a {tag 2}",
        expect![[r#"
            0.000 root   < user "spawn a; send a {needs 2 {one}}; send a {needs 1 {two}}; send a {needs 2 {three}}; send a {tag 1}; send a {tag 2}" from host
            0.000 root   > spawn a
            0.000 root   > a user "needs 2 {one}"
            0.000 root   > a user "needs 1 {two}"
            0.000 root   > a user "needs 2 {three}"
            0.000 root   > a user "tag 1"
            0.000 root   > a user "tag 2"
            0.000 a      < init "" from root
            0.000 a      < user "needs 2 {one}" from root
            0.000 a      < user "needs 1 {two}" from root
            0.000 a      < user "needs 2 {three}" from root
            0.000 a      < user "tag 1" from root
            0.000 a      < user "needs 2 {one}" from root
            0.000 a      < user "needs 1 {two}" from root
            0.000 a      < user "needs 2 {three}" from root
            0.000 a      < user "tag 2" from root
            0.000 a      < user "needs 2 {one}" from root
            0.000 a      < user "needs 2 {three}" from root
        "#]],
    );
}

#[test]
fn a_turn_may_defer_and_change_the_tag_at_once() {
    check(
        "root: spawn a; send a {needs 1 {done}; tag 1}",
        expect![[r#"
        0.000 root   < user "spawn a; send a {needs 1 {done}; tag 1}" from host
        0.000 root   > spawn a
        0.000 root   > a user "needs 1 {done}; tag 1"
        0.000 a      < init "" from root
        0.000 a      < user "needs 1 {done}; tag 1" from root
        0.000 a      < user "needs 1 {done}; tag 1" from root
    "#]],
    );
}

#[test]
fn effects_of_a_deferring_turn_commit_and_its_call_stays_open() {
    check(
        "root: spawn a; call a {send parent effect; needs 1 {reply done}}
         a: tag 1",
        expect![[r#"
            0.000 root   < user "spawn a; call a {send parent effect; needs 1 {reply done}}" from host
            0.000 root   > spawn a
            0.000 root   > a user "send parent effect; needs 1 {reply done}"
            0.000 a      < init "" from root
            0.000 a      < user "send parent effect; needs 1 {reply done}" from root
            0.000 a      > root user "effect"
            0.000 root   < user "effect" from a
            0.000 a      < user "tag 1" from host
            0.000 a      < user "send parent effect; needs 1 {reply done}" from root
            0.000 a      > root user "effect"
            0.000 a      > caller reply "done"
            0.000 root   < user "effect" from a
            0.000 root   < reply "done" from a
        "#]],
    );
}

#[test]
fn a_deferred_tick_or_down_is_handled_later_all_the_same() {
    check(
        "root: spawn b; spawn a {on timer {needs 1 {inform timer}}; on down {needs 1 {inform down}}; timer 1 0}; send a {keep b; watch b} b; exit b odd
         a: tag 1",
        expect![[r#"
            0.000 root   < user "spawn b; spawn a {on timer {needs 1 {inform timer}}; on down {needs 1 {inform down}}; timer 1 0}; send a {keep b; watch b} b; exit b odd" from host
            0.000 root   > spawn b
            0.000 root   > spawn a
            0.000 root   > a user "keep b; watch b"
            0.000 root   > b exit "odd"
            0.000 b      = ended: odd
            0.000 host   = report: b odd, handling an exit signal from 0.1
            0.000 root   = dead letter, noproc: init to b ""
            0.000 a      < init "on timer {needs 1 {inform timer}}; on down {needs 1 {inform down}}; timer 1 0" from root
            0.000 a      < user "keep b; watch b" from root
            0.000 a      < timer "1" from a
            0.000 a      < down "noproc" from host
            0.000 a      < user "tag 1" from host
            0.000 a      < timer "1" from a
            0.000 a      = inform timer
            0.000 a      < down "noproc" from host
            0.000 a      = inform down
        "#]],
    );
}

#[test]
fn inserted_events_come_before_what_is_handed_back_and_late_ones_before_what_is_new() {
    check(
        "root: spawn a; send a {needs 1 one}; send a {needs 1 {insert 5 last}}; send a {insert 1; insert 2 last; insert 3; insert 4 last; tag 1}; send a new",
        expect![[r#"
            0.000 root   < user "spawn a; send a {needs 1 one}; send a {needs 1 {insert 5 last}}; send a {insert 1; insert 2 last; insert 3; insert 4 last; tag 1}; send a new" from host
            0.000 root   > spawn a
            0.000 root   > a user "needs 1 one"
            0.000 root   > a user "needs 1 {insert 5 last}"
            0.000 root   > a user "insert 1; insert 2 last; insert 3; insert 4 last; tag 1"
            0.000 root   > a user "new"
            0.000 a      < init "" from root
            0.000 a      < user "needs 1 one" from root
            0.000 a      < user "needs 1 {insert 5 last}" from root
            0.000 a      < user "insert 1; insert 2 last; insert 3; insert 4 last; tag 1" from root
            0.000 a      < timer "1" from a
            0.000 a      < timer "3" from a
            0.000 a      < user "needs 1 one" from root
            0.000 a      < user "needs 1 {insert 5 last}" from root
            0.000 a      < timer "2" from a
            0.000 a      < timer "4" from a
            0.000 a      < timer "5" from a
            0.000 a      < user "new" from root
        "#]],
    );
}

#[test]
fn an_inserted_event_can_be_deferred() {
    check(
        "root: spawn a {on timer {needs 1 {inform timer}}; insert 7}; send a {tag 1}; send a new",
        expect![[r#"
        0.000 root   < user "spawn a {on timer {needs 1 {inform timer}}; insert 7}; send a {tag 1}; send a new" from host
        0.000 root   > spawn a
        0.000 root   > a user "tag 1"
        0.000 root   > a user "new"
        0.000 a      < init "on timer {needs 1 {inform timer}}; insert 7" from root
        0.000 a      < timer "7" from a
        0.000 a      < user "tag 1" from root
        0.000 a      < timer "7" from a
        0.000 a      = inform timer
        0.000 a      < user "new" from root
    "#]],
    );
}
