//! A counter that crashes as often as its supervisor allows; what was queued behind a crash is counted by the next life.
use super::spec::{child, supervisor};
use crate::World;

const INTENSITY: u32 = 3;
const PERIOD_MS: u64 = 5_000;

pub fn play(world: &mut World) {
    world.boot(&supervisor(INTENSITY, PERIOD_MS, vec![child("counter")]));
    for _ in 0..world.draw.between(1, 8) {
        for _ in 0..world.draw.below(10) {
            world.tell("counter", "inc");
        }
        for _ in 0..world.draw.between(1, u64::from(INTENSITY)) {
            world.tell("counter", "boom");
        }
        world.tell("counter", "inc");
        world.settle();
        let ms = PERIOD_MS + world.draw.between(1, 3);
        world.advance(ms);
    }
    // What was queued behind a crash reached the next life, which starts from nothing.
    world.tell("counter", "get");
    world.settle();
    let count = world.words().filter_map(|word| word.1.strip_prefix("count ")).next_back() == Some("1");
    world.require(count, "the counter counts what came after its last crash");
    let vain = world.said("about to boom");
    world.require(!vain, "what a dropped turn said is not heard");
}
