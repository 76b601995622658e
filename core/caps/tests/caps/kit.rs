//! A vat whose root does what a test says in a turn of its own, and targets that tell what they hear.
use peerd_journal::{File, Identity as Journal, Recovered, Recovery, Until};
use peerd_vat::{
    Behaviour, CallId, Config, Crash, Cx, Durability, Event, Identity, Input, Output, Outputs, Ref, SpawnOptions, Time, Vat, VatId, Wall,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// What the root knows from turn to turn. It is a test's, not a behaviour's: no turn of the root ever fails.
#[derive(Default)]
pub struct Owner {
    pub refs: BTreeMap<&'static str, Ref>,
    calls: BTreeMap<CallId, &'static str>,
    /// `NAME: answer` or `NAME: how it failed`, in order.
    pub settled: Vec<String>,
    /// The refs of the last answer.
    pub answered: Vec<Ref>,
    /// The bytes of the last answer.
    pub answer: Vec<u8>,
}

impl Owner {
    pub fn get(&self, name: &str) -> Ref {
        *self.refs.get(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    pub fn ask(&mut self, label: &'static str, to: Ref, body: &[u8], refs: &[Ref], cx: &mut Cx<'_>) {
        self.expect(label, cx.call(to, body, refs, 60_000));
    }

    pub fn expect(&mut self, label: &'static str, call: CallId) {
        self.calls.insert(call, label);
    }
}

type Job = Box<dyn FnOnce(&mut Owner, &mut Cx<'_>) + Send>;

struct Root {
    jobs: Arc<Mutex<Vec<Job>>>,
    owner: Arc<Mutex<Owner>>,
}

impl Behaviour for Root {
    fn name(&self) -> &'static str {
        "root"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(b"lives");
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut owner = self.owner.lock().expect("one test, one thread");
        match event {
            Event::User { .. } => {
                let job = self.jobs.lock().expect("one test, one thread").remove(0);
                job(&mut owner, cx);
            }
            Event::Reply { call, result } => {
                let label = owner.calls.remove(&call).expect("it was asked");
                let told = match &result {
                    Ok(answer) => String::from_utf8_lossy(answer.body).into_owned(),
                    Err(settle) => format!("{settle}"),
                };
                owner.settled.push(format!("{label}: {told}"));
                (owner.answered, owner.answer) = result.map(|answer| (answer.refs.to_vec(), answer.body.to_vec())).unwrap_or_default();
                // What an answer brought is the test's from now on: the root's state has it.
                let kept = postcard::to_allocvec(&(&owner.answered, owner.refs.values().collect::<Vec<_>>()));
                cx.become_state(&kept.expect("refs encode"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Answers what it is asked with its own label and the question, `hold..` when it is told `free`. `forward` passes its own question
/// on to the ref it got, and `give` answers with itself. Reports what it is told.
struct Target;

impl Behaviour for Target {
    fn name(&self) -> &'static str {
        "target"
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&state(&(args.to_vec(), Vec::new())));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (label, mut held): (Vec<u8>, Vec<Ref>) = postcard::from_bytes(cx.state()).expect("its own");
        match event {
            Event::User { body: b"free", .. } => held.drain(..).for_each(|reply| cx.reply(reply, b"freed", &[])),
            Event::User { body: b"ends", .. } => cx.stop(peerd_vat::Reason::Normal),
            Event::User { body: b"forward", refs: [to, ..], .. } => cx.send_with(*to, b"from inside", &[cx.me()]),
            Event::User { body: b"give", reply: Some(reply), .. } => cx.reply(reply, b"myself", &[cx.me()]),
            Event::User { body: b"back", reply: Some(reply), refs } => cx.reply(reply, b"yours", refs),
            Event::User { body, reply: Some(reply), .. } if body.starts_with(b"hold") => held.push(reply),
            Event::User { body, reply: Some(reply), .. } => cx.reply(reply, &[&label[..], b" ", body].concat(), &[]),
            Event::User { body, refs, .. } => {
                let told = format!("{} of {} refs", String::from_utf8_lossy(body), refs.len());
                cx.report("heard", format!("{}: {told}", String::from_utf8_lossy(&label)));
            }
            _ => {}
        }
        cx.become_state(&state(&(label, held)));
        Ok(())
    }
}

fn state(of: &(Vec<u8>, Vec<Ref>)) -> Vec<u8> {
    postcard::to_allocvec(of).expect("plain data encodes")
}

pub struct World {
    pub vat: Vat,
    pub now: Time,
    pub owner: Arc<Mutex<Owner>>,
    /// What targets reported.
    pub heard: Vec<String>,
    jobs: Arc<Mutex<Vec<Job>>>,
    disk: BTreeMap<File, Vec<u8>>,
}

impl World {
    /// With targets `a` and `b`.
    pub fn new() -> World {
        let mut world = World::over(BTreeMap::new(), false);
        world.turn(|owner, cx| {
            for name in ["a", "b"] {
                owner.refs.insert(name, cx.spawn(target(name)));
            }
        });
        world
    }

    /// On a disk, with a durable `a`.
    pub fn durable() -> World {
        let mut world = World::over(BTreeMap::new(), true);
        world.keep_target();
        world
    }

    /// The same disk under another life of the vat, after whatever has landed.
    pub fn again(self) -> World {
        let mut world = World::over(self.disk, true);
        world.keep_target();
        world
    }

    fn keep_target(&mut self) {
        self.turn(|owner, cx| {
            let a = cx.spawn(target("a").durability(Durability::Durable).identity(Identity::Kept("a")));
            owner.refs.insert("a", a);
        });
    }

    fn over(disk: BTreeMap<File, Vec<u8>>, is_durable: bool) -> World {
        let (jobs, owner) = (Arc::<Mutex<Vec<Job>>>::default(), Arc::<Mutex<Owner>>::default());
        let mut behaviours = peerd_caps::behaviours();
        behaviours.push(Box::new(Root { jobs: Arc::clone(&jobs), owner: Arc::clone(&owner) }));
        behaviours.push(Box::new(Target));
        behaviours.push(peerd_caps::attenuator::behaviour::<super::attenuator::Polite>());
        let config = Config { vat: VatId(1), ..Config::default() };
        let vat = if is_durable {
            Vat::durable(config, behaviours, Journal([7; 16]), recover(&disk)).expect("only whole flights are on this disk")
        } else {
            Vat::new(config, behaviours)
        };
        let mut world = World { vat, now: Time(0), owner, heard: Vec::new(), jobs, disk };
        world.input(Input::Clock { wall: Wall(1_000_000) });
        world.input(Input::Boot { behaviour: "root".into(), args: Vec::new(), refs: Vec::new() });
        world
    }

    /// A turn of the root, and whatever comes of it.
    pub fn turn(&mut self, job: impl FnOnce(&mut Owner, &mut Cx<'_>) + Send + 'static) {
        self.jobs.lock().expect("one test, one thread").push(Box::new(job));
        let root = self.vat.root().expect("it is booted");
        self.input(Input::Message { to: root, body: vec![1], refs: Vec::new() });
    }

    pub fn advance(&mut self, ms: u64) {
        self.now = self.now.after(ms);
        self.run();
    }

    pub fn settled(&self) -> Vec<String> {
        core::mem::take(&mut self.owner.lock().expect("one test, one thread").settled)
    }

    pub fn heard(&mut self) -> Vec<String> {
        core::mem::take(&mut self.heard)
    }

    /// The refs of the last answer.
    pub fn answered(&self) -> Vec<Ref> {
        self.owner.lock().expect("one test, one thread").answered.clone()
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
            if let Output::Report(report) = output {
                let peerd_vat::Said::Note { text, .. } = report.what else { panic!("{report:?}") };
                self.heard.push(format!("{text}"));
            }
        }
    }
}

fn target(name: &'static str) -> SpawnOptions<'static> {
    SpawnOptions::new("target", name.as_bytes()).label(name)
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
