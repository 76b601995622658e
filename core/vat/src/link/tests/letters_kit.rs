//! Vats with journals and the connections between them. A test says each step: turns, flights, pieces on their way, ends of all.
use crate::{
    ActorId, Config, Input, Output, Outputs, PortId, Ref, Rights, Time, Vat, VatId,
    refs::Key,
    tests::{disk::Disk, notes::Note, puppet::Puppet},
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, VecDeque},
    format,
    string::String,
    vec,
    vec::Vec,
};

pub struct World {
    sites: Vec<Site>,
    /// Pieces from one vat to another. No connection, no queue.
    ways: BTreeMap<(VatId, VatId), VecDeque<Vec<u8>>>,
}

struct Site {
    vat: Vat,
    disk: Disk,
    config: Config,
}

impl Site {
    fn open(config: Config, disk: Disk) -> Site {
        let behaviours: Vec<Box<dyn crate::Behaviour>> = vec![Box::new(Puppet), Box::new(Note { version: 1 })];
        let identity = peerd_journal::Identity([config.vat.0 as u8; 16]);
        let vat = Vat::durable(config, behaviours, identity, disk.recover(config.vat)).expect("the same code");
        Site { vat, disk, config }
    }
}

impl World {
    /// All connected. Each root keeps the durable puppet `a` and two durable notes, `b` and `tally`; `a` knows the latter.
    pub fn new(vats: u32) -> World {
        World::with(vats, |_| Config::default())
    }

    pub fn with(vats: u32, config: impl Fn(u32) -> Config) -> World {
        let sites = (1..=vats).map(|n| Site::open(Config { vat: VatId(n), ..config(n) }, Disk::default())).collect();
        let mut world = World { sites, ways: BTreeMap::new() };
        for vat in world.ids() {
            world.boot(vat);
        }
        for (one, other) in world.pairs() {
            world.connect(one, other);
        }
        world.settle();
        world
    }

    fn ids(&self) -> Vec<VatId> {
        (1..=self.sites.len() as u32).map(VatId).collect()
    }

    fn pairs(&self) -> Vec<(VatId, VatId)> {
        let ids = self.ids();
        ids.iter().flat_map(|one| ids.iter().filter(move |other| one < *other).map(move |other| (*one, *other))).collect()
    }

    fn site(&mut self, vat: VatId) -> &mut Site {
        &mut self.sites[vat.0 as usize - 1]
    }

    fn boot(&mut self, vat: VatId) {
        let others: Vec<VatId> = self.ids().into_iter().filter(|other| *other != vat).collect();
        let names: Vec<String> = others.iter().map(|other| format!("v{}", other.0)).collect();
        let args = format!(
            "trap; keep p1 {}; spawn a kept durable; spawn b kept durable runs:note; spawn tally kept durable runs:note; send a {{keep tally}} tally",
            names.join(" ")
        );
        let kernel = &mut self.site(vat).vat;
        let refs = [vec![Ref::port(PortId(1))], others.into_iter().map(|other| kernel.peer(other)).collect()].concat();
        self.input(vat, Input::Boot { behaviour: "puppet".into(), args: args.into(), refs });
    }

    /// The vat dies and begins anew with what has landed. Who was connected to it is again.
    pub fn restart(&mut self, vat: VatId) {
        let pairs = self.pairs().into_iter().filter(|(one, other)| *one == vat || *other == vat);
        let connected: Vec<_> = pairs.filter(|ends| self.ways.contains_key(ends)).collect();
        connected.iter().for_each(|(one, other)| self.disconnect(*one, *other));
        let site = self.site(vat);
        *site = Site::open(site.config, site.disk.clone());
        self.boot(vat);
        connected.iter().for_each(|(one, other)| self.connect(*one, *other));
    }

    pub fn connect(&mut self, one: VatId, other: VatId) {
        for (from, to) in [(one, other), (other, one)] {
            self.ways.insert((from, to), VecDeque::new());
        }
        for (from, to) in [(one, other), (other, one)] {
            self.input(from, Input::LinkUp { vat: to });
        }
    }

