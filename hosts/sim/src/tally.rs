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
