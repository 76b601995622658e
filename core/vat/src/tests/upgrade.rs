//! Another behaviour at a turn boundary (semantics 18).
use super::kit::World;
use crate::Config;
use alloc::string::String;
use expect_test::expect;

fn after(script: &str) -> String {
    let mut world = World::new(Config::default());
    world.play("root: spawn n runs:note {a}; spawn t runs:tally; spawn b");
    world.transcript.clear();
    world.play(script);
    world.transcript.join("\n") + "\n"
}

#[test]
fn spawn_starts_the_newest_version() {
    expect![[r#"
        0.000 root   < user "send n b; system n get_state" from host
        0.000 root   > n user "b"
        0.000 root   > n system "get_state"
        0.000 n      < user "b" from root
        0.000 n      < system "get_state" from root
        0.000 root   < reply "aB" from n
    "#]]
    .assert_eq(&after("root: send n b; system n get_state"));
}

#[test]
fn an_upgrade_takes_place_between_two_messages_and_can_be_undone() {
    expect![[r#"
        0.000 root   < user "send n b; system n upgrade note 2 note 1 {}; send n C; system n get_state" from host
        0.000 root   > n user "b"
        0.000 root   > n upgrade "upgrade note version 2 to note version 1"
        0.000 root   > n user "C"
        0.000 root   > n system "get_state"
        0.000 n      < user "b" from root
        0.000 n      < upgrade "upgrade note version 2 to note version 1" from root
        0.000 n      < user "C" from root
        0.000 n      < system "get_state" from root
        0.000 root   < reply "" from n
        0.000 root   < reply "abC" from n
        0.000 root   < user "system n upgrade note 1 note 2 {}; system n get_state" from host
        0.000 root   > n upgrade "upgrade note version 1 to note version 2"
        0.000 root   > n system "get_state"
        0.000 n      < upgrade "upgrade note version 1 to note version 2" from root
        0.000 n      < system "get_state" from root
        0.000 root   < reply "" from n
        0.000 root   < reply "ABC" from n
    "#]]
    .assert_eq(&after(
        "root: send n b; system n upgrade note 2 note 1 {}; send n C; system n get_state
         root: system n upgrade note 1 note 2 {}; system n get_state",
    ));
}

#[test]
fn a_migration_that_fails_leaves_the_old_behaviour_and_state() {
    expect![[r#"
        0.000 root   < user "system n upgrade note 2 note 1 fail; send n b; system n get_state" from host
        0.000 root   > n upgrade "upgrade note version 2 to note version 1"
        0.000 root   > n user "b"
        0.000 root   > n system "get_state"
        0.000 n      < upgrade "upgrade note version 2 to note version 1" from root
        0.000 n      < user "b" from root
        0.000 n      < system "get_state" from root
        0.000 root   < reply "exit(crashed \"told to fail, from note version 2\")" from host
        0.000 root   < reply "aB" from n
    "#]]
    .assert_eq(&after("root: system n upgrade note 2 note 1 fail; send n b; system n get_state"));
}

#[test]
fn an_upgrade_from_what_it_is_not_or_to_what_is_not_there_is_an_error() {
    expect![[r#"
        0.000 root   < user "system n upgrade note 1 note 2 {}; system n upgrade note 2 note 3 {}; system t upgrade tally 1 puppet 1 {}" from host
        0.000 root   > n upgrade "upgrade note version 1 to note version 2"
        0.000 root   > n upgrade "upgrade note version 2 to note version 3"
        0.000 root   > t upgrade "upgrade tally version 1 to puppet version 1"
        0.000 n      < upgrade "upgrade note version 1 to note version 2" from root
        0.000 n      < upgrade "upgrade note version 2 to note version 3" from root
        0.000 t      < upgrade "upgrade tally version 1 to puppet version 1" from root
        0.000 root   < reply "exit(crashed \"it is note version 2, not note version 1\")" from host
        0.000 root   < reply "exit(crashed \"there is no note version 3\")" from host
        0.000 root   < reply "exit(crashed \"puppet knows no state of tally version 1\")" from host
    "#]].assert_eq(&after(
        "root: system n upgrade note 1 note 2 {}; system n upgrade note 2 note 3 {}; system t upgrade tally 1 puppet 1 {}",
    ));
}

#[test]
fn a_state_moves_between_bytes_and_a_shelf() {
    expect![[r#"
        0.000 root   < user "system n upgrade note 2 tally 1 {}; call n x; system n get_state" from host
        0.000 root   > n upgrade "upgrade note version 2 to tally version 1"
        0.000 root   > n user "x"
        0.000 root   > n system "get_state"
        0.000 n      < upgrade "upgrade note version 2 to tally version 1" from root
        0.000 n      < user "x" from root
        0.000 n      > caller reply "2"
        0.000 n      < system "get_state" from root
        0.000 root   < reply "" from n
        0.000 root   < reply "2" from n
        0.000 root   < reply "2" from n
        0.000 root   < user "system t upgrade tally 1 note 1 {}; system t get_state" from host
        0.000 root   > t upgrade "upgrade tally version 1 to note version 1"
        0.000 root   > t system "get_state"
        0.000 t      < upgrade "upgrade tally version 1 to note version 1" from root
        0.000 t      < system "get_state" from root
        0.000 root   < reply "" from t
        0.000 root   < reply "0" from t
    "#]]
    .assert_eq(&after(
        "root: system n upgrade note 2 tally 1 {}; call n x; system n get_state
         root: system t upgrade tally 1 note 1 {}; system t get_state",
    ));
}

#[test]
fn a_suspended_actor_can_be_upgraded() {
    expect![[r#"
        0.000 root   < user "system n suspend; send n B; system n upgrade note 2 note 1 {}" from host
        0.000 root   > n suspend "suspend"
        0.000 root   > n user "B"
        0.000 root   > n upgrade "upgrade note version 2 to note version 1"
        0.000 n      < upgrade "upgrade note version 2 to note version 1" from root
        0.000 root   < reply "" from n
        0.000 root   < reply "" from n
        0.000 root   < user "system n resume; system n get_state" from host
        0.000 root   > n resume "resume"
        0.000 root   > n system "get_state"
        0.000 n      < user "B" from root
        0.000 n      < system "get_state" from root
        0.000 root   < reply "" from n
        0.000 root   < reply "aB" from n
    "#]]
    .assert_eq(&after(
        "root: system n suspend; send n B; system n upgrade note 2 note 1 {}
         root: system n resume; system n get_state",
    ));
}

#[test]
fn an_actor_becomes_another_behaviour_with_the_state_it_commits() {
    expect![[r#"
        0.000 root   < user "send n {become tally 41}; call n x" from host
        0.000 root   > n user "become tally 41"
        0.000 root   > n user "x"
        0.000 n      < user "become tally 41" from root
        0.000 n      < user "x" from root
        0.000 n      > caller reply "42"
        0.000 root   < reply "42" from n
        0.000 root   < user "send t {become note now}; send t !; system t get_state" from host
        0.000 root   > t user "become note now"
        0.000 root   > t user "!"
        0.000 root   > t system "get_state"
        0.000 t      < user "become note now" from root
        0.000 t      < user "!" from root
        0.000 t      < system "get_state" from root
        0.000 root   < reply "1!" from t
    "#]]
    .assert_eq(&after(
        "root: send n {become tally 41}; call n x
         root: send t {become note now}; send t !; system t get_state",
    ));
}

#[test]
fn becoming_what_is_not_there_or_takes_no_such_state_is_a_fault() {
    expect![[r#"
        0.000 root   < user "send n {become nothing x}" from host
        0.000 root   > n user "become nothing x"
        0.000 n      < user "become nothing x" from root
        0.000 n      = aborted: crashed "it would become what is not in the table"
        0.000 root   = dead letter, crashed: user to n "become nothing x"
        0.000 n      = ended: crashed "it would become what is not in the table"
        0.000 host   = report: n crashed "it would become what is not in the table", handling a message of 16 bytes
        0.000 root   < user "send t {become note x}; send t {become tally many}" from host
        0.000 root   > t user "become note x"
        0.000 root   > t user "become tally many"
        0.000 t      < user "become note x" from root
        0.000 t      < user "become tally many" from root
        0.000 t      = aborted: crashed "not a tally"
        0.000 root   = dead letter, crashed: user to t "become tally many"
        0.000 t      = ended: crashed "not a tally"
        0.000 host   = report: t crashed "not a tally", handling a message of 17 bytes
    "#]]
    .assert_eq(&after("root: send n {become nothing x} \n root: send t {become note x}; send t {become tally many}"));
}

#[test]
fn states_that_moved_leave_nothing_behind() {
    let mut world = World::new(Config::default());
    world.play("root: spawn n runs:note {a}; spawn t runs:tally");
    let before = world.in_use();
    world.play(
        "root: system n upgrade note 2 tally 1 {}; system n upgrade tally 1 note 2 {}; system n upgrade note 2 note 1 fail
         root: system t passivate; call t x; system t replace 7; system t passivate; system t upgrade tally 1 note 1 {}",
    );
    assert_eq!(world.in_use(), before);
}
