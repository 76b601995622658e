//! What must hold after every fact, whatever a scenario is about (semantics 21, conformance 9).
//!
//! ```text
//! fact ─▶ tamper? ─▶ serial I1 ─▶ order I2, I10 ─▶ abort I3 ─▶ timers I8 ─▶ death I9 ─▶ fair I12 ─▶ model C13
//!                    ─▶ once: calls ─▶ room: mailboxes ─▶ version: upgrade ─▶ ok, or why not
//! ```
//!
//! No checker looks at everybody for one fact: ten thousand seeds of two hundred actors are played within minutes.
mod abort;
mod death;
mod fair;
mod model;
mod once;
mod order;
mod room;
mod serial;
mod tamper;
mod timers;
mod version;

pub(crate) use death::{UNLINKED, WATCHING};
pub use tamper::Tamper;
pub(crate) use timers::{ARMED, DISARMED};

use peerd_vat::{ActorId, Config, Fact, MessageKind, Time, What};

/// In the order of `Checks::evaluations`.
pub const CHECKERS: [&str; 13] = ["I1", "I2", "I3", "I8", "I9", "I10", "I12", "C13", "C15", "C16", "calls", "mailboxes", "upgrade"];

/// A checker's place among `CHECKERS`.
#[derive(Clone, Copy)]
pub(crate) enum Checker {
    Serial,
    Order,
    Abort,
    Timers,
    Death,
    Account,
    Fair,
    Supervisor,
    Leak,
    Same,
    Once,
    Room,
    Version,
}

pub(crate) struct Checks {
    pub tamper: Option<Tamper>,
    evaluations: [u64; CHECKERS.len()],
    held: Option<Fact>,
    serial: serial::Serial,
    order: order::Order,
    abort: abort::Abort,
    timers: timers::Timers,
    death: death::Death,
    fair: fair::Fair,
    model: model::Model,
    once: once::Once,
    room: room::Room,
    version: version::Version,
}

/// A claim that does not hold: the invariant's name and what was seen.
pub(crate) type Checked = Result<(), String>;

impl Checks {
    pub fn new(config: &Config) -> Checks {
        Checks {
            tamper: None,
            evaluations: [0; CHECKERS.len()],
            held: None,
            serial: serial::Serial::default(),
            order: order::Order::default(),
            abort: abort::Abort::default(),
            timers: timers::Timers::default(),
            death: death::Death::default(),
            fair: fair::Fair::new(config.reductions_per_slice),
            model: model::Model::default(),
            once: once::Once::default(),
            room: room::Room::new(config),
            version: version::Version::default(),
        }
    }

    pub fn fact(&mut self, fact: &Fact) -> Checked {
        if self.tamper.is_none() && self.held.is_none() {
            return self.look(fact);
        }
        self.tampered(fact).iter().try_for_each(|fact| self.look(fact))
    }

    fn look(&mut self, fact: &Fact) -> Checked {
        self.count(&fact.what);
        self.serial.fact(fact)?;
        self.order.fact(fact)?;
        self.abort.fact(fact)?;
        self.timers.fact(fact)?;
        self.death.fact(fact, &self.order)?;
        self.fair.fact(fact)?;
        self.once.fact(fact)?;
        self.room.fact(fact)?;
        self.version.fact(fact)?;
        self.model.fact(fact, self.death.heard)?;
        if let Some((parent, child)) = self.model.adopted.take() {
            self.death.adopted(parent, child);
        }
        Ok(())
    }

    /// Whose business a fact is.
    fn count(&mut self, what: &What) {
        use Checker::{Abort, Account, Death, Fair, Once, Order, Room, Serial, Timers};
        let concerned: &[Checker] = match what {
            What::Spawned { .. } => &[Serial],
            What::Sent { kind: MessageKind::Reply, .. } => &[Abort, Once],
            What::Sent { .. } => &[Abort, Room],
            What::Received { kind: MessageKind::User | MessageKind::Reply, .. } => &[Serial, Order, Account, Abort, Fair],
            What::Received { kind: MessageKind::Timer, .. } => &[Serial, Timers, Abort, Fair],
            What::Received { kind: MessageKind::Down | MessageKind::Exit, .. } => &[Serial, Death, Abort, Fair],
            What::Received { kind: MessageKind::Init | MessageKind::Recovered | MessageKind::Alarm, .. } => &[Serial, Abort, Fair],
            What::Received { kind: MessageKind::Suspend | MessageKind::Resume | MessageKind::System, .. } => &[Serial],
            What::Received { kind: MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate, .. } => &[Serial],
            What::Committed => &[Serial, Room],
            What::Closed => &[Fair],
            What::Held => &[Abort, Timers, Fair],
            What::Aborted { .. } => &[Serial, Abort],
            What::Ended { .. } => &[Serial, Abort, Death],
            What::Dead { .. } => &[Account],
            What::Note { .. } => &[Abort],
        };
        for checker in concerned {
            self.evaluated(*checker);
        }
    }

    /// So far, in the order of `CHECKERS`.
    pub fn evaluations(&self) -> [u64; CHECKERS.len()] {
        let mut all = self.evaluations;
        all[Checker::Supervisor as usize] += self.model.evaluations;
        all[Checker::Version as usize] += self.version.evaluations;
        all
    }

    pub fn evaluated(&mut self, checker: Checker) {
        self.evaluations[checker as usize] += 1;
    }

    /// The host's message was admitted; of one to the dead the facts say so.
    pub fn admitted(&mut self, to: ActorId, length: usize) {
        self.room.comes(to, length);
    }

    /// Nothing is left to do at this time. `in_flight`: what the vat says is still under way, `wake`: when it wants to run again.
    pub fn quiet(&mut self, now: Time, wake: Option<Time>, in_flight: u64) -> Checked {
        for checker in [Checker::Account, Checker::Timers, Checker::Death, Checker::Room] {
            self.evaluated(checker);
        }
        self.order.quiet(in_flight)?;
        self.timers.quiet(now, wake)?;
        self.room.quiet()?;
        self.death.quiet(in_flight)
    }

    /// The vat is gone, and with it everything that was due.
    pub fn lost(&mut self, config: &Config) {
        *self = Checks { evaluations: self.evaluations(), tamper: self.tamper, ..Checks::new(config) };
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
