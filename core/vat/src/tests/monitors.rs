//! Monitors: independence, tags, demonitor with and without flush, answer addresses (P04, P09, P10, P12, P20).
use super::kit::World;
use crate::Config;
use alloc::string::String;
use expect_test::expect;

fn after(script: &str) -> String {
    let mut world = World::new(Config::default());
    world.play("root: spawn a; spawn b; send b {keep a} a");
    world.transcript.clear();
    world.play(script);
    world.transcript.join("\n") + "\n"
}

#[test]
fn monitors_of_one_pair_are_independent_and_each_brings_its_tag() {
    expect![[r#"
        0.000 b      < user "watch_tagged a 5; watch_tagged a 6; watch a" from host
        0.000 b      < user "unwatch" from host
        0.000 host   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from the host
        0.000 b      < down "odd" from a
        0.000 b      = inform tag 5 of Actor(1:1)
        0.000 b      < down "odd" from a
        0.000 b      = inform tag 6 of Actor(1:1)
        0.000 b      < user "watch_tagged a 7" from host
        0.000 b      < down "noproc" from host
        0.000 b      = inform tag 7 of Actor(1:1)
    "#]]
    .assert_eq(&after("b: watch_tagged a 5; watch_tagged a 6; watch a \n b: unwatch \n host: exit a odd \n b: watch_tagged a 7"));
}

#[test]
fn of_four_monitors_the_second_and_the_fourth_are_seen() {
    expect![[r#"
        0.000 b      < user "watch_tagged a 1" from host
        0.000 b      < user "unwatch" from host
        0.000 b      < user "watch_tagged a 2" from host
        0.000 b      < user "watch_tagged a 3; watch_tagged a 4" from host
        0.000 root   < user "send b {demonitor}; send b {unwatch}; exit a odd" from host
        0.000 root   > b user "demonitor"
        0.000 root   > b user "unwatch"
        0.000 root   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from 0.1
        0.000 b      < user "demonitor" from root
        0.000 b      < user "unwatch" from root
        0.000 b      < down "odd" from a
        0.000 b      = inform tag 2 of Actor(1:1)
        0.000 a      = dead letter, cancelled: down to b "odd"
        0.000 b      < down "odd" from a
        0.000 b      = inform tag 4 of Actor(1:1)
    "#]]
    .assert_eq(&after(
        "b: watch_tagged a 1
         b: unwatch
         b: watch_tagged a 2
         b: watch_tagged a 3; watch_tagged a 4
         root: send b {demonitor}; send b {unwatch}; exit a odd",
    ));
}

#[test]
fn a_demonitor_before_the_death_leaves_nothing_to_come() {
    expect![[r#"
        0.000 b      < user "watch a; demonitor" from host
        0.000 b      < user "watch a" from host
        0.000 b      < user "demonitor" from host
        0.000 host   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from the host
    "#]]
    .assert_eq(&after("b: watch a; demonitor \n b: watch a \n b: demonitor \n host: exit a odd"));
}

#[test]
fn an_answer_to_an_alias_is_seen_once_and_the_watch_goes_on() {
    expect![[r#"
        0.000 b      < user "alias a back explicit; send a {keep back} back" from host
        0.000 b      > a user "keep back"
        0.000 a      < user "keep back" from b
        0.000 a      < user "send back one; send back two" from host
        0.000 a      > caller reply "one"
        0.000 a      > caller reply "two"
        0.000 a      = dead letter, late_reply: reply to caller "two"
        0.000 b      < reply "one" from a
        0.000 host   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from the host
        0.000 b      < down "odd" from a
    "#]]
    .assert_eq(&after(
        "b: alias a back explicit; send a {keep back} back
         a: send back one; send back two
         host: exit a odd",
    ));
}

#[test]
fn an_alias_ends_with_the_down_or_the_demonitor() {
    expect![[r#"
        0.000 b      < user "alias a back demonitor; send parent {keep back} back" from host
        0.000 b      > root user "keep back"
        0.000 root   < user "keep back" from b
        0.000 host   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from the host
        0.000 b      < down "odd" from a
        0.000 root   < user "send back late" from host
        0.000 root   > caller reply "late"
        0.000 root   = dead letter, late_reply: reply to caller "late"
    "#]]
    .assert_eq(&after(
        "b: alias a back demonitor; send parent {keep back} back
         host: exit a odd
         root: send back late",
    ));
    expect![[r#"
        0.000 b      < user "alias a back demonitor; send parent {keep back} back" from host
        0.000 b      > root user "keep back"
        0.000 root   < user "keep back" from b
        0.000 b      < user "demonitor" from host
        0.000 root   < user "send back late" from host
        0.000 root   > caller reply "late"
        0.000 root   = dead letter, late_reply: reply to caller "late"
        0.000 host   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from the host
    "#]]
    .assert_eq(&after(
        "b: alias a back demonitor; send parent {keep back} back
         b: demonitor
         root: send back late
         host: exit a odd",
    ));
}

#[test]
fn a_reply_can_end_the_watch() {
    expect![[r#"
        0.000 b      < user "alias a back reply_demonitor; send a {keep back} back" from host
        0.000 b      > a user "keep back"
        0.000 a      < user "keep back" from b
        0.000 a      < user "send back one" from host
        0.000 a      > caller reply "one"
        0.000 b      < reply "one" from a
        0.000 host   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from the host
    "#]]
    .assert_eq(&after(
        "b: alias a back reply_demonitor; send a {keep back} back
         a: send back one
         host: exit a odd",
    ));
}

#[test]
fn an_alias_dies_with_its_minter_and_with_an_aborted_turn() {
    expect![[r#"
        0.000 b      < user "alias a back explicit; send a {keep back} back" from host
        0.000 b      > a user "keep back"
        0.000 a      < user "keep back" from b
        0.000 host   > b exit "odd"
        0.000 b      = ended: odd
        0.000 host   = report: b odd, handling an exit signal from the host
        0.000 a      < user "send back late" from host
        0.000 a      > caller reply "late"
        0.000 a      = dead letter, late_reply: reply to caller "late"
    "#]]
    .assert_eq(&after(
        "b: alias a back explicit; send a {keep back} back
         host: exit b odd
         a: send back late",
    ));
    let mut world = World::new(Config::default());
    world.play("root: spawn a; spawn b; send b {keep a} a");
    let before = world.in_use();
    world.play("b: alias a back demonitor; unwatch; unalias; alias a back explicit; unalias; unwatch; watch_tagged a 1; unwatch");
    assert_eq!(world.in_use(), before);
    world.play("b: alias a back demonitor; watch_tagged a 1; crash boom");
    assert!(world.vat.tables.relations.live() < 2 && world.vat.tables.shots.live() == 0);
}

#[test]
fn two_messages_then_an_exit_come_before_the_down() {
    expect![[r#"
        0.000 b      < user "watch a; send a {keep b} me" from host
        0.000 b      > a user "keep b"
        0.000 a      < user "keep b" from b
        0.000 a      < user "send b one; send b two; stop odd" from host
        0.000 a      > b user "one"
        0.000 a      > b user "two"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling a message of 32 bytes
        0.000 b      < user "one" from a
        0.000 b      < user "two" from a
        0.000 b      < down "odd" from a
    "#]]
    .assert_eq(&after("b: watch a; send a {keep b} me \n a: send b one; send b two; stop odd"));
}
