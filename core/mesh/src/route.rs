//! The way of a message to a shard, whoever runs that now: given, passed on, or kept within its deadline.
use crate::{Host, HostId, Lease, Shard};
use alloc::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    vec::Vec,
};
use peerd_vat::Time;

/// Limit: how often a message may be passed on. Two, because whoever passes it on has asked the store later than who sent it there.
const HOPS_MAX: u8 = 2;
/// Limit: messages that wait at one host for shards.
const WAITING_MAX: usize = 65_536;
/// While messages wait for a shard, the store is asked this often who has it.
const FIND_MS: u64 = 500;
/// After so long a host that could not be reached is tried again.
const AWAY_MS: u64 = 1_000;
/// How often those that are remembered are gone through.
const FORGET_MS: u64 = 1_000;

/// Who sent it first, and a number that this one uses once. It stays the same wherever the message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    pub from: HostId,
    pub number: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel<T> {
    pub id: Id,
    pub shard: Shard,
    /// By the clock of the host where it is: it travels as what is left. After it nobody begins with it.
    pub deadline: Time,
    pub hops: u8,
    pub body: T,
}

/// What becomes of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way<T> {
    /// Into the vat that this host runs under this lease.
    Deliver(Lease, Parcel<T>),
    /// To the host that has it. If that can't be reached, say `bounced`.
    Forward(HostId, Parcel<T>),
    /// Messages wait, and who has the shard is not known here: `Ask::Find`.
    Find(Shard),
    /// Its sender is told: nobody has begun with it.
    Lost(Parcel<T>, Lost),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nobody took it in time.
    Expired,
    /// It was passed on as often as it may be.
    Astray,
    /// Too many wait.
    Full,
}

pub struct Router<T> {
    /// By shard, in the order in which they came.
    waiting: BTreeMap<Shard, VecDeque<Parcel<T>>>,
    /// When the first of each line runs out, or is to be asked for or sent again: before that nothing can be done for who waits.
    dues: BTreeMap<Shard, Time>,
    /// Who waits.
    ids: BTreeSet<Id>,
    /// Those that were given to a vat here, until nobody could begin with them any more.
    seen: BTreeMap<Id, Time>,
    /// Hosts that could not be reached, and until when nothing for that shard is sent there.
    away: BTreeMap<Shard, (HostId, Time)>,
    /// When the store is asked again who has it.
    finds_at: BTreeMap<Shard, Time>,
    /// When it is looked at again who of them need not be remembered.
    forgets_at: Time,
    /// That came a second time, and went nowhere.
    pub twice: u64,
}

impl<T> Default for Router<T> {
    fn default() -> Router<T> {
        Router {
            waiting: BTreeMap::new(),
            dues: BTreeMap::new(),
            ids: BTreeSet::new(),
            seen: BTreeMap::new(),
            away: BTreeMap::new(),
            finds_at: BTreeMap::new(),
            forgets_at: Time(0),
            twice: 0,
        }
    }
}

impl<T> Router<T> {
    /// From here or from another host.
    pub fn post(&mut self, now: Time, parcel: Parcel<T>, host: &Host, out: &mut Vec<Way<T>>) {
        if self.seen.contains_key(&parcel.id) || self.ids.contains(&parcel.id) {
            self.twice += 1;
            return;
        }
        if self.ids.len() >= WAITING_MAX {
            return out.push(Way::Lost(parcel, Lost::Full));
        }
        let shard = parcel.shard;
        self.ids.insert(parcel.id);
        self.is_due(shard, parcel.deadline);
        self.waiting.entry(shard).or_default().push_back(parcel);
        self.pump_one(now, shard, host, out);
    }

    /// It could not be passed on: it waits here again, ahead of what came later.
    pub fn bounced(&mut self, now: Time, to: HostId, parcel: Parcel<T>) {
        self.away.insert(parcel.shard, (to, now.after(AWAY_MS)));
        self.ids.insert(parcel.id);
        let parcel = Parcel { hops: parcel.hops - 1, ..parcel };
        self.is_due(parcel.shard, now);
        let line = self.waiting.entry(parcel.shard).or_default();
        let at = line.iter().take_while(|other| other.id.from == parcel.id.from && other.id.number < parcel.id.number).count();
        line.insert(at, parcel);
    }

