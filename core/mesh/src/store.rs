//! The store of leases: one table, asked by hosts. What it says is true only once the changes that came with it are durable.
use crate::{
    Epoch, HostId, Lease, Shard, Terms,
    plan::{Plan, Seat, plan},
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use peerd_vat::Time;

pub struct Store {
    terms: Terms,
    /// By shard.
    entries: Vec<Entry>,
    members: BTreeMap<HostId, Member>,
    /// The newest that was given a number.
    newest: HostId,
}

#[derive(Clone, Copy)]
struct Entry {
    /// The newest that was given. 0: none was.
    epoch: Epoch,
    state: State,
    /// Where somebody wants it to be next.
    wanted: Option<HostId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Never held, sealed, or run out.
    Free,
    Held {
        by: HostId,
        until: Time,
        /// Told in the answer to that question. A later one that does not list it says that the answer was lost. None: told by an
        /// earlier life of the store, whose questions are not known here.
        told: Option<u64>,
        /// Its holder was asked to give it up.
        is_moving: bool,
    },
}

struct Member {
    until: Time,
    leaves: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// By a host that has no number yet.
    Join,
    /// By one that lives: all that it holds, and what it will never speak for again.
    Renew {
        host: HostId,
        /// Rises with every question of this host.
        number: u64,
        held: Vec<Lease>,
        released: Vec<Lease>,
        /// It wants nothing more, and to be rid of what it has.
        leaves: bool,
        /// Somebody there wants these to be elsewhere.
        moves: Vec<(Shard, HostId)>,
    },
    /// Who has this?
    Find(Shard),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Joined(HostId),
    Renewed {
        number: u64,
        /// For a term from when the store was asked.
        kept: Vec<Lease>,
        /// From now on its own. Each is said once, in this answer.
        granted: Vec<Lease>,
        /// To be sealed and released.
        yields: Vec<Shard>,
        /// Who has which: for the way of messages.
        holders: Vec<(Shard, HostId, Epoch)>,
    },
    Found(Shard, Found),
}

/// Durable before any answer that was given with it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Joined(HostId),
    Held(Lease, HostId),
    /// Its holder has ended in order: another may begin at once.
    Sealed(Lease, HostId),
}

/// Where a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    At(HostId, Epoch),
    /// Nobody has it, or nobody may say who.
    NotNow,
}

impl Store {
    /// Of what its earlier lives made durable, oldest first. Who held something then may hold it for a whole term from now: how much
    /// of it was left nobody knows, and a clock that says so may be wrong.
    #[must_use]
    pub fn open(now: Time, terms: Terms, shards: u32, changes: impl IntoIterator<Item = Change>) -> Store {
        let entry = Entry { epoch: Epoch(0), state: State::Free, wanted: None };
        let entries = (0..shards).map(|_| entry).collect();
        let mut store = Store { terms, entries, members: BTreeMap::new(), newest: HostId(0) };
        let until = now.after(terms.term_ms);
        for change in changes {
            match change {
                Change::Joined(host) => store.newest = store.newest.max(host),
                Change::Held(lease, by) => {
                    let Some(entry) = store.entries.get_mut(lease.shard.0 as usize) else { continue };
                    (entry.epoch, entry.state) = (lease.epoch, State::Held { by, until, told: None, is_moving: false });
                    store.newest = store.newest.max(by);
                }
                Change::Sealed(lease, _) => {
                    let Some(entry) = store.entries.get_mut(lease.shard.0 as usize) else { continue };
                    (entry.epoch, entry.state) = (lease.epoch, State::Free);
                }
            }
        }
        store
    }

    /// Its answer, and what must be durable before that leaves. None: of a host that has no number here.
    pub fn ask(&mut self, now: Time, ask: &Ask, changes: &mut Vec<Change>) -> Option<Answer> {
        self.expire(now);
        match ask {
            Ask::Join => {
                self.newest.0 += 1;
                changes.push(Change::Joined(self.newest));
                Some(Answer::Joined(self.newest))
            }
            Ask::Find(shard) => Some(Answer::Found(*shard, self.find(now, *shard))),
            Ask::Renew { host, .. } if *host > self.newest => None,
            Ask::Renew { host, number, held, released, leaves, moves } => {
                let until = now.after(self.terms.term_ms);
                self.members.insert(*host, Member { until, leaves: *leaves });
                for lease in released {
                    self.release(*host, *lease, changes);
                }
                for (shard, to) in moves {
                    if let Some(entry) = self.entries.get_mut(shard.0 as usize) {
                        entry.wanted = Some(*to).filter(|to| !matches!(entry.state, State::Held { by, .. } if by == *to));
                    }
                }
                self.renew(*host, *number, until, held);
                let kept = held.iter().copied().filter(|lease| self.is_held_by(*host, *lease)).collect();
                let (granted, yields) = self.place(*host, *number, until, changes);
                Some(Answer::Renewed { number: *number, kept, granted, yields, holders: self.holders() })
            }
        }
    }

