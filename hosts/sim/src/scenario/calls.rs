//! Calls with deadlines, to a port and to an actor that both answer as they please.
use super::spec::{child, supervisor};
use crate::{Manner, World, cast::Order};
use std::collections::BTreeMap;

/// More than any deadline drawn here.
const LONG_MS: u64 = 5_000;

pub fn play(world: &mut World) {
    // The answerer ends often; it may.
    world.boot(&supervisor(1_000, 1, vec![child("caller"), child("answerer")]));
    world.order(&Order::Meet { who: "caller".into(), whom: "answerer".into() });
    world.settle();
    world.answer_calls(Manner::Unreliable);
    let calls = world.draw.between(5, 60);
    let mut until = BTreeMap::new();
    for number in 1..=calls {
        let ms = world.draw.between(1, 3_000);
        let whom = if world.draw.one_in(2) { "host" } else { "peer" };
        until.insert(number, world.now().after(ms));
        world.tell("caller", &format!("{whom} {number} {ms}"));
        world.turn();
        if world.draw.one_in(3) {
            let ms = world.draw.below(500);
            world.advance(ms);
        }
    }
    world.advance(LONG_MS);
    let mut settled: BTreeMap<u64, u32> = BTreeMap::new();
    let mut late = 0;
    for (at, word) in world.words() {
        let Some(number) = word.strip_prefix("settled ").and_then(|rest| rest.split(' ').next()?.parse().ok()) else { continue };
        *settled.entry(number).or_default() += 1;
        late += u32::from(until.get(&number).is_none_or(|until| at > *until));
    }
    let once = settled.len() as u64 == calls && settled.values().all(|times| *times == 1);
    world.require(once, "every call settles exactly once");
    world.require(late == 0, "no call settles after its deadline");
    // Heal.
    world.answer_calls(Manner::AtOnce);
    world.tell("caller", "host 1000 1000");
    world.settle();
    let works = world.said("settled 1000 ok");
    world.require(works, "a call is answered");
}
