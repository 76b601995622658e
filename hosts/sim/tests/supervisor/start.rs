//! What may come of a start (semantics 12.2, 12.3).
use crate::kit::{check, tour};
use expect_test::expect;

/// S03 sup_start_ignore_temporary_child
#[test]
fn an_ignored_temporary_child_is_not_listed() {
    tour(
        "child a temporary 1000
         child b temporary 1000
         plan a ignore up
         boot
         list
         count",
        expect![[r#"
            boot                                 top ok
            list                                 b
            count                                [1,1,0,1]
        "#]],
    );
}

/// S04 sup_start_ignore_temporary_child_start_child
#[test]
fn start_child_may_be_ignored() {
    tour(
        "plan a ignore up
         plan c ignore up
         boot
         start a temporary 1000
         start b temporary 1000
         start c permanent 1000
         list
         count
         restart c
         count",
        expect![[r#"
            boot                                 top ok
            start a temporary 1000               ignored
            start b temporary 1000               started
            start c permanent 1000               ignored
            list                                 c (stopped), b
            count                                [2,1,0,2]
            restart c                            started
            count                                [2,2,0,2]
        "#]],
    );
}

/// S09 sup_start_child_returns_error
#[test]
fn a_child_that_fails_to_start_is_not_kept() {
    tour(
        "plan a crash
         boot
         start a permanent 1000
         list
         count
         restart a",
        expect![[r#"
            boot                                 top ok
            start a permanent 1000               error (crashed "no start", a)
            list
            count                                [0,0,0,0]
            restart a                            not_found
        "#]],
    );
}

#[test]
fn a_failed_start_stops_the_started_in_reverse() {
    check(
        "child a permanent 1000
         child b permanent 1000
         child c permanent 1000
         child d permanent 1000
         plan c hang
         boot
         tell c fail",
        expect![[r#"
            0.000 a4     < fail
            0.000 a4     = crashed "failed", turn dropped
            0.000 a1     = dead noproc: init a4
            0.000 a1     < reply exit(crashed "failed")
            0.000 a1     = start_error: c: crashed "failed"
            0.000 a1     > exit a3 shutdown
            0.000 a3     < exit a1 shutdown
            0.000 a3     = ended shutdown
            0.000 a1     < down a3 shutdown
            0.000 a1     > exit a2 shutdown
            0.000 a2     < exit a1 shutdown
            0.000 a2     = ended shutdown
            0.000 a1     < down a2 shutdown
            0.000 a1     = ended shutdown(failed_to_start_child(c, crashed "failed"))
            0.000 root   = dead noproc: init a1
            0.000 a4     = dead noproc: exit a1
            0.000 a3     = dead noproc: exit a1
            0.000 a2     = dead noproc: exit a1
            0.000 root   < reply exit(shutdown(failed_to_start_child(c, crashed "failed")))
            0.000 root   > port 1 top exit(shutdown(failed_to_start_child(c, crashed "failed")))
            0.000 root   < exit a1 shutdown(failed_to_start_child(c, crashed "failed"))
            0.000 root   > port 1 top exit shutdown(failed_to_start_child(c, crashed "failed"))
        "#]],
    );
}

#[test]
fn children_start_left_to_right_each_awaited() {
    check(
        "child a permanent 1000
         child b permanent 1000
         child c permanent 1000
         plan b hang
         boot
         list
         tell b up",
        expect![[r#"
            0.000 root   < call top which_children
            0.000 root   > a1 which_children
            0.000 a3     < up
            0.000 a1     < reply a3
            0.000 a1     = progress: b runs
            0.000 a1     > spawn a4 worker "c"
            0.000 a4     > port 1 hello
            0.000 a1     < reply a4
            0.000 a1     = progress: c runs
            0.000 root   < reply a1
            0.000 root   > port 1 top ok
            0.000 a1     < root which_children
            0.000 a1     > reply reply c, b, a
            0.000 root   < reply a1 c, b, a
            0.000 root   > port 1 which_children: c, b, a
        "#]],
    );
}

#[test]
fn a_child_that_hangs_in_start_is_killed_at_the_callers_deadline() {
    tour(
        "plan a hang
         boot
         start a permanent 1000
         count
         advance 100000000
         count",
        expect![[r#"
            boot                                 top ok
            start a permanent 1000
            count
            advance 100000000                    timeout; timeout
            count                                [0,0,0,0]
        "#]],
    );
}
