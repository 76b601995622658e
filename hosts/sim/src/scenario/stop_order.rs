//! A tree with children of every manner is told to go: in reverse start order, one at a time, each within its time.
use super::spec::{nested, supervisor, worker};
use crate::{
    World,
    cast::{Manner, Order},
};
use peerd_otp::supervisor::{ChildSpec, Restart, Shutdown};
use peerd_vat::{ActorId, Reason, What};
use std::collections::BTreeMap;

pub fn play(world: &mut World) {
    let mut longest = 0;
    let inner: Vec<ChildSpec> = (0..world.draw.between(1, 4)).map(|n| draw_child(world, &format!("inner{n}"), &mut longest)).collect();
    let mut outer: Vec<ChildSpec> = (0..world.draw.between(1, 4)).map(|n| draw_child(world, &format!("outer{n}"), &mut longest)).collect();
    let at = world.draw.below(outer.len() as u64 + 1) as usize;
    outer.insert(at, nested("inner", &supervisor(1, 5_000, inner)));
    world.boot(&supervisor(1, 5_000, outer));
    world.order(&Order::ExitTop(Reason::Shutdown));
    world.advance(longest);
    let gone = world.said("top exit shutdown");
    world.require(gone, "the tree is gone within the sum of its children's times");
    let order = ends_in_reverse(world);
    world.require(order, "children end in reverse order of their start");
}

fn draw_child(world: &mut World, id: &str, longest: &mut u64) -> ChildSpec {
    let ms = world.draw.between(1, 3_000);
    let manner = match world.draw.below(5) {
        0 => Manner::Slow(ms),
        1 => Manner::Odd("odd".into()),
        2 => Manner::Deaf,
        3 => Manner::Unlinked,
        _ => Manner::Plain,
    };
    let shutdown = match (world.draw.below(3), &manner) {
        (0, _) => Shutdown::BrutalKill,
        // A deaf child with all the time in the world would keep it all.
        (1, Manner::Plain | Manner::Slow(_) | Manner::Odd(_) | Manner::Unlinked) => Shutdown::Infinity,
        _ => Shutdown::Ms(world.draw.between(1, 2_000)),
    };
    *longest += ms + 2_000;
    worker(id, manner, Restart::Permanent, shutdown)
}

fn ends_in_reverse(world: &World) -> bool {
    let mut births: BTreeMap<ActorId, usize> = BTreeMap::new();
    let mut parents: BTreeMap<ActorId, Vec<usize>> = BTreeMap::new();
    for (at, fact) in world.facts().iter().enumerate() {
        if let (What::Spawned { child, .. }, Some(_)) = (&fact.what, fact.actor) {
            births.insert(*child, at);
        }
        if let (What::Ended { .. }, Some(ended)) = (&fact.what, fact.actor)
            && let Some(parent) = parent_of(world, ended)
        {
            parents.entry(parent).or_default().extend(births.get(&ended).copied());
        }
    }
    parents.values().all(|ends| ends.is_sorted_by(|one, other| one > other))
}

fn parent_of(world: &World, of: ActorId) -> Option<ActorId> {
    world.facts().iter().find_map(|fact| match &fact.what {
        What::Spawned { child, .. } if *child == of => fact.actor,
        _ => None,
    })
}
