//! Supervisors under supervisors.
use crate::kit::{check, tour};
use expect_test::expect;

#[test]
fn a_supervisor_is_started_when_its_children_are() {
    check(
        "supervisor s permanent 1 5000
         under s child a permanent 1000
         plan a hang
         boot
         tell a up",
        expect![[r#"
            0.000 a3     < up
            0.000 a2     < reply a3
            0.000 a2     = progress: a runs
            0.000 a2     > root announce a
            0.000 root   < a2 announce a
            0.000 a1     < reply a2
            0.000 a1     = progress: s runs
            0.000 root   < reply a1
            0.000 root   > port 1 top ok
        "#]],
    );
}

#[test]
fn a_failed_start_goes_up_the_tree() {
    check(
        "child first permanent 1000
         supervisor s permanent 1 5000
         under s child a permanent 1000
         plan a hang
         boot
         tell a fail",
        expect![[r#"
            0.000 a4     < fail
            0.000 a4     = crashed "failed", turn dropped
            0.000 a3     = dead noproc: init a4
            0.000 a3     < reply exit(crashed "failed")
            0.000 a3     = start_error: a: crashed "failed"
            0.000 a3     = ended shutdown(failed_to_start_child(a, crashed "failed"))
            0.000 a1     = dead noproc: init a3
            0.000 a4     = dead noproc: exit a3
            0.000 a1     < reply exit(shutdown(failed_to_start_child(a, crashed "failed")))
            0.000 a1     = start_error: s: shutdown(failed_to_start_child(a, crashed "failed"))
            0.000 a1     > exit a2 shutdown
            0.000 a2     < exit a1 shutdown
            0.000 a2     = ended shutdown
            0.000 a1     < down a2 shutdown
            0.000 a1     = ended shutdown(failed_to_start_child(s, shutdown(failed_to_start_child(a, crashed "failed"))))
            0.000 root   = dead noproc: init a1
            0.000 a3     = dead noproc: exit a1
            0.000 a2     = dead noproc: exit a1
            0.000 root   < reply exit(shutdown(failed_to_start_child(s, shutdown(failed_to_start_child(a, crashed…
            0.000 root   > port 1 top exit(shutdown(failed_to_start_child(s, shutdown(failed_to_start_child(a, cra…
            0.000 root   < exit a1 shutdown(failed_to_start_child(s, shutdown(failed_to_start_child(a, crashed "fai…
            0.000 root   > port 1 top exit shutdown(failed_to_start_child(s, shutdown(failed_to_start_child(a, cra…
        "#]],
    );
}

#[test]
fn one_that_gives_up_is_restarted_by_its_parent_with_its_own_children_only() {
    check(
        "supervisor s permanent 0 5000
         under s child a permanent 1000
         boot
         tell a die",
        expect![[r#"
            0.000 a3     < die
            0.000 a3     = crashed "died", turn dropped
            0.000 a2     < exit a3 crashed "died"
            0.000 a2     = child_terminated: a: crashed "died"
            0.000 a2     = reached_max_restart_intensity: a: more than 0 in 5000 ms
            0.000 a2     = ended shutdown
            0.000 a1     < exit a2 shutdown
            0.000 a1     = child_terminated: s: shutdown
            0.000 a1     > restart a2 (1 of 2 in 3600 s)
            0.000 a2     > restart a3
            0.000 a2     > port 1 hello
            0.000 a3     > port 1 hello
            0.000 a2     < reply a3
            0.000 a2     = progress: a runs
            0.000 a2     > root announce a
            0.000 root   < a2 announce a
            0.000 a1     < reply a2
            0.000 a1     = progress: s runs
        "#]],
    );
}

/// Surprising, and OTP's (12.5): it gives up with `shutdown`.
#[test]
fn a_transient_one_that_gives_up_stays_stopped() {
    tour(
        "supervisor s transient 0 5000
         under s child a permanent 1000
         boot
         tell a die
         list",
        expect![[r#"
            boot                                 top ok
            tell a die
            list                                 s (stopped)
        "#]],
    );
}

/// S63 in one_for_one: a killed supervisor takes its children along, and its next life starts them anew.
#[test]
fn a_killed_supervisor_takes_its_children_with_it() {
    check(
        "supervisor s permanent 1 5000
         under s child a permanent 1000
         under s child b permanent 1000 slow 300
         boot
         exit s kill
         advance 1000",
        expect![[r#"
            0.000 host   > exit a2 kill
            0.000 a2     = ended killed
            0.000 a1     < exit a2 killed
            0.000 a1     = child_terminated: s: killed
            0.000 a1     > restart a2 (1 of 2 in 3600 s)
            0.000 a3     < exit a2 killed
            0.000 a3     = ended killed
            0.000 a4     < exit a2 killed
            0.000 a2     > restart a3
            0.000 a2     > port 1 hello
            0.000 a3     > port 1 hello
            0.000 a2     < reply a3
            0.000 a2     = progress: a runs
            0.000 a2     > root announce a
            0.000 root   < a2 announce a
            0.000 a2     < reply exit(already_started)
            0.000 a2     > exit a4 shutdown
            0.000 a4     < exit a2 shutdown
            0.300 a4     < timer a4 1
            0.300 a4     = ended shutdown
            0.300 a2     < down a4 shutdown
            0.300 a2     > restart a4
            0.300 a4     > port 1 hello
            0.300 a2     < reply a4
            0.300 a2     = progress: b runs
            0.300 a2     > root announce b
            0.300 root   < a2 announce b
            0.300 a1     < reply a2
            0.300 a1     = progress: s runs
            0.300 a2     < exit a4 shutdown
        "#]],
    );
}

#[test]
fn every_start_is_announced_with_its_restarts() {
    check(
        "supervisor s permanent 2 5000
         under s child a permanent 1000
         boot
         tell a die
         tell a die",
        expect![[r#"
            0.000 a3     < die
            0.000 a3     = crashed "died", turn dropped
            0.000 a2     < exit a3 crashed "died"
            0.000 a2     = child_terminated: a: crashed "died"
            0.000 a2     > restart a3 (1 of 2 in 5 s)
            0.000 a3     > port 1 hello
            0.000 a2     < reply a3
            0.000 a2     = progress: a runs
            0.000 a2     > root announce a, restart 1
            0.000 root   < a2 announce a, restart 1
            0.000 a3     < die
            0.000 a3     = crashed "died", turn dropped
            0.000 a2     < exit a3 crashed "died"
            0.000 a2     = child_terminated: a: crashed "died"
            0.000 a2     > restart a3 (2 of 2 in 5 s)
            0.000 a3     > port 1 hello
            0.000 a2     < reply a3
            0.000 a2     = progress: a runs
            0.000 a2     > root announce a, restart 2
            0.000 root   < a2 announce a, restart 2
        "#]],
    );
}
