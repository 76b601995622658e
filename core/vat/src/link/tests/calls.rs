//! Far calls (G07, G08): they settle once, by an answer, or by what became of the callee or of its vat.
use super::kit::check;
use expect_test::expect;

#[test]
fn a_far_call_is_answered_and_its_deadline_travels_as_what_is_left() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a
         2>1: delay 300
         r2: call a {reply yes} 1000; call a {reply late} 200; call a {hold c} 400
         +1000",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.200 r2 < reply "timeout" from host
            0.300 a < user "reply yes" from r2
            0.300 a < user "reply late" from r2
            0.300 r2 < reply "yes" from a
            0.300 a = dead letter, late_reply: reply to caller "late"
            0.300 a < user "hold c" from r2
            0.400 r2 < reply "timeout" from host
        "#]],
    );
}

#[test]
fn the_dead_are_noproc_the_dropped_noreply_the_ended_exit_and_oneself_calling_self() {
    check(
        2,
        "r1: spawn a; spawn b; spawn c; send v2 {keep a b c; send v1 {keep me2} me} a,b,c
         a: stop normal
         r2: call a {reply yes}; call b {drop nothing}; call c {hold it}
         c: stop odd
         r1: send me2 {keep r; call r {reply x}} me2",
        expect![[r#"
            0.000 r2 < user "keep a b c; send v1 {keep me2} me" from r1
            0.000 r1 < user "keep me2" from r2
            0.000 a = ended: normal
            0.000 r2 = dead letter, noproc: user to a "reply yes"
            0.000 b < user "drop nothing" from r2
            0.000 c < user "hold it" from r2
            0.000 r2 < reply "noproc" from host
            0.000 r2 < reply "noreply" from host
            0.000 c = ended: odd
            0.000 r2 < reply "exit(odd)" from host
            0.000 r2 < user "keep r; call r {reply x}" from r1
            0.000 r2 < reply "calling_self" from host
        "#]],
    );
}

#[test]
fn a_call_without_an_end_gets_one_when_it_is_far() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a
         r2: call a {hold c} 18446744073709551615
         +5000",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 a < user "hold c" from r2
            5.000 r2 < reply "timeout" from host
        "#]],
    );
}

#[test]
fn a_reply_ref_can_be_passed_on_to_a_third_vat_and_its_answer_finds_the_caller() {
    check(
        3,
        "r1: spawn a; send v2 {keep a; spawn b {}; send b {keep a} a} a; spawn asker; send asker {keep a} a
         r3: spawn c; send v2 {keep c; send v1 {keep c; send v1 x} c} c
         r2: send v1 {send a {keep c} c} c
         asker: call a {hold r; send c {keep r; send r {the answer}} r; drop r}",
        expect![[r#"
            0.000 r2 < user "keep a; spawn b {}; send b {keep a} a" from r1
            0.000 asker < user "keep a" from r1
            0.000 b < user "keep a" from r2
            0.000 r2 < user "keep c; send v1 {keep c; send v1 x} c" from r3
            0.000 r1 < user "keep c; send v1 x" from r2
            0.000 r1 < user "send a {keep c} c" from r2
            0.000 a < user "keep c" from r1
            0.000 a < user "hold r; send c {keep r; send r {the answer}} r; drop r" from asker
            0.000 c < user "keep r; send r {the answer}" from a
            0.000 asker < reply "the answer" from c
        "#]],
    );
}

#[test]
fn calls_of_several_vats_give_answers_and_the_silent_ones_apart_and_late_ones_do_not_leak() {
    check(
        4,
        "1>3: delay 400
         r1: call v2 {reply two} 500; call v3 {reply three} 500; call v4 {reply four} 500
         4-1: down
         +2000",
        expect![[r#"
            0.000 r2 < user "reply two" from r1
            0.000 r4 < user "reply four" from r1
            0.000 r1 < reply "two" from r2
            0.000 r1 < reply "four" from r4
            0.400 r3 < user "reply three" from r1
            0.400 r1 < reply "three" from r3
        "#]],
    );
}

#[test]
fn a_cast_to_the_living_the_dead_and_the_unreachable_returns_at_once() {
    check(
        2,
        "r1: spawn a; spawn b; send v2 {keep a b} a,b
         b: stop normal
         r2: send a one; send b two; inform on
         1-2: down
         r2: send a three; inform on",
        expect![[r#"
            0.000 r2 < user "keep a b" from r1
            0.000 b = ended: normal
            0.000 r2 = dead letter, noproc: user to b "two"
            0.000 a < user "one" from r2
            0.000 r2 = dead letter, vat_broken: user to a "three"
        "#]],
    );
}

#[test]
fn a_call_that_comes_back_over_other_vats_to_who_waits_for_it_is_a_deadlock() {
    check(
        3,
        "r1: spawn a; send v2 {keep a} a; send v3 {keep a} a
         r2: spawn b; send b {keep a} a; send v1 {keep b; send a {keep b} b} b
         r3: spawn c; send c {keep a} a; send v2 {keep c; send b {keep c} c} c
         a: call b {hold r; call c {hold r; call a x}}; await reply",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 r3 < user "keep a" from r1
            0.000 r1 < user "keep b; send a {keep b} b" from r2
            0.000 a < user "keep b" from r1
            0.000 b < user "keep a" from r2
            0.000 r2 < user "keep c; send b {keep c} c" from r3
            0.000 b < user "keep c" from r2
            0.000 c < user "keep a" from r3
            0.000 b < user "hold r; call c {hold r; call a x}" from a
            0.000 c < user "hold r; call a x" from b
            0.000 c < reply "deadlock" from host
        "#]],
    );
}

#[test]
fn a_call_that_expires_before_it_leaves_says_so() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a
         r2: call a {reply yes} 0",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 r2 = dead letter, expired: user to a "reply yes"
            0.000 r2 < reply "expired" from host
        "#]],
    );
}
