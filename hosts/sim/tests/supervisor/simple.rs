//! Children without ids: started from a template, stopped together.
use crate::clerk::play;
use expect_test::{Expect, expect};
use peerd_otp::supervisor::{ChildSpec, Restart, Shutdown, SupervisorSpec};

fn check(template: ChildSpec, script: &str, expect: Expect) {
    expect.assert_eq(&play(&SupervisorSpec::simple_one_for_one(template).intensity(1, 60_000), script));
}

fn counter() -> ChildSpec {
    ChildSpec::new("counters", "counter", Vec::new()).shutdown(Shutdown::Ms(2_000))
}

/// S39, and reports of 12.9: one line for all that ended in one way.
#[test]
fn all_are_stopped_at_once_with_one_timer_and_reported_by_their_number() {
    check(
        counter(),
        "start a
         start deaf
         start b
         start deaf
         start deaf
         shutdown
         advance 1999
         advance 1",
        expect![[r#"
            boot
            start a
                counters starts
                start a: Started
            start deaf
                counters starts
                start deaf: Started
            start b
                counters starts
                start b: Started
            start deaf
                counters starts
                start deaf: Started
            start deaf
                counters starts
                start deaf: Started
            shutdown
            advance 1999
            advance 1
                = shutdown_error: 3 of counters: killed
                supervisor exit shutdown
        "#]],
    );
}

#[test]
fn a_child_is_restarted_in_its_place_and_the_second_fault_ends_all() {
    check(
        counter(),
        "start x
         start x
         counters boom
         list
         counters boom",
        expect![[r#"
            boot
            start x
                counters starts
                start x: Started
            start x
                counters starts
                start x: Started
            counters boom
                = child_terminated: counters: crashed "boom"
                counters starts
            list
                list:  running,  running
            counters boom
                = child_terminated: counters: crashed "boom"
                = reached_max_restart_intensity: counters: more than 1 in 60000 ms
                supervisor exit shutdown
        "#]],
    );
}

#[test]
fn a_temporary_child_is_gone_when_it_ends() {
    check(
        counter().restart(Restart::Temporary),
        "start x
         counters boom
         list
         start x
         list",
        expect![[r#"
            boot
            start x
                counters starts
                start x: Started
            counters boom
                = child_terminated: counters: crashed "boom"
            list
                list: 
            start x
                counters starts
                start x: Started
            list
                list:  running
        "#]],
    );
}

#[test]
fn a_template_is_no_child() {
    check(
        counter(),
        "list
         terminate counters
         restart counters
         delete counters",
        expect![[r#"
            boot
            list
                list: 
            terminate counters
                terminate counters: Error(SimpleOneForOne)
            restart counters
                restart counters: Error(SimpleOneForOne)
            delete counters
                delete counters: Error(SimpleOneForOne)
        "#]],
    );
}
