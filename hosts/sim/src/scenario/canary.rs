//! A healthy world about which the checkers are lied to. If this passes, the harness is dead.
use super::spec::{child, supervisor, worker};
use crate::{
    Tamper, World,
    cast::{Manner, Order},
};
use peerd_otp::supervisor::{Request, Restart, Shutdown};
#[cfg(test)]
use peerd_vat::Config;

pub fn play(world: &mut World) {
    let tamper = *world.draw.pick(&Tamper::ALL).expect("there are some");
    act(world, tamper);
}

/// The same with a lie of one's choice.
#[cfg(test)]
pub(crate) fn tampered(seed: u64, tamper: Tamper) -> World {
    let mut world = World::new(seed, Config::default());
    act(&mut world, tamper);
    world
}

/// Has an occasion for every lie: bursts, a dropped turn, a timer, a watched death, a message to the dead.
fn act(world: &mut World, tamper: Tamper) {
    let mortal = worker("mortal", Manner::Plain, Restart::Temporary, Shutdown::Ms(100));
    world.boot(&supervisor(5, 5_000, vec![child("pinger"), child("ponger"), child("counter"), child("ticker"), child("watcher"), mortal]));
    world.order(&Order::Meet { who: "pinger".into(), whom: "ponger".into() });
    world.order(&Order::Meet { who: "watcher".into(), whom: "mortal".into() });
    world.settle();
    world.tamper(tamper);
    world.tell("ticker", "arm 1 100");
    world.tell("pinger", "play 3");
    world.settle();
    world.tell("counter", "boom");
    world.advance(200);
    world.call("top", Request::TerminateChild("mortal".into()));
    world.settle();
    world.tell("watcher", "last words");
    world.settle();
}
