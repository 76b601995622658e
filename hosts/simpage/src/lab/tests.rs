//! What somebody at the page sees of a tree: the model of the view, without a page.
use super::*;
use crate::tree::State;
use expect_test::{Expect, expect};

fn lab(setup: &str) -> Lab {
    Lab::new(&Setup::read(setup), 1)
}

fn id(lab: &Lab, name: &str) -> ActorId {
    lab.tree().nodes().iter().find(|node| node.name == name).map(|node| node.id).unwrap_or_else(|| panic!("no {name}"))
}

/// Plays until nothing is due for ten minutes.
fn rest(lab: &mut Lab) {
    for _ in 0..2_000 {
        if !lab.turn() && lab.pass(600_000) == 600_000 {
            break;
        }
    }
    assert_eq!(lab.world().verdict(), Ok(()));
}

fn turns(lab: &mut Lab) {
    while lab.turn() {}
}

fn told(lab: &Lab) -> String {
    let state = |node: &Node| format!("{} {} {:?}\n", node.name, node.life, node.state);
    lab.tree().nodes().iter().map(state).collect()
}

fn check(setup: &str, act: Act, whom: &str, expect: Expect) {
    let mut lab = lab(setup);
    let whom = id(&lab, whom);
    lab.act(act, whom);
    turns(&mut lab);
    expect.assert_eq(&told(&lab));
    rest(&mut lab);
}

