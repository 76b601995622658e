//! Timers set, moved and cancelled at random, by an actor that also crashes, on a host that sometimes oversleeps.
use super::spec::{child, supervisor};
use crate::World;

pub fn play(world: &mut World) {
    world.boot(&supervisor(1_000, 1, vec![child("ticker")]));
    for _ in 0..world.draw.between(10, 80) {
        let key = world.draw.between(1, 6);
        match world.draw.below(8) {
            0 => drop(world.tell("ticker", &format!("disarm {key}"))),
            1 => world.injector.crash_in(world.draw.between(1, 4)),
            2 => {
                let ms = world.draw.below(3_000);
                world.oversleep(ms);
            }
            _ => {
                let ms = world.draw.below(2_000);
                world.tell("ticker", &format!("arm {key} {ms}"));
            }
        }
        let ms = world.draw.below(300);
        world.advance(ms);
    }
    world.injector.heal();
    world.settle();
    world.revive();
    world.advance(10);
    world.tell("ticker", "arm 9 1000");
    world.tell("ticker", "ticks");
    world.settle();
    let before = ticks(world);
    world.tell("ticker", "disarm 9");
    world.tell("ticker", "arm 9 50");
    world.advance(50);
    world.tell("ticker", "ticks");
    world.settle();
    let more = ticks(world) > before;
    world.require(more, "the clock still ticks");
}

fn ticks(world: &World) -> u64 {
    world.words().filter_map(|word| word.1.strip_prefix("ticks ")?.parse().ok()).next_back().unwrap_or(0)
}
