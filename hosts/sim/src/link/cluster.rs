//! Some vats, their hosts, the network between them, and one clock.
use super::{
    Tally,
    check::{Checks, Lie, Word, book_of},
    network::{Network, Trouble},
    talker::{Host, Talker},
};
use crate::{BOOK, Digest, Draw};
use peerd_otp::{Server, behaviour};
use peerd_vat::{ActorId, Config, DeadClass, Input, Output, Outputs, Ref, Time, Vat, VatId, What};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

/// Limit: turns and arrivals at one point in time; more is a livelock.
const STEPS_MAX: u64 = 200_000;
/// Several windows of far senders and what a play sends at once; it never overflows while credits hold.
const MAILBOX_MAX: u32 = 4_000;

pub struct Cluster {
    pub draw: Draw,
    pub tally: Tally,
    pub turns: u64,
    pub facts: u64,
    vats: Vec<Vat>,
    epochs: Vec<u64>,
    network: Network,
    now: Time,
    /// Pairs of vats with a connection, the smaller first.
    connected: BTreeSet<(VatId, VatId)>,
    /// Those who live, by name.
    talkers: BTreeMap<String, (VatId, Ref)>,
    labels: BTreeMap<(VatId, ActorId), String>,
    born: u64,
    checks: Checks,
    digest: Digest,
    transcript: Option<String>,
    failure: Option<String>,
    heard: BTreeSet<(String, String)>,
}

impl Cluster {
    pub(crate) fn new(seed: u64, vats: u32, keeps_transcript: bool) -> Cluster {
        let mut cluster = Cluster {
            draw: Draw::new(seed),
            tally: Tally::default(),
            turns: 0,
            facts: 0,
            vats: Vec::new(),
            epochs: Vec::new(),
            network: Network::default(),
            now: Time(0),
            connected: BTreeSet::new(),
            talkers: BTreeMap::new(),
            labels: BTreeMap::new(),
            born: 0,
            checks: Checks::default(),
            digest: Digest::default(),
            transcript: keeps_transcript.then(String::new),
            failure: None,
            heard: BTreeSet::new(),
        };
        for n in 1..=vats {
            cluster.vats.push(new_vat(VatId(n), 1));
            cluster.epochs.push(1);
        }
        for id in cluster.ids() {
            cluster.boot(id);
        }
        for (one, other) in cluster.pairs() {
            cluster.connect(one, other);
        }
        cluster.settle();
        cluster
    }

    pub(crate) fn ids(&self) -> Vec<VatId> {
        (1..=self.vats.len() as u32).map(VatId).collect()
    }

    pub(crate) fn pairs(&self) -> Vec<(VatId, VatId)> {
        let ids = self.ids();
        ids.iter().flat_map(|one| ids.iter().filter(move |other| one < *other).map(move |other| (*one, *other))).collect()
    }

    pub(crate) fn any_vat(&mut self) -> VatId {
        let ids = self.ids();
        *self.draw.pick(&ids).expect("a cluster has vats")
    }

