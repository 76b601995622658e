//! What a machine does with what comes to it: its host decides, its vats run, and nothing leaves that its host may not say.
use super::{
    machine::{Event, Request, Running},
    mesh::Mesh,
    people::{Desk, behaviours},
};
use crate::BOOK;
use peerd_journal::Epoch as JournalEpoch;
use peerd_mesh::{Epoch, Id, Lease, Lost, Parcel, Phase, Shard, Way, shard_of};
use peerd_otp::Server;
use peerd_vat::{Config, Input, Output, Outputs, Vat, VatId, Wall};
use std::{collections::BTreeMap, mem};

/// Turns between two looks at what else there is to do.
const FUEL: u64 = 1_000;

const fn vat_of(shard: Shard) -> VatId {
    VatId(shard.0 + 1)
}

impl Mesh {
    pub(crate) fn deliver(&mut self, at: usize, event: Event) {
        let machine = &mut self.machines[at];
        if !machine.is_alive {
            return;
        }
        match event {
            Event::Thaw { slept_ms } => {
                machine.is_frozen = false;
                if let Some(ms) = slept_ms {
                    machine.clock.stood_still(ms);
                    self.tell_host(at, peerd_mesh::Input::Thawed);
                }
                for event in mem::take(&mut self.machines[at].held_back) {
                    self.happen(at, event);
                }
                self.happen(at, Event::Wake);
            }
            event if machine.is_frozen => machine.held_back.push_back(event),
            event => self.happen(at, event),
        }
        self.wake_later(at);
    }

    fn happen(&mut self, at: usize, event: Event) {
        match event {
            Event::Wake => {
                self.machines[at].wakes = u64::MAX;
                let (now, mut out) = (self.machines[at].clock.local(self.now), Vec::new());
                self.machines[at].host.tick(now, &mut out);
                self.obey(at, out);
                let due: Vec<Shard> = self.machines[at]
                    .vats
                    .iter()
                    .filter(|(_, running)| running.vat.wake_at().is_some_and(|due| due <= now))
                    .map(|(shard, _)| *shard)
                    .collect();
                due.into_iter().for_each(|shard| self.run(at, shard));
            }
            Event::Answer(answer) => self.tell_host(at, peerd_mesh::Input::Answered(answer)),
            Event::Nudge => self.tell_host(at, peerd_mesh::Input::Nudged),
            Event::Open(lease) => self.open(at, lease),
            Event::Landed(lease) => self.landed(at, lease),
            Event::NotSealed(lease) => {
                self.tell_host(at, peerd_mesh::Input::NotSealed(lease));
            }
            Event::LinkUp { to, from } => {
                // One that comes late, of an owner that is over, takes the place of none.
                let is_late = |running: &Running| running.links.get(&from.shard).is_some_and(|epoch| *epoch > from.epoch);
                if let Some(running) = self.running(at, to).filter(|running| !is_late(running)) {
                    running.links.insert(from.shard, from.epoch);
                    self.admit(at, to.shard, Input::LinkUp { vat: vat_of(from.shard) });
                    self.introduce(at, to.shard);
                }
            }
            Event::Link { to, from, bytes } => {
                if self.has_link(at, to, from) {
                    self.admit(at, to.shard, Input::Link { vat: vat_of(from.shard), bytes });
                }
            }
            Event::LinkDown { to, from } => {
                if self.has_link(at, to, from) {
                    self.machines[at].vats.get_mut(&to.shard).expect("it has that link").links.remove(&from.shard);
                    self.admit(at, to.shard, Input::LinkDown { vat: vat_of(from.shard) });
                }
            }
            Event::Parcel(parcel) => self.route(at, Some(parcel)),
            Event::Thaw { .. } => unreachable!("told apart before"),
        }
        self.route(at, None);
    }

    fn wake_later(&mut self, at: usize) {
        let machine = &mut self.machines[at];
        let when = machine.clock.when(machine.wake_at()).max(self.now + 1);
        if when < machine.wakes {
            machine.wakes = when;
            let ms = when - self.now;
            self.later(ms, super::mesh::Item::To(at, Event::Wake));
        }
    }

    fn running(&mut self, at: usize, lease: Lease) -> Option<&mut Running> {
        self.machines[at].vats.get_mut(&lease.shard).filter(|running| running.epoch == lease.epoch)
    }

