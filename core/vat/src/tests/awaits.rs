//! Closed mailboxes, what opens them, and calls that wait in a circle (semantics 10.2 and 10.3).
use super::kit::World;
use crate::Config;
use expect_test::expect;

const PAIR: &str = "root: spawn a; spawn b; send a {keep b} b; send b {keep a} a";

/// The lines after the cast has met.
fn after(cast: &str, script: &str) -> alloc::string::String {
    let mut world = World::new(Config::default());
    world.play(cast);
    world.transcript.clear();
    world.play(script);
    world.transcript.join("\n") + "\n"
}

#[test]
fn while_a_reply_is_awaited_everything_else_waits() {
    expect![[r#"
        0.000 a      < user "timer 1 10; trap; call b {hold caller}; await reply" from host
        0.000 a      > b user "hold caller"
        0.000 b      < user "hold caller" from a
        0.010 b      < user "send caller answer" from host
        0.010 b      > caller reply "answer"
        0.010 a      < reply "answer" from b
        0.010 a      < user "inform later" from host
        0.010 a      = inform later
        0.010 a      < timer "1" from a
    "#]]
    .assert_eq(&after(
        PAIR,
        "a: timer 1 10; trap; call b {hold caller}; await reply
         a: inform later
         +10
         b: send caller answer",
    ));
}

#[test]
fn an_exit_signal_acts_on_an_actor_that_awaits() {
    expect![[r#"
        0.000 a      < user "call b {hold caller}; await reply" from host
        0.000 a      > b user "hold caller"
        0.000 b      < user "hold caller" from a
        0.000 host   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from the host
        0.000 host   = dead letter, noproc: user to a "inform never"
    "#]]
    .assert_eq(&after(PAIR, "a: call b {hold caller}; await reply \n a: inform never \n host: exit a odd"));
}

#[test]
fn a_timer_or_a_down_is_awaited_by_name() {
    expect![[r#"
        0.000 a      < user "timer 1 10; timer 2 5; await 1" from host
        0.010 a      < timer "1" from a
        0.010 a      < timer "2" from a
        0.010 a      < user "watch b; await down" from host
        0.010 host   > b exit "odd"
        0.010 b      = ended: odd
        0.010 host   = report: b odd, handling an exit signal from the host
        0.010 a      < down "odd" from b
        0.010 a      < user "inform later" from host
        0.010 a      = inform later
    "#]]
    .assert_eq(&after(
        PAIR,
        "a: timer 1 10; timer 2 5; await 1
         +5
         +5
         a: watch b; await down
         a: inform later
         host: exit b odd",
    ));
}

#[test]
fn the_first_of_several_ends_the_await() {
    expect![[r#"
        0.000 a      < user "call b {hold caller} 500; timer 1 10; await reply 1" from host
        0.000 a      > b user "hold caller"
        0.000 b      < user "hold caller" from a
        0.010 a      < timer "1" from a
        0.010 a      < user "inform waited" from host
        0.010 a      = inform waited
        0.510 a      < reply "timeout" from host
    "#]]
    .assert_eq(&after(
        PAIR,
        "a: call b {hold caller} 500; timer 1 10; await reply 1
         a: inform waited
         +10
         +500",
    ));
}

#[test]
fn what_had_come_before_the_await_ends_it_at_once() {
    expect![[r#"
        0.000 host   > b exit "odd"
        0.000 b      = ended: odd
        0.000 host   = report: b odd, handling an exit signal from the host
        0.000 a      < user "call b ask; await reply; on reply {inform settled}" from host
        0.000 a      > b user "ask"
        0.000 a      = dead letter, noproc: user to b "ask"
        0.000 a      < reply "noproc" from host
        0.000 a      = inform settled
        0.000 a      < user "timer 1 0; await 1" from host
        0.000 a      < timer "1" from a
    "#]]
    .assert_eq(&after(PAIR, "host: exit b odd \n a: call b ask; await reply; on reply {inform settled} \n a: timer 1 0; await 1"));
}

#[test]
fn awaiting_what_cannot_come_is_a_fault() {
    expect![[r#"
        0.000 a      < user "await 7" from host
        0.000 a      = aborted: crashed "it waits for what can't come"
        0.000 host   = dead letter, crashed: user to a "await 7"
        0.000 a      = ended: crashed "it waits for what can't come"
        0.000 host   = report: a crashed "it waits for what can't come", handling a message of 7 bytes
    "#]]
    .assert_eq(&after(PAIR, "a: await 7"));
}

#[test]
fn an_await_that_is_called_off_opens_the_mailbox() {
    expect![[r#"
        0.000 a      < user "timer 1 100; await 1; open reentrant" from host
        0.000 a      < user "untimer 1" from host
        0.000 a      < user "inform open" from host
        0.000 a      = inform open
    "#]]
    .assert_eq(&after(PAIR, "a: timer 1 100; await 1; open reentrant \n a: untimer 1 \n a: inform open"));
}

#[test]
fn a_reentrant_handler_lets_everything_in_and_goes_on_where_it_was() {
    expect![[r#"
        0.000 a      < user "call b {hold caller}; await reply; open reentrant; on reply {inform resumed}" from host
        0.000 a      > b user "hold caller"
        0.000 b      < user "hold caller" from a
        0.000 a      < user "inform meanwhile" from host
        0.000 a      = inform meanwhile
        0.000 b      < user "send caller answer" from host
        0.000 b      > caller reply "answer"
        0.000 a      < reply "answer" from b
        0.000 a      = inform resumed
    "#]]
    .assert_eq(&after(
        PAIR,
        "a: call b {hold caller}; await reply; open reentrant; on reply {inform resumed}
         a: inform meanwhile
         b: send caller answer",
    ));
}

#[test]
fn shared_handlers_interleave_with_each_other_only() {
    expect![[r#"
        0.000 a      < user "timer 1 10; await 1; open shared" from host
        0.000 a      < user "quick; inform meanwhile" from host
        0.000 a      = inform meanwhile
        0.010 a      < timer "1" from a
        0.010 a      < user "inform later" from host
        0.010 a      = inform later
    "#]]
    .assert_eq(&after(
        PAIR,
        "a: timer 1 10; await 1; open shared
         a: quick; inform meanwhile
         a: inform later
         +10",
    ));
}

#[test]
fn a_write_in_a_shared_handler_is_a_fault() {
    expect![[r#"
        0.000 a      < user "timer 1 10; await 1; open shared" from host
        0.000 a      < user "quick; on x {y}" from host
        0.000 a      = aborted: crashed "a shared handler wrote"
        0.000 host   = dead letter, crashed: user to a "quick; on x {y}"
        0.000 a      = ended: crashed "a shared handler wrote"
        0.000 host   = report: a crashed "a shared handler wrote", handling a message of 15 bytes
    "#]]
    .assert_eq(&after(PAIR, "a: timer 1 10; await 1; open shared \n a: quick; on x {y}"));
}

#[test]
fn a_write_to_a_state_on_a_shelf_is_found_by_comparing() {
    expect![[r#"
        0.000 root   < user "send t wait; send t x" from host
        0.000 root   > t user "wait"
        0.000 root   > t user "x"
        0.000 t      < user "wait" from root
        0.000 t      < user "x" from root
        0.000 t      = aborted: crashed "a shared handler wrote"
        0.000 root   = dead letter, crashed: user to t "x"
        0.000 t      = ended: crashed "a shared handler wrote"
        0.000 host   = report: t crashed "a shared handler wrote", handling a message of 1 bytes
    "#]]
    .assert_eq(&after("root: spawn t runs:tally", "root: send t wait; send t x"));
}

#[test]
fn a_cancel_goes_down_to_the_calls_made_for_the_cancelled_one() {
    expect![[r#"
        0.000 c      < user "timer 1 10; await 1" from host
        0.000 root   < user "send a {call b {hold caller; call c {inform never}}}" from host
        0.000 root   > a user "call b {hold caller; call c {inform never}}"
        0.000 a      < user "call b {hold caller; call c {inform never}}" from root
        0.000 a      > b user "hold caller; call c {inform never}"
        0.000 b      < user "hold caller; call c {inform never}" from a
        0.000 b      > c user "inform never"
        0.000 a      < user "cancel" from host
        0.000 b      < reply "timeout" from host
        0.010 c      < timer "1" from c
        0.010 b      = dead letter, cancelled: user to c "inform never"
    "#]]
    .assert_eq(&after(
        "root: spawn a; spawn b; spawn c; send a {keep b} b; send b {keep c} c",
        "c: timer 1 10; await 1
         root: send a {call b {hold caller; call c {inform never}}}
         a: cancel
         +10",
    ));
}

#[test]
fn a_predicate_decides_and_its_error_rejects_the_message() {
    expect![[r#"
        0.000 a      < user "timer 1 10; await 1; open predicate" from host
        0.000 a      < user "quick; inform meanwhile" from host
        0.000 a      = inform meanwhile
        0.000 b      < user "call a confused" from host
        0.000 b      > a user "confused"
        0.000 b      = dead letter, crashed: user to a "confused"
        0.000 b      < reply "exit(crashed \"confused\")" from host
        0.010 a      < timer "1" from a
        0.010 a      < user "inform later" from host
        0.010 a      = inform later
    "#]]
    .assert_eq(&after(
        PAIR,
        "a: timer 1 10; await 1; open predicate
         a: quick; inform meanwhile
         b: call a confused
         a: inform later
         +10",
    ));
}

#[test]
fn a_call_back_along_the_chain_is_a_deadlock_at_once() {
    expect![[r#"
        0.000 a      < user "call b {call a {reply never}; await reply; hold caller; on reply {send caller no}}; await reply" from host
        0.000 a      > b user "call a {reply never}; await reply; hold caller; on reply {send caller no}"
        0.000 b      < user "call a {reply never}; await reply; hold caller; on reply {send caller no}" from a
        0.000 b      > a user "reply never"
        0.000 b      < reply "deadlock" from host
        0.000 b      > caller reply "no"
        0.000 a      < reply "no" from b
    "#]]
    .assert_eq(&after(PAIR, "a: call b {call a {reply never}; await reply; hold caller; on reply {send caller no}}; await reply"));
}

#[test]
fn with_call_chain_or_reentrant_the_call_back_succeeds() {
    for open in ["call_chain", "reentrant"] {
        let script = alloc::format!(
            "a: call b {{call a {{reply yes}}; await reply; hold caller; on reply {{send caller done}}}}; await reply; open {open}"
        );
        let lines = after(PAIR, &script);
        assert!(lines.contains("a      < reply \"done\" from b") && !lines.contains("deadlock"), "{lines}");
    }
}

#[test]
fn a_message_sent_while_the_call_is_handled_is_in_its_chain() {
    let lines =
        after(PAIR, "a: call b {hold caller; send a {inform in}; send a {inform in}}; await reply; open call_chain \n a: inform out");
    assert!(lines.matches("= inform in").count() == 2 && !lines.contains("= inform out"), "{lines}");
}

#[test]
fn two_callers_that_cross_are_a_deadlock_of_the_second() {
    expect![[r#"
        0.000 root   < user "send a {call b {reply x}; await reply}; send b {call a {reply y}; await reply}" from host
        0.000 root   > a user "call b {reply x}; await reply"
        0.000 root   > b user "call a {reply y}; await reply"
        0.000 a      < user "call b {reply x}; await reply" from root
        0.000 a      > b user "reply x"
        0.000 b      < user "call a {reply y}; await reply" from root
        0.000 b      > a user "reply y"
        0.000 b      < reply "deadlock" from host
        0.000 b      < user "reply x" from a
        0.000 b      > caller reply "x"
        0.000 a      < reply "x" from b
        0.000 b      = dead letter, cancelled: user to a "reply y"
    "#]]
    .assert_eq(&after(PAIR, "root: send a {call b {reply x}; await reply}; send b {call a {reply y}; await reply}"));
}

#[test]
fn a_circle_of_three_is_a_deadlock_of_the_last() {
    let cast = "root: spawn a; spawn b; spawn c; send a {keep b} b; send b {keep c} c; send c {keep a} a";
    expect![[r#"
        0.000 root   < user "send a {call b {reply x}; await reply}; send b {call c {reply y}; await reply}; send c {call a {reply z}; await reply}" from host
        0.000 root   > a user "call b {reply x}; await reply"
        0.000 root   > b user "call c {reply y}; await reply"
        0.000 root   > c user "call a {reply z}; await reply"
        0.000 a      < user "call b {reply x}; await reply" from root
        0.000 a      > b user "reply x"
        0.000 b      < user "call c {reply y}; await reply" from root
        0.000 b      > c user "reply y"
        0.000 c      < user "call a {reply z}; await reply" from root
        0.000 c      > a user "reply z"
        0.000 c      < reply "deadlock" from host
        0.000 c      < user "reply y" from b
        0.000 c      > caller reply "y"
        0.000 b      < reply "y" from c
        0.000 b      < user "reply x" from a
        0.000 b      > caller reply "x"
        0.000 a      < reply "x" from b
        0.000 c      = dead letter, cancelled: user to a "reply z"
    "#]].assert_eq(&after(
        cast,
        "root: send a {call b {reply x}; await reply}; send b {call c {reply y}; await reply}; send c {call a {reply z}; await reply}",
    ));
}

#[test]
fn who_can_also_go_on_by_a_timer_is_in_no_deadlock() {
    let lines = after(PAIR, "root: send a {call b {reply x}; timer 1 50; await reply 1}; send b {call a {reply y}; await reply} \n +50");
    assert!(!lines.contains("deadlock") && lines.contains("b      < reply \"y\" from a"), "{lines}");
}

#[test]
fn a_child_that_calls_its_awaiting_parent_during_init_is_told() {
    let lines = after("root: spawn a", "a: start c {call parent {reply x}; await reply; on reply {inform told}}; await reply");
    assert!(lines.contains("c      < reply \"deadlock\" from host"), "{lines}");
}

#[test]
fn a_death_ends_its_awaits_and_the_next_life_begins_open() {
    expect![[r#"
        0.000 a      < user "timer 1 100; await 1" from host
        0.000 root   < user "exit a odd" from host
        0.000 root   > a exit "odd"
        0.000 a      = ended: odd
        0.000 host   = report: a odd, handling an exit signal from 0.1
        0.000 root   < down "odd" from a
        0.000 root   > spawn a, life 2
        0.000 a      < init "" from root
        0.000 a      < user "inform first" from host
        0.000 a      = inform first
    "#]]
    .assert_eq(&after(
        "root: spawn a kept monitored; on down {spawn a kept}",
        "a: timer 1 100; await 1
         a: inform first
         root: exit a odd",
    ));
}

#[test]
fn nothing_is_left_of_awaits_that_ended() {
    let mut world = World::new(Config::default());
    world.play(PAIR);
    let before = world.in_use();
    world.play("a: call b {reply x}; await reply \n b: timer 1 5; await 1; open reentrant \n b: untimer 1 \n +100");
    assert_eq!(world.in_use(), before);
}

#[test]
fn an_await_of_an_alias_is_over_when_the_down_ends_the_alias() {
    let lines = after(PAIR, "a: alias b held demonitor; await alias \n a: inform open \n host: exit b odd");
    assert!(lines.contains("a      = inform open"), "{lines}");
}

#[test]
fn two_handlers_that_await_one_timer_are_over_together() {
    let lines = after(PAIR, "a: timer 3 30; await 3; open reentrant \n a: timer 3 60; await 3 \n a: inform open \n +60");
    assert!(lines.contains("a      = inform open"), "{lines}");
}
