//! The vat, its journal, and what waits to enter it. Never reentrant: inputs queue up while it runs.
use peerd_journal::Identity;
use peerd_opfs::{Durable, Keeper, News};
use peerd_vat::{Behaviour, Dial, Input, Outputs, PortId, Ref, Refused, Row, Time, Vat, Wall};
use std::collections::VecDeque;

pub const CHROME: PortId = PortId(1);
pub const HTTP: PortId = PortId(2);
pub const STORE: PortId = PortId(3);
pub const PANEL: PortId = PortId(4);
pub const EGRESS: PortId = PortId(5);
pub const BOXES: PortId = PortId(6);
pub const WIRES: PortId = PortId(7);
pub const LINUX: PortId = PortId(8);
pub const GUESTS: PortId = PortId(9);
/// For guests' turns that take long. Nobody is endowed with it: the code of a class names it.
pub const SLOW: PortId = PortId(10);

/// Turns in one go: some milliseconds, so that pings and cancellations are heard in between.
const FUEL: u64 = 2_000;

/// Limit: inputs that wait while the vat runs. A person and a few streams are far below it.
const INBOX_MAX: usize = 65_536;

pub struct Engine {
    vat: Vat,
    keeper: Keeper,
    dial: Dial,
    inbox: VecDeque<Input>,
}

/// When to run again, if nothing comes in before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Soon,
    At(Time),
    Idle,
}

pub struct Ran<F> {
    /// What has gathered is being flushed: what comes of it is the vat's next input.
    pub flight: Option<F>,
    pub turns: u64,
    pub next: Next,
    /// Inputs the vat gave back.
    pub refused: Vec<Refused>,
}

impl Engine {
    pub fn new(durable: Durable) -> Engine {
        Engine { vat: durable.vat, keeper: durable.keeper, dial: Dial::default(), inbox: VecDeque::new() }
    }

    /// The root and its endowment.
    pub fn boot(&mut self, args: Vec<u8>, seed: u64) {
        let refs = [CHROME, HTTP, STORE, PANEL, EGRESS, BOXES, WIRES, LINUX, GUESTS].map(|port| self.vat.port(port)).to_vec();
        self.push(Input::Entropy { seed });
        self.push(Input::Boot { behaviour: "root".into(), args, refs });
    }

    pub fn push(&mut self, input: Input) {
        assert!(self.inbox.len() < INBOX_MAX, "the inbox overflowed: the vat does not keep up");
        self.inbox.push_back(input);
    }

    pub fn run(&mut self, now: Time, wall: Wall, out: &mut Outputs) -> Ran<impl Future<Output = Input> + use<>> {
        let mut refused = Vec::new();
        if let Some(wall) = self.dial.look(now, wall) {
            self.inbox.push_front(Input::Clock { wall });
        }
        while let Some(input) = self.inbox.pop_front() {
            if let Err(back) = self.vat.handle(now, input, out) {
                refused.push(back);
            }
        }
        let ran = self.vat.run(now, FUEL, out);
        let next = match (ran.idle, self.vat.wake_at()) {
            (false, _) => Next::Soon,
            (true, Some(at)) => Next::At(at),
            (true, None) => Next::Idle,
        };
        Ran { flight: self.keeper.fly(&mut self.vat, &ran), turns: ran.turns, next, refused }
    }

    /// Word of its files, see `peerd_opfs::News`.
    pub fn listen(&self, told: impl Fn(News) + 'static) {
        self.keeper.listen(told);
    }

    pub fn journal(&self) -> Identity {
        self.keeper.identity()
    }

    /// False: that name and version is there, or too many are.
    pub fn add(&mut self, behaviour: Box<dyn Behaviour>) -> bool {
        self.vat.add(behaviour).is_ok()
    }

    pub fn rows(&self) -> Vec<Row> {
        self.vat.rows()
    }
}

/// What an output asks of a port, its body read.
pub struct Asked {
    pub port: PortId,
    pub from: Ref,
    pub reply: Option<Ref>,
    pub body: Vec<u8>,
    pub refs: Vec<Ref>,
}

/// For the log; what the input held may be nobody's to read.
pub fn name(refused: &Refused) -> &'static str {
    match refused {
        Refused::Full(_) => "a mailbox is full",
        Refused::Broken(_) => "the journal failed",
        Refused::NoBehaviour(_) => "there is no such behaviour",
    }
}
