//! Vats with a gateway each, joined by a channel that the test carries bytes over; a root that does what a test says, and purses.
use peerd_captp::{Integer, Value};
use peerd_gateway::{
    Faces, Layer, Reply, Request, Settings, portable, registry,
    wire::{FromHost, ToHost},
};
use peerd_journal::{File, Identity as Journal, Recovered, Recovery, Until};
use peerd_otp::message::{decode, encode};
use peerd_vat::{
    Behaviour, CallId, Config, Crash, Cx, Durability, Event, Identity, Input, Output, Outputs, PortId, Ref, SpawnOptions, Time, Vat, VatId,
    Wall,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

/// What the root knows from turn to turn.
#[derive(Default)]
pub struct Owner {
    pub refs: BTreeMap<&'static str, Ref>,
    calls: BTreeMap<CallId, &'static str>,
    /// By the label of what was asked: the answer's bytes and refs, or how it failed.
    pub answers: BTreeMap<&'static str, Answered>,
}

type Answered = Result<(Vec<u8>, Vec<Ref>), String>;

impl Owner {
    pub fn get(&self, name: &str) -> Ref {
        *self.refs.get(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    pub fn ask(&mut self, label: &'static str, to: Ref, body: &[u8], refs: &[Ref], cx: &mut Cx<'_>) {
        self.calls.insert(cx.call(to, body, refs, 60_000), label);
    }

    /// Keeps the ref that was answered.
    pub fn name(&mut self, label: &'static str) -> Ref {
        let Some(Ok((_, refs))) = self.answers.get(label) else { panic!("{label}: {:?}", self.answers.get(label)) };
        self.refs.insert(label, refs[0]);
        refs[0]
    }
}

type Job = Box<dyn FnOnce(&mut Owner, &mut Cx<'_>) + Send>;

struct Root {
    jobs: Arc<Mutex<Vec<Job>>>,
    owner: Arc<Mutex<Owner>>,
}

const ONE_THREAD: &str = "one test, one thread";

impl Behaviour for Root {
    fn name(&self) -> &'static str {
        "root"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(b"lives");
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut owner = self.owner.lock().expect(ONE_THREAD);
        match event {
            Event::User { .. } => {
                let job = self.jobs.lock().expect(ONE_THREAD).remove(0);
                job(&mut owner, cx);
            }
            Event::Reply { call, result } => {
                let label = owner.calls.remove(&call).expect("it was asked");
                let answer = result.map(|answer| (answer.body.to_vec(), answer.refs.to_vec())).map_err(|settle| settle.to_string());
                owner.answers.insert(label, answer);
            }
            _ => {}
        }
        // What was answered is kept until the test forgets it.
        let refs = owner.answers.values().flatten().flat_map(|(_, refs)| refs).chain(owner.refs.values());
        cx.become_state(&encode(&refs.collect::<Vec<_>>()));
        Ok(())
    }
}

/// Has a sum. `put N`, `sum`, `sprout` (another one), `pay TO N` (tells TO to put N), `same X`, `crash`.
struct Purse;

impl Behaviour for Purse {
    fn name(&self) -> &'static str {
        "purse"
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(if args.is_empty() { b"\0" } else { args });
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, refs, reply } = event else { return Ok(()) };
        let sum: i64 = decode(cx.state()).expect("its own");
        let (method, args) = portable::invoked(body).ok_or_else(|| Crash::new("bad_call", "not a method"))?;
        let mut table = Vec::new();
        let answer = match (method.as_str(), args.as_slice()) {
            ("put", [Value::Integer(more)]) => {
                let sum = sum + more.to_i64().unwrap_or(0);
                cx.become_state(&encode(&sum));
                Value::Integer(Integer::from(sum))
            }
            ("sum", []) => Value::Integer(Integer::from(sum)),
            ("sprout", []) => {
                table.push(cx.spawn(SpawnOptions::new("purse", &[])));
                portable::nth(0)
            }
            ("pay", [_, Value::Integer(less)]) => {
                cx.send_with(refs[0], &portable::invoke("put", vec![Value::Integer(less.clone())]), &[]);
                Value::Void
            }
            ("same", [value]) => {
                table.extend_from_slice(refs);
                value.clone()
            }
            ("crash", []) => return Err(Crash::new("asked", "to crash, with what nobody else may know")),
            _ => Value::Error(format!("no method {method} with {} arguments", args.len())),
        };
        if let Some(reply) = reply {
            cx.reply(reply, &portable::write(&answer), &table);
        }
        Ok(())
    }
}

pub struct World {
    vat: Vat,
    now: Time,
    pub owner: Arc<Mutex<Owner>>,
    jobs: Arc<Mutex<Vec<Job>>>,
    disk: BTreeMap<File, Vec<u8>>,
    faces: Faces,
    /// What its gateway told its host.
    told: VecDeque<ToHost>,
}

const PORT: PortId = PortId(7);
pub const CONN: u64 = 1;

impl World {
    pub fn new(seed: u8) -> World {
        World::over(seed, BTreeMap::new())
    }

    /// The next life, after whatever has landed.
    pub fn again(self, seed: u8) -> World {
        World::over(seed, self.disk)
    }

    fn over(seed: u8, disk: BTreeMap<File, Vec<u8>>) -> World {
        let (jobs, owner) = (Arc::<Mutex<Vec<Job>>>::default(), Arc::<Mutex<Owner>>::default());
        let mut behaviours: Vec<Box<dyn Behaviour>> = peerd_gateway::behaviours();
        behaviours.push(Box::new(Root { jobs: Arc::clone(&jobs), owner: Arc::clone(&owner) }));
        behaviours.push(Box::new(Purse));
        let config = Config { vat: VatId(1), ..Config::default() };
        let vat = Vat::durable(config, behaviours, Journal([7; 16]), recover(&disk)).expect("only whole flights are on this disk");
        let (nobody, told) = (Faces { clerk: Ref::nobody(), host: Ref::nobody() }, VecDeque::new());
        let mut world = World { vat, now: Time(0), owner, jobs, disk, faces: nobody, told };
        world.input(Input::Clock { wall: Wall(1_700_000_000_000) });
        world.input(Input::Boot { behaviour: "root".into(), args: Vec::new(), refs: Vec::new() });
        let (port, found) = (world.vat.port(PORT), Arc::new(Mutex::new(None)));
        let found_there = Arc::clone(&found);
        world.turn(move |owner, cx| {
            let registry = registry::spawn(cx, "names");
            let settings = Settings { seed: [seed; 32], layers: vec![Layer::Channel] };
            let faces = peerd_gateway::spawn(cx, "gateway", &settings, port, Some(registry));
            let purse = SpawnOptions::new("purse", &[]).identity(Identity::Kept("purse")).durability(Durability::Durable);
            owner.refs.extend([("clerk", faces.clerk), ("purse", cx.spawn(purse))]);
            *found_there.lock().expect(ONE_THREAD) = Some(faces);
        });
        world.faces = found.lock().expect(ONE_THREAD).expect("the turn has run");
        assert_eq!(world.told.pop_front(), Some(ToHost::Open), "a gateway says when it is open");
        world
    }

    /// A turn of the root, and whatever comes of it.
    pub fn turn(&mut self, job: impl FnOnce(&mut Owner, &mut Cx<'_>) + Send + 'static) {
        self.jobs.lock().expect(ONE_THREAD).push(Box::new(job));
        let root = self.vat.root().expect("it is booted");
        self.input(Input::Message { to: root, body: vec![1], refs: Vec::new() });
    }

    pub fn say(&mut self, said: &FromHost) {
        self.input(Input::Message { to: self.faces.host, body: encode(said), refs: Vec::new() });
    }

    pub fn advance(&mut self, ms: u64) {
        self.now = self.now.after(ms);
        self.run();
    }

    /// The one value that was answered under this label.
    pub fn value(&self, label: &str) -> Result<Value, String> {
        let owner = self.owner.lock().expect(ONE_THREAD);
        let answer = owner.answers.get(label).unwrap_or_else(|| panic!("{label} was not answered"));
        answer.clone().map(|(body, _)| portable::read(&body).expect("a portable value"))
    }

    pub fn has_answer(&self, label: &str) -> bool {
        self.owner.lock().expect(ONE_THREAD).answers.contains_key(label)
    }

    /// Its gateway's: how many objects it has of others, how many others have of it, and how many calls are under way.
    pub fn standing(&mut self) -> (u32, u32, u32) {
        self.turn(|owner, cx| {
            let clerk = owner.get("clerk");
            owner.ask("look", clerk, &encode(&Request::Look), &[], cx);
        });
        let owner = self.owner.lock().expect(ONE_THREAD);
        match owner.answers["look"].as_ref().map(|(body, _)| decode(body)) {
            Ok(Some(Reply::Standing { had, given, waiting })) => (had, given, waiting),
            other => panic!("{other:?}"),
        }
    }

    fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        self.vat.handle(self.now, input, &mut out).expect("nothing is full or broken");
        self.note(out);
        self.run();
    }

    fn run(&mut self) {
        loop {
            let mut out = Outputs::new();
            let ran = self.vat.run(self.now, 100, &mut out);
            self.note(out);
            if let Some(flight) = self.vat.flight() {
                self.disk.entry(flight.file).or_default().extend_from_slice(flight.bytes);
                let mut out = Outputs::new();
                self.vat.handle(self.now, Input::Landed, &mut out).expect("nothing is full or broken");
                self.note(out);
            } else if ran.idle {
                break;
            }
        }
        assert!(self.vat.counters().balance());
    }

    fn note(&mut self, out: Outputs) {
        for output in out {
            if let Output::Port { body, .. } = output {
                self.told.push_back(decode(&body).expect("what a gateway says"));
            }
        }
    }
}

/// Joins the gateways of two worlds.
pub fn join(one: &mut World, other: &mut World) {
    for world in [&mut *one, &mut *other] {
        world.say(&FromHost::Accepted { conn: CONN, layer: 0 });
    }
    carry(one, other);
}

/// All that is on its way, until nothing is. How often it went over and back.
pub fn carry(one: &mut World, other: &mut World) -> usize {
    let mut rounds = 0;
    while !(one.told.is_empty() && other.told.is_empty()) {
        rounds += 1;
        over(one, other);
        over(other, one);
    }
    rounds
}

fn over(from: &mut World, to: &mut World) {
    for told in core::mem::take(&mut from.told) {
        if let ToHost::Send { bytes, .. } = told {
            from.say(&FromHost::Written { conn: CONN, bytes: bytes.len() as u32 });
            to.say(&FromHost::Bytes { conn: CONN, bytes });
        }
    }
}

fn recover(disk: &BTreeMap<File, Vec<u8>>) -> Recovered {
    let listing = disk.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
    let mut recovery = Recovery::new(None, peerd_journal::Vat(1), listing, Until::End, None);
    while let Some(read) = recovery.read() {
        let bytes = &disk[&read.file];
        let from = bytes.len().min(read.at as usize);
        recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
    }
    recovery.finish().expect("only whole flights are on this disk")
}
