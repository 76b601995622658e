//! Many watch many; some are killed, some crash, some go. Each death is told once, as the dead one's last word.
use super::spec::{child, supervisor, worker};
use crate::{
    World,
    cast::{Manner, Order},
};
use peerd_otp::supervisor::{ChildSpec, Restart, Shutdown};
use peerd_vat::Reason;

pub fn play(world: &mut World) {
    let count = world.draw.between(2, 6);
    let mut children: Vec<ChildSpec> =
        (0..count).map(|n| worker(&format!("w{n}"), Manner::Plain, Restart::Permanent, Shutdown::Ms(100))).collect();
    children.extend((0..3).map(|n| ChildSpec { id: format!("watcher{n}"), ..child("watcher") }));
    world.boot(&supervisor(1_000, 1, children));
    for _ in 0..world.draw.between(10, 60) {
        let (watcher, target) = (format!("watcher{}", world.draw.below(3)), format!("w{}", world.draw.below(count)));
        match world.draw.below(7) {
            0 => world.exit(&target, Reason::Kill),
            1 => drop(world.tell(&target, "die")),
            2 => drop(world.tell(&target, "stop")),
            3 => world.injector.crash_in(world.draw.between(1, 20)),
            _ => {
                world.order(&Order::Meet { who: watcher, whom: target });
            }
        }
        match world.draw.below(3) {
            0 => world.settle(),
            1 => drop(world.turn()),
            _ => world.advance(2),
        }
    }
    world.injector.heal();
    world.settle();
    world.revive();
    world.advance(1_000);
    for n in 0..count {
        world.tell(&format!("w{n}"), "ping heal");
    }
    world.settle();
    let healed = (0..count).all(|n| world.said(&format!("pong w{n} heal")));
    world.require(healed, "everybody is back");
}
