//! The holder's side: which shards this host runs under which leases, and until when it may speak for them.
use crate::{Answer, Ask, Epoch, Found, HostId, Lease, Shard, Terms};
use alloc::{collections::BTreeMap, vec::Vec};
use peerd_vat::Time;

/// What a host must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Of the store, to a question of this host.
    Answered(Answer),
    /// It runs: its journal is open under the epoch of this lease.
    Opened(Lease),
    /// It could not be opened, or has ended by itself: nothing will be said under this epoch any more.
    Ended(Lease),
    /// It was given up in order: all that it did is on the disk, and what its next owner needs to go on.
    Sealed(Lease),
    /// It could not be given up, and goes on.
    NotSealed(Lease),
    /// Time may have passed that the clock did not show: a page was frozen, a machine slept.
    Thawed,
    /// Asked for from outside, or by an actor in its turn.
    Move { shard: Shard, to: HostId },
    /// This host is to be taken out: it gives up all it has, at once.
    Leave,
    /// The store has something for this host, which need not wait until it asks.
    Nudged,
}

/// What it asks of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Of the store.
    Ask(Ask),
    /// Open its journal under this epoch.
    Open(Lease),
    /// Give it up: take nothing more, finish what is under way, make all durable, close the journal.
    Seal(Lease),
    /// It is not ours any more, or will not be: stop it where it stands. It has nothing more to say, and writes nothing.
    Drop(Lease),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Opening,
    Open,
    /// To be over by then.
    Sealing(Time),
}

struct Held {
    epoch: Epoch,
    phase: Phase,
    /// By this host's clock, counted from when the renewal was asked for.
    speaks_until: Time,
    /// Renewed since the last thaw.
    is_sure: bool,
}

pub struct Host {
    terms: Terms,
    id: Option<HostId>,
    held: BTreeMap<Shard, Held>,
    /// Not known to the store yet.
    released: Vec<Lease>,
    moves: Vec<(Shard, HostId)>,
    leaves: bool,
    number: u64,
    /// Questions that may still be answered, and when each was asked.
    asked: BTreeMap<u64, Time>,
    asks_at: Time,
    /// Questions before this one were asked before the last thaw: nobody knows how long ago.
    thawed_at: u64,
    holders: BTreeMap<Shard, (HostId, Epoch)>,
}

impl Host {
    #[must_use]
    pub fn new(terms: Terms) -> Host {
        Host {
            terms,
            id: None,
            held: BTreeMap::new(),
            released: Vec::new(),
            moves: Vec::new(),
            leaves: false,
            number: 0,
            asked: BTreeMap::new(),
            asks_at: Time(0),
            thawed_at: 0,
            holders: BTreeMap::new(),
        }
    }

    #[must_use]
    pub const fn id(&self) -> Option<HostId> {
        self.id
    }

    /// The gate: whether something may leave that was done under this lease. Asked after the flush, right before it leaves.
    #[must_use]
    pub fn may_speak(&self, now: Time, lease: Lease) -> bool {
        self.held.get(&lease.shard).is_some_and(|held| held.epoch == lease.epoch && held.is_sure && now < held.speaks_until)
    }

    /// The same as a time by this host's clock, for who looks at the clock itself.
    #[must_use]
    pub fn speaks_until(&self, lease: Lease) -> Option<Time> {
        self.held.get(&lease.shard).filter(|held| held.epoch == lease.epoch && held.is_sure).map(|held| held.speaks_until)
    }

    /// Whether messages may be given to it: what is being given up takes no more.
    #[must_use]
    pub fn takes(&self, now: Time, shard: Shard) -> Option<Lease> {
        let held = self.held.get(&shard).filter(|held| held.phase == Phase::Open)?;
        Some(Lease { shard, epoch: held.epoch }).filter(|lease| self.may_speak(now, *lease))
    }

    #[must_use]
    pub fn phase(&self, shard: Shard) -> Option<Phase> {
        self.held.get(&shard).map(|held| held.phase)
    }

    /// Who has it, as the store last said.
    #[must_use]
    pub fn holder(&self, shard: Shard) -> Option<(HostId, Epoch)> {
        self.holders.get(&shard).copied()
    }

