//! The world of a play: true time, what is under way, the store of leases, the machines and the disks.
use super::{
    Lie, Tally,
    check::Checks,
    clock::{Clock, DRIFT_MAX},
    disk::Disk,
    machine::{Event, Machine},
    trouble::Strain,
};
use crate::{Digest, Draw};
use peerd_mesh::{Ask, Change, Host, HostId, Store, Terms};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::Hasher,
    mem,
};

const MILLION: u64 = 1_000_000;
/// Limit: what happens in one play; more is a livelock.
const STEPS_MAX: u64 = 100_000_000;
/// How long what is said takes, mostly.
const WAY_MS: u64 = 20;

/// What is under way.
pub(crate) enum Item {
    To(usize, Event),
    Ask(usize, Ask),
    StoreBack,
}

pub struct Mesh {
    pub draw: Draw,
    pub tally: Tally,
    pub turns: u64,
    pub(crate) now: u64,
    pub(crate) shards: u32,
    pub(crate) keys: u64,
    pub(crate) machines: Vec<Machine>,
    pub(crate) disks: Vec<Disk>,
    pub(crate) checks: Checks,
    pub(crate) numbers: u64,
    queue: BTreeMap<(u64, u64), Item>,
    steps: u64,
    store: Option<Store>,
    store_clock: Clock,
    durable: Vec<Change>,
    terms: Terms,
    /// Machines that the store does not hear, nor they it.
    pub(crate) unheard: BTreeSet<usize>,
    /// Pairs that don't hear each other, until then.
    pub(crate) parted: BTreeMap<(usize, usize), u64>,
    /// When the last that left from one to another will be there: nothing overtakes.
    busy: BTreeMap<(usize, usize), u64>,
    pub(crate) store_ms: u64,
    /// The next question makes the store fail.
    pub(crate) store_fails: bool,
    /// Nothing goes wrong any more.
    pub(crate) is_calm: bool,
    digest: Digest,
    transcript: Option<String>,
    failure: Option<String>,
}

impl Mesh {
    pub(crate) fn new(seed: u64, shards: u32, keys: u64, hosts: u64, keeps_transcript: bool) -> Mesh {
        let terms = Terms::default();
        let mut mesh = Mesh {
            draw: Draw::new(seed),
            tally: Tally::default(),
            turns: 0,
            now: 0,
            shards,
            keys,
            machines: Vec::new(),
            disks: (0..shards).map(|_| Disk::default()).collect(),
            checks: Checks::default(),
            numbers: 0,
            queue: BTreeMap::new(),
            steps: 0,
            store: None,
            store_clock: Clock::new(0, 0, MILLION),
            durable: Vec::new(),
            terms,
            unheard: BTreeSet::new(),
            parted: BTreeMap::new(),
            busy: BTreeMap::new(),
            store_ms: WAY_MS,
            store_fails: false,
            is_calm: false,
            digest: Digest::default(),
            transcript: keeps_transcript.then(String::new),
            failure: None,
        };
        mesh.store_clock = mesh.any_clock();
        mesh.open_store();
        (0..hosts).for_each(|_| mesh.join());
        mesh
    }

    fn any_clock(&mut self) -> Clock {
        let (zero, rate) = (self.draw.below(1_000_000), self.draw.between(MILLION - DRIFT_MAX, MILLION + DRIFT_MAX));
        Clock::new(self.now, zero, rate)
    }

    /// A new life of a host, on a machine of its own.
    pub(crate) fn join(&mut self) {
        let clock = self.any_clock();
        self.machines.push(Machine::new(clock, Host::new(self.terms)));
        self.note(&format!("host {} begins", self.machines.len() - 1));
        self.later(0, Item::To(self.machines.len() - 1, Event::Wake));
    }

    pub(crate) fn living(&self) -> Vec<usize> {
        (0..self.machines.len()).filter(|at| self.machines[*at].is_alive && !self.machines[*at].leaves).collect()
    }

    pub(crate) fn machine_of(&self, id: HostId) -> Option<usize> {
        self.machines.iter().position(|machine| machine.host.id() == Some(id))
    }

    pub(crate) fn later(&mut self, ms: u64, item: Item) {
        self.steps += 1;
        self.queue.insert((self.now + ms, self.steps), item);
    }

    /// Mostly short, rarely very long.
    pub(crate) fn any_ms(&mut self) -> u64 {
        if !self.is_calm && self.draw.one_in(50) { 1 << self.draw.below(14) } else { self.draw.between(1, WAY_MS) }
    }

