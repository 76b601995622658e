//! Some vats of puppets and the network between them: runs a script, writes what everybody handled.
use super::network::Network;
use crate::{
    ActorId, Config, Input, MessageKind, Output, Outputs, PortId, Ref, Rights, Time, Vat, VatId, What, refs::Key, tests::puppet::Puppet,
};
use alloc::{boxed::Box, collections::BTreeMap, format, string::String, vec, vec::Vec};
use expect_test::Expect;

pub struct World {
    pub vats: Vec<Vat>,
    pub network: Network,
    pub now: Time,
    pub transcript: Vec<String>,
    /// Why connections were cut.
    pub cut: Vec<String>,
    /// What hosts were told through ports: whose, which one, the body, and who waits for an answer.
    pub ports: Vec<(VatId, PortId, Vec<u8>, Option<Ref>)>,
    /// Pairs of vats with a connection, the smaller first.
    connected: Vec<(VatId, VatId)>,
    labels: BTreeMap<(VatId, ActorId), String>,
    /// Whom the slots of a vat stand for, also after they are gone.
    stand_ins: BTreeMap<(VatId, ActorId), (VatId, Key)>,
}

/// `a: commands` to the puppet a; `1-2: up|down|reset N`; `1>2: shut|open|delay N|cut N`; `+ms`; `...` to run until idle. A line
/// begins with `&` when the next one comes before anything runs. The root of vat 1 is `r1`, and knows the vat 2 as `v2`.
pub fn check(vats: u32, script: &str, expect: Expect) {
    let mut world = World::new(vats);
    world.play(script);
    expect.assert_eq(&(world.transcript.join("\n") + "\n"));
}

impl World {
    /// All connected.
    pub fn new(vats: u32) -> World {
        World::with(vats, Config::default())
    }

    pub fn with(vats: u32, config: Config) -> World {
        let mut world = World {
            vats: Vec::new(),
            network: Network::default(),
            now: Time(0),
            transcript: Vec::new(),
            cut: Vec::new(),
            ports: Vec::new(),
            connected: Vec::new(),
            labels: BTreeMap::new(),
            stand_ins: BTreeMap::new(),
        };
        for n in 1..=vats {
            world.vats.push(Vat::new(Config { trace: true, vat: VatId(n), epoch: 1, ..config }, vec![Box::new(Puppet)]));
            world.boot(VatId(n), vats);
        }
        for one in 1..=vats {
            for other in one + 1..=vats {
                world.connect(VatId(one), VatId(other));
            }
        }
        world.run();
        world.transcript.clear();
        world
    }

    fn boot(&mut self, id: VatId, vats: u32) {
        let others: Vec<u32> = (1..=vats).filter(|other| *other != id.0).collect();
        let vat = self.vat(id);
        let refs = [vec![Ref::port(PortId(1))], others.iter().map(|other| vat.peer(VatId(*other))).collect()].concat();
        let names: Vec<String> = others.iter().map(|other| format!("v{other}")).collect();
        let args = format!("trap; keep p1 {}", names.join(" ")).into_bytes();
        self.input(id, Input::Boot { behaviour: "puppet".into(), args, refs });
        let root = self.vat(id).root().and_then(Ref::actor_id).expect("it is booted");
        self.labels.insert((id, root), format!("r{}", id.0));
    }

    /// The vat dies and begins anew, in its next epoch.
    pub fn restart(&mut self, id: VatId) {
        let vats = self.vats.len() as u32;
        for other in (1..=vats).filter(|other| *other != id.0) {
            self.disconnect(id, VatId(other), 0);
        }
        let config = self.vat(id).config;
        *self.vat(id) = Vat::new(Config { epoch: config.epoch + 1, ..config }, vec![Box::new(Puppet)]);
        self.boot(id, vats);
        for other in (1..=vats).filter(|other| *other != id.0) {
            self.connect(id, VatId(other));
        }
    }

    pub fn vat(&mut self, id: VatId) -> &mut Vat {
        &mut self.vats[id.0 as usize - 1]
    }

