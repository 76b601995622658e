//! A world of puppets under one root: runs a script, writes the transcript, checks what must hold after every line.
use super::notes::{Note, Tally};
use super::puppet::{AUDIT, Puppet, reason, split};
use crate::{ActorId, Config, Input, Output, Outputs, PortId, Ref, Refused, Rights, Said, Settle, Time, Vat, What, refs::Kind};
use alloc::{boxed::Box, collections::BTreeMap, format, string::String, vec, vec::Vec};
use expect_test::Expect;

pub struct World {
    pub vat: Vat,
    pub now: Time,
    pub transcript: Vec<String>,
    /// Everything the vat ever said.
    pub said: Outputs,
    names: BTreeMap<ActorId, String>,
    /// Calls of ports, in order.
    calls: Vec<Ref>,
}

/// One line is one input: `a: commands` to the puppet a, `host: exit|reply|fail ..`, or `+ms`. Then everything runs until idle.
pub fn check(script: &str, expect: Expect) {
    check_with(Config::default(), script, expect);
}

pub fn check_with(config: Config, script: &str, expect: Expect) {
    let mut world = World::new(config);
    world.play(script);
    expect.assert_eq(&(world.transcript.join("\n") + "\n"));
}

impl World {
    /// The root knows the ports 1 and 2 as `p1` and `p2`.
    pub fn new(config: Config) -> World {
        let vat = Vat::new(
            Config { trace: true, ..config },
            vec![Box::new(Puppet), Box::new(Note { version: 1 }), Box::new(Note { version: 2 }), Box::new(Tally::default())],
        );
        let mut world = World { vat, now: Time(0), transcript: Vec::new(), said: Vec::new(), names: BTreeMap::new(), calls: Vec::new() };
        let refs = vec![world.vat.port(PortId(1)), world.vat.port(PortId(2))];
        world
            .input(Input::Boot { behaviour: "puppet".into(), args: b"keep p1 p2; trap".to_vec(), refs })
            .expect("the puppet is in the table");
        world.run();
        world.transcript.clear();
        world
    }