    fn has_link(&self, at: usize, to: Lease, from: Lease) -> bool {
        let has = |running: &Running| running.epoch == to.epoch && running.links.get(&from.shard) == Some(&from.epoch);
        self.machines[at].vats.get(&to.shard).is_some_and(has)
    }

    pub(crate) fn tell_host(&mut self, at: usize, input: peerd_mesh::Input) {
        let (now, mut out) = (self.machines[at].clock.local(self.now), Vec::new());
        self.machines[at].host.handle(now, input, &mut out);
        self.obey(at, out);
    }

    fn obey(&mut self, at: usize, out: Vec<peerd_mesh::Output>) {
        for output in out {
            match output {
                peerd_mesh::Output::Ask(ask) => self.ask(at, ask),
                peerd_mesh::Output::Open(lease) => {
                    let ms = self.any_ms();
                    self.later(ms, super::mesh::Item::To(at, Event::Open(lease)));
                }
                peerd_mesh::Output::Seal(lease) => self.seal(at, lease),
                peerd_mesh::Output::Drop(lease) => {
                    if self.machines[at].runs(lease) {
                        self.stop(at, lease, "dropped");
                    }
                }
            }
        }
    }

    fn seal(&mut self, at: usize, lease: Lease) {
        if !self.machines[at].runs(lease) {
            return;
        }
        match self.draw.below(if self.is_calm { 1 } else { 12 }) {
            // It does not go on, and nobody says why.
            11 => self.note(&format!("{lease:?} is stuck")),
            10 => {
                let ms = self.any_ms();
                self.later(ms, super::mesh::Item::To(at, Event::NotSealed(lease)));
            }
            _ => {
                self.running(at, lease).expect("looked at above").seals = true;
                self.run(at, lease.shard);
            }
        }
    }

    fn open(&mut self, at: usize, lease: Lease) {
        let is_ours = self.machines[at].host.leases().any(|held| held == lease);
        if !is_ours || self.machines[at].host.phase(lease.shard) != Some(Phase::Opening) {
            return;
        }
        // A host that has slept meanwhile does not know whether it is still its own: it begins no epoch on a guess.
        if !self.machines[at].host.may_speak(self.machines[at].clock.local(self.now), lease) {
            return self.tell_host(at, peerd_mesh::Input::Ended(lease));
        }
        let verdict = self.checks.opened(lease);
        self.judge(verdict);
        let mut found = match self.disks[lease.shard.0 as usize].recover(vat_of(lease.shard).0) {
            Ok(found) => found,
            Err(why) => return self.fail(&format!("{lease:?} does not open: {why}")),
        };
        if found.epoch.0 > lease.epoch.0 {
            return self.fail(&format!("shard-epoch: {lease:?} is older than its journal, which is at {:?}", found.epoch));
        }
        found.epoch = JournalEpoch(lease.epoch.0);
        let config = Config { vat: vat_of(lease.shard), ..Config::default() };
        let mut vat = match Vat::durable(config, behaviours(), super::disk::IDENTITY, found) {
            Ok(vat) => vat,
            Err(crash) => return self.fail(&format!("{lease:?} does not come back: {crash:?}")),
        };
        self.note(&format!("host {at} opens {lease:?}"));
        let before = Shard((lease.shard.0 + self.shards - 1) % self.shards);
        let refs = if before == lease.shard { vec![vat.port(BOOK)] } else { vec![vat.port(BOOK), vat.peer(vat_of(before))] };
        self.machines[at]
            .vats
            .insert(lease.shard, Running { epoch: lease.epoch, vat, flight: None, seals: false, is_sealed: false, links: BTreeMap::new() });
        let seed = self.draw.number();
        self.admit(at, lease.shard, Input::Entropy { seed });
        self.admit(at, lease.shard, Input::Clock { wall: Wall(self.now) });
        self.admit(at, lease.shard, Input::Boot { behaviour: Desk::NAME.into(), args: Vec::new(), refs });
        self.connect(at, lease);
        self.tell_host(at, peerd_mesh::Input::Opened(lease));
    }

