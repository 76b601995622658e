//! What an exit signal does: each cell of the table of semantics 7.2, and P06's product of them.
use super::kit::World;
use crate::{Config, Output, What};
use alloc::{
    format,
    string::{String, ToString},
};

/// What became of a, which was told `exit` by b, by itself, or through its link with b.
fn becomes(traps: bool, linked: bool, script: &str) -> String {
    let mut world = World::new(Config::default());
    world.play("root: spawn a {what}; spawn b {trap}; send a {keep b} b+; send b {keep a} a+");
    if traps {
        world.play("a: trap");
    }
    if linked {
        world.play("a: link b");
    }
    let before = world.said.len();
    world.play(script);
    let a = world.find("a").actor_id();
    let fate = world.said[before..].iter().find_map(|output| match output {
        Output::Trace(fact) if fact.actor == a => match &fact.what {
            What::Ended { reason, .. } => Some(format!("dies {reason}")),
            What::Received { kind: crate::MessageKind::Exit, text, .. } => Some(format!("message {}", String::from_utf8_lossy(text))),
            _ => None,
        },
        _ => None,
    });
    fate.unwrap_or_else(|| "dropped".to_string())
}

/// Row by row: the signal, what it does to one that does not trap, and to one that does.
#[test]
fn every_cell_of_the_table_holds() {
    let rows = [
        ("a link that is no longer there", true, "a: unlink b \n b: stop odd", "dropped", "dropped"),
        ("unlinked kill", false, "b: exit a kill", "dies killed", "dies killed"),
        ("kill through a link", true, "b: stop kill", "dies kill", "message kill"),
        ("normal from another", false, "b: exit a normal", "dropped", "message normal"),
        ("normal through a link", true, "b: stop normal", "dropped", "message normal"),
        ("unlinked normal from itself", false, "a: exit me normal", "dies normal", "message normal"),
        ("any other reason", false, "b: exit a odd", "dies odd", "message odd"),
        ("any other reason through a link", true, "b: stop odd", "dies odd", "message odd"),
        ("an orderly reason through a link", true, "b: stop shutdown", "dies shutdown", "message shutdown"),
        ("killed, as a word", false, "b: exit a killed", "dies killed", "message killed"),
    ];
    for (signal, linked, script, plain, trapping) in rows {
        assert_eq!(becomes(false, linked, script), plain, "{signal}, not trapping");
        assert_eq!(becomes(true, linked, script), trapping, "{signal}, trapping");
    }
}

/// A signal sent by hand is unlinked, though the two are linked.
#[test]
fn by_hand_a_link_makes_no_difference() {
    for linked in [false, true] {
        for traps in [false, true] {
            for (reason, by_self) in [("normal", false), ("normal", true), ("kill", false), ("kill", true), ("odd", false), ("odd", true)] {
                let script = if by_self { format!("a: exit me {reason}") } else { format!("b: exit a {reason}") };
                let expected = match (reason, traps) {
                    ("kill", _) => "dies killed".to_string(),
                    ("normal", false) if !by_self => "dropped".to_string(),
                    (reason, false) => format!("dies {reason}"),
                    (reason, true) => format!("message {reason}"),
                };
                assert_eq!(becomes(traps, linked, &script), expected, "{script}, linked {linked}, traps {traps}");
            }
        }
    }
}

#[test]
fn a_link_delivered_exit_removes_the_link() {
    let script = "b: stop odd \n a: trap off \n root: spawn b \n b: stop odd";
    assert_eq!(becomes(true, true, script), "message odd");
}

/// P01, near: three messages, an exit, three messages.
#[test]
fn of_three_messages_an_exit_and_three_messages_the_last_three_are_never_seen() {
    for seed in 0..100 {
        let mut world = World::new(Config::default());
        world.input(crate::Input::Entropy { seed }).expect("it is not broken");
        world.play("root: spawn a; spawn b; send b {keep a} a+");
        let before = world.said.len();
        world.play("b: ping a; ping a; ping a; exit a odd; ping a; ping a; ping a");
        let a = world.find("a").actor_id();
        let seen = world.said[before..]
            .iter()
            .filter(|output| matches!(output, Output::Trace(fact) if fact.actor == a && matches!(fact.what, What::Received { .. })));
        assert!(seen.count() <= 3);
        assert_eq!(world.vat.counters().dead[crate::DeadClass::Noproc as usize], 6, "admitted or not, none is lost without a word");
    }
}

/// P02: what the head of a chain of links ends with, when its other end is killed or ends with `kill`.
#[test]
fn along_a_chain_an_unlinked_kill_is_killed_and_an_end_with_kill_is_kill() {
    for links in [1, 2, 9, 10] {
        let chain = (1..=links).rev().fold(String::new(), |inner, n| format!("spawn c{n} linked {{{inner}}}"));
        let end = format!("c{links}");
        for (script, fate) in [
            (format!("host: exit {end} kill"), "killed"),
            (format!("{end}: exit me kill"), "killed"),
            (format!("{end}: stop kill"), "kill"),
        ] {
            let mut world = World::new(Config::default());
            world.play(&format!("root: spawn head {{{chain}}}"));
            world.play(&script);
            let line = format!("head   = ended: {fate}");
            assert!(world.transcript.iter().any(|told| told.ends_with(&line)), "{links} links, {script}: {:?}", world.transcript);
        }
    }
}

/// P03: a late link is told of the death as `noproc`, never by a stale exit.
#[test]
fn a_link_to_one_who_has_unlinked_and_died_is_noproc() {
    assert_eq!(becomes(true, true, "b: unlink a; stop odd \n a: link b"), "message noproc");
}

/// P07: an exit admitted before a tick is handled wins.
#[test]
fn an_exit_wins_against_a_pending_timeout() {
    assert_eq!(becomes(false, false, "a: timer 1 0; exit me odd; on timer {stop late}"), "dies odd");
}

/// P17, where memory is what an actor keeps.
#[test]
fn an_actor_beyond_its_memory_ends_killed_and_others_go_on() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a capped monitored; spawn b");
    world.transcript.clear();
    world.play(&format!("root: send a x; send a {{on x {}}}; send a y; send b {{inform up}}", "y".repeat(500)));
    let told = world.transcript.join("\n");
    assert!(told.contains("a      = ended: killed") && told.contains("root   < down \"killed\" from a"), "{told}");
    assert!(told.contains("b      = inform up") && !told.contains("a      < user \"y\""), "{told}");
}
