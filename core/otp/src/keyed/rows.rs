//! The calls of one key that have not ended, and whose turn it is.
use super::{Access, Which, hand::Badge, tree::Branch};
use crate::message::Caller;
use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};
use peerd_vat::Ref;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Row {
    pub access: Access,
    pub stands: Stands,
    pub callers: Vec<Caller>,
    /// What comes with the request.
    pub refs: Vec<Ref>,
    pub name: Option<Vec<u8>>,
    pub branch: Option<Branch>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stands {
    /// Until this alarm.
    Delayed(u64),
    Queued,
    Running {
        run: Ref,
        badge: Badge,
        cancel: Cancel,
    },
}

/// What a running call has heard of its being cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cancel {
    Not,
    /// It hears when what it has called has ended.
    Asked,
    Told,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Rows {
    rows: BTreeMap<u64, Row>,
    /// Exclusive ones, in the order in which they came.
    queue: VecDeque<u64>,
    /// Who has the key.
    has: Option<u64>,
    last: u64,
}

impl Rows {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Under a number that none had before.
    pub fn add(&mut self, row: Row) -> u64 {
        self.last += 1;
        self.rows.insert(self.last, row);
        self.last
    }

    pub fn get_mut(&mut self, number: u64) -> Option<&mut Row> {
        self.rows.get_mut(&number)
    }

    pub fn get(&self, number: u64) -> Option<&Row> {
        self.rows.get(&number)
    }

    pub fn find(&self, which: &Which) -> Option<u64> {
        let is_it = |(number, row): &(&u64, &Row)| match which {
            Which::Number(wanted) => *number == wanted,
            Which::Named(name) => row.name.as_ref() == Some(name),
            Which::Branch(branch) => row.branch == Some(*branch),
        };
        self.rows.iter().find(is_it).map(|(number, _)| *number)
    }

    /// The running call that this badge is of.
    pub fn running(&self, badge: Badge) -> Option<(Ref, Cancel)> {
        match self.rows.get(&badge.number)?.stands {
            Stands::Running { run, badge: known, cancel } if known == badge => Some((run, cancel)),
            _ => None,
        }
    }

    /// It comes now: a shared one may begin.
    pub fn arrive(&mut self, number: u64) -> Access {
        let row = self.rows.get_mut(&number).expect("who arrives has a row");
        row.stands = Stands::Queued;
        if row.access == Access::Exclusive {
            self.queue.push_back(number);
        }
        row.access
    }

    /// Who gets the key, if nobody has it.
    pub fn next(&mut self) -> Option<u64> {
        if self.has.is_none() {
            self.has = self.queue.pop_front();
            return self.has;
        }
        None
    }

    pub fn remove(&mut self, number: u64) -> Option<Row> {
        self.has.take_if(|has| *has == number);
        self.queue.retain(|queued| *queued != number);
        self.rows.remove(&number)
    }

    /// The reply refs and others that it holds.
    pub fn held(&self) -> impl Iterator<Item = Ref> {
        self.rows.values().flat_map(|row| row.callers.iter().map(|caller| caller.0).chain(row.refs.iter().copied()))
    }
}
