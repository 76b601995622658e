#![allow(dead_code, reason = "several crates have their tests with it, and none needs all of it")]
//! A vat with guests, a root that starts what a test asks for, and a host for slow turns that does as it is told.
use peerd_actor::{Message, Writer};
use peerd_metered::{Class, Engine, Input as Turn, Limits, Outcome, Product, behaviour, slow};
use peerd_vat::{
    Behaviour, Config, Crash, Cx, Durability, Event, Identity, Input, Output, Outputs, Poison, PortId, Ref, Report, Rights, Said, Settle,
    SpawnOptions, Time, Vat,
};
use std::collections::{BTreeMap, VecDeque};

pub const DOOR: PortId = PortId(1);
pub const SLOW: PortId = PortId(2);
/// Of what guests tell.
pub const EAR: PortId = PortId(3);

pub struct World {
    pub vat: Vat,
    pub now: u64,
    pub heard: Vec<String>,
    pub reports: Vec<String>,
    /// Slow turns that are not answered yet: where to, and the request.
    pub slow: VecDeque<(Ref, Vec<u8>)>,
    /// Calls of the port that nobody waits for any more.
    pub dropped: usize,
    said: VecDeque<(Vec<u8>, Vec<Ref>)>,
    pub engines: BTreeMap<String, Box<dyn Engine>>,
    /// Every fact, if the vat was made to tell them.
    pub trace: Vec<String>,
    pub disk: BTreeMap<peerd_journal::File, Vec<u8>>,
}

/// A class of these tests. `cost` is what a turn takes of its fuel.
pub fn class(name: &'static str, version: u32) -> Class {
    Class::new(name, version, [version as u8; 32]).slow(Vat::port_of(SLOW))
}

impl World {
    pub fn new(guests: Vec<Box<dyn Behaviour>>) -> World {
        let behaviours = World::with_root(guests);
        World::of(Vat::new(Config { trace: false, dead_letters: true, ..Config::default() }, behaviours), BTreeMap::new())
    }

    pub fn with_root(mut guests: Vec<Box<dyn Behaviour>>) -> Vec<Box<dyn Behaviour>> {
        guests.push(Box::new(Root));
        guests.push(peerd_otp::supervisor::behaviour());
        guests
    }

    pub fn of(vat: Vat, disk: BTreeMap<peerd_journal::File, Vec<u8>>) -> World {
        let (heard, reports, slow, said) = (Vec::new(), Vec::new(), VecDeque::new(), VecDeque::new());
        let (engines, trace) = (BTreeMap::new(), Vec::new());
        let mut world = World { vat, now: 0, heard, reports, slow, dropped: 0, said, engines, trace, disk };
        world.input(Input::Entropy { seed: 7 });
        world.input(Input::Boot { behaviour: "root".into(), args: Vec::new(), refs: vec![Vat::port_of(DOOR)] });
        world.run();
        world
    }

