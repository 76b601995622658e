//! What a run did: turns, faults by kind, checks that were made.
use crate::{check::CHECKERS, fault::Kind, link};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub turns: u64,
    pub facts: u64,
    /// By `fault::Kind`.
    pub faults: [u64; Kind::ALL.len()],
    /// By checker: how often it looked at what it is about.
    pub evaluations: [u64; CHECKERS.len()],
    /// Between vats.
    pub linked: link::Tally,
}

impl Tally {
    /// Those of one vat, then those of the network between several.
    pub fn by_fault(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let near = Kind::ALL.into_iter().map(|kind| (kind.name(), self.faults[kind as usize]));
        near.chain(link::Trouble::ALL.into_iter().map(|trouble| (trouble.name(), self.linked.faults[trouble as usize])))
    }

    /// How often each looked, in the same order.
    pub fn by_checker(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CHECKERS.into_iter().zip(self.evaluations).chain(link::CHECKERS.into_iter().zip(self.linked.checks))
    }

    pub fn add(&mut self, other: &Tally) {
        self.turns += other.turns;
        self.facts += other.facts;
        self.linked.add(&other.linked);
        for (mine, theirs) in self.faults.iter_mut().zip(other.faults) {
            *mine += theirs;
        }
        for (mine, theirs) in self.evaluations.iter_mut().zip(other.evaluations) {
            *mine += theirs;
        }
    }
}