    pub(crate) fn any_pair(&mut self) -> (VatId, VatId) {
        let pairs = self.pairs();
        *self.draw.pick(&pairs).expect("a cluster has two vats or more")
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.talkers.keys().cloned().collect()
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// From here on no connection ends: all that is said must be heard.
    pub(crate) fn loses_nothing(&mut self) {
        self.checks.lossless = true;
    }

    /// The checkers are lied to.
    pub(crate) fn lie(&mut self, lie: Lie) {
        self.checks.lie = Some(lie);
    }

    fn boot(&mut self, id: VatId) {
        let others: Vec<VatId> = self.ids().into_iter().filter(|other| *other != id).collect();
        let seed = self.draw.number();
        let vat = self.vat(id);
        let refs = [vec![vat.port(BOOK)], others.iter().map(|other| vat.peer(*other)).collect()].concat();
        let args = others.iter().map(|other| format!("v{}", other.0)).collect::<Vec<_>>().join(" ").into_bytes();
        self.input(id, Input::Entropy { seed });
        self.input(id, Input::Boot { behaviour: Host::NAME.into(), args, refs });
    }

    /// A new talker in this vat.
    pub(crate) fn spawn(&mut self, id: VatId) {
        self.born += 1;
        let (epoch, n) = (self.epochs[place(id)], self.born);
        let traps = if self.draw.one_in(2) { "traps" } else { "plain" };
        self.host(id, &format!("spawn {}.{epoch}.{n} {traps}", id.0));
    }

    pub(crate) fn introduce(&mut self) {
        for id in self.ids() {
            self.host(id, "introduce");
        }
    }

    fn host(&mut self, id: VatId, order: &str) {
        if let Some(to) = self.vat(id).root() {
            self.input(id, Input::Message { to, body: order.into(), refs: Vec::new() });
        }
    }

    /// An order to a talker, if it lives.
    pub(crate) fn tell(&mut self, name: &str, order: &str) {
        if let Some((vat, to)) = self.talkers.get(name).copied() {
            self.input(vat, Input::Message { to, body: order.into(), refs: Vec::new() });
        }
    }

    pub(crate) fn connect(&mut self, one: VatId, other: VatId) {
        if self.connected.insert((one.min(other), one.max(other))) {
            self.checks.connected(one, other);
            self.note(&format!("{} and {} are connected", one.0, other.0));
            self.input(one, Input::LinkUp { vat: other });
            self.input(other, Input::LinkUp { vat: one });
        }
    }

    fn disconnect(&mut self, one: VatId, other: VatId, bytes: usize) {
        if self.connected.remove(&(one.min(other), one.max(other))) {
            self.note(&format!("{} and {} are cut apart", one.0, other.0));
            self.checks.disconnected(one, other);
            for (from, to, piece) in self.network.reset(one, other, bytes) {
                self.input(to, Input::Link { vat: from, bytes: piece });
            }
            self.input(one, Input::LinkDown { vat: other });
            self.input(other, Input::LinkDown { vat: one });
        }
    }

    pub(crate) fn cut(&mut self, (one, other): (VatId, VatId)) {
        self.disconnect(one, other, 0);
    }

    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        let (one, other) = self.any_pair();
        let (from, to) = if self.draw.one_in(2) { (one, other) } else { (other, one) };
        self.tally.faults[trouble as usize] += 1;
        self.note(&format!("trouble: {} between {} and {}", trouble.name(), from.0, to.0));
        match trouble {
            Trouble::Reset => self.disconnect(one, other, 0),
            Trouble::ResetMidFrame => {
                let bytes = self.draw.between(1, 80) as usize;
                self.disconnect(one, other, bytes);
            }
            // Mostly short, rarely very long.
            Trouble::Delay => self.network.way(from, to).delay_ms = 1 << self.draw.below(13),
            Trouble::Slow => self.network.way(from, to).bytes_per_ms = self.draw.between(1, 50),
            Trouble::OneWay => self.network.way(from, to).is_shut = true,
            Trouble::Partition => {
                self.network.way(from, to).is_shut = true;
                self.network.way(to, from).is_shut = true;
            }
            Trouble::VatLost => {
                let id = self.any_vat();
                self.lose(id);
            }
        }
    }

    /// The vat is gone; another begins in its place.
    fn lose(&mut self, id: VatId) {
        for other in self.ids().into_iter().filter(|other| *other != id) {
            self.disconnect(id, other, 0);
        }
        for (name, _) in self.talkers.clone().into_iter().filter(|(_, (vat, _))| *vat == id) {
            self.talkers.remove(&name);
            self.checks.ended(&name);
        }
        self.labels.retain(|(vat, _), _| *vat != id);
        self.epochs[place(id)] += 1;
        *self.vat(id) = new_vat(id, self.epochs[place(id)]);
        self.boot(id);
    }

    /// The network is whole, and these are connected.
    pub(crate) fn heal(&mut self, pairs: Vec<(VatId, VatId)>) {
        self.network.heal();
        for (one, other) in pairs {
            self.connect(one, other);
        }
        self.settle();
    }

    /// Until nothing more happens at this time.
    pub(crate) fn settle(&mut self) {
        for _ in 0..STEPS_MAX {
            let mut moved = false;
            for id in self.ids() {
                moved |= self.turn(id);
            }
            if let Some((from, to, bytes)) = self.network.next(self.now) {
                self.input(to, Input::Link { vat: from, bytes });
                moved = true;
            }
            if !moved || self.failure.is_some() {
                return;
            }
        }
        self.fail("livelock: turns without end at one time");
    }

    /// A few turns of one vat, or one arrival: what has happened is not all there is to happen.
    pub(crate) fn nudge(&mut self) {
        let id = self.any_vat();
        for _ in 0..self.draw.below(4) {
            self.turn(id);
        }
        if let Some((from, to, bytes)) = self.network.next(self.now) {
            self.input(to, Input::Link { vat: from, bytes });
        }
    }

    pub(crate) fn advance(&mut self, ms: u64) {
        let until = self.now.after(ms);
        self.settle();
        while self.failure.is_none() {
            let next = self.vats.iter().filter_map(Vat::wake_at).chain(self.network.next_at()).min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
            self.settle();
        }
        self.now = until;
        self.settle();
    }

    fn vat(&mut self, id: VatId) -> &mut Vat {
        &mut self.vats[place(id)]
    }

    fn turn(&mut self, id: VatId) -> bool {
        let (now, mut out) = (self.now, Outputs::new());
        let ran = self.vat(id).run(now, 1, &mut out);
        self.turns += ran.turns;
        self.take(id, out);
        ran.turns > 0
    }

    fn input(&mut self, id: VatId, input: Input) {
        let (now, mut out) = (self.now, Outputs::new());
        if self.vat(id).handle(now, input, &mut out).is_err() {
            self.fail("an input was refused: no play fills a mailbox from outside");
        }
        self.take(id, out);
    }

