//! What leaves the vat waits here until what it depends on is durable (semantics 15).
use crate::{Output, Outputs, VatId};
use alloc::{collections::VecDeque, vec::Vec};
use peerd_journal::Position;
use serde::{Deserialize, Serialize};

/// How an actor's turns commit (semantics 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Durability {
    /// In memory, no record.
    #[default]
    Volatile,
    /// One record per turn; outputs wait for it.
    Durable,
    /// One record per turn; its own outputs don't wait for it.
    Unconfirmed,
}

/// The newest confirmed record when a turn committed: what its outward entries wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(Position);

#[derive(Default)]
pub(crate) struct Gate {
    /// Newest record appended that outputs must wait for.
    confirmed: Position,
    flushed: Position,
    // Invariant: stamps never fall from front to back, because positions only grow.
    held: VecDeque<(Stamp, Output)>,
}

impl Gate {
    /// What leaves from now on waits for this record.
    pub fn confirm(&mut self, position: Position) {
        self.confirmed = position;
    }

    pub fn stamp(&self) -> Stamp {
        Stamp(self.confirmed)
    }

    /// Lets `output` out at once, or after the flush its stamp asks for.
    pub fn release(&mut self, stamp: Stamp, output: Output, out: &mut Outputs) {
        if stamp.0 <= self.flushed {
            out.push(output);
        } else {
            self.held.push_back((stamp, output));
        }
    }

    /// Returns how many outputs it let out.
    pub fn flushed(&mut self, position: Position, out: &mut Outputs) -> u64 {
        self.flushed = self.flushed.max(position);
        let mut count = 0;
        while let Some((_, output)) = self.held.pop_front_if(|(stamp, _)| stamp.0 <= position) {
            out.push(output);
            count += 1;
        }
        count
    }

    /// A connection was lost: what was held for it is for no other. How many outputs.
    pub fn lose_link(&mut self, lost: VatId) -> usize {
        let before = self.held.len();
        self.held.retain(|(_, output)| !matches!(output, Output::Link { vat, .. } if *vat == lost));
        before - self.held.len()
    }

    /// The flush failed: what was held never leaves.
    pub fn broken(&mut self) -> Vec<Output> {
        self.held.drain(..).map(|(_, output)| output).collect()
    }

    pub fn held(&self) -> u64 {
        self.held.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;
    use alloc::format;

    fn output(name: u16) -> Output {
        Output::Ended { reason: Reason::Other(format!("{name}")) }
    }

    #[test]
    fn with_nothing_pending_outputs_leave_at_once() {
        let (mut gate, mut out) = (Gate::default(), Outputs::new());
        gate.release(gate.stamp(), output(1), &mut out);
        assert_eq!(out, [output(1)]);
    }

    #[test]
    fn an_output_waits_for_its_stamp_and_nothing_newer_delays_it() {
        let (mut gate, mut out) = (Gate::default(), Outputs::new());
        gate.confirmed = Position(3);
        gate.release(gate.stamp(), output(1), &mut out);
        gate.confirmed = Position(9);
        gate.release(gate.stamp(), output(2), &mut out);
        assert!(out.is_empty());
        assert_eq!(gate.flushed(Position(3), &mut out), 1);
        assert_eq!(out, [output(1)]);
        assert_eq!(gate.flushed(Position(9), &mut out), 1);
        assert_eq!(out, [output(1), output(2)]);
    }

    #[test]
    fn after_a_failed_flush_nothing_leaves() {
        let (mut gate, mut out) = (Gate::default(), Outputs::new());
        gate.confirmed = Position(1);
        gate.release(gate.stamp(), output(1), &mut out);
        assert_eq!(gate.broken(), [output(1)]);
        assert_eq!(gate.flushed(Position(1), &mut out), 0);
        assert!(out.is_empty());
    }
}
