//! Every way a call settles (semantics 10.1).
use super::kit::{World, check};
use crate::Config;
use expect_test::expect;

#[test]
fn a_call_nobody_answers_in_time_is_a_timeout_and_the_answer_is_late() {
    check(
        "root: spawn a; call a {hold caller} 100
         +100
         a: send caller sorry",
        expect![[r#"
            0.000 root   < user "spawn a; call a {hold caller} 100" from host
            0.000 root   > spawn a
            0.000 root   > a user "hold caller"
            0.000 a      < init "" from root
            0.000 a      < user "hold caller" from root
            0.100 root   < reply "timeout" from host
            0.100 a      < user "send caller sorry" from host
            0.100 a      > caller reply "sorry"
            0.100 a      = dead letter, late_reply: reply to caller "sorry"
        "#]],
    );
}

#[test]
fn a_call_that_waited_past_its_deadline_is_not_begun() {
    check(
        "root: spawn a; send a {needs 1 {}}; call a {needs 1 {reply done}} 50
         +50
         a: tag 1",
        expect![[r#"
            0.000 root   < user "spawn a; send a {needs 1 {}}; call a {needs 1 {reply done}} 50" from host
            0.000 root   > spawn a
            0.000 root   > a user "needs 1 {}"
            0.000 root   > a user "needs 1 {reply done}"
            0.000 a      < init "" from root
            0.000 a      < user "needs 1 {}" from root
            0.000 a      < user "needs 1 {reply done}" from root
            0.050 root   < reply "timeout" from host
            0.050 a      < user "tag 1" from host
            0.050 a      < user "needs 1 {}" from root
            0.050 root   = dead letter, expired: user to a "needs 1 {reply done}"
        "#]],
    );
}

#[test]
fn a_call_of_nobody_is_noproc() {
    check(
        "root: spawn a {stop normal}
         root: call a hello",
        expect![[r#"
            0.000 root   < user "spawn a {stop normal}" from host
            0.000 root   > spawn a
            0.000 a      < init "stop normal" from root
            0.000 a      = ended: normal
            0.000 root   < user "call a hello" from host
            0.000 root   > a user "hello"
            0.000 root   = dead letter, noproc: user to a "hello"
            0.000 root   < reply "noproc" from host
        "#]],
    );
}

#[test]
fn a_reply_ref_that_a_turn_drops_is_noreply() {
    check(
        "root: spawn a; call a {what}",
        expect![[r#"
        0.000 root   < user "spawn a; call a {what}" from host
        0.000 root   > spawn a
        0.000 root   > a user "what"
        0.000 a      < init "" from root
        0.000 a      < user "what" from root
        0.000 root   < reply "noreply" from host
    "#]],
    );
}

#[test]
fn a_reply_ref_that_leaves_the_state_is_noreply() {
    check(
        "root: spawn a; call a {hold caller}
         a: nothing
         a: drop caller",
        expect![[r#"
            0.000 root   < user "spawn a; call a {hold caller}" from host
            0.000 root   > spawn a
            0.000 root   > a user "hold caller"
            0.000 a      < init "" from root
            0.000 a      < user "hold caller" from root
            0.000 a      < user "nothing" from host
            0.000 a      < user "drop caller" from host
            0.000 root   < reply "noreply" from host
        "#]],
    );
}

#[test]
fn a_call_held_by_an_actor_that_ends_is_told_its_reason() {
    check(
        "root: spawn a; spawn b; spawn c; call a {hold caller}; call b {hold caller; stop odd}; call c {crash boom}
         a: stop tired",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b; spawn c; call a {hold caller}; call b {hold caller; stop odd}; call c {crash boom}" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > spawn c
            0.000 root   > a user "hold caller"
            0.000 root   > b user "hold caller; stop odd"
            0.000 root   > c user "crash boom"
            0.000 a      < init "" from root
            0.000 a      < user "hold caller" from root
            0.000 b      < init "" from root
            0.000 b      < user "hold caller; stop odd" from root
            0.000 b      = ended: odd
            0.000 host   = report: b odd, handling a call of 21 bytes
            0.000 c      < init "" from root
            0.000 c      < user "crash boom" from root
            0.000 c      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: user to c "crash boom"
            0.000 c      = ended: crashed "boom"
            0.000 host   = report: c crashed "boom", handling a call of 10 bytes
            0.000 root   < reply "exit(odd)" from host
            0.000 root   < reply "exit(crashed \"boom\")" from host
            0.000 a      < user "stop tired" from host
            0.000 a      = ended: tired
            0.000 host   = report: a tired, handling a message of 10 bytes
            0.000 root   < reply "exit(tired)" from host
        "#]],
    );
}

#[test]
fn whoever_has_the_reply_ref_may_answer() {
    check(
        "root: spawn a; spawn b; send a {keep b} b; call a {hold caller; send b {keep x; send x {from b}} caller; drop caller}",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b; send a {keep b} b; call a {hold caller; send b {keep x; send x {from b}} caller; drop caller}" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > a user "keep b"
            0.000 root   > a user "hold caller; send b {keep x; send x {from b}} caller; drop caller"
            0.000 a      < init "" from root
            0.000 a      < user "keep b" from root
            0.000 a      < user "hold caller; send b {keep x; send x {from b}} caller; drop caller" from root
            0.000 a      > b user "keep x; send x {from b}"
            0.000 b      < init "" from root
            0.000 b      < user "keep x; send x {from b}" from a
            0.000 b      > caller reply "from b"
            0.000 root   < reply "from b" from b
        "#]],
    );
}

#[test]
fn a_delegated_reply_ref_is_lost_with_the_message_that_carries_it() {
    check(
        "root: spawn a; spawn b {stop normal}; send a {keep b} b
         root: call a {hold caller; send b {keep x} caller; drop caller}",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b {stop normal}; send a {keep b} b" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > a user "keep b"
            0.000 a      < init "" from root
            0.000 a      < user "keep b" from root
            0.000 b      < init "stop normal" from root
            0.000 b      = ended: normal
            0.000 root   < user "call a {hold caller; send b {keep x} caller; drop caller}" from host
            0.000 root   > a user "hold caller; send b {keep x} caller; drop caller"
            0.000 a      < user "hold caller; send b {keep x} caller; drop caller" from root
            0.000 a      > b user "keep x"
            0.000 a      = dead letter, noproc: user to b "keep x"
            0.000 root   < reply "noproc" from host
        "#]],
    );
}

#[test]
fn nobody_calls_itself() {
    check(
        "root: call me hello",
        expect![[r#"
        0.000 root   < user "call me hello" from host
        0.000 root   > root user "hello"
        0.000 root   < reply "calling_self" from host
    "#]],
    );
}

#[test]
fn a_cancelled_call_is_not_begun_and_not_answered() {
    check(
        "root: spawn a; spawn b; call a {reply one}; send b {send parent x}; cancel
         root: call a {hold caller}
         root: cancel
         a: send caller two",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b; call a {reply one}; send b {send parent x}; cancel" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > a user "reply one"
            0.000 root   > b user "send parent x"
            0.000 a      < init "" from root
            0.000 root   = dead letter, cancelled: user to a "reply one"
            0.000 b      < init "" from root
            0.000 b      < user "send parent x" from root
            0.000 b      > root user "x"
            0.000 root   < user "x" from b
            0.000 root   < user "call a {hold caller}" from host
            0.000 root   > a user "hold caller"
            0.000 a      < user "hold caller" from root
            0.000 root   < user "cancel" from host
            0.000 a      < user "send caller two" from host
            0.000 a      > caller reply "two"
            0.000 a      = dead letter, late_reply: reply to caller "two"
        "#]],
    );
}

#[test]
fn an_answer_already_queued_is_not_seen_after_a_cancel() {
    check(
        "root: spawn a
         root: call a {reply one}; on reply {inform reply}; send me cancel",
        expect![[r#"
            0.000 root   < user "spawn a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 root   < user "call a {reply one}; on reply {inform reply}; send me cancel" from host
            0.000 root   > a user "reply one"
            0.000 root   > root user "cancel"
            0.000 a      < user "reply one" from root
            0.000 a      > caller reply "one"
            0.000 root   < user "cancel" from root
            0.000 a      = dead letter, cancelled: reply to root "one"
        "#]],
    );
}

#[test]
fn the_host_hears_when_nobody_waits_for_it_any_more() {
    check(
        "root: spawn a {}; send a {keep p1; call p1 one 10; call p1 two; call p1 three; cancel} p1
         +10
         a: stop normal
         host: reply 2 late",
        expect![[r#"
            0.000 root   < user "spawn a {}; send a {keep p1; call p1 one 10; call p1 two; call p1 three; cancel} p1" from host
            0.000 root   > spawn a
            0.000 root   > a user "keep p1; call p1 one 10; call p1 two; call p1 three; cancel"
            0.000 a      < init "" from root
            0.000 a      < user "keep p1; call p1 one 10; call p1 two; call p1 three; cancel" from root
            0.000 a      > p1 user "one"
            0.000 host   < call 1 of p1 "one"
            0.000 a      > p1 user "two"
            0.000 host   < call 2 of p1 "two"
            0.000 a      > p1 user "three"
            0.000 host   < call 3 of p1 "three"
            0.000 host   < call 3 of p1 dropped
            0.010 host   < call 1 of p1 dropped
            0.010 a      < reply "timeout" from host
            0.010 a      < user "stop normal" from host
            0.010 a      = ended: normal
            0.010 host   < call 2 of p1 dropped
            0.010 host   = dead letter, late_reply: reply to caller "late"
        "#]],
    );
}

#[test]
fn the_host_can_decline() {
    check(
        "root: call p1 one
         host: fail 1",
        expect![[r#"
            0.000 root   < user "call p1 one" from host
            0.000 root   > p1 user "one"
            0.000 host   < call 1 of p1 "one"
            0.000 root   < reply "noconnection" from host
        "#]],
    );
}

#[test]
fn a_call_made_while_a_call_is_handled_ends_no_later() {
    check(
        "root: spawn a; send a {keep p1} p1; call a {hold caller; call p1 hello 1000} 50
         +50",
        expect![[r#"
            0.000 root   < user "spawn a; send a {keep p1} p1; call a {hold caller; call p1 hello 1000} 50" from host
            0.000 root   > spawn a
            0.000 root   > a user "keep p1"
            0.000 root   > a user "hold caller; call p1 hello 1000"
            0.000 a      < init "" from root
            0.000 a      < user "keep p1" from root
            0.000 a      < user "hold caller; call p1 hello 1000" from root
            0.000 a      > p1 user "hello"
            0.000 host   < call 1 of p1 "hello"
            0.050 host   < call 1 of p1 dropped
            0.050 root   < reply "timeout" from host
            0.050 a      < reply "timeout" from host
        "#]],
    );
}

#[test]
fn a_start_settles_after_init_or_with_its_reason() {
    check(
        "root: start a {send parent first}; start b {crash boom}; start c {stop normal}; start d missing",
        expect![[r#"
            0.000 root   < user "start a {send parent first}; start b {crash boom}; start c {stop normal}; start d missing" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > spawn c
            0.000 root   > spawn d
            0.000 d      = ended: crashed "no behaviour is named \"none\""
            0.000 host   = report: d crashed "no behaviour is named \"none\"", handling spawn
            0.000 root   = dead letter, noproc: init to d ""
            0.000 a      < init "send parent first" from root
            0.000 a      > root user "first"
            0.000 b      < init "crash boom" from root
            0.000 b      = aborted: crashed "boom"
            0.000 root   = dead letter, crashed: init to b "crash boom"
            0.000 b      = ended: crashed "boom"
            0.000 host   = report: b crashed "boom", handling init
            0.000 c      < init "stop normal" from root
            0.000 c      = ended: normal
            0.000 root   < reply "exit(crashed \"no behaviour is named \\\"none\\\"\")" from host
            0.000 root   < user "first" from a
            0.000 root   < reply "" from a
            0.000 root   < reply "exit(crashed \"boom\")" from host
            0.000 root   < reply "exit(normal)" from host
        "#]],
    );
}

#[test]
fn settled_calls_leave_nothing_behind() {
    let mut world = World::new(Config::default());
    let before = world.in_use();
    world.play(
        "root: spawn a; call a {reply 1}; call a {what}; call a {crash}; call me x; call p1 y; cancel; call p1 z
         host: reply 2 z
         +10000",
    );
    assert_eq!(world.in_use(), before);
}