    pub fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        self.vat.handle(Time(self.now), input, &mut out).expect("mailboxes of a test have room");
        self.note(out);
    }

    pub fn run(&mut self) {
        for _ in 0..10_000 {
            let mut out = Outputs::new();
            let ran = self.vat.run(Time(self.now), 100, &mut out);
            self.note(out);
            if ran.idle {
                assert!(self.vat.counters().balance(), "{:?}", self.vat.counters());
                return;
            }
        }
        panic!("it never rests");
    }

    pub fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.run();
    }

    fn note(&mut self, out: Outputs) {
        for output in out {
            match output {
                Output::Port { port: DOOR, body, refs, .. } => self.said.push_back((body, refs)),
                Output::Port { port: SLOW, reply: Some(reply), body, .. } => self.slow.push_back((reply, body)),
                Output::Port { port: EAR, body, .. } => {
                    self.heard.push(peerd_actor::Reader::new(&body, 0, 0, None).read().expect("a text"));
                }
                Output::Trace(fact) => self.trace.push(format!("{fact:?}")),
                Output::Dropped { port: SLOW, .. } => self.dropped += 1,
                Output::Report(Report { behaviour, what: Said::Crashed { reason, .. }, .. }) => {
                    let kind = match &reason {
                        peerd_vat::Reason::Crash(crash) => format!("{}: {}", crash.kind, crash.message),
                        other => other.to_string(),
                    };
                    self.reports.push(format!("{behaviour} {kind}"));
                }
                Output::Report(Report { what: Said::Note { kind, text }, .. }) => self.reports.push(format!("{kind} {text}")),
                _ => {}
            }
        }
    }

    /// Whom the root has spawned: its only words with a ref and without a body.
    fn born(&mut self) -> Ref {
        let at = self.said.iter().position(|(body, _)| body.is_empty()).expect("the root has said it");
        self.said.remove(at).expect("found there").1[0]
    }

    /// Durable, and kept under that label; the root hears of it when it has landed.
    pub fn spawn_landed<M: Message>(&mut self, name: &str, label: &str, args: &M, refs: &[Ref], land: fn(&mut World)) -> Ref {
        let order = postcard::to_allocvec(&Order::Spawn(name, label, &encode(args))).expect("it encodes");
        self.order(order, refs);
        land(self);
        self.born()
    }

    /// A guest, linked to nobody.
    pub fn spawn<M: Message>(&mut self, name: &str, args: &M, refs: &[Ref]) -> Ref {
        let order = postcard::to_allocvec(&Order::Spawn(name, "", &encode(args))).expect("it encodes");
        self.order(order, refs);
        self.born()
    }

    /// Somebody who is no guest, with these arguments.
    pub fn spawn_raw(&mut self, name: &str, args: &[u8]) -> Ref {
        let order = postcard::to_allocvec(&Order::Spawn(name, "", args)).expect("it encodes");
        self.order(order, &[]);
        self.born()
    }

    pub fn ask_raw(&mut self, to: Ref, body: &[u8]) -> (Vec<u8>, Vec<Ref>) {
        let order = postcard::to_allocvec(&Order::Call(body, 1_000)).expect("it encodes");
        self.order(order, &[to]);
        let (body, refs) = self.said.pop_front().expect("it is answered at once");
        (postcard::from_bytes::<Result<Vec<u8>, Settle>>(&body).expect("the root's own").expect("an answer"), refs)
    }

    fn order(&mut self, body: Vec<u8>, refs: &[Ref]) {
        let to = self.vat.root().expect("it lives");
        self.input(Input::Message { to, body, refs: refs.into() });
        self.run();
    }

    /// Its refs are those, in the order in which the message has them.
    pub fn tell<M: Message>(&mut self, to: Ref, message: &M, refs: &[Ref]) {
        self.input(Input::Message { to, body: encode(message), refs: refs.into() });
        self.run();
    }

    /// A call by the root, which has been begun. `answer` gives what came of it.
    pub fn call<M: Message>(&mut self, to: Ref, message: &M) {
        self.call_within(to, message, 60_000);
    }

    pub fn call_within<M: Message>(&mut self, to: Ref, message: &M, ms: u64) {
        let order = postcard::to_allocvec(&Order::Call(&encode(message), ms)).expect("it encodes");
        self.order(order, &[to]);
    }

    pub fn answer<T: Message>(&mut self) -> Option<Result<T, Settle>> {
        let (body, _) = self.said.pop_front()?;
        let result: Result<Vec<u8>, Settle> = postcard::from_bytes(&body).expect("the root's own");
        Some(result.map(|body| peerd_actor::Reader::new(&body, 0, 0, None).read().expect("an answer")))
    }

    pub fn call_with<M: Message>(&mut self, to: Ref, message: &M, refs: &[Ref]) {
        let order = postcard::to_allocvec(&Order::Call(&encode(message), 60_000)).expect("it encodes");
        self.order(order, &[&[to], refs].concat());
    }

    pub fn answer_raw(&mut self) -> (Vec<u8>, Vec<Ref>) {
        let (body, refs) = self.said.pop_front().expect("it is answered");
        (postcard::from_bytes::<Result<Vec<u8>, Settle>>(&body).expect("the root's own").expect("an answer"), refs)
    }

    /// Takes what came of one call, if something did.
    pub fn answer_or_not(&mut self) -> bool {
        self.said.pop_front().is_some()
    }

    pub fn ask<M: Message, T: Message>(&mut self, to: Ref, message: &M) -> Result<T, Settle> {
        self.call(to, message);
        self.answer().expect("it is answered at once")
    }

    /// What came of a slow turn that somebody else ran.
    pub fn answer_slow(&mut self, answers: Vec<Input>) {
        answers.into_iter().for_each(|answer| self.input(answer));
        self.run();
    }

    /// Runs the oldest slow turn, on the engine that the test has for its class, and answers.
    pub fn serve(&mut self, fuel_max: u64) {
        let (reply, body) = self.slow.pop_front().expect("one waits");
        let request = slow::Request::decode(&body).expect("a request");
        let engine = self.engines.get_mut(&*request.name).expect("a class of the test");
        let answer = request.run(engine, fuel_max);
        self.input(Input::Reply { to: reply, body: answer.encode() });
        self.run();
    }

    pub fn upgrade_landed(&mut self, to: Ref, from: u32, version: u32, land: fn(&mut World)) -> Result<(), Settle> {
        let order = postcard::to_allocvec(&Order::Upgrade(from, version, &[])).expect("it encodes");
        self.order(order, &[to]);
        land(self);
        let (body, _) = self.said.pop_front().expect("it is answered at once");
        postcard::from_bytes::<Result<Vec<u8>, Settle>>(&body).expect("the root's own").map(|_| ())
    }

    /// None: it waits.
    pub fn begin_upgrade(&mut self, to: Ref, from: u32, version: u32) -> Option<Result<(), Settle>> {
        let order = postcard::to_allocvec(&Order::Upgrade(from, version, &[])).expect("it encodes");
        self.order(order, &[to]);
        self.upgraded()
    }

    pub fn upgraded(&mut self) -> Option<Result<(), Settle>> {
        let (body, _) = self.said.pop_front()?;
        Some(postcard::from_bytes::<Result<Vec<u8>, Settle>>(&body).expect("the root's own").map(|_| ()))
    }

    pub fn upgrade(&mut self, to: Ref, from: u32, version: u32, extra: &[u8]) -> Result<(), Settle> {
        let order = postcard::to_allocvec(&Order::Upgrade(from, version, extra)).expect("it encodes");
        self.order(order, &[to]);
        let (body, _) = self.said.pop_front().expect("it is answered at once");
        postcard::from_bytes::<Result<Vec<u8>, Settle>>(&body).expect("the root's own").map(|_| ())
    }

    pub fn ear(&self) -> Ref {
        Vat::port_of(EAR)
    }

    pub fn take_heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard)
    }

    pub fn take_reports(&mut self) -> Vec<String> {
        std::mem::take(&mut self.reports)
    }

    pub fn lives(&self, who: Ref) -> bool {
        self.vat.state(who.actor_id().expect("an actor")).is_some()
    }
}

