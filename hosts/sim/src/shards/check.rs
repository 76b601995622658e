//! What must hold of shards: one epoch at a time, nobody speaks under another, what was answered is kept, once, and all is well in the end.
use peerd_mesh::{Epoch, Lease, Shard};
use std::collections::{BTreeMap, BTreeSet};

pub const CHECKERS: [&str; 5] = ["shard-epoch", "shard-speaks", "shard-once", "shard-kept", "shard-steady"];

const EPOCH: usize = 0;
const SPEAKS: usize = 1;
const ONCE: usize = 2;
const KEPT: usize = 3;
pub(crate) const STEADY: usize = 4;

/// What the checkers are told instead of what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// An epoch is opened a second time.
    Again,
    /// Something leaves under an epoch that is over.
    Stale,
    /// Something is handled twice.
    Twice,
    /// Something was answered that nobody has.
    Lost,
}

impl Lie {
    pub const ALL: [Lie; 4] = [Lie::Again, Lie::Stale, Lie::Twice, Lie::Lost];

    #[cfg(test)]
    pub const fn checker(self) -> &'static str {
        CHECKERS[match self {
            Lie::Again => EPOCH,
            Lie::Stale => SPEAKS,
            Lie::Twice => ONCE,
            Lie::Lost => KEPT,
        }]
    }
}

/// What its sender knows of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knows {
    /// Nothing: it is under way, or its time is over.
    Nothing,
    Answered,
    /// Nobody has begun with it.
    Refused,
}

#[derive(Default)]
pub(crate) struct Checks {
    pub counts: [u64; CHECKERS.len()],
    /// The newest owner of each that has read its journal: nothing of older ones is history from then on.
    opened: BTreeMap<Shard, Epoch>,
    requests: BTreeMap<u64, Knows>,
}

type Verdict = Result<(), String>;

impl Checks {
    pub fn opened(&mut self, lease: Lease) -> Verdict {
        self.counts[EPOCH] += 1;
        match self.opened.insert(lease.shard, lease.epoch) {
            Some(before) if before >= lease.epoch => Err(format!("shard-epoch: {lease:?} is opened, and {before:?} was before")),
            _ => Ok(()),
        }
    }

    pub fn is_newest(&self, lease: Lease) -> bool {
        self.opened.get(&lease.shard) == Some(&lease.epoch)
    }

    /// Something of it is called durable, or leaves.
    pub fn spoke(&mut self, lease: Lease) -> Verdict {
        self.counts[SPEAKS] += 1;
        match self.opened.get(&lease.shard) {
            Some(newest) if *newest > lease.epoch => Err(format!("shard-speaks: {lease:?} speaks, and {newest:?} has its journal")),
            _ => Ok(()),
        }
    }

    pub fn asked(&mut self, number: u64) {
        self.requests.insert(number, Knows::Nothing);
    }

    pub fn refused(&mut self, number: u64) -> Verdict {
        self.counts[ONCE] += 1;
        match self.requests.insert(number, Knows::Refused) {
            Some(Knows::Answered) => Err(format!("shard-once: {number} was answered, and then refused")),
            _ => Ok(()),
        }
    }

    /// `done NUMBER`, of a counter or of a till.
    pub fn said(&mut self, text: &str) -> Verdict {
        self.counts[ONCE] += 1;
        let (verb, number) = text.split_once(' ').unwrap_or((text, ""));
        let Ok(number) = number.parse() else { return Ok(()) };
        if verb == "twice" {
            return Err(format!("shard-once: {number} was handled twice"));
        }
        match self.requests.insert(number, Knows::Answered) {
            Some(Knows::Refused) => Err(format!("shard-once: {number} was refused, and is handled")),
            _ => Ok(()),
        }
    }

    pub fn is_answered(&self, number: u64) -> bool {
        self.requests.get(&number) == Some(&Knows::Answered)
    }

    /// All journals, in the end: what counters have, which of that they paid for, and what the tills have.
    pub fn kept(&mut self, counted: &BTreeMap<u64, u32>, paid: &BTreeSet<u64>, till: &BTreeMap<u64, u32>) -> Verdict {
        for (number, knows) in &self.requests {
            self.counts[KEPT] += 1;
            match (knows, counted.get(number).copied().unwrap_or(0)) {
                (Knows::Answered, 1) | (Knows::Refused, 0) | (Knows::Nothing, 0 | 1) => {}
                (knows, times) => return Err(format!("shard-kept: {number} is {knows:?} to its sender, and kept {times} times")),
            }
        }
        if let Some(number) = paid.iter().find(|number| till.get(number) != Some(&1)) {
            return Err(format!("shard-kept: {number} was paid, and the till has it {:?} times", till.get(number)));
        }
        match till.keys().find(|number| !paid.contains(number)) {
            Some(number) => Err(format!("shard-kept: the till has {number}, which nobody paid")),
            None => Ok(()),
        }
    }

    /// The checkers hear of something that did not happen.
    pub fn lie(&mut self, lie: Lie) -> Verdict {
        let (shard, newest) = self.opened.iter().next().map(|(shard, epoch)| (*shard, *epoch)).ok_or("nothing is open")?;
        let answered = self.requests.iter().find(|(_, knows)| **knows == Knows::Answered).map(|(number, _)| *number);
        match lie {
            Lie::Again => self.opened(Lease { shard, epoch: newest }),
            Lie::Stale => self.spoke(Lease { shard, epoch: Epoch(newest.0 - 1) }),
            Lie::Twice => self.said(&format!("twice {}", answered.unwrap_or_default())),
            Lie::Lost => {
                self.requests.insert(u64::MAX, Knows::Answered);
                Ok(())
            }
        }
    }
}
