//! What these programs are told by the machine they run on, and how they are timed.
use peerd::{Actor, System, behaviour, system::Probe};
use peerd_vat::Behaviour;

#[derive(Clone, Copy)]
pub struct Machine {
    /// What plays in place of the native actors of this name, if anything does.
    pub instead: fn(&'static str) -> Option<Box<dyn Behaviour>>,
    /// Nanoseconds since some moment.
    pub ns: fn() -> u64,
    /// Bytes of memory that this program holds.
    pub bytes: fn() -> u64,
}

impl Machine {
    /// The behaviour of these actors.
    pub(crate) fn kind<A: Actor>(self) -> Box<dyn Behaviour> {
        (self.instead)(A::NAME).unwrap_or_else(behaviour::<A>)
    }

    /// Nanoseconds until the system is at rest again after `go`, and has said so.
    ///
    /// # Panics
    /// When it did not, or when a message is unaccounted for.
    pub fn timed(self, system: &mut System, done: &Probe<()>, go: impl FnOnce(&mut System)) -> f64 {
        let begun = (self.ns)();
        go(system);
        let ns = (self.ns)() - begun;
        done.expect_msg();
        let counters = system.counters();
        assert!(counters.balance() && counters.dead_total() == 0 && counters.in_flight == 0, "{counters:?}");
        ns as f64
    }
}
