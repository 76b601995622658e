//! Looking into an actor, holding it, changing what is in it (semantics 18, G15).
use super::kit::World;
use crate::{Config, Line, MessageKind, Output, Statistics, Status, Time, What};
use alloc::{string::String, vec::Vec};
use expect_test::expect;
use serde::de::DeserializeOwned;

fn world(script: &str) -> World {
    let mut world = World::new(Config::default());
    world.play("root: spawn n runs:note {a}; spawn t runs:tally; spawn b");
    world.transcript.clear();
    world.play(script);
    world
}

fn after(script: &str) -> String {
    world(script).transcript.join("\n") + "\n"
}

/// What the newest reply carried.
fn answer<T: DeserializeOwned>(world: &World) -> T {
    let reply = |output: &Output| match output {
        Output::Trace(fact) => match &fact.what {
            What::Received { kind: MessageKind::Reply, text, .. } => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    let newest = world.said.iter().rev().find_map(reply).expect("there was a reply");
    postcard::from_bytes(&newest).expect("the answer's type")
}

#[test]
fn a_state_is_read_in_order_with_other_messages() {
    expect![[r#"
        0.000 root   < user "send n b; system n get_state; send n c; system t get_state" from host
        0.000 root   > n user "b"
        0.000 root   > n system "get_state"
        0.000 root   > n user "c"
        0.000 root   > t system "get_state"
        0.000 n      < user "b" from root
        0.000 n      < system "get_state" from root
        0.000 n      < user "c" from root
        0.000 t      < system "get_state" from root
        0.000 root   < reply "aB" from n
        0.000 root   < reply "0" from t
    "#]]
    .assert_eq(&after("root: send n b; system n get_state; send n c; system t get_state"));
}

#[test]
fn a_suspended_actor_serves_system_messages_only_and_goes_on_in_order() {
    expect![[r#"
        0.000 root   < user "send n b; system n suspend; send n c; system n get_state" from host
        0.000 root   > n user "b"
        0.000 root   > n suspend "suspend"
        0.000 root   > n user "c"
        0.000 root   > n system "get_state"
        0.000 n      < system "get_state" from root
        0.000 root   < reply "" from n
        0.000 root   < reply "a" from n
        0.000 root   < user "system n resume; system n get_state" from host
        0.000 root   > n resume "resume"
        0.000 root   > n system "get_state"
        0.000 n      < user "b" from root
        0.000 n      < user "c" from root
        0.000 n      < system "get_state" from root
        0.000 root   < reply "" from n
        0.000 root   < reply "aBC" from n
    "#]]
    .assert_eq(&after(
        "root: send n b; system n suspend; send n c; system n get_state
         root: system n resume; system n get_state",
    ));
}

#[test]
fn a_state_is_replaced_running_or_suspended() {
    expect![[r#"
        0.000 root   < user "system n replace new; send n er; system n get_state" from host
        0.000 root   > n system "replace_state by 3 bytes"
        0.000 root   > n user "er"
        0.000 root   > n system "get_state"
        0.000 n      < system "replace_state by 3 bytes" from root
        0.000 n      < user "er" from root
        0.000 n      < system "get_state" from root
        0.000 root   < reply "" from n
        0.000 root   < reply "newER" from n
        0.000 root   < user "system t suspend; system t replace 41; system t resume; call t x" from host
        0.000 root   > t suspend "suspend"
        0.000 root   > t system "replace_state by 2 bytes"
        0.000 root   > t resume "resume"
        0.000 root   > t user "x"
        0.000 t      < system "replace_state by 2 bytes" from root
        0.000 t      < user "x" from root
        0.000 t      > caller reply "42"
        0.000 root   < reply "" from t
        0.000 root   < reply "" from t
        0.000 root   < reply "" from t
        0.000 root   < reply "42" from t
    "#]]
    .assert_eq(&after(
        "root: system n replace new; send n er; system n get_state
         root: system t suspend; system t replace 41; system t resume; call t x",
    ));
}

#[test]
fn a_replacement_that_fails_changes_nothing_and_says_so() {
    expect![[r#"
        0.000 root   < user "system t replace many; system n replace é; system n get_state; call t x" from host
        0.000 root   > t system "replace_state by 4 bytes"
        0.000 root   > n system "replace_state by 2 bytes"
        0.000 root   > n system "get_state"
        0.000 root   > t user "x"
        0.000 t      < system "replace_state by 4 bytes" from root
        0.000 t      < user "x" from root
        0.000 t      > caller reply "1"
        0.000 n      < system "replace_state by 2 bytes" from root
        0.000 n      < system "get_state" from root
        0.000 root   < reply "exit(crashed \"not a tally\")" from host
        0.000 root   < reply "1" from t
        0.000 root   < reply "exit(crashed \"not a note\")" from host
        0.000 root   < reply "a" from n
    "#]]
    .assert_eq(&after("root: system t replace many; system n replace é; system n get_state; call t x"));
}

#[test]
fn without_the_control_right_nothing_can_be_asked() {
    expect![[r#"
        0.000 root   < user "send b {keep n} n" from host
        0.000 root   > b user "keep n"
        0.000 b      < user "keep n" from root
        0.000 b      < user "system n get_state; system n suspend; system n replace x" from host
        0.000 b      > n system "get_state"
        0.000 b      = dead letter, revoked: system to n "get_state"
        0.000 b      > n suspend "suspend"
        0.000 b      = dead letter, revoked: suspend to n "suspend"
        0.000 b      > n system "replace_state by 1 bytes"
        0.000 b      = dead letter, revoked: system to n "replace_state by 1 bytes"
        0.000 b      < reply "revoked" from host
        0.000 b      < reply "revoked" from host
        0.000 b      < reply "revoked" from host
    "#]]
    .assert_eq(&after("root: send b {keep n} n \n b: system n get_state; system n suspend; system n replace x"));
}

#[test]
fn of_the_dead_nothing_can_be_asked() {
    expect![[r#"
        0.000 host   > n exit "kill"
        0.000 n      = ended: killed
        0.000 host   = report: n killed, handling an exit signal from the host
        0.000 root   < user "system n get_state; system n suspend" from host
        0.000 root   > n system "get_state"
        0.000 root   = dead letter, noproc: system to n "get_state"
        0.000 root   > n suspend "suspend"
        0.000 root   = dead letter, noproc: suspend to n "suspend"
        0.000 root   < reply "noproc" from host
        0.000 root   < reply "noproc" from host
    "#]]
    .assert_eq(&after("host: exit n kill \n root: system n get_state; system n suspend"));
}

#[test]
fn a_question_in_a_dying_actors_mailbox_is_noproc() {
    expect![[r#"
        0.000 root   < user "system b get_state; exit b odd" from host
        0.000 root   > b system "get_state"
        0.000 root   > b exit "odd"
        0.000 b      = ended: odd
        0.000 host   = report: b odd, handling an exit signal from 0.1
        0.000 root   = dead letter, noproc: system to b "get_state"
        0.000 root   < reply "noproc" from host
    "#]]
    .assert_eq(&after("root: system b get_state; exit b odd"));
}

#[test]
fn a_suspended_actor_still_dies_of_exits_and_its_next_life_is_not_suspended() {
    expect![[r#"
        0.000 root   < user "spawn k kept monitored; on down {spawn k kept}; system k suspend; send k {inform up}" from host
        0.000 root   > spawn k
        0.000 root   > k suspend "suspend"
        0.000 root   > k user "inform up"
        0.000 root   < reply "" from k
        0.000 root   < user "exit k odd" from host
        0.000 root   > k exit "odd"
        0.000 k      = ended: odd
        0.000 host   = report: k odd, handling an exit signal from 0.1
        0.000 root   = dead letter, noproc: init to k ""
        0.000 root   < down "odd" from k
        0.000 root   > spawn k, life 2
        0.000 k      < init "" from root
        0.000 k      < user "inform up" from root
        0.000 k      = inform up
    "#]]
    .assert_eq(&after(
        "root: spawn k kept monitored; on down {spawn k kept}; system k suspend; send k {inform up}
         root: exit k odd",
    ));
}

#[test]
fn a_status_tells_what_the_actor_is_and_does() {
    let status: Status = answer(&world("root: system n suspend; send n b; system n status"));
    assert_eq!((status.label.as_str(), status.behaviour.as_str(), status.version), ("n", "note", 2));
    assert_eq!((status.activity.as_str(), status.queued, status.state_bytes, status.incarnation), ("suspended", 1, 1, 1));
}

#[test]
fn a_log_keeps_the_newest_events_and_can_be_switched_off() {
    let lines: Vec<Line> = answer(&world("root: system b log 3; send b {send parent x}; send b y \n root: system b get_log"));
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    expect![[r#"
        > Actor(0:1) user x
        < 0.1 user y
        < 0.1 system get_log
    "#]]
    .assert_eq(&(texts.join("\n") + "\n"));
    let none: Vec<Line> = answer(&world("root: system b log 3; send b y; system b log 0; system b get_log"));
    assert_eq!(none, []);
}

#[test]
fn statistics_count_from_when_they_are_switched_on() {
    let counted: Option<Statistics> = answer(&world(
        "root: send b x
         +5
         root: system b statistics on; send b {send parent x; spawn c}; send b y; system b get_statistics",
    ));
    assert_eq!(counted, Some(Statistics { since: Time(5), received: 3, sent: 1, spawned: 1 }), "the question itself is received, too");
    let none: Option<Statistics> = answer(&world("root: system b statistics on; system b statistics off; system b get_statistics"));
    assert_eq!(none, None);
}

#[test]
fn one_actor_is_traced_while_the_vat_is_not() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a; spawn b");
    world.vat.ledger.trace = false;
    world.play("root: system a trace on; send a {inform seen}; send b {inform unseen}");
    world.play("root: system a trace off; send a {inform unseen}");
    let is_told =
        |output: &&Output| matches!(output, Output::Trace(fact) if matches!(&fact.what, What::Note { text, .. } if text.contains("seen")));
    assert_eq!(world.said.iter().filter(is_told).count(), 1);
}
