//! What a fault may lead to besides a restart (semantics 13): resume, park, and the answers of a judge.
use crate::clerk::{JUDGE, play};
use expect_test::{Expect, expect};
use peerd_otp::supervisor::{Backoff, ChildSpec, OnFault, Replace, Restart, SupervisorSpec};

fn counter() -> ChildSpec {
    ChildSpec::new("a", "counter", Vec::new())
}

fn judged() -> ChildSpec {
    counter().on_fault(OnFault::Ask { decider: JUDGE, deadline_ms: 1_000 })
}

fn check(child: ChildSpec, script: &str, expect: Expect) {
    expect.assert_eq(&play(&SupervisorSpec::one_for_one().intensity(3, 60_000).child(child), script));
}

#[test]
fn a_resumed_child_goes_on_with_the_state_before_the_fault() {
    check(
        counter().on_fault(OnFault::Resume { max: 2, window_ms: 1_000 }),
        "a add
         a boom
         a add
         a boom
         ask a
         a boom
         ask a",
        expect![[r#"
            boot
                a starts
            a add
                count 1
            a boom
                = resumed: a: crashed "boom"
            a add
                count 2
            a boom
                = resumed: a: crashed "boom"
            ask a
                ask a: count 3
            a boom
                = child_terminated: a: crashed "boom"
                a starts
            ask a
                ask a: count 1
        "#]],
    );
}

#[test]
fn resumes_older_than_the_window_are_forgotten_by_the_child_but_not_by_the_supervisor() {
    check(
        counter().on_fault(OnFault::Resume { max: 1, window_ms: 1_000 }),
        "a add
         a boom
         advance 1001
         a boom
         advance 1001
         a boom
         ask a
         advance 1001
         a boom",
        expect![[r#"
            boot
                a starts
            a add
                count 1
            a boom
                = resumed: a: crashed "boom"
            advance 1001
            a boom
                = resumed: a: crashed "boom"
            advance 1001
            a boom
                = resumed: a: crashed "boom"
            ask a
                ask a: count 2
            advance 1001
            a boom
                = resumed: a: crashed "boom"
                = reached_max_restart_intensity: a: more than 3 in 60000 ms
                supervisor exit shutdown
        "#]],
    );
}

#[test]
fn a_parked_child_keeps_what_is_sent_to_it_until_it_is_restarted() {
    check(
        judged(),
        "judge park
         a boom
         list
         a add
         ask a
         restart a
         list",
        expect![[r#"
            boot
                a starts
            judge park
            a boom
                judge: a held, crashed "boom", 0 of 3
                = child_terminated: a: crashed "boom"
                = parked: a: crashed "boom"
            list
                list: a parked
            a add
            ask a
                ask a: parked
            restart a
                count 1
                a starts
                restart a: Started
            list
                list: a running
        "#]],
    );
}

#[test]
fn a_judge_may_resume_restart_stop_and_escalate() {
    check(
        judged(),
        "judge resume
         a add
         a boom
         ask a
         judge restart
         a boom
         ask a
         judge stop
         a boom
         list
         restart a
         judge escalate
         a boom",
        expect![[r#"
            boot
                a starts
            judge resume
            a add
                count 1
            a boom
                judge: a held, crashed "boom", 0 of 3
                = resumed: a: crashed "boom"
            ask a
                ask a: count 2
            judge restart
            a boom
                judge: a held, crashed "boom", 1 of 3
                = child_terminated: a: crashed "boom"
                a starts
            ask a
                ask a: count 1
            judge stop
            a boom
                judge: a held, crashed "boom", 2 of 3
                = child_terminated: a: crashed "boom"
                = stopped: a: crashed "boom"
            list
                list: a stopped
            restart a
                a starts
                restart a: Started
            judge escalate
            a boom
                judge: a held, crashed "boom", 2 of 3
                = child_terminated: a: crashed "boom"
                = escalated: a: crashed "boom"
                supervisor exit shutdown
        "#]],
    );
}

#[test]
fn a_judge_that_is_late_or_leaves_its_envelope_is_not_heard() {
    check(
        judged(),
        "a add
         a boom
         ask a
         advance 999
         advance 1
         judge nonsense
         a boom
         judge replace
         a boom",
        expect![[r#"
            boot
                a starts
            a add
                count 1
            a boom
                judge: a held, crashed "boom", 0 of 3
            ask a
            advance 999
            advance 1
                = undecided: a: the spec decides
                = child_terminated: a: crashed "boom"
                ask a: count 1
                a starts
            judge nonsense
            a boom
                judge: a held, crashed "boom", 1 of 3
                = undecided: a: the spec decides
                = child_terminated: a: crashed "boom"
                a starts
            judge replace
            a boom
                judge: a held, crashed "boom", 2 of 3
                = undecided: a: the spec decides
                = child_terminated: a: crashed "boom"
                a starts
        "#]],
    );
}

#[test]
fn only_a_spec_that_allows_it_is_replaced() {
    check(
        judged().replace(Replace::Allowed),
        "judge replace
         a add
         a boom
         ask a",
        expect![[r#"
            boot
                a starts
            judge replace
            a add
                count 1
            a boom
                judge: a held, crashed "boom", 0 of 3
                = child_terminated: a: crashed "boom"
                = replaced: a: crashed "boom"
                a starts
            ask a
                ask a: count 1
        "#]],
    );
}

#[test]
fn one_that_has_ended_cannot_be_resumed() {
    check(
        judged(),
        "judge resume
         a leave
         list",
        expect![[r#"
            boot
                a starts
            judge resume
            a leave
                count 1
                = child_terminated: a: left
                judge: a ended, left, 0 of 3
                = undecided: a: the spec decides
                a starts
            list
                list: a running
        "#]],
    );
}

#[test]
fn a_child_that_is_held_can_be_terminated() {
    check(
        judged(),
        "a boom
         list
         terminate a
         list
         advance 1000
         restart a
         ask a",
        expect![[r#"
            boot
                a starts
            a boom
                judge: a held, crashed "boom", 0 of 3
            list
                list: a running
            terminate a
                terminate a: Ok
            list
                list: a stopped
            advance 1000
            restart a
                a starts
                restart a: Started
            ask a
                ask a: count 1
        "#]],
    );
}

#[test]
fn a_held_temporary_child_may_go_on_and_is_gone_when_it_may_not() {
    check(
        judged().restart(Restart::Temporary),
        "judge resume
         a add
         a boom
         ask a
         judge restart
         a boom
         list",
        expect![[r#"
            boot
                a starts
            judge resume
            a add
                count 1
            a boom
                judge: a held, crashed "boom", 0 of 3
                = resumed: a: crashed "boom"
            ask a
                ask a: count 2
            judge restart
            a boom
                judge: a held, crashed "boom", 1 of 3
                = undecided: a: the spec decides
                = child_terminated: a: crashed "boom"
            list
                list: 
        "#]],
    );
}

#[test]
fn a_restart_waits_longer_each_time() {
    check(
        counter().backoff(Backoff::new(100, 350)),
        "a boom
         list
         a add
         advance 99
         advance 1
         a boom
         advance 199
         advance 1
         a boom
         advance 349
         advance 1
         a boom",
        expect![[r#"
            boot
                a starts
            a boom
                = child_terminated: a: crashed "boom"
            list
                list: a restarting
            a add
            advance 99
            advance 1
                count 1
                a starts
            a boom
                = child_terminated: a: crashed "boom"
            advance 199
            advance 1
                a starts
            a boom
                = child_terminated: a: crashed "boom"
            advance 349
            advance 1
                a starts
            a boom
                = child_terminated: a: crashed "boom"
                = reached_max_restart_intensity: a: more than 3 in 60000 ms
                supervisor exit shutdown
        "#]],
    );
}