    /// Where it is: what a look-up says.
    #[must_use]
    pub fn find(&self, now: Time, shard: Shard) -> Found {
        match self.entries.get(shard.0 as usize) {
            Some(Entry { epoch, state: State::Held { by, until, .. }, .. }) if *until > now => Found::At(*by, *epoch),
            _ => Found::NotNow,
        }
    }

    /// Hosts that live, as far as is known here.
    pub fn members(&self) -> impl Iterator<Item = HostId> + '_ {
        self.members.keys().copied()
    }

    /// Hosts that need not wait with their next question: something is free for them, or is wanted of them. One that does not hear
    /// of it asks in time anyway.
    pub fn nudges(&mut self, now: Time) -> Vec<HostId> {
        self.expire(now);
        let Plan { grants, yields } = self.plan();
        let holder = |shard: &Shard| match self.entries[shard.0 as usize].state {
            State::Held { by, .. } => Some(by),
            State::Free => None,
        };
        let hosts: BTreeSet<HostId> = grants.iter().map(|(_, to)| *to).chain(yields.iter().filter_map(holder)).collect();
        hosts.into_iter().collect()
    }

    /// When the next lease runs out, if nobody renews it.
    #[must_use]
    pub fn wake_at(&self) -> Option<Time> {
        let leases = self.entries.iter().filter_map(|entry| match entry.state {
            State::Held { until, .. } => Some(until),
            State::Free => None,
        });
        leases.chain(self.members.values().map(|member| member.until)).min()
    }

    fn holders(&self) -> Vec<(Shard, HostId, Epoch)> {
        let held = |(shard, entry): (Shard, &Entry)| match entry.state {
            State::Held { by, .. } => Some((shard, by, entry.epoch)),
            State::Free => None,
        };
        (0..).map(Shard).zip(&self.entries).filter_map(held).collect()
    }

    /// Whoever has not renewed in time holds nothing: a next epoch may begin.
    fn expire(&mut self, now: Time) {
        self.members.retain(|_, member| member.until > now);
        for entry in &mut self.entries {
            if matches!(entry.state, State::Held { until, .. } if until <= now) {
                entry.state = State::Free;
            }
        }
    }

    fn release(&mut self, host: HostId, lease: Lease, changes: &mut Vec<Change>) {
        if self.is_held_by(host, lease) {
            self.entries[lease.shard.0 as usize].state = State::Free;
            changes.push(Change::Sealed(lease, host));
        }
    }

    /// What was granted before, in an answer to an earlier question, and is not listed, was never heard of and never will be: only
    /// the answer to the newest question counts.
    fn renew(&mut self, host: HostId, number: u64, term: Time, held: &[Lease]) {
        for (shard, entry) in (0..).map(Shard).zip(&mut self.entries) {
            let State::Held { by, until, told, .. } = &mut entry.state else { continue };
            if *by != host {
                continue;
            }
            if held.contains(&Lease { shard, epoch: entry.epoch }) {
                *until = (*until).max(term);
            } else if told.is_some_and(|told| told < number) {
                entry.state = State::Free;
            }
        }
    }

    fn is_held_by(&self, host: HostId, lease: Lease) -> bool {
        self.entries.get(lease.shard.0 as usize).is_some_and(|entry| {
            let is_by = matches!(entry.state, State::Held { by, .. } if by == host);
            is_by && entry.epoch == lease.epoch
        })
    }

    fn plan(&self) -> Plan {
        let members: Vec<HostId> = self.members.iter().filter(|(_, member)| !member.leaves).map(|(host, _)| *host).collect();
        let seat = |entry: &Entry| {
            let (by, is_moving) = match entry.state {
                State::Free => (None, false),
                State::Held { by, is_moving, .. } => (Some(by), is_moving),
            };
            Seat { by, is_moving, wanted: entry.wanted }
        };
        plan(self.entries.iter().map(seat).collect(), &members)
    }

    /// What of the plan is this host's business.
    fn place(&mut self, host: HostId, number: u64, until: Time, changes: &mut Vec<Change>) -> (Vec<Lease>, Vec<Shard>) {
        let plan = self.plan();
        let mut granted = Vec::new();
        for shard in plan.grants.iter().filter(|(_, to)| *to == host).map(|(shard, _)| *shard) {
            let entry = &mut self.entries[shard.0 as usize];
            entry.epoch.0 += 1;
            entry.state = State::Held { by: host, until, told: Some(number), is_moving: false };
            entry.wanted = None;
            let lease = Lease { shard, epoch: entry.epoch };
            changes.push(Change::Held(lease, host));
            granted.push(lease);
        }
        // Said again until it is released: an answer may be lost, and a holder that could not give it up may be able to now.
        let mut yields = Vec::new();
        for (shard, entry) in (0..).map(Shard).zip(&mut self.entries) {
            if let State::Held { by, is_moving, .. } = &mut entry.state
                && *by == host
            {
                *is_moving |= plan.yields.contains(&shard);
                if *is_moving {
                    yields.push(shard);
                }
            }
        }
        (granted, yields)
    }
}