    /// In order, and none while the two are parted.
    pub(crate) fn send(&mut self, from: usize, to: usize, event: Event) {
        let ms = if from == to { 0 } else { self.any_ms() };
        let shut = self.parted.get(&(from.min(to), from.max(to))).copied().unwrap_or(0);
        let busy = self.busy.entry((from, to)).or_default();
        *busy = (self.now + ms).max(shut).max(*busy);
        let ms = *busy - self.now;
        self.later(ms, Item::To(to, event));
    }

    pub(crate) fn ask(&mut self, from: usize, ask: Ask) {
        if !self.unheard.contains(&from) {
            let ms = self.draw.between(1, self.store_ms);
            self.later(ms, Item::Ask(from, ask));
        }
    }

    fn open_store(&mut self) {
        let now = self.store_clock.local(self.now);
        self.store = Some(Store::open(now, self.terms, self.shards, self.durable.iter().copied()));
    }

    fn asked(&mut self, from: usize, ask: &Ask) {
        let now = self.store_clock.local(self.now);
        let Some(store) = &mut self.store else { return };
        let mut changes = Vec::new();
        let answer = store.ask(now, ask, &mut changes);
        if mem::take(&mut self.store_fails) {
            // Of what it was about to write some is there, and nobody hears of it.
            let kept = self.draw.below(changes.len() as u64 + 1) as usize;
            self.durable.extend(changes.into_iter().take(kept));
            self.store = None;
            let ms = self.draw.between(1, 20_000);
            return self.later(ms, Item::StoreBack);
        }
        self.durable.extend(changes);
        let nudged = store.nudges(now);
        // An answer may be lost though all was done.
        if let Some(answer) = answer.filter(|_| !self.unheard.contains(&from) && (self.is_calm || !self.draw.one_in(40))) {
            let ms = self.draw.between(1, self.store_ms);
            self.later(ms, Item::To(from, Event::Answer(answer)));
        }
        for id in nudged {
            if let Some(at) = self.machine_of(id).filter(|at| !self.unheard.contains(at)) {
                let ms = self.draw.between(1, self.store_ms);
                self.later(ms, Item::To(at, Event::Nudge));
            }
        }
    }

    /// Until then, or until something is found to be wrong.
    pub(crate) fn advance(&mut self, ms: u64) {
        let until = self.now + ms;
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= until) {
            if self.failure.is_some() {
                return;
            }
            if self.steps > STEPS_MAX {
                return self.fail("livelock: things happen without end");
            }
            self.now = entry.key().0;
            match entry.remove() {
                Item::To(at, event) => self.deliver(at, event),
                Item::Ask(from, ask) => self.asked(from, &ask),
                Item::StoreBack => self.open_store(),
            }
        }
        self.now = until;
    }

    pub(crate) fn heal(&mut self) {
        self.is_calm = true;
        (self.store_ms, self.store_fails) = (WAY_MS, false);
        self.unheard.clear();
        self.parted.clear();
        if self.store.is_none() {
            self.open_store();
        }
    }

    pub(crate) fn count(&mut self, strain: Strain) {
        self.tally.faults[strain as usize] += 1;
        self.note(strain.name());
    }

    pub(crate) fn lie(&mut self, lie: Lie) {
        let verdict = self.checks.lie(lie);
        self.judge(verdict);
    }

    pub(crate) fn judge(&mut self, verdict: Result<(), String>) {
        if let Err(why) = verdict {
            self.fail(&why);
        }
    }

    pub(crate) const fn failed(&self) -> bool {
        self.failure.is_some()
    }

    pub(crate) fn note(&mut self, text: &str) {
        self.digest.write_u64(self.now);
        self.digest.write(text.as_bytes());
        if let Some(transcript) = &mut self.transcript {
            *transcript += &format!("{}.{:03} {text}\n", self.now / 1_000, self.now % 1_000);
        }
    }

    pub(crate) fn fail(&mut self, why: &str) {
        if self.failure.is_none() {
            self.failure = Some(format!("{why} (at {} ms)", self.now));
            self.note(&format!("= {why}"));
        }
    }

    /// The end: what was found, the hash of all that was noted, what was written down.
    pub(crate) fn finish(mut self) -> (Result<(), String>, u64, Tally, String) {
        self.tally.checks = self.checks.counts;
        (self.failure.map_or(Ok(()), Err), self.digest.value(), self.tally, self.transcript.unwrap_or_default())
    }
}