    /// With whoever runs the shards beside it, as far as they can be reached.
    fn connect(&mut self, at: usize, lease: Lease) {
        let beside = [(lease.shard.0 + 1) % self.shards, (lease.shard.0 + self.shards - 1) % self.shards];
        let beside: std::collections::BTreeSet<Shard> = beside.into_iter().map(Shard).filter(|shard| *shard != lease.shard).collect();
        for other in beside {
            let running = |at: usize| self.machines[at].vats.get(&other).map(|running| (running.epoch, at));
            let Some((epoch, there)) = (0..self.machines.len()).filter(|at| self.machines[*at].is_alive).filter_map(running).max() else {
                continue;
            };
            let other = Lease { shard: other, epoch };
            self.send(there, at, Event::LinkUp { to: lease, from: other });
            self.send(at, there, Event::LinkUp { to: other, from: lease });
        }
    }

    /// The root of the vat tells the one before it where to pay.
    fn introduce(&mut self, at: usize, shard: Shard) {
        let Some(root) = self.machines[at].vats.get(&shard).and_then(|running| running.vat.root()) else { return };
        self.admit(at, shard, Input::Message { to: root, body: b"introduce".into(), refs: Vec::new() });
    }

    fn landed(&mut self, at: usize, lease: Lease) {
        let now = self.machines[at].clock.local(self.now);
        let Some(running) = self.running(at, lease) else { return };
        running.flight = None;
        // The gate: it is flushed, but is it still ours to call it so?
        if !self.machines[at].host.may_speak(now, lease) {
            return self.stop(at, lease, "fenced");
        }
        let verdict = self.checks.spoke(lease);
        self.judge(verdict);
        self.admit(at, lease.shard, Input::Landed);
    }

    pub(crate) fn admit(&mut self, at: usize, shard: Shard, input: Input) {
        let now = self.machines[at].clock.local(self.now);
        let (mut out, mut refused) = (Outputs::new(), false);
        if let Some(running) = self.machines[at].vats.get_mut(&shard).filter(|running| !running.is_sealed || input == Input::Landed) {
            refused = running.vat.handle(now, input, &mut out).is_err();
        }
        if refused {
            self.fail("an input was refused: no play fills a mailbox from outside");
        }
        self.leave(at, shard, out);
        self.run(at, shard);
    }

    /// Until it rests, and what it leaves is on its way to the disk.
    fn run(&mut self, at: usize, shard: Shard) {
        loop {
            let now = self.machines[at].clock.local(self.now);
            let Some(running) = self.machines[at].vats.get_mut(&shard) else { return };
            let mut out = Outputs::new();
            let ran = running.vat.run(now, FUEL, &mut out);
            self.turns += ran.turns;
            self.leave(at, shard, out);
            if ran.idle {
                break;
            }
        }
        let Some(running) = self.machines[at].vats.get_mut(&shard) else { return };
        let lease = Lease { shard, epoch: running.epoch };
        if running.flight.is_some() {
            return;
        }
        // What can't go on elsewhere yet is waited for.
        running.is_sealed |= running.seals && running.vat.gathered() == 0 && running.vat.seal().is_ok();
        if let Some(flight) = running.vat.flight() {
            running.flight = Some(self.disks[shard.0 as usize].write(flight));
            let ms = self.any_ms();
            self.later(ms, super::mesh::Item::To(at, Event::Landed(lease)));
        } else if running.is_sealed {
            self.stop(at, lease, "sealed");
            self.tell_host(at, peerd_mesh::Input::Sealed(lease));
        }
    }

    /// What goes out, if it may.
    fn leave(&mut self, at: usize, shard: Shard, out: Outputs) {
        let now = self.machines[at].clock.local(self.now);
        for output in out {
            let Some(running) = self.machines[at].vats.get(&shard) else { return };
            let (lease, links) = (Lease { shard, epoch: running.epoch }, running.links.clone());
            if matches!(output, Output::Port { .. } | Output::Link { .. }) {
                if !self.machines[at].host.may_speak(now, lease) {
                    return self.stop(at, lease, "fenced");
                }
                let verdict = self.checks.spoke(lease);
                self.judge(verdict);
            }
            match output {
                Output::Port { body, .. } => {
                    let verdict = self.checks.said(&String::from_utf8_lossy(&body));
                    self.judge(verdict);
                }
                Output::Link { vat, bytes } => {
                    let other = Shard(vat.0 - 1);
                    let other = links.get(&other).map(|epoch| Lease { shard: other, epoch: *epoch });
                    if let Some((to, there)) = other.and_then(|other| Some((other, self.who_runs(other)?))) {
                        self.send(at, there, Event::Link { to, from: lease, bytes });
                    }
                }
                Output::LinkClosed { vat, .. } => {
                    let other = Shard(vat.0 - 1);
                    let epoch = self.machines[at].vats.get_mut(&shard).and_then(|running| running.links.remove(&other));
                    let other = epoch.map(|epoch| Lease { shard: other, epoch });
                    if let Some((to, there)) = other.and_then(|other| Some((other, self.who_runs(other)?))) {
                        self.send(at, there, Event::LinkDown { to, from: lease });
                    }
                }
                _ => {}
            }
        }
    }

