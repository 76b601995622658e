//! Who is restarted, how often, and when a supervisor gives up (semantics 12.4 to 12.6).
use crate::kit::{check, tour};
use expect_test::expect;

/// S23, S26, S30
#[test]
fn a_permanent_child_is_always_restarted() {
    tour(
        "flags 4 3600000
         child a permanent 1000
         boot
         tell a stop
         count
         tell a exit shutdown
         tell a exit shutdown x
         tell a die
         count",
        expect![[r#"
            boot                                 top ok
            tell a stop
            count                                [1,1,0,1]
            tell a exit shutdown
            tell a exit shutdown x
            tell a die
            count                                [1,1,0,1]
        "#]],
    );
}

/// S24, S27, S31
#[test]
fn a_transient_child_is_restarted_after_an_abnormal_exit() {
    tour(
        "child a transient 1000
         boot
         tell a die
         count
         tell a stop
         list
         count
         restart a
         tell a exit shutdown
         count
         restart a
         tell a exit shutdown x
         list
         count",
        expect![[r#"
            boot                                 top ok
            tell a die
            count                                [1,1,0,1]
            tell a stop
            list                                 a (stopped)
            count                                [1,0,0,1]
            restart a                            started
            tell a exit shutdown
            count                                [1,0,0,1]
            restart a                            started
            tell a exit shutdown x
            list                                 a (stopped)
            count                                [1,0,0,1]
        "#]],
    );
}

/// S25, S28, S32
#[test]
fn a_temporary_child_is_never_restarted() {
    tour(
        "child a temporary 1000
         child b temporary 1000
         child c temporary 1000
         child d temporary 1000
         boot
         count
         tell a stop
         tell b die
         tell c exit shutdown
         tell d exit shutdown x
         list
         count
         start a temporary 1000
         count",
        expect![[r#"
            boot                                 top ok
            count                                [4,4,0,4]
            tell a stop
            tell b die
            tell c exit shutdown
            tell d exit shutdown x
            list
            count                                [0,0,0,0]
            start a temporary 1000               started
            count                                [1,1,0,1]
        "#]],
    );
}

/// S34 one_for_one
#[test]
fn only_the_dead_one_is_replaced_and_the_third_fault_is_one_too_many() {
    check(
        "child a permanent 1000
         child b permanent 1000
         boot
         tell a die
         tell b die
         count
         tell b die",
        expect![[r#"
            0.000 a2     < die
            0.000 a2     = crashed "died", turn dropped
            0.000 a1     < exit a2 crashed "died"
            0.000 a1     = child_terminated: a: crashed "died"
            0.000 a1     > restart a2 (1 of 2 in 3600 s)
            0.000 a2     > port 1 hello
            0.000 a1     < reply a2
            0.000 a1     = progress: a runs
            0.000 a3     < die
            0.000 a3     = crashed "died", turn dropped
            0.000 a1     < exit a3 crashed "died"
            0.000 a1     = child_terminated: b: crashed "died"
            0.000 a1     > restart a3 (2 of 2 in 3600 s)
            0.000 a3     > port 1 hello
            0.000 a1     < reply a3
            0.000 a1     = progress: b runs
            0.000 root   < call top count_children
            0.000 root   > a1 count_children
            0.000 a1     < root count_children
            0.000 a1     > reply reply [2,2,0,2]
            0.000 root   < reply a1 [2,2,0,2]
            0.000 root   > port 1 count_children: [2,2,0,2]
            0.000 a3     < die
            0.000 a3     = crashed "died", turn dropped
            0.000 a1     < exit a3 crashed "died"
            0.000 a1     = child_terminated: b: crashed "died"
            0.000 a1     = reached_max_restart_intensity: b: more than 2 in 3600000 ms
            0.000 a1     > exit a2 shutdown
            0.000 a2     < exit a1 shutdown
            0.000 a2     = ended shutdown
            0.000 a1     < down a2 shutdown
            0.000 a1     = ended shutdown
            0.000 a2     = dead noproc: exit a1
            0.000 root   < exit a1 shutdown
            0.000 root   > port 1 top exit shutdown
        "#]],
    );
}

/// Semantics 12.5: an entry exactly one period old still counts.
#[test]
fn the_window_is_inclusive() {
    let script = |ms: u64| format!("flags 1 5000\nchild a permanent 1000\nboot\ntell a die\nadvance {ms}\ntell a die\ncount");
    tour(
        &script(5_000),
        expect![[r#"
        boot                                 top ok
        tell a die
        advance 5000
        tell a die                           top exit shutdown
        count
    "#]],
    );
    tour(
        &script(5_001),
        expect![[r#"
        boot                                 top ok
        tell a die
        advance 5001
        tell a die
        count                                [1,1,0,1]
    "#]],
    );
}

#[test]
fn a_restart_that_fails_is_tried_again_until_the_limit() {
    check(
        "child a permanent 1000
         child b permanent 1000
         plan b up crash
         boot
         tell b die",
        expect![[r#"
            0.000 a3     < die
            0.000 a3     = crashed "died", turn dropped
            0.000 a1     < exit a3 crashed "died"
            0.000 a1     = child_terminated: b: crashed "died"
            0.000 a1     > restart a3 (1 of 2 in 3600 s)
            0.000 a3     = crashed "no start", turn dropped
            0.000 a1     < reply exit(crashed "no start")
            0.000 a1     = start_error: b: crashed "no start"
            0.000 a1     < exit a3 crashed "no start"
            0.000 a1     < timer a1 2
            0.000 a1     > restart a3 (2 of 2 in 3600 s)
            0.000 a3     = crashed "no start", turn dropped
            0.000 a1     < reply exit(crashed "no start")
            0.000 a1     = start_error: b: crashed "no start"
            0.000 a1     < exit a3 crashed "no start"
            0.000 a1     < timer a1 2
            0.000 a1     = reached_max_restart_intensity: b: more than 2 in 3600000 ms
            0.000 a1     > exit a2 shutdown
            0.000 a2     < exit a1 shutdown
            0.000 a2     = ended shutdown
            0.000 a1     < down a2 shutdown
            0.000 a1     = ended shutdown
            0.000 a2     = dead noproc: exit a1
            0.000 root   < exit a1 shutdown
            0.000 root   > port 1 top exit shutdown
        "#]],
    );
}

/// An ignored automatic restart is not tried again (12.2).
#[test]
fn a_restart_that_is_ignored_leaves_the_child_stopped() {
    tour(
        "child a permanent 1000
         plan a up ignore up
         boot
         tell a die
         list
         count
         restart a
         count",
        expect![[r#"
            boot                                 top ok
            tell a die
            list                                 a (stopped)
            count                                [1,0,0,1]
            restart a                            started
            count                                [1,1,0,1]
        "#]],
    );
}

/// Of S64: a restart that waits is waited for.
#[test]
fn calls_wait_while_a_restart_hangs() {
    tour(
        "child a permanent 1000
         plan a up hang
         boot
         tell a die
         start a permanent 1000
         restart a
         delete a
         list
         count
         tell a fail
         tell a up
         count",
        expect![[r#"
            boot                                 top ok
            tell a die
            start a permanent 1000
            restart a
            delete a
            list
            count
            tell a fail                          already_present; restarting; restarting; a (restarting); [1,0,0,1]
            tell a up
            count                                [1,1,0,1]
        "#]],
    );
}

/// S64 hanging_restart_loop: between two tries calls are served, and one of them may end it.
#[test]
fn a_restart_that_keeps_failing_can_be_ended_by_a_call() {
    check(
        "flags 8 10000
         child a permanent 1000
         plan a up crash
         boot
         + tell a die
         + list
         + terminate a
         + count
         restart a",
        expect![[r#"
            0.000 a2     < die
            0.000 a2     = crashed "died", turn dropped
            0.000 root   < call top which_children
            0.000 root   > a1 which_children
            0.000 a1     < exit a2 crashed "died"
            0.000 a1     = child_terminated: a: crashed "died"
            0.000 a1     > restart a2 (1 of 8 in 10 s)
            0.000 root   < call top terminate_child a
            0.000 root   > a1 terminate_child a
            0.000 a2     = crashed "no start", turn dropped
            0.000 root   < call top count_children
            0.000 root   > a1 count_children
            0.000 a1     < reply exit(crashed "no start")
            0.000 a1     = start_error: a: crashed "no start"
            0.000 root   < call top restart_child a
            0.000 root   > a1 restart_child a
            0.000 a1     < root which_children
            0.000 a1     > reply reply a (restarting)
            0.000 root   < reply a1 a (restarting)
            0.000 root   > port 1 which_children: a (restarting)
            0.000 a1     < root terminate_child a
            0.000 a1     > reply reply ok
            0.000 root   < reply a1 ok
            0.000 root   > port 1 terminate_child a: ok
            0.000 a1     < exit a2 crashed "no start"
            0.000 a1     < root count_children
            0.000 a1     > reply reply [1,0,0,1]
            0.000 root   < reply a1 [1,0,0,1]
            0.000 root   > port 1 count_children: [1,0,0,1]
            0.000 a1     = dead cancelled: timer a1
            0.000 a1     < root restart_child a
            0.000 a1     > restart a2
            0.000 a2     = crashed "no start", turn dropped
            0.000 a1     < reply exit(crashed "no start")
            0.000 a1     = start_error: a: crashed "no start"
            0.000 a1     > reply reply error crashed "no start"
            0.000 root   < reply a1 error crashed "no start"
            0.000 root   > port 1 restart_child a: error crashed "no start"
            0.000 a1     < exit a2 crashed "no start"
        "#]],
    );
}

#[test]
fn a_supervisor_whose_child_keeps_failing_still_obeys_its_parent() {
    tour(
        "flags 1000000 1
         child a permanent 1000
         plan a up crash
         boot
         + tell a die
         shutdown shutdown",
        expect![[r#"
            boot                                 top ok
            + tell a die
            shutdown shutdown                    top exit shutdown
        "#]],
    );
}