    fn take(&mut self, id: VatId, out: Outputs) {
        for output in out {
            match output {
                Output::Link { vat, bytes } if self.connected.contains(&(id.min(vat), id.max(vat))) => {
                    self.network.send(self.now, id, vat, bytes);
                }
                Output::LinkClosed { vat, why } => self.fail(&format!("{} cut {} off: {why}", id.0, vat.0)),
                Output::Port { from, body, refs, .. } => self.word(id, from, &String::from_utf8_lossy(&body), refs.first().copied()),
                Output::Trace(fact) => {
                    self.facts += 1;
                    self.digest.fact(&fact);
                    self.fact(id, fact.actor, &fact.what);
                }
                _ => {}
            }
        }
        let counters = self.vat(id).counters();
        if !counters.balance() {
            self.fail(&format!("I10: sent = handled + dead + in flight does not hold in {}: {counters:?}", id.0));
        }
    }

    fn fact(&mut self, id: VatId, actor: Option<ActorId>, what: &What) {
        match what {
            What::Spawned { child, label, .. } if !label.is_empty() => {
                self.labels.insert((id, *child), label.clone());
            }
            What::Ended { .. } => {
                if let Some(name) = actor.and_then(|actor| self.labels.remove(&(id, actor))) {
                    self.note(&format!("{name} ended"));
                    self.talkers.remove(&name);
                    self.checks.ended(&name);
                }
            }
            What::Dead { class: DeadClass::Overloaded, .. } => self.fail("credits: a mailbox overflowed"),
            _ => {}
        }
    }

    /// `VERB WHOM NUMBER ..`, said by a talker to the book.
    fn word(&mut self, vat: VatId, from: Ref, text: &str, lent: Option<Ref>) {
        if let Some((whom, number)) = text.strip_prefix("N ").and_then(|rest| rest.split_once(' ')) {
            return self.written(vat, whom, number);
        }
        let Some(me) = from.actor_id().and_then(|actor| self.labels.get(&(vat, actor))).cloned() else { return };
        let mut parts = text.split(' ');
        let (verb, whom, number) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
        let number = number.and_then(|number| number.parse().ok()).unwrap_or(0);
        let more = parts.next().unwrap_or_default();
        self.note(&format!("{me} {text}"));
        if let ("B", Some(lent)) = (verb, lent) {
            self.talkers.insert(me.clone(), (vat, lent));
        }
        if verb == "G" {
            self.heard.insert((me.clone(), whom.into()));
        }
        if let Err(why) = self.checks.word(Word { me: &me, verb, whom, number, more }) {
            self.fail(&why);
        }
    }

    /// Into the book of a vat, by a talker of another: what one writes comes in order there, too.
    fn written(&mut self, vat: VatId, whom: &str, number: &str) {
        let (me, number) = (book_of(&vat.0.to_string()), number.parse().unwrap_or(0));
        self.note(&format!("{me} N {whom} {number}"));
        if let Err(why) = self.checks.word(Word { me: &me, verb: "G", whom, number, more: "" }) {
            self.fail(&why);
        }
    }

    /// Since this was last asked: who has heard from whom.
    pub(crate) fn heard(&mut self) -> BTreeSet<(String, String)> {
        mem::take(&mut self.heard)
    }

    pub(crate) fn require(&mut self, holds: bool, claim: &str) {
        if !holds {
            self.fail(&format!("liveness: {claim}"));
        }
    }

    /// Nothing is under way any more.
    pub(crate) fn judge_quiet(&mut self) {
        if let Err(why) = self.checks.quiet() {
            self.fail(&why);
        }
        let left = self.vats.iter().map(|vat| vat.counters().in_flight).sum::<u64>();
        if left > 0 {
            self.fail(&format!("I10: {left} are still in flight, and nothing moves"));
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.failure.is_some()
    }

    /// The end: what was found, the hash of all facts, what was written down.
    pub(crate) fn finish(mut self) -> (Result<(), String>, u64, Tally, String) {
        self.tally.checks = self.checks.counts;
        (self.failure.map_or(Ok(()), Err), self.digest.value(), self.tally, self.transcript.unwrap_or_default())
    }

    fn note(&mut self, text: &str) {
        if let Some(transcript) = &mut self.transcript {
            *transcript += &format!("{}.{:03} {text}\n", self.now.0 / 1_000, self.now.0 % 1_000);
        }
    }

    fn fail(&mut self, why: &str) {
        if self.failure.is_none() {
            self.failure = Some(format!("{why} (at {} ms)", self.now.0));
            self.note(&format!("= {why}"));
        }
    }
}

fn place(id: VatId) -> usize {
    id.0 as usize - 1
}

fn new_vat(id: VatId, epoch: u64) -> Vat {
    let config = Config { vat: id, epoch, trace: true, mailbox_entries_max: MAILBOX_MAX, ..Config::default() };
    Vat::new(config, vec![behaviour::<Host>(), behaviour::<Talker>()])
}
