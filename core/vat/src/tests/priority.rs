//! The priority lane: refs that their receiver minted (semantics 5.1, EEP 76).
use super::kit::World;
use crate::Config;
use alloc::{string::String, vec::Vec};
use expect_test::expect;

/// b holds a's priority ref as `fast`.
const CAST: &str = "root: spawn a; spawn b; send a {keep b} b; send b {keep a} a
    a: priority fast; send b {keep fast} fast";

fn after(script: &str) -> String {
    let mut world = World::new(Config::default());
    world.play(CAST);
    world.transcript.clear();
    world.play(script);
    world.transcript.join("\n") + "\n"
}

#[test]
fn what_comes_through_a_priority_ref_goes_first_and_in_order() {
    expect![[r#"
        0.000 b      < user "send a 1; send a 2; send fast 3; send fast 4; send a 5" from host
        0.000 b      > a user "1"
        0.000 b      > a user "2"
        0.000 b      > a user "3"
        0.000 b      > a user "4"
        0.000 b      > a user "5"
        0.000 a      < user "3" from b
        0.000 a      < user "4" from b
        0.000 a      < user "1" from b
        0.000 a      < user "2" from b
        0.000 a      < user "5" from b
    "#]]
    .assert_eq(&after("b: send a 1; send a 2; send fast 3; send fast 4; send a 5"));
}

#[test]
fn a_closed_mailbox_holds_priority_messages_too() {
    expect![[r#"
        0.000 a      < user "timer 1 10; await 1" from host
        0.000 b      < user "send a 1; send fast 2; send fast 3" from host
        0.000 b      > a user "1"
        0.000 b      > a user "2"
        0.000 b      > a user "3"
        0.010 a      < timer "1" from a
        0.010 a      < user "2" from b
        0.010 a      < user "3" from b
        0.010 a      < user "1" from b
    "#]]
    .assert_eq(&after("a: timer 1 10; await 1 \n b: send a 1; send fast 2; send fast 3 \n +10"));
}

#[test]
fn a_priority_ref_can_send_and_do_nothing_else() {
    expect![[r#"
        0.000 b      < user "exit fast kill; watch fast; call fast {reply yes}" from host
        0.000 b      > a exit "kill"
        0.000 b      = dead letter, revoked: exit to a ""
        0.000 b      > a user "reply yes"
        0.000 a      < user "reply yes" from b
        0.000 a      > caller reply "yes"
        0.000 b      < down "revoked" from host
        0.000 b      < reply "yes" from a
    "#]]
    .assert_eq(&after("b: exit fast kill; watch fast; call fast {reply yes}"));
}

#[test]
fn priority_messages_count_in_the_bound_and_wait_for_the_next_life_in_their_lane() {
    let mut world = World::new(Config { mailbox_entries_max: 3, ..Config::default() });
    world.play(
        "root: spawn a kept monitored; spawn b; send b {keep a} a; on down {timer 1 10}; on timer {spawn a kept}; send a {keep b} b
         a: priority fast; send b {keep fast} fast",
    );
    world.transcript.clear();
    world.play("root: exit a odd \n b: send a 1; send fast 2; send a 3; send fast 4 \n +10");
    expect![[r#"
        0.000 root   < user "exit a odd" from host
        0.000 root   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from 0.1
        0.000 root   < down "odd" from a
        0.000 b      < user "send a 1; send fast 2; send a 3; send fast 4" from host
        0.000 b      > a user "1"
        0.000 b      > a user "2"
        0.000 b      > a user "3"
        0.000 b      > a user "4"
        0.000 b      = dead letter, overloaded: user to a "4"
        0.010 root   < timer "1" from root
        0.010 root   > spawn a, life 2
        0.010 a      < init "" from root
        0.010 a      < user "2" from b
        0.010 a      < user "1" from b
        0.010 a      < user "3" from b
    "#]]
    .assert_eq(&(world.transcript.join("\n") + "\n"));
}

#[test]
fn a_priority_message_does_not_come_before_the_init_of_a_later_life() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a kept");
    world.play("a: priority fast; send parent {keep fast} fast");
    world.play("a: crash early");
    world.play("root: spawn a kept; send fast {note late}; send a {note plain}");
    let heard = world.transcript.iter().filter(|line| line.contains(" a      <")).skip(3);
    let heard: Vec<&str> = heard.map(|line| line.split_once("< ").expect("filtered by that").1).collect();
    assert_eq!(heard, [r#"init "" from root"#, r#"user "note late" from root"#, r#"user "note plain" from root"#]);
}