#[test]
fn the_strategy_says_who_begins_a_new_life() {
    check(
        "strategy=one_for_one&children=3",
        Act::Kill,
        "w2",
        expect![[r#"
        root 1 Running
        top 1 Running
        w1 1 Running
        w2 2 Running
        w3 1 Running
    "#]],
    );
    check(
        "strategy=one_for_all&children=3",
        Act::Kill,
        "w2",
        expect![[r#"
        root 1 Running
        top 1 Running
        w1 2 Running
        w2 2 Running
        w3 2 Running
    "#]],
    );
    check(
        "strategy=rest_for_one&children=3",
        Act::Crash,
        "w2",
        expect![[r#"
        root 1 Running
        top 1 Running
        w1 1 Running
        w2 2 Running
        w3 2 Running
    "#]],
    );
    check(
        "strategy=simple_one_for_one&children=2",
        Act::Kill,
        "w1",
        expect![[r#"
        root 1 Running
        top 1 Running
        w1 2 Running
        w2 1 Running
    "#]],
    );
}

#[test]
fn siblings_stop_in_reverse_and_start_in_order() {
    let mut lab = lab("strategy=one_for_all&children=3");
    let before = lab.sentences().len();
    lab.act(Act::Kill, id(&lab, "w1"));
    turns(&mut lab);
    let story: String =
        lab.sentences()[before..].iter().filter(|sentence| sentence.level == Level::Story).map(|s| format!("{}\n", s.text)).collect();
    expect![[r#"
        You kill w1.
        w1 ends: killed.
        top hears the exit of w1: killed.
        top tells w3 to stop: shutdown.
        w3 ends: shutdown.
        top tells w2 to stop: shutdown.
        w2 ends: shutdown.
        top restarts w1 (1 of 3 in 5 s): life 2 begins.
        top restarts w2 (1 of 3 in 5 s): life 2 begins.
        top restarts w3 (1 of 3 in 5 s): life 2 begins.
        top hears the exit of w3: shutdown.
        top hears the exit of w2: shutdown.
    "#]]
    .assert_eq(&story);
}

#[test]
fn a_full_window_ends_the_supervisor_and_everybody_below() {
    let mut lab = lab("intensity=1&children=2");
    for _ in 0..2 {
        lab.act(Act::Kill, id(&lab, "w1"));
        turns(&mut lab);
    }
    expect![[r#"
        root 1 Running
        top 1 Down
        w1 2 Gone
        w2 1 Gone
    "#]]
    .assert_eq(&told(&lab));
    lab.start_again();
    turns(&mut lab);
    expect![[r#"
        root 1 Running
        top 2 Running
        w1 3 Running
        w2 2 Running
    "#]]
    .assert_eq(&told(&lab));
}

#[test]
fn a_nested_supervisor_that_gives_up_is_a_fault_of_the_one_above() {
    let mut lab = lab("nested=yes&children=2&strategy=rest_for_one");
    for _ in 0..2 {
        lab.act(Act::Kill, id(&lab, "n2"));
        turns(&mut lab);
    }
    expect![[r#"
        root 1 Running
        top 1 Running
        w1 1 Running
        sub 2 Running
        n1 2 Running
        n2 3 Running
        n3 3 Running
        w2 2 Running
    "#]]
    .assert_eq(&told(&lab));
    let used = |name| lab.window(id(&lab, name)).map(|window| (window.times().len(), window.max()));
    assert_eq!((used("top"), used("sub")), (Some((1, 3)), Some((0, 1))));
}

#[test]
fn the_window_is_what_the_supervisor_remembers() {
    let mut lab = lab("intensity=2&period=5");
    let top = id(&lab, "top");
    let used = |lab: &Lab| lab.window(top).map(|window| (window.times().len(), window.max()));
    assert_eq!(used(&lab), Some((0, 2)));
    lab.act(Act::Kill, id(&lab, "w1"));
    turns(&mut lab);
    assert_eq!(used(&lab), Some((1, 2)));
    assert_eq!(lab.pass(5_000), 5_000);
    assert_eq!(used(&lab), Some((1, 2)));
    lab.pass(1);
    assert_eq!(used(&lab), Some((0, 2)));
}

#[test]
fn one_that_hangs_is_killed_when_its_time_to_stop_is_over() {
    let mut lab = lab("strategy=one_for_all&children=2");
    lab.act(Act::Hang, id(&lab, "w2"));
    turns(&mut lab);
    assert_eq!(lab.tree().find(id(&lab, "w2")).map(|node| node.state), Some(State::Waiting));
    lab.act(Act::Kill, id(&lab, "w1"));
    turns(&mut lab);
    assert_eq!(lab.tree().find(id(&lab, "w2")).map(|node| node.state), Some(State::Stopping));
    assert_eq!(lab.pass(60_000), 2_000);
    turns(&mut lab);
    assert_eq!(lab.tree().find(id(&lab, "w2")).map(|node| (node.life, node.state)), Some((2, State::Running)));
}

#[test]
fn a_flood_beyond_the_mailbox_is_given_back() {
    let mut lab = lab("children=1");
    assert_eq!(lab.act(Act::Flood, id(&lab, "w1")), "");
    assert_eq!(lab.act(Act::Flood, id(&lab, "w1")), "The mailbox of w1 holds 64: 16 of 40 messages were given back.");
    rest(&mut lab);
}

#[test]
fn a_root_that_has_no_turn_takes_so_many_orders_and_says_so() {
    let mut lab = lab("children=1");
    let w1 = id(&lab, "w1");
    let said: Vec<String> = (0..70).map(|_| lab.act(Act::Terminate, w1)).collect();
    assert_eq!(said.iter().filter(|said| said.is_empty()).count(), 64);
    assert_eq!(said[64], "The root, which is to see to that, has 64 messages waiting already: let time pass first.");
    rest(&mut lab);
}

#[test]
fn somebody_asked_may_park_a_child_and_start_it_again() {
    let mut lab = lab("crash=ask&children=2");
    lab.act(Act::Crash, id(&lab, "w1"));
    turns(&mut lab);
    assert_eq!(lab.questions().iter().map(|question| question.fault.child.as_str()).collect::<Vec<_>>(), ["w1"]);
    assert_eq!(lab.tree().find(id(&lab, "w1")).map(|node| node.state), Some(State::Held));
    lab.decide(Rung::Park);
    turns(&mut lab);
    assert_eq!(lab.tree().find(id(&lab, "w1")).map(|node| node.state), Some(State::Parked));
    lab.act(Act::Restart, id(&lab, "w1"));
    rest(&mut lab);
    assert_eq!(lab.tree().find(id(&lab, "w1")).map(|node| (node.life, node.state)), Some((2, State::Running)));
}

#[test]
fn whoever_watches_hears_of_the_end() {
    let mut lab = lab("children=3");
    assert_eq!(lab.act(Act::Watch, id(&lab, "w3")), "w1 is told to watch w3.");
    turns(&mut lab);
    assert_eq!(lab.tree().watches(), [(id(&lab, "w1"), id(&lab, "w3"))]);
    lab.act(Act::Kill, id(&lab, "w3"));
    turns(&mut lab);
    assert!(lab.sentences().iter().any(|sentence| sentence.text == "w1, who watches w3, hears of its end: killed."));
    assert_eq!(lab.tree().watches(), []);
}

#[test]
fn a_crash_is_reported_as_the_kernel_writes_it() {
    let mut lab = lab("children=1");
    lab.act(Act::Crash, id(&lab, "w1"));
    turns(&mut lab);
    expect![[r#"
        0.000 w1 (worker, 2.1, life 1)
          crashed    died: died
          handling   a message of 3 bytes
          state      4d4729bdc1732c97, 21 bytes"#]]
    .assert_eq(&lab.report(id(&lab, "w1")).unwrap_or_default());
}

/// All kinds of harm, to everybody, in every setup: the checkers hold, and nothing is left hanging.
#[test]
fn whatever_is_done_every_check_holds() {
    for setup in [
        "nested=yes",
        "strategy=one_for_all&backoff=yes",
        "strategy=rest_for_one&crash=resume",
        "crash=ask&restart=transient",
        "strategy=simple_one_for_one",
    ] {
        let mut lab = lab(setup);
        for (round, (_, act)) in Act::ALL.iter().cycle().take(60).enumerate() {
            let nodes = lab.tree().nodes();
            let whom = nodes[1 + round * 7 % (nodes.len() - 1)].id;
            lab.act(*act, whom);
            for _ in 0..round % 4 {
                lab.turn();
            }
            lab.pass(300);
            if round % 9 == 0 {
                turns(&mut lab);
                lab.start_again();
            }
            assert_eq!(lab.world().verdict(), Ok(()), "{setup}, round {round}, {act:?}");
        }
        rest(&mut lab);
    }
}