    pub fn disconnect(&mut self, one: VatId, other: VatId) {
        for (from, to) in [(one, other), (other, one)] {
            if self.ways.remove(&(from, to)).is_some() {
                self.input(from, Input::LinkDown { vat: to });
            }
        }
    }

    pub fn input(&mut self, vat: VatId, input: Input) {
        let mut out = Outputs::new();
        self.site(vat).vat.handle(Time(0), input, &mut out).expect("nothing here is full or broken");
        self.note_outputs(vat, out);
    }

    fn note_outputs(&mut self, from: VatId, out: Outputs) {
        for output in out {
            match output {
                Output::Link { vat, bytes } => {
                    if let Some(way) = self.ways.get_mut(&(from, vat)) {
                        way.push_back(bytes);
                    }
                }
                Output::LinkClosed { vat, why } => panic!("{} from {}: {why}", from.0, vat.0),
                _ => {}
            }
        }
        let counters = self.site(from).vat.counters();
        assert!(counters.balance(), "{counters:?}");
    }

    /// To the root of this vat.
    pub fn say(&mut self, vat: VatId, words: &str) {
        let to = self.site(vat).vat.root().expect("it is booted");
        self.input(vat, Input::Message { to, body: words.into(), refs: Vec::new() });
    }

    pub fn run_one(&mut self, vat: VatId) -> bool {
        let mut out = Outputs::new();
        let ran = self.site(vat).vat.run(Time(0), 1, &mut out);
        self.note_outputs(vat, out);
        ran.turns > 0
    }

    /// All turns that are due.
    pub fn run(&mut self) {
        for vat in self.ids() {
            while self.run_one(vat) {}
        }
    }

    /// One flight.
    pub fn land(&mut self, vat: VatId) -> bool {
        let Site { vat: kernel, disk, .. } = self.site(vat);
        let Some(flight) = kernel.flight() else { return false };
        disk.0.entry(flight.file).or_default().extend_from_slice(flight.bytes);
        self.input(vat, Input::Landed);
        true
    }

    pub fn deliver_one(&mut self, from: VatId, to: VatId) -> bool {
        let Some(bytes) = self.ways.get_mut(&(from, to)).and_then(VecDeque::pop_front) else { return false };
        self.input(to, Input::Link { vat: from, bytes });
        true
    }

    /// All that is on its way, and what vats say to that before any turn.
    pub fn deliver(&mut self) {
        let ways: Vec<(VatId, VatId)> = self.ways.keys().copied().collect();
        while ways.iter().any(|(from, to)| self.deliver_one(*from, *to)) {}
    }

    /// Until nothing more happens.
    pub fn settle(&mut self) {
        for _ in 0..10_000 {
            self.run();
            let landed = self.ids().into_iter().filter(|vat| self.land(*vat)).count();
            self.deliver();
            if landed == 0 && self.ways.values().all(VecDeque::is_empty) && self.ids().into_iter().all(|vat| !self.run_one(vat)) {
                return;
            }
        }
        panic!("it never rests");
    }

    pub fn find(&mut self, vat: VatId, label: &str) -> Ref {
        let ActorId(key) = self.row(vat, label).id;
        Ref::actor(key, 0, Rights::ALL)
    }

    fn row(&mut self, vat: VatId, label: &str) -> crate::Row {
        self.site(vat).vat.rows().into_iter().find(|row| row.label == label).expect("it is known")
    }

    pub fn queued(&mut self, vat: VatId, label: &str) -> u32 {
        self.row(vat, label).queued
    }

    pub fn note(&mut self, vat: VatId, label: &str) -> String {
        let (key, mut state): (Key, _) = (self.find(vat, label).key, Vec::new());
        self.site(vat).vat.encode_state(key, &mut state).expect("a note is its text");
        String::from_utf8(state).expect("text")
    }

    /// Letters of all vats.
    pub fn unacknowledged(&self) -> usize {
        let ids = self.ids();
        self.sites.iter().map(|site| ids.iter().map(|to| site.vat.links.unacknowledged(*to)).sum::<usize>()).sum()
    }
}
