//! Floods against small mailboxes, from outside and from inside.
use super::spec::{child, supervisor};
use crate::{World, cast::Order};
use peerd_vat::{Config, DeadClass};

const ROOM: u32 = 16;

pub fn config() -> Config {
    Config { mailbox_entries_max: ROOM, ..Config::default() }
}

pub fn play(world: &mut World) {
    world.boot(&supervisor(1_000, 1, vec![child("caller"), child("answerer"), child("counter")]));
    world.order(&Order::Meet { who: "caller".into(), whom: "answerer".into() });
    world.settle();
    // From outside: what has no room is given back, what was admitted is kept.
    let flood = world.draw.between(u64::from(ROOM) + 1, 100);
    let admitted = (0..flood).filter(|_| world.tell("counter", "inc")).count();
    world.require(admitted == ROOM as usize, "a full mailbox refuses the newest");
    world.settle();
    world.tell("counter", "get");
    world.settle();
    let counted = world.said(&format!("count {ROOM}"));
    world.require(counted, "nothing that was admitted is lost");
    // From inside: the sender goes on, the rest are dead letters, the call is told.
    let notes = world.draw.between(u64::from(ROOM), 60);
    let dead = |world: &World| world.vat().counters().dead[DeadClass::Overloaded as usize];
    let before = dead(world);
    world.tell("caller", &format!("burst 7 {notes}"));
    world.settle();
    // The notes without room, and the call.
    let lost = dead(world) - before;
    world.require(lost == notes - u64::from(ROOM) + 1, "a send without room is a dead letter");
    let told = world.said("settled 7 overloaded");
    world.require(told, "a call without room settles overloaded");
    // Heal.
    world.tell("answerer", "honest");
    world.settle();
    let works = world.said(&format!("notes {ROOM}"));
    world.require(works, "what was there before the flood was handled");
}