    pub fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        if let Some(ms) = line.strip_prefix('+') {
            self.now = self.now.after(ms.parse().expect("milliseconds"));
            return self.run();
        }
        let (who, what) = line.split_once(':').expect("`who: what`");
        let words = split(what, ' ');
        let input = match (who, words[0]) {
            ("host", "exit") => Input::Exit { to: self.find(words[1]), reason: reason(words[2]) },
            ("host", "reply") => Input::Reply { to: self.call(words[1]), body: words[2].into() },
            ("host", "fail") => Input::Fail { to: self.call(words[1]), settle: Settle::Noconnection },
            ("host", other) => panic!("the host can't {other}"),
            (name, _) => Input::Message { to: self.find(name), body: what.trim().into(), refs: Vec::new() },
        };
        if let Err(refused) = self.input(input) {
            let why = match refused {
                Refused::Full(_) => "full",
                Refused::Broken(_) => "broken",
                Refused::NoBehaviour(_) => "no behaviour",
            };
            self.write("host", &format!("= refused: {why}"));
        }
        self.run();
    }

    pub fn input(&mut self, input: Input) -> Result<(), Refused> {
        let mut out = Outputs::new();
        let taken = self.vat.handle(self.now, input, &mut out);
        self.note(out);
        self.audit();
        taken
    }

    pub fn run(&mut self) {
        for _ in 0..2_000 {
            let mut out = Outputs::new();
            let ran = self.vat.run(self.now, 7, &mut out);
            self.note(out);
            self.audit();
            if ran.idle {
                return;
            }
        }
        panic!("it never rests: {:?}", &self.transcript[self.transcript.len() - 20..]);
    }

    /// With all rights, as nobody but the test may have it. `a#1`: pinned to the first life of a.
    pub fn find(&self, name: &str) -> Ref {
        let (name, incarnation) = name.split_once('#').unwrap_or((name, "0"));
        let ids = self.names.iter().filter(|(_, known)| *known == name);
        let (id, _) = ids.max().unwrap_or_else(|| panic!("no actor is called {name}"));
        Ref::actor(id.0, incarnation.parse().expect("a number"), Rights::ALL)
    }

    /// No message and no relation is lost or counted twice.
    fn audit(&mut self) {
        let counters = self.vat.counters();
        assert!(counters.balance(), "{counters:?}");
        let queued: u64 = self.vat.rows().iter().map(|row| u64::from(row.queued)).sum();
        assert_eq!(queued, counters.in_flight, "what waits is in some mailbox");
        assert!(self.vat.deaths.is_empty() && self.vat.committing.is_none() && self.vat.postponed.is_none());
    }

    /// How much of each table is in use: to see that an aborted turn or a dead actor leaves nothing.
    pub fn in_use(&self) -> [usize; 5] {
        let slots = self.vat.tables.slots.keys().count();
        let messages = self.vat.tables.messages.live() as usize;
        [slots, self.vat.tables.relations.live(), self.vat.tables.shots.live(), self.vat.timers.live(), messages]
    }

    fn call(&self, number: &str) -> Ref {
        self.calls[number.parse::<usize>().expect("a number") - 1]
    }

    fn note(&mut self, out: Outputs) {
        for output in out {
            let line = self.tell(&output);
            if let Some((who, what)) = line {
                self.write(&who, &what);
            }
            self.said.push(output);
        }
    }

    fn write(&mut self, who: &str, what: &str) {
        self.transcript.push(format!("{}.{:03} {who:<6} {what}", self.now.0 / 1_000, self.now.0 % 1_000));
    }

    fn tell(&mut self, output: &Output) -> Option<(String, String)> {
        let host = |what: String| Some(("host".into(), what));
        match output {
            Output::Port { port, reply: None, body, .. } => host(format!("< p{} {:?}", port.0, shown(body))),
            Output::Port { port, reply: Some(reply), body, .. } => {
                self.calls.push(*reply);
                host(format!("< call {} of p{} {:?}", self.calls.len(), port.0, shown(body)))
            }
            Output::Dropped { port, reply } => {
                let number = self.calls.iter().position(|call| call == reply).expect("it was called") + 1;
                host(format!("< call {number} of p{} dropped", port.0))
            }
            Output::Report(report) => match &report.what {
                Said::Crashed { reason, last } => host(format!("= report: {} {reason}, handling {}", self.name(report.actor), last.event)),
                Said::Note { .. } => None,
            },
            Output::Ended { reason } => host(format!("= the root ended: {reason}")),
            Output::Trace(fact) => {
                let what = self.fact(&fact.what)?;
                Some((fact.actor.map_or("host".into(), |actor| self.name(actor)), what))
            }
            Output::DeadLetter(_) => None,
            Output::Link { .. } | Output::LinkClosed { .. } => None,
        }
    }

    fn fact(&mut self, what: &What) -> Option<String> {
        Some(match what {
            What::Spawned { child, incarnation, label, .. } => {
                let name = if label.is_empty() { "root".into() } else { label.clone() };
                self.names.insert(*child, name.clone());
                if *incarnation == 1 { format!("> spawn {name}") } else { format!("> spawn {name}, life {incarnation}") }
            }
            What::Sent { to, kind, text } => format!("> {} {} {:?}", self.who(*to), word(*kind), shown(text)),
            What::Received { from, kind, text, .. } => {
                let from = from.map_or("host".into(), |from| self.name(from));
                format!("< {} {:?} from {from}", word(*kind), shown(text))
            }
            What::Committed | What::Closed | What::Held => return None,
            What::Aborted { reason } => format!("= aborted: {reason}"),
            What::Ended { reason, .. } => format!("= ended: {reason}"),
            What::Dead { class, to, kind, text } => {
                format!("= dead letter, {}: {} to {} {:?}", class.name(), word(*kind), self.who(*to), shown(text))
            }
            What::Note { kind, .. } if kind == AUDIT => return None,
            What::Note { kind, text } => format!("= {kind} {text}"),
        })
    }

    fn who(&self, to: Ref) -> String {
        match to.kind {
            Kind::Actor | Kind::Far => self.name(ActorId(to.key)),
            Kind::Port => format!("p{}", to.key.index),
            Kind::OneShot => "caller".into(),
            Kind::Facet => "facet".into(),
            Kind::Lasting => "lasting".into(),
            Kind::Object | Kind::Address => format!("{} object {}", self.name(ActorId(to.key)), to.incarnation),
        }
    }

    fn name(&self, actor: ActorId) -> String {
        self.names.get(&actor).cloned().unwrap_or_else(|| format!("{actor}"))
    }
}

fn word(kind: crate::MessageKind) -> String {
    format!("{kind:?}").to_lowercase()
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}