    fn who_runs(&self, lease: Lease) -> Option<usize> {
        (0..self.machines.len()).find(|at| self.machines[*at].is_alive && self.machines[*at].runs(lease))
    }

    pub(crate) fn stop(&mut self, at: usize, lease: Lease, how: &str) {
        let Some(running) = self.machines[at].vats.remove(&lease.shard) else { return };
        self.note(&format!("host {at}: {lease:?} {how}"));
        for (shard, epoch) in running.links {
            let to = Lease { shard, epoch };
            if let Some(there) = self.who_runs(to) {
                self.send(at, there, Event::LinkDown { to, from: lease });
            }
        }
        if how == "fenced" {
            self.tell_host(at, peerd_mesh::Input::Ended(lease));
        }
    }

    /// A request from whoever is at this machine. Its number.
    pub(crate) fn request(&mut self, at: usize, key: u64, pays: bool, within_ms: u64) -> u64 {
        self.numbers += 1;
        let (number, machine) = (self.numbers, &self.machines[at]);
        self.checks.asked(number);
        let Some(from) = machine.host.id() else {
            let verdict = self.checks.refused(number);
            self.judge(verdict);
            return number;
        };
        let key = format!("k{key}");
        let parcel = Parcel {
            id: Id { from, number },
            shard: shard_of("counter", &key, self.shards),
            deadline: machine.clock.local(self.now).after(within_ms),
            hops: 0,
            body: Request { number, key, pays },
        };
        if machine.is_frozen {
            self.machines[at].held_back.push_back(Event::Parcel(parcel));
        } else {
            self.happen(at, Event::Parcel(parcel));
            self.wake_later(at);
        }
        number
    }

    fn route(&mut self, at: usize, parcel: Option<Parcel<Request>>) {
        let (now, mut out) = (self.machines[at].clock.local(self.now), Vec::new());
        let machine = &mut self.machines[at];
        match parcel {
            Some(parcel) => machine.router.post(now, parcel, &machine.host, &mut out),
            None => machine.router.pump(now, &machine.host, &mut out),
        }
        for way in out {
            match way {
                Way::Deliver(Lease { shard, .. }, Parcel { body: Request { number, key, pays }, .. }) => {
                    let Some(root) = self.machines[at].vats.get(&shard).and_then(|running| running.vat.root()) else { continue };
                    let what = if pays { "pay" } else { "add" };
                    let body = format!("add {key} {number} {what}").into_bytes();
                    self.admit(at, shard, Input::Message { to: root, body, refs: Vec::new() });
                }
                Way::Forward(to, parcel) => {
                    let there = self.machine_of(to).filter(|there| self.machines[*there].is_alive);
                    let Some(there) = there else {
                        self.machines[at].router.bounced(now, to, parcel);
                        continue;
                    };
                    // It travels as what is left.
                    let left = parcel.deadline.since(now);
                    let deadline = self.machines[there].clock.local(self.now).after(left);
                    self.send(at, there, Event::Parcel(Parcel { deadline, ..parcel }));
                }
                Way::Find(shard) => self.ask(at, peerd_mesh::Ask::Find(shard)),
                Way::Lost(Parcel { body, .. }, Lost::Expired | Lost::Astray | Lost::Full) => {
                    let verdict = self.checks.refused(body.number);
                    self.judge(verdict);
                }
            }
        }
    }

    /// Who runs it, with the newest epoch, if its host may speak.
    pub(crate) fn owner(&self, shard: Shard) -> Option<(usize, Epoch)> {
        let takes = |at: &usize| {
            let machine = &self.machines[*at];
            machine.host.takes(machine.clock.local(self.now), shard).map(|lease| (*at, lease.epoch))
        };
        self.living().iter().find_map(takes)
    }
}
