//! A child that cannot run: as many restarts as allowed within the period, then the supervisor is gone; started again, it works.
use super::spec::{supervisor, worker};
use crate::{
    World,
    cast::{Begin, Manner, Order},
};
use peerd_otp::supervisor::{Restart, Shutdown};
use peerd_vat::What;

pub fn play(world: &mut World) {
    let intensity = world.draw.below(6) as u32;
    let steady = worker("steady", Manner::Plain, Restart::Permanent, Shutdown::Ms(1_000));
    let weak = worker("weak", Manner::Plain, Restart::Transient, Shutdown::Ms(1_000));
    world.boot(&supervisor(intensity, 5_000, vec![steady, weak]));
    let fails_at_start = world.draw.one_in(2);
    if fails_at_start {
        world.plan.set("weak", &[Begin::Crash]);
    }
    world.tell("weak", "die");
    world.settle();
    // Each of these is too soon for the window to have moved on.
    for _ in 0..intensity {
        if !fails_at_start {
            world.tell("weak", "die");
            world.settle();
        }
    }
    let restarts = world.facts().iter().filter(|fact| matches!(&fact.what, What::Spawned { note, .. } if !note.is_empty())).count();
    world.require(restarts == intensity as usize, &format!("{intensity} restarts are allowed, {restarts} were made"));
    let gone = world.said("top exit shutdown");
    world.require(gone, "the supervisor gives up with shutdown");
    let living =
        world.vat().rows().iter().filter(|row| row.state != peerd_vat::Activity::Ended && row.state != peerd_vat::Activity::Buried).count();
    world.require(living == 1, "nobody outlives the supervisor but the stage");
    // Heal.
    world.plan.set("weak", &[Begin::Up]);
    world.order(&Order::StartTop);
    world.settle();
    world.tell("weak", "ping again");
    world.settle();
    let works = world.said("pong weak again");
    world.require(works, "started again, it works, by the ref from before");
}
