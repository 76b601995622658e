//! Rest as bytes: on request, after a while, and up again (semantics 17, P16).
use super::kit::World;
use crate::{Config, IDLE_MS, INFINITY_MS};
use alloc::{format, string::String};
use expect_test::expect;

fn world(script: &str) -> World {
    let mut world = World::new(Config::default());
    world.play("root: spawn t runs:tally monitored; spawn b");
    world.transcript.clear();
    world.play(script);
    world
}

fn after(script: &str) -> String {
    world(script).transcript.join("\n") + "\n"
}

fn is_awake(world: &World) -> bool {
    world.vat.tables.slots.get(world.find("t").key).expect("it lives").state_id().is_some()
}

#[test]
fn a_passivated_actor_is_the_same_incarnation_when_its_next_message_comes() {
    let mut world = world("root: call t x; call t x; system t passivate");
    assert!(!is_awake(&world));
    world.play("root: system t get_state; system t status");
    assert!(!is_awake(&world), "looking does not wake it");
    world.transcript.clear();
    world.play("root: call t x");
    assert!(is_awake(&world));
    expect![[r#"
        0.000 root   < user "call t x" from host
        0.000 root   > t user "x"
        0.000 t      < user "x" from root
        0.000 t      > caller reply "3"
        0.000 root   < reply "3" from t
    "#]]
    .assert_eq(&(world.transcript.join("\n") + "\n"));
    world.play("root: system t passivate; system t activate");
    assert!(is_awake(&world));
}

#[test]
fn an_actor_that_rests_with_a_message_behind_wakes_at_once() {
    expect![[r#"
        0.000 root   < user "system t passivate; call t x" from host
        0.000 root   > t passivate "passivate"
        0.000 root   > t user "x"
        0.000 t      < passivate "passivate" from root
        0.000 t      < user "x" from root
        0.000 t      > caller reply "1"
        0.000 root   < reply "" from t
        0.000 root   < reply "1" from t
    "#]]
    .assert_eq(&after("root: system t passivate; call t x"));
}

#[test]
fn who_awaits_is_not_passivated() {
    expect![[r#"
        0.000 b      < user "timer 1 50; await 1; open reentrant" from host
        0.000 root   < user "system b passivate" from host
        0.000 root   > b passivate "passivate"
        0.000 b      < passivate "passivate" from root
        0.000 root   < reply "exit(crashed \"it awaits something\")" from host
    "#]]
    .assert_eq(&after("b: timer 1 50; await 1; open reentrant \n root: system b passivate"));
}

#[test]
fn an_idle_actor_rests_after_two_minutes_and_not_before() {
    let mut world = world("root: call t x");
    for _ in 0..4 {
        assert!(is_awake(&world), "at {:?}", world.now);
        world.play(&format!("+{}", IDLE_MS / 4));
    }
    world.play(&format!("+{}", IDLE_MS / 4));
    assert!(!is_awake(&world));
    world.play("root: call t x; system t get_state");
    assert!(world.transcript.last().is_some_and(|line| line.contains("reply \"2\"")), "{:?}", world.transcript);
}

#[test]
fn a_message_now_and_then_keeps_an_actor_up() {
    let mut world = world("");
    for _ in 0..20 {
        world.play(&format!("root: send t x \n +{}", IDLE_MS / 3));
        assert!(is_awake(&world));
    }
}

#[test]
fn an_idle_time_without_end_lets_nobody_rest() {
    let mut world = World::new(Config { idle_ms: INFINITY_MS, ..Config::default() });
    world.play("root: spawn t runs:tally \n +10000000 \n +10000000 \n +10000000");
    assert!(is_awake(&world));
}

#[test]
fn a_resting_actor_dies_and_is_told_of_like_any_other() {
    expect![[r#"
        0.000 root   < user "system t passivate" from host
        0.000 root   > t passivate "passivate"
        0.000 t      < passivate "passivate" from root
        0.000 root   < reply "" from t
        0.000 host   > t exit "odd"
        0.000 t      = ended: odd
        0.000 host   = report: t odd, handling an exit signal from the host
        0.000 root   < down "odd" from t
    "#]]
    .assert_eq(&after("root: system t passivate \n host: exit t odd"));
}

/// P20.
#[test]
fn neither_kind_of_watch_hears_of_rest() {
    let told = after("root: watch t; watch_identity t; system t passivate; call t x; system t passivate");
    assert!(!told.contains("< down"), "{told}");
}