    /// The host has heard of something, or time has passed.
    pub fn pump(&mut self, now: Time, host: &Host, out: &mut Vec<Way<T>>) {
        if now >= self.forgets_at {
            self.forgets_at = now.after(FORGET_MS);
            self.seen.retain(|_, deadline| *deadline > now);
        }
        let shards: Vec<Shard> = self.waiting.keys().copied().collect();
        shards.into_iter().for_each(|shard| self.pump_one(now, shard, host, out));
    }

    /// Its sender wants it no more. None: it has gone where it was for, or on its way there.
    pub fn cancel(&mut self, shard: Shard, id: Id) -> Option<Parcel<T>> {
        let line = self.waiting.get_mut(&shard)?;
        let parcel = line.iter().position(|parcel| parcel.id == id).and_then(|at| line.remove(at));
        self.ids.remove(&id);
        if self.waiting.get(&shard).is_some_and(VecDeque::is_empty) {
            self.waiting.remove(&shard);
            self.dues.remove(&shard);
        }
        parcel
    }

    #[must_use]
    pub fn wake_at(&self) -> Option<Time> {
        self.dues.values().min().copied()
    }

    #[must_use]
    pub fn waiting(&self) -> usize {
        self.ids.len()
    }

    fn is_due(&mut self, shard: Shard, at: Time) {
        let due = self.dues.entry(shard).or_insert(at);
        *due = (*due).min(at);
    }

    fn pump_one(&mut self, now: Time, shard: Shard, host: &Host, out: &mut Vec<Way<T>>) {
        let (lease, me) = (host.takes(now, shard), host.id());
        self.away.retain(|_, (_, until)| *until > now);
        let is_away = |holder: &HostId| self.away.get(&shard).is_some_and(|(away, _)| away == holder);
        let holder = host.holder(shard).map(|(holder, _)| holder).filter(|holder| Some(*holder) != me && !is_away(holder));
        // Lines are long when a host has died: each is gone through when that can help.
        let goes_nowhere = lease.is_none() && (holder.is_none() || host.phase(shard).is_some());
        let asks = host.phase(shard).is_none() && self.finds_at.get(&shard).is_none_or(|at| *at <= now);
        if goes_nowhere && !asks && self.dues.get(&shard).is_some_and(|due| *due > now) {
            return;
        }
        let Some(line) = self.waiting.remove(&shard) else { return };
        self.dues.remove(&shard);
        let mut left = VecDeque::new();
        for parcel in line {
            let way = match (lease, holder) {
                _ if parcel.deadline <= now => Way::Lost(parcel, Lost::Expired),
                (Some(lease), _) => Way::Deliver(lease, parcel),
                // It runs here, and is opened or given up just now.
                (None, Some(_)) if host.phase(shard).is_some() => {
                    left.push_back(parcel);
                    continue;
                }
                (None, Some(_)) if parcel.hops >= HOPS_MAX => Way::Lost(parcel, Lost::Astray),
                (None, Some(to)) => Way::Forward(to, Parcel { hops: parcel.hops + 1, ..parcel }),
                (None, None) => {
                    left.push_back(parcel);
                    continue;
                }
            };
            if let Way::Deliver(_, parcel) | Way::Forward(_, parcel) | Way::Lost(parcel, _) = &way {
                self.ids.remove(&parcel.id);
            }
            // One that was passed on may come back: the shard may be here by then.
            if let Way::Deliver(_, parcel) = &way {
                self.seen.insert(parcel.id, parcel.deadline);
            }
            out.push(way);
        }
        if left.is_empty() {
            self.finds_at.remove(&shard);
            return;
        }
        let first = left.iter().map(|parcel| parcel.deadline).min().expect("it is not empty");
        self.waiting.insert(shard, left);
        self.is_due(shard, first);
        if let Some((_, until)) = self.away.get(&shard) {
            self.is_due(shard, *until);
        }
        if host.phase(shard).is_some() {
            return;
        }
        let at = self.finds_at.entry(shard).or_insert(now);
        if *at <= now {
            *at = now.after(FIND_MS);
            out.push(Way::Find(shard));
        }
        let at = *at;
        self.is_due(shard, at);
    }
}