pub fn encode<M: Message>(message: &M) -> Vec<u8> {
    let (mut bytes, mut refs) = (Vec::new(), Vec::new());
    message.put(&mut Writer::new(&mut bytes, &mut refs));
    bytes
}

/// What the root is told.
#[derive(serde::Serialize, serde::Deserialize)]
enum Order<'a> {
    Spawn(&'a str, &'a str, &'a [u8]),
    Call(&'a [u8], u64),
    Upgrade(u32, u32, &'a [u8]),
}

struct Root;

impl Behaviour for Root {
    fn name(&self) -> &'static str {
        "root"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&postcard::to_allocvec(&cx.refs()[0]).expect("a ref encodes"));
        cx.trap_exits(true);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let door: Ref = postcard::from_bytes(cx.state()).expect("written at init");
        match event {
            Event::User { body, refs, .. } => match postcard::from_bytes(body).expect("the test's own") {
                Order::Spawn(name, label, args) => {
                    let mut options = SpawnOptions::new(name, args).refs(refs).label(label);
                    if !label.is_empty() {
                        options = options.durability(Durability::Durable).identity(Identity::Kept(label)).poison(Poison::Skip(1));
                    }
                    let child = cx.spawn(options);
                    cx.send_with(door, &[], &[child.lending(Rights::ALL)]);
                }
                Order::Call(body, ms) => {
                    cx.call(refs[0], body, &refs[1..], ms);
                }
                Order::Upgrade(from, to, extra) => {
                    let code = |version| peerd_vat::Code { name: "counter", version };
                    cx.system(refs[0], peerd_vat::System::Upgrade { from: code(from), to: code(to), extra }, 1_000);
                }
            },
            Event::Reply { result, .. } => {
                let refs: Vec<Ref> = result.as_ref().map_or_else(|_| Vec::new(), |answer| answer.refs.to_vec());
                let result = result.map(|answer| answer.body.to_vec());
                cx.send_with(door, &postcard::to_allocvec(&result).expect("it encodes"), &refs);
            }
            _ => {}
        }
        Ok(())
    }
}

/// An engine whose turns take so much fuel, by their input.
pub struct Costly<E> {
    pub engine: E,
    pub cost: fn(&Turn<'_>) -> u64,
}

impl<E: Engine> Engine for Costly<E> {
    fn limits(&self) -> Limits {
        self.engine.limits()
    }

    fn turn(&mut self, input: &Turn<'_>, out: &mut Product) -> Outcome {
        let cost = (self.cost)(input);
        if cost > input.fuel {
            out.fuel = input.fuel;
            return Outcome::Exhausted;
        }
        let outcome = self.engine.turn(input, out);
        out.fuel = cost;
        outcome
    }
}

/// An engine that does whatever a test says.
pub struct Forged(pub fn(&Turn<'_>, &mut Product) -> Outcome);

impl Engine for Forged {
    fn limits(&self) -> Limits {
        Limits { state_max: 64, message_max: 2_048 }
    }

    fn turn(&mut self, input: &Turn<'_>, out: &mut Product) -> Outcome {
        (self.0)(input, out)
    }
}

pub fn guest(class: Class, engine: impl Engine + 'static) -> Box<dyn Behaviour> {
    behaviour(class, engine)
}