    pub fn leases(&self) -> impl Iterator<Item = Lease> + '_ {
        self.held.iter().map(|(shard, held)| Lease { shard: *shard, epoch: held.epoch })
    }

    /// It has left: nothing of it is left to be said.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.leaves && self.held.is_empty() && self.released.is_empty()
    }

    /// When `handle` or `tick` must be called though nothing comes.
    #[must_use]
    pub fn wake_at(&self) -> Time {
        let ends = self.held.values().map(|held| match held.phase {
            Phase::Sealing(until) => until.min(held.speaks_until),
            Phase::Opening | Phase::Open => held.speaks_until,
        });
        ends.chain([self.asks_at]).min().expect("there is one")
    }

    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        // What comes is judged by what is still ours at this time.
        self.expire(now, out);
        match input {
            Input::Answered(Answer::Joined(id)) => {
                if self.id.is_none() {
                    self.id = Some(id);
                    self.ask(now, out);
                }
            }
            Input::Answered(Answer::Found(shard, Found::At(host, epoch))) => {
                self.holders.insert(shard, (host, epoch));
            }
            Input::Answered(Answer::Found(shard, Found::NotNow)) => {
                self.holders.remove(&shard);
            }
            Input::Answered(Answer::Renewed { number, kept, granted, yields, holders }) => {
                let Some(speaks_until) = self.renewed(now, number, &kept, out) else { return };
                if number == self.number {
                    self.holders = holders.into_iter().map(|(shard, host, epoch)| (shard, (host, epoch))).collect();
                    self.moves.clear();
                    self.released.clear();
                    self.granted(now, speaks_until, &granted, out);
                    self.yields(now, &yields, out);
                }
            }
            Input::Opened(lease) => {
                if let Some(held) = self.of(lease)
                    && held.phase == Phase::Opening
                {
                    held.phase = Phase::Open;
                    if self.leaves {
                        self.yields(now, &[lease.shard], out);
                    }
                }
            }
            Input::Ended(lease) | Input::Sealed(lease) => {
                if self.of(lease).is_some() {
                    self.release(now, lease, out);
                }
            }
            Input::NotSealed(lease) => {
                if let Some(held) = self.of(lease)
                    && matches!(held.phase, Phase::Sealing(_))
                {
                    held.phase = Phase::Open;
                }
            }
            Input::Thawed => {
                self.held.values_mut().for_each(|held| held.is_sure = false);
                self.thawed_at = self.number + 1;
                self.ask(now, out);
            }
            Input::Move { shard, to } => {
                self.moves.push((shard, to));
                self.ask(now, out);
            }
            Input::Leave => {
                self.leaves = true;
                let all: Vec<Shard> = self.held.keys().copied().collect();
                self.yields(now, &all, out);
                self.ask(now, out);
            }
            Input::Nudged => self.ask(now, out),
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time, out: &mut Vec<Output>) {
        self.expire(now, out);
        let late: Vec<Shard> = self
            .held
            .iter()
            .filter(|(_, held)| matches!(held.phase, Phase::Sealing(until) if until <= now))
            .map(|(shard, _)| *shard)
            .collect();
        for shard in late {
            // Stuck: what its journal has is what the next owner goes on from.
            let lease = Lease { shard, epoch: self.held[&shard].epoch };
            out.push(Output::Drop(lease));
            self.release(now, lease, out);
        }
        if now >= self.asks_at {
            self.ask(now, out);
        }
    }

    fn of(&mut self, lease: Lease) -> Option<&mut Held> {
        self.held.get_mut(&lease.shard).filter(|held| held.epoch == lease.epoch)
    }

    /// Not renewed in time: whatever happens now, another may have it soon.
    fn expire(&mut self, now: Time, out: &mut Vec<Output>) {
        for (shard, held) in self.held.extract_if(.., |_, held| held.speaks_until <= now) {
            out.push(Output::Drop(Lease { shard, epoch: held.epoch }));
        }
    }

    fn release(&mut self, now: Time, lease: Lease, out: &mut Vec<Output>) {
        self.held.remove(&lease.shard);
        self.released.push(lease);
        self.ask(now, out);
    }

    fn ask(&mut self, now: Time, out: &mut Vec<Output>) {
        self.asks_at = now.after(self.terms.renew_ms);
        let Some(host) = self.id else {
            return out.push(Output::Ask(Ask::Join));
        };
        self.number += 1;
        // A later answer renews nothing.
        let speaks_ms = self.terms.speaks_ms();
        self.asked.retain(|_, asked| asked.after(speaks_ms) > now);
        self.asked.insert(self.number, now);
        let (held, released, moves) = (self.leases().collect(), self.released.clone(), self.moves.clone());
        out.push(Output::Ask(Ask::Renew { host, number: self.number, held, released, leaves: self.leaves, moves }));
    }

    /// Until when the answer to this question lets speak. None: it was answered before, or asked too long ago.
    fn renewed(&mut self, now: Time, number: u64, kept: &[Lease], out: &mut Vec<Output>) -> Option<Time> {
        let until = self.asked.remove(&number)?.after(self.terms.speaks_ms());
        let is_since_thaw = number >= self.thawed_at;
        for lease in kept {
            if let Some(held) = self.of(*lease) {
                held.speaks_until = held.speaks_until.max(until);
                held.is_sure |= is_since_thaw;
            }
        }
        if number == self.number {
            // It was asked for with all that is held here.
            for (shard, held) in self.held.extract_if(.., |shard, held| !kept.contains(&Lease { shard: *shard, epoch: held.epoch })) {
                out.push(Output::Drop(Lease { shard, epoch: held.epoch }));
            }
        }
        self.expire(now, out);
        Some(until)
    }

    fn granted(&mut self, now: Time, speaks_until: Time, granted: &[Lease], out: &mut Vec<Output>) {
        if speaks_until <= now {
            // It took so long that they are not ours any more. The next question says so by not naming them.
            return;
        }
        for &lease in granted {
            let held = Held { epoch: lease.epoch, phase: Phase::Opening, speaks_until, is_sure: true };
            self.held.insert(lease.shard, held);
            out.push(Output::Open(lease));
        }
    }

    fn yields(&mut self, now: Time, yields: &[Shard], out: &mut Vec<Output>) {
        let until = now.after(self.terms.seal_ms);
        for shard in yields {
            if let Some(held) = self.held.get_mut(shard).filter(|held| held.phase == Phase::Open) {
                held.phase = Phase::Sealing(until);
                out.push(Output::Seal(Lease { shard: *shard, epoch: held.epoch }));
            }
        }
    }
}
