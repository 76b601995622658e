//! Stopping, and who may order it (semantics 12.3).
use crate::kit::check;
use expect_test::expect;

/// S01 sup_start_normal, S12 sup_stop_infinity
#[test]
fn a_supervisor_stops_its_children_in_reverse_and_exits_with_the_reason_given() {
    check(
        "child a permanent infinity
         child b permanent infinity slow 200000
         boot
         shutdown shutdown
         advance 200000",
        expect![[r#"
            0.000 root   < exit top shutdown
            0.000 root   > exit a1 shutdown
            0.000 a1     < exit root shutdown
            0.000 a1     > exit a3 shutdown
            0.000 a3     < exit a1 shutdown
            200.000 a3     < timer a3 1
            200.000 a3     = ended shutdown
            200.000 a1     < down a3 shutdown
            200.000 a1     > exit a2 shutdown
            200.000 a2     < exit a1 shutdown
            200.000 a2     = ended shutdown
            200.000 a1     < down a2 shutdown
            200.000 a1     = ended shutdown
            200.000 a3     = dead noproc: exit a1
            200.000 a2     = dead noproc: exit a1
            200.000 root   < exit a1 shutdown
            200.000 root   > port 1 top exit shutdown
        "#]],
    );
}

/// S13 sup_stop_timeout
#[test]
fn a_child_that_takes_too_long_is_killed() {
    check(
        "child a permanent 1000
         child b permanent 1000 slow 200000
         boot
         shutdown shutdown
         advance 1000",
        expect![[r#"
            0.000 root   < exit top shutdown
            0.000 root   > exit a1 shutdown
            0.000 a1     < exit root shutdown
            0.000 a1     > exit a3 shutdown
            0.000 a3     < exit a1 shutdown
            1.000 a1     < timer a1 0
            1.000 a1     > exit a3 kill
            1.000 a3     = ended killed
            1.000 a1     < down a3 killed
            1.000 a1     = shutdown_error: b: killed
            1.000 a1     > exit a2 shutdown
            1.000 a2     < exit a1 shutdown
            1.000 a2     = ended shutdown
            1.000 a1     < down a2 shutdown
            1.000 a1     = ended shutdown
            1.000 a3     = dead noproc: exit a1
            1.000 a2     = dead noproc: exit a1
            1.000 root   < exit a1 shutdown
            1.000 root   > port 1 top exit shutdown
        "#]],
    );
}

/// S14 sup_stop_brutal_kill
#[test]
fn a_child_to_be_killed_brutally_is_not_asked() {
    check(
        "child a permanent 1000
         child b permanent brutal
         boot
         shutdown shutdown",
        expect![[r#"
            0.000 root   < exit top shutdown
            0.000 root   > exit a1 shutdown
            0.000 a1     < exit root shutdown
            0.000 a1     > exit a3 kill
            0.000 a3     = ended killed
            0.000 a1     < down a3 killed
            0.000 a1     > exit a2 shutdown
            0.000 a2     < exit a1 shutdown
            0.000 a2     = ended shutdown
            0.000 a1     < down a2 shutdown
            0.000 a1     = ended shutdown
            0.000 a3     = dead noproc: exit a1
            0.000 a2     = dead noproc: exit a1
            0.000 root   < exit a1 shutdown
            0.000 root   > port 1 top exit shutdown
        "#]],
    );
}

/// Of S16: the reason is the child's own, and told apart.
#[test]
fn an_odd_exit_is_reported_and_the_supervisor_exits_as_told() {
    check(
        "child a transient 1000 odd
         child b permanent 1000 odd
         boot
         shutdown finished",
        expect![[r#"
            0.000 root   < exit top finished
            0.000 root   > exit a1 finished
            0.000 a1     < exit root finished
            0.000 a1     > exit a3 shutdown
            0.000 a3     < exit a1 shutdown
            0.000 a3     = ended odd
            0.000 a1     < down a3 odd
            0.000 a1     = shutdown_error: b: odd
            0.000 a1     > exit a2 shutdown
            0.000 a2     < exit a1 shutdown
            0.000 a2     = ended odd
            0.000 a1     < down a2 odd
            0.000 a1     = shutdown_error: a: odd
            0.000 a1     = ended finished
            0.000 a3     = dead noproc: exit a1
            0.000 a2     = dead noproc: exit a1
            0.000 root   < exit a1 finished
            0.000 root   > port 1 top exit finished
        "#]],
    );
}

/// S56 child_unlink
#[test]
fn a_child_that_unlinked_itself_does_not_hang_its_supervisor() {
    check(
        "child a permanent 1000 unlinked
         boot
         terminate a
         count",
        expect![[r#"
            0.000 root   < call top terminate_child a
            0.000 root   > a1 terminate_child a
            0.000 a1     < root terminate_child a
            0.000 a1     > exit a2 shutdown
            0.000 a2     < exit a1 shutdown
            0.000 a2     = ended shutdown
            0.000 a1     < down a2 shutdown
            0.000 a1     > reply reply ok
            0.000 root   < reply a1 ok
            0.000 root   > port 1 terminate_child a: ok
            0.000 root   < call top count_children
            0.000 root   > a1 count_children
            0.000 a1     < root count_children
            0.000 a1     > reply reply [1,0,0,1]
            0.000 root   < reply a1 [1,0,0,1]
            0.000 root   > port 1 count_children: [1,0,0,1]
        "#]],
    );
}

#[test]
fn an_exit_from_a_stranger_is_ignored_and_a_kill_is_not() {
    check(
        "child a permanent 1000
         boot
         exit top shutdown
         exit top other
         count
         exit top kill",
        expect![[r#"
            0.000 host   > exit a1 shutdown
            0.000 a1     < exit shutdown
            0.000 host   > exit a1 other
            0.000 a1     < exit other
            0.000 root   < call top count_children
            0.000 root   > a1 count_children
            0.000 a1     < root count_children
            0.000 a1     > reply reply [1,1,0,1]
            0.000 root   < reply a1 [1,1,0,1]
            0.000 root   > port 1 count_children: [1,1,0,1]
            0.000 host   > exit a1 kill
            0.000 a1     = ended killed
            0.000 root   < exit a1 killed
            0.000 root   > port 1 top exit killed
            0.000 a2     < exit a1 killed
            0.000 a2     = ended killed
        "#]],
    );
}

#[test]
fn a_message_that_is_no_call_is_dropped_and_reported_at_each_doubling() {
    check(
        "boot
         tell top noise
         tell top noise
         tell top noise
         tell top noise",
        expect![[r#"
            0.000 a1     < noise
            0.000 a1     = unexpected_message: dropped, 1 so far
            0.000 a1     < noise
            0.000 a1     = unexpected_message: dropped, 2 so far
            0.000 a1     < noise
            0.000 a1     < noise
            0.000 a1     = unexpected_message: dropped, 4 so far
        "#]],
    );
}

#[test]
fn a_child_that_dies_while_others_are_stopped_keeps_its_reason_and_is_not_restarted() {
    check(
        "child a permanent 1000
         child b permanent 1000 slow 500
         boot
         shutdown shutdown
         tell a die
         advance 1000",
        expect![[r#"
            0.000 root   < exit top shutdown
            0.000 root   > exit a1 shutdown
            0.000 a1     < exit root shutdown
            0.000 a1     > exit a3 shutdown
            0.000 a3     < exit a1 shutdown
            0.000 a2     < die
            0.000 a2     = crashed "died", turn dropped
            0.500 a3     < timer a3 1
            0.500 a3     = ended shutdown
            0.500 a1     < down a3 shutdown
            0.500 a1     > exit a2 shutdown
            0.500 a1     = dead noproc: exit a2
            0.500 a1     < down noproc
            0.500 a1     < exit a2 crashed "died"
            0.500 a1     = shutdown_error: a: crashed "died"
            0.500 a1     = ended shutdown
            0.500 a3     = dead noproc: exit a1
            0.500 a1     = dead noproc: timer a1
            0.500 root   < exit a1 shutdown
            0.500 root   > port 1 top exit shutdown
        "#]],
    );
}

/// Its own word counts, not the `noproc` of a watch that came too late.
#[test]
fn a_child_that_died_before_it_was_told_to_go_keeps_its_reason() {
    check(
        "child a permanent 1000
         child b permanent 1000 slow 700
         boot
         terminate b
         terminate a
         tell a die
         advance 700",
        expect![[r#"
            0.000 root   < call top terminate_child b
            0.000 root   > a1 terminate_child b
            0.000 a1     < root terminate_child b
            0.000 a1     > exit a3 shutdown
            0.000 a3     < exit a1 shutdown
            0.000 root   < call top terminate_child a
            0.000 root   > a1 terminate_child a
            0.000 a2     < die
            0.000 a2     = crashed "died", turn dropped
            0.700 a3     < timer a3 1
            0.700 a3     = ended shutdown
            0.700 a1     < down a3 shutdown
            0.700 a1     > reply reply ok
            0.700 root   < reply a1 ok
            0.700 root   > port 1 terminate_child b: ok
            0.700 a1     < root terminate_child a
            0.700 a1     > exit a2 shutdown
            0.700 a1     = dead noproc: exit a2
            0.700 a1     < down noproc
            0.700 a1     < exit a2 crashed "died"
            0.700 a1     = shutdown_error: a: crashed "died"
            0.700 a1     > reply reply ok
            0.700 root   < reply a1 ok
            0.700 root   > port 1 terminate_child a: ok
            0.700 a1     < exit a3 shutdown
            0.700 a1     = dead cancelled: timer a1
        "#]],
    );
}
