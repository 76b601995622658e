//! A child's identity outlives its lives, until its supervisor decides otherwise (semantics 6).
use crate::kit::{check, tour};
use expect_test::expect;

#[test]
fn a_ref_reaches_the_next_life_also_after_the_supervisor_was_restarted() {
    tour(
        "child a permanent 1000
         boot
         tell a die
         tell a ping 1
         shutdown shutdown
         top
         tell a ping 2",
        expect![[r#"
            boot                                 top ok
            tell a die
            tell a ping 1                        pong a 1
            shutdown shutdown                    top exit shutdown
            top                                  top ok
            tell a ping 2                        pong a 2
        "#]],
    );
}

#[test]
fn what_is_queued_behind_a_crash_waits_for_the_next_life() {
    check(
        "child a permanent 1000
         boot
         + tell a die
         + tell a ping 1
         tell a ping 2",
        expect![[r#"
            0.000 a2     < die
            0.000 a2     = crashed "died", turn dropped
            0.000 a1     < exit a2 crashed "died"
            0.000 a1     = child_terminated: a: crashed "died"
            0.000 a1     > restart a2 (1 of 2 in 3600 s)
            0.000 a2     > port 1 hello
            0.000 a1     < reply a2
            0.000 a1     = progress: a runs
            0.000 a2     < ping 1
            0.000 a2     > port 1 pong a 1
            0.000 a2     < ping 2
            0.000 a2     > port 1 pong a 2
        "#]],
    );
}

#[test]
fn a_stopped_child_answers_noproc_until_it_is_started_again() {
    check(
        "child a transient 1000
         boot
         tell a stop
         tell a ping 1
         restart a
         tell a ping 2",
        expect![[r#"
            0.000 a2     < stop
            0.000 a2     = ended normal
            0.000 a1     < exit a2 normal
            0.000 host   = dead noproc: a2 ping 1
            0.000 root   < call top restart_child a
            0.000 root   > a1 restart_child a
            0.000 a1     < root restart_child a
            0.000 a1     > restart a2
            0.000 a2     > port 1 hello
            0.000 a1     < reply a2
            0.000 a1     = progress: a runs
            0.000 a1     > reply reply started
            0.000 root   < reply a1 started
            0.000 root   > port 1 restart_child a: started
            0.000 a2     < ping 2
            0.000 a2     > port 1 pong a 2
        "#]],
    );
}

#[test]
fn a_dynamic_child_does_not_come_back_with_its_supervisor() {
    check(
        "child a permanent 1000
         boot
         start b permanent 1000
         exit top kill
         top
         tell b ping 1
         count",
        expect![[r#"
            0.000 root   < call top start_child b
            0.000 root   > a1 start_child b
            0.000 a1     < root start_child b
            0.000 a1     > spawn a3 worker "b"
            0.000 a3     > port 1 hello
            0.000 a1     < reply a3
            0.000 a1     = progress: b runs
            0.000 a1     > reply reply started
            0.000 root   < reply a1 started
            0.000 root   > port 1 start_child b: started
            0.000 host   > exit a1 kill
            0.000 a1     = ended killed
            0.000 root   < exit a1 killed
            0.000 root   > port 1 top exit killed
            0.000 a2     < exit a1 killed
            0.000 a2     = ended killed
            0.000 a3     < exit a1 killed
            0.000 a3     = ended killed
            0.000 root   < start top
            0.000 root   > restart a1
            0.000 a1     > restart a2
            0.000 a1     > port 1 hello
            0.000 a2     > port 1 hello
            0.000 a1     < reply a2
            0.000 a1     = progress: a runs
            0.000 root   < reply a1
            0.000 root   > port 1 top ok
            0.000 host   = dead noproc: a3 ping 1
            0.000 root   < call top count_children
            0.000 root   > a1 count_children
            0.000 a1     < root count_children
            0.000 a1     > reply reply [1,1,0,1]
            0.000 root   < reply a1 [1,1,0,1]
            0.000 root   > port 1 count_children: [1,1,0,1]
        "#]],
    );
}
