//! What crosses the vat's edge, and what a person sees of it.
use super::kit::{World, check};
use crate::{Activity, Config, DeadClass, Input, Output, Outputs, Reason, Ref, Refused, Rights, Time};
use alloc::{format, string::String};
use expect_test::expect;

#[test]
fn after_a_failed_flush_the_vat_neither_listens_nor_speaks() {
    let mut world = World::new(Config::default());
    world.play("root: timer 1 10; send me hello");
    assert_eq!(world.input(Input::FlushFailed { why: "disk".into() }), Ok(()));
    let boot = Input::Entropy { seed: 1 };
    assert_eq!(world.input(boot.clone()), Err(Refused::Broken(boot)));
    let mut out = Outputs::new();
    let ran = world.vat.run(Time(1_000), 100, &mut out);
    assert_eq!((ran.turns, ran.idle, out.len(), world.vat.wake_at()), (0, true, 0, None));
}

#[test]
fn a_boot_of_an_unknown_behaviour_is_given_back() {
    let mut world = World::new(Config::default());
    world.play("host: exit root kill");
    let boot = Input::Boot { behaviour: String::from("none"), args: b"x".to_vec(), refs: Default::default() };
    assert_eq!(world.input(boot.clone()), Err(Refused::NoBehaviour(boot)));
    assert!(world.vat.root().is_none());
}

#[test]
fn the_hosts_hand_needs_the_control_right() {
    let mut world = World::new(Config::default());
    let lent = world.vat.root().expect("it lives").attenuated(Rights::LENT);
    world.input(Input::Exit { to: lent, reason: Reason::Kill }).expect("it is not broken");
    assert!(world.vat.root().is_some());
    let letter = world.vat.dead_letters().last().expect("the signal");
    assert_eq!((letter.class, letter.from), (DeadClass::Revoked, None));
}

#[test]
fn the_end_of_the_root_is_told() {
    check(
        "host: exit root kill",
        expect![[r#"
            0.000 host   > root exit "kill"
            0.000 root   = ended: killed
            0.000 host   = report: root killed, handling an exit signal from the host
            0.000 host   = the root ended: killed
        "#]],
    );
}

#[test]
fn dead_letters_are_offered_and_the_newest_thousand_kept() {
    let mut world = World::new(Config { dead_letters: true, ..Config::default() });
    world.play("root: spawn a {stop normal}");
    for n in 0..1_003 {
        world.play(&format!("a: {n}"));
    }
    let offered = world.said.iter().filter(|output| matches!(output, Output::DeadLetter(_))).count();
    let first = world.vat.dead_letters().next().expect("a thousand");
    assert_eq!((offered, world.vat.dead_letters().count(), &first.head[..]), (1_003, 1_000, &b"3"[..]));
    assert_eq!(world.vat.counters().dead[DeadClass::Noproc as usize], 1_003, "the count is exact for ever");
}

#[test]
fn a_row_tells_of_life_queue_and_state() {
    let mut world = World::new(Config::default());
    world.play(
        "root: spawn a kept {needs 0 {}}
         root: send a {needs 1 {x}}
         a: crash boom",
    );
    let row = world.vat.rows().remove(1);
    assert_eq!((row.label.as_str(), row.behaviour, row.state), ("a", "puppet", Activity::Ended));
    assert_eq!((row.queued, row.turns, row.restarts, row.state_bytes), (1, 3, 0, 0));
    assert_eq!(row.parent, world.vat.root().and_then(Ref::actor_id));
    assert_eq!(row.last_exit.map(|reason| reason.is_orderly()), Some(false));
    world.play("root: bury a");
    assert_eq!(world.vat.rows().remove(1).state, Activity::Buried);
}

#[test]
fn fuel_bounds_a_run_and_a_slice_lets_others_in() {
    let mut world = World::new(Config { reductions_per_slice: 2, ..Config::default() });
    world.play("root: spawn a; spawn b");
    for name in ["a", "a", "a", "b"] {
        let to = world.find(name);
        world.input(Input::Message { to, body: name.into(), refs: [].into() }).expect("there is room");
    }
    let mut order = String::new();
    loop {
        let mut out = Outputs::new();
        let ran = world.vat.run(world.now, 1, &mut out);
        assert!(ran.turns <= 1);
        if ran.turns == 0 {
            break;
        }
        let label = |output: &Output| match output {
            Output::Trace(fact) => match &fact.what {
                crate::What::Received { text, .. } => Some(String::from_utf8_lossy(text).into_owned()),
                _ => None,
            },
            _ => None,
        };
        order.extend(out.iter().filter_map(label));
    }
    assert_eq!(order, "abaa", "with fuel for one turn each run, the others' turns come between");
}

#[test]
fn the_same_entropy_draws_the_same_numbers() {
    let draw = |seed| {
        let mut world = World::new(Config::default());
        world.input(Input::Entropy { seed }).expect("it is not broken");
        world.play("root: spawn a; ping a");
        world.transcript
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}
