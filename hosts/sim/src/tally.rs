//! What a run did: turns, faults by kind, checks that were made.
use crate::{check::CHECKERS, fault::Kind, link, shards};

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
    /// Of shards on several hosts.
    pub meshed: shards::Tally,
}

impl Tally {
    /// Those of one vat, of the network between several, of hosts with shards.
    pub fn by_fault(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let near = Kind::ALL.into_iter().map(|kind| (kind.name(), self.faults[kind as usize]));
        let linked = link::Trouble::ALL.into_iter().map(|trouble| (trouble.name(), self.linked.faults[trouble as usize]));
        near.chain(linked).chain(shards::Strain::ALL.into_iter().map(|strain| (strain.name(), self.meshed.faults[strain as usize])))
    }

    /// How often each looked, in the same order.
    pub fn by_checker(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let near = CHECKERS.into_iter().zip(self.evaluations);
        near.chain(link::CHECKERS.into_iter().zip(self.linked.checks)).chain(shards::CHECKERS.into_iter().zip(self.meshed.checks))
    }

    pub fn add(&mut self, other: &Tally) {
        self.turns += other.turns;
        self.facts += other.facts;
        self.linked.add(&other.linked);
        self.meshed.add(&other.meshed);
        for (mine, theirs) in self.faults.iter_mut().zip(other.faults) {
            *mine += theirs;
        }
        for (mine, theirs) in self.evaluations.iter_mut().zip(other.evaluations) {
            *mine += theirs;
        }
    }
}