    pub fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (line, runs) = line.strip_prefix('&').map_or((line, true), |line| (line.trim(), false));
            self.line(line);
            if runs {
                self.run();
            }
        }
    }

    fn line(&mut self, line: &str) {
        if line == "..." {
            return;
        }
        if let Some(ms) = line.strip_prefix('+') {
            return self.advance(ms.parse().expect("milliseconds"));
        }
        let (who, what) = line.split_once(": ").expect("`who: what`");
        let (verb, number) = what.split_once(' ').map_or((what, 0), |(verb, rest)| (verb, rest.parse().unwrap_or(0)));
        let ends =
            |by| who.split_once(by).and_then(|(one, other): (&str, &str)| Some((VatId(one.parse().ok()?), VatId(other.parse().ok()?))));
        if let Some((one, other)) = ends('-') {
            return match verb {
                "up" => self.connect(one, other),
                "down" | "reset" => self.disconnect(one, other, number),
                _ => panic!("a connection can't {verb}"),
            };
        }
        if let Some((from, to)) = ends('>') {
            let way = self.network.way(from, to);
            return match verb {
                "shut" => way.is_shut = true,
                "open" => way.is_shut = false,
                "delay" => way.delay_ms = number as u64,
                "cut" => way.cut = number,
                _ => panic!("a way can't {verb}"),
            };
        }
        let (vat, to) = self.find(who);
        self.input(vat, Input::Message { to, body: what.into(), refs: [].into() });
    }

    pub fn connect(&mut self, one: VatId, other: VatId) {
        self.connected.push((one.min(other), one.max(other)));
        self.input(one, Input::LinkUp { vat: other });
        self.input(other, Input::LinkUp { vat: one });
    }

    pub fn disconnect(&mut self, one: VatId, other: VatId, bytes: usize) {
        let ends = (one.min(other), one.max(other));
        if self.connected.contains(&ends) {
            self.connected.retain(|connected| *connected != ends);
            for (from, to, piece) in self.network.reset(one, other, bytes) {
                self.input(to, Input::Link { vat: from, bytes: piece });
            }
            self.input(one, Input::LinkDown { vat: other });
            self.input(other, Input::LinkDown { vat: one });
        }
    }

    pub fn advance(&mut self, ms: u64) {
        let until = self.now.after(ms);
        self.run();
        loop {
            let due = self.vats.iter().filter_map(Vat::wake_at).chain(self.network.next_at()).min();
            let Some(at) = due.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            self.run();
        }
        self.now = until;
        self.run();
    }

    /// Until nothing more happens at this time.
    pub fn run(&mut self) {
        for _ in 0..20_000 {
            let turned = (1..=self.vats.len() as u32).map(VatId).filter(|id| self.turn(*id)).count();
            let arrived = self.network.next(self.now).map(|(from, to, bytes)| self.input(to, Input::Link { vat: from, bytes }));
            if turned == 0 && arrived.is_none() {
                return;
            }
        }
        panic!("it never rests: {:?}", &self.transcript[self.transcript.len().saturating_sub(20)..]);
    }

    /// One turn of one vat.
    pub fn turn(&mut self, id: VatId) -> bool {
        let (now, mut out) = (self.now, Outputs::new());
        self.remember(id);
        let ran = self.vat(id).run(now, 1, &mut out);
        self.note(id, out);
        ran.turns > 0
    }

    pub fn input(&mut self, id: VatId, input: Input) {
        let (now, mut out) = (self.now, Outputs::new());
        self.remember(id);
        self.vat(id).handle(now, input, &mut out).expect("nothing here is full or broken");
        self.note(id, out);
    }

    fn remember(&mut self, id: VatId) {
        let slots: Vec<Key> = self.vat(id).tables.slots.keys().collect();
        for key in slots {
            if let Some(far) = self.vat(id).links.fars.get(key) {
                let there = (far.vat, far.key);
                self.stand_ins.insert((id, ActorId(key)), there);
            }
        }
    }

    fn note(&mut self, id: VatId, out: Outputs) {
        for output in out {
            match output {
                Output::Link { vat, bytes } if self.connected.contains(&(id.min(vat), id.max(vat))) => {
                    self.network.way(id, vat).push(self.now, &bytes);
                }
                Output::LinkClosed { vat, why } => {
                    self.cut.push(format!("{} from {}: {why}", id.0, vat.0));
                    self.disconnect(id, vat, 0);
                }
                Output::Port { port, body, reply, .. } => self.ports.push((id, port, body, reply)),
                Output::Trace(fact) => self.fact(id, fact.actor, &fact.what),
                _ => {}
            }
        }
        let vat = self.vat(id);
        let counters = vat.counters();
        assert!(counters.balance(), "{counters:?}");
        let queued: u64 = vat.rows().iter().map(|row| u64::from(row.queued)).sum();
        assert_eq!(queued + vat.links.waiting(), counters.in_flight, "what waits is in some mailbox, or for a credit");
        assert!(vat.deaths.is_empty() && vat.committing.is_none());
    }

    fn fact(&mut self, id: VatId, actor: Option<ActorId>, what: &What) {
        let who = actor.map_or("host".into(), |actor| self.name(id, actor));
        let line = match what {
            What::Spawned { child, label, .. } if !label.is_empty() => {
                self.labels.insert((id, *child), label.clone());
                return;
            }
            What::Received { from, kind, text, .. } if *kind != MessageKind::Init => {
                let from = from.map_or("host".into(), |from| self.name(id, from));
                let text = String::from_utf8_lossy(text);
                if from == "host" && *kind == MessageKind::User {
                    return;
                }
                format!("{who} < {} {text:?} from {from}", format!("{kind:?}").to_lowercase())
            }
            What::Ended { reason, .. } => format!("{who} = ended: {reason}"),
            What::Dead { class, to, kind, text } => {
                let (kind, to) = (format!("{kind:?}").to_lowercase(), to.actor_id().map_or("caller".into(), |to| self.name(id, to)));
                format!("{who} = dead letter, {}: {kind} to {to} {:?}", class.name(), String::from_utf8_lossy(text))
            }
            _ => return,
        };
        self.transcript.push(format!("{}.{:03} {line}", self.now.0 / 1_000, self.now.0 % 1_000));
    }

    /// A stand-in has its actor's name.
    fn name(&mut self, id: VatId, actor: ActorId) -> String {
        self.remember(id);
        match self.stand_ins.get(&(id, actor)).copied() {
            Some((vat, Key::NONE)) => format!("v{}", vat.0),
            Some((vat, key)) => self.labels.get(&(vat, ActorId(key))).cloned().unwrap_or_else(|| format!("?{key:?}")),
            None => self.labels.get(&(id, actor)).cloned().unwrap_or_else(|| "one there".into()),
        }
    }

    /// How much of each table of each vat is in use.
    pub fn in_use(&self) -> Vec<[usize; 6]> {
        let of = |vat: &Vat| {
            let (slots, exports) = (vat.tables.slots.keys().count(), vat.links.exports.live());
            [slots, exports, vat.tables.relations.live(), vat.tables.shots.live(), vat.timers.live(), vat.tables.messages.live() as usize]
        };
        self.vats.iter().map(of).collect()
    }

    pub fn find(&self, name: &str) -> (VatId, Ref) {
        let found = self.labels.iter().filter(|(_, label)| *label == name).map(|(place, _)| *place).max();
        let (vat, id) = found.unwrap_or_else(|| panic!("no actor is called {name}"));
        (vat, Ref::actor(id.0, 0, Rights::ALL))
    }

    /// What this one handled, in order: the texts of its messages.
    pub fn handled(&self, name: &str) -> Vec<String> {
        let mark = format!(" {name} < ");
        let lines = self.transcript.iter().filter_map(|line| line.split_once(&mark).map(|(_, rest)| rest));
        lines.map(|rest| rest.split('"').nth(1).unwrap_or_default().into()).collect()
    }
}
