//! What must hold after every fact, whatever a scenario is about (semantics 21).
//!
//! ```text
//! fact ─▶ tamper? ─▶ serial I1 ─▶ order I2, I10 ─▶ abort I3 ─▶ timers I8 ─▶ death I9 ─▶ restarts ─▶ ok, or what was violated
//! ```
mod abort;
mod death;
mod order;
mod restarts;
mod serial;
mod tamper;
mod timers;

pub(crate) use death::{UNLINKED, WATCHING};
pub use tamper::Tamper;
pub(crate) use timers::{ARMED, DISARMED};

use peerd_vat::{Fact, Time};

#[derive(Default)]
pub(crate) struct Checks {
    pub tamper: Option<Tamper>,
    held: Option<Fact>,
    serial: serial::Serial,
    order: order::Order,
    abort: abort::Abort,
    timers: timers::Timers,
    death: death::Death,
    restarts: restarts::Restarts,
}

/// A claim that does not hold: the invariant's name and what was seen.
pub(crate) type Checked = Result<(), String>;

impl Checks {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        if self.tamper.is_none() && self.held.is_none() {
            return self.look(fact);
        }
        self.tampered(fact).iter().try_for_each(|fact| self.look(fact))
    }

    fn look(&mut self, fact: &Fact) -> Checked {
        self.serial.fact(fact)?;
        self.order.fact(fact)?;
        self.abort.fact(fact)?;
        self.timers.fact(fact)?;
        self.death.fact(fact, &self.order)?;
        self.restarts.fact(fact)
    }

    /// Nothing is left to do at this time. `in_flight`: what the vat says is still under way, `wake`: when it wants to run again.
    pub fn quiet(&mut self, now: Time, wake: Option<Time>, in_flight: u64) -> Checked {
        self.order.quiet(in_flight)?;
        self.timers.quiet(now, wake)?;
        self.death.quiet()
    }

    /// The host slept through its alarm until now: what was due is late by that.
    pub fn oversleep(&mut self, now: Time) {
        self.timers.oversleep(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    /// A checker that nothing trips is no checker.
    #[test]
    fn each_tampering_trips_its_own_checker() {
        for tamper in Tamper::ALL {
            let why = scenario::tampered(1, tamper).verdict().err().unwrap_or_else(|| format!("{tamper:?} passed"));
            assert!(why.starts_with(tamper.invariant()), "{tamper:?} gave: {why}");
        }
    }
}
