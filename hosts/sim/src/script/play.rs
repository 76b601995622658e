//! A script is played: first the faults, then the healing.
use super::{Script, Step, heal::heal};
use crate::{
    Manner, Watch, World,
    cast::{Begin, Member, Newer, Order, Server, forgeries},
    fault::{Fault, Kind},
    world::FAULT,
};
use peerd_otp::supervisor::Request;
use peerd_vat::Reason;
use std::mem;

/// Bytes of all actors at which the browser ends the worker: more than any tree has by itself.
const MEMORY_MAX: u64 = 150_000;

impl Script {
    #[must_use]
    pub fn play(&self, seed: u64, watch: Watch) -> World {
        let mut world = World::watched(seed, self.config(), watch);
        world.fuel = self.fuel;
        if self.counsel {
            world.seat_counsel();
        }
        world.boot(&self.top.spec());
        world.answer_calls(Manner::Unreliable);
        for step in &self.steps {
            if world.failed() {
                return world;
            }
            self.perform(&mut world, step);
            if mem::take(&mut world.strangers) {
                self.acquaint(&mut world);
            }
        }
        heal(&mut world, self);
        world.close();
        world
    }

    fn perform(&self, world: &mut World, step: &Step) {
        match step {
            Step::Fault(fault) => self.strike(world, fault),
            Step::Tell { who, text } => drop(world.tell(who, text)),
            Step::Meet { who, whom } => order(world, &Order::Meet { who: who.clone(), whom: whom.clone() }),
            Step::Call { to, request } => order(world, &Order::Call { to: to.clone(), request: request.clone(), number: None }),
            Step::Exit { who, reason } => world.exit(who, reason.clone()),
            Step::Begin { who, begin } => world.plan.set(who, &[*begin, Begin::Up]),
            Step::Turns(turns) => {
                let mut left = *turns;
                while left > 0 && world.turn() {
                    left -= 1;
                }
            }
            Step::Settle => world.settle(),
            Step::Pass { ms } => world.advance(*ms),
        }
    }

    /// Those of the next worker get to know each other as those of the first did.
    fn acquaint(&self, world: &mut World) {
        let introduces = |step: &&Step| matches!(step, Step::Meet { .. } | Step::Settle);
        self.steps.iter().take_while(introduces).for_each(|step| self.perform(world, step));
    }

    fn strike(&self, world: &mut World, fault: &Fault) {
        let Fault { kind, who, size } = fault;
        let size = *size;
        world.tally.faults[*kind as usize] += 1;
        world.remark(FAULT, fault.to_string());
        match kind {
            Kind::Crash => world.injector.crash_in(size),
            Kind::Kill => world.exit(who, Reason::Kill),
            Kind::WokenEarly => world.wake_early(size),
            Kind::WokenLate => {
                world.settle();
                world.oversleep(size);
                world.settle();
            }
            Kind::WokenTwice => world.wake_twice(),
            Kind::NeverWoken => {
                world.freeze(size, Kind::Freeze);
                // Inputs are still admitted.
                world.tell(who, "note");
                world.tell(who, "walk 3");
                world.lose_worker(0);
            }
            Kind::OutOfMemory => {
                world.tell(who, &format!("grow {size}"));
                world.settle();
                if world.bytes() > MEMORY_MAX {
                    world.lose_worker(0);
                }
            }
            Kind::Freeze | Kind::FreezeStopped => {
                world.settle();
                world.freeze(size, *kind);
                world.tell(who, "note");
                world.settle();
            }
            Kind::ThrottledSecond => world.throttle(1_000, size),
            Kind::ThrottledMinute => world.throttle(60_000, size),
            Kind::WorkerLost => world.lose_worker(0),
            Kind::Panic => world.injector.panic_in(size),
            Kind::Endless => {
                world.hang_ms = size;
                world.injector.panic_in(1);
                world.tell(who, "note");
            }
            Kind::CrashLoop => world.crash_loop(size),
            Kind::JumpForward | Kind::JumpBack | Kind::Drift => world.set_clock(*kind, size),
            Kind::OtherZero => world.lose_worker(size),
            Kind::Hog => drop(world.tell(who, &format!("hog {size}"))),
            Kind::Huge => drop(world.tell(who, &format!("huge {}", "x".repeat(size as usize)))),
            // Within, and from outside.
            Kind::Flood => {
                world.tell(who, &format!("flood {size}"));
                for _ in 0..size {
                    world.tell(who, "note");
                }
            }
            Kind::Forged => {
                world.tell(who, &format!("forge {size}"));
                forgeries(size).for_each(|forged| world.forge(forged));
            }
            Kind::Replayed => drop(world.tell(who, "replay")),
            Kind::Decider => {
                world.sway.turn_to(size + 1);
                world.tell(who, "die");
            }
            Kind::Version => {
                let (old, new) = (Member::VERSION, Newer::VERSION);
                let (from, to) = [(new, Some(old)), (old, Some(new)), (new, None), (old, None)][size as usize % 4];
                world.tell(who, "walk 8");
                order(world, &Order::Upgrade { who: who.clone(), from, to });
                world.tell(who, "walk 4");
            }
            Kind::Upgrade => {
                if let Some(node) = self.top.find(who) {
                    let request = Request::Upgrade(Some(node.upgraded(size).encode()));
                    order(world, &Order::Call { to: who.clone(), request, number: None });
                }
            }
        }
    }
}

/// In a scarce room the stage may be too busy to hear it.
fn order(world: &mut World, order: &Order) {
    let _ = world.try_order(order);
}
