//! Two actors play in bursts while others are noisy.
use super::spec::{child, supervisor};
use crate::{World, cast::Order};

pub fn play(world: &mut World) {
    world.boot(&supervisor(1, 5_000, vec![child("pinger"), child("ponger"), child("counter")]));
    world.order(&Order::Meet { who: "pinger".into(), whom: "ponger".into() });
    world.settle();
    let rounds = world.draw.between(3, 30);
    world.tell("pinger", &format!("play {rounds}"));
    // Noise: nothing of it may come between.
    for _ in 0..world.draw.below(100) {
        if world.draw.one_in(3) {
            world.tell("counter", "inc");
            world.tell("ponger", "noise");
        }
        world.turn();
    }
    world.settle();
    let played = world.said(&format!("played {rounds}"));
    world.require(played, "the game ends");
}
