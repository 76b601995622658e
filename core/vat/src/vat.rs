//! The vat: one event loop, one journal, one failure domain.
use crate::{
    ActorId, Behaviour, Counters, DeadLetter, IDLE_MS, Input, Outputs, PortId, Ran, Ref, Refused, Row, Time, VatId, behaviour::Names,
    durable::Journal, entry::Cell, facets::Facets, gate::Gate, ledger::Ledger, link::Links, ready::Ready, refs::Key, rest::Idle,
    signals::Death, slab::Handle, tables::Tables, timers::Timers,
};
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::mem;

/// Numbers a host may choose. The defaults are those of semantics 5.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub mailbox_entries_max: u32,
    pub mailbox_bytes_max: u32,
    /// What one actor may use before others have their turn: a message costs one, and what its turn charges.
    pub reductions_per_slice: u32,
    /// Which vat of the installation this is, and which life of it: a later one has a greater epoch.
    pub vat: VatId,
    pub epoch: u64,
    /// An actor that has had no turn for so long lets its state rest as bytes. `INFINITY_MS`: never by itself.
    pub idle_ms: u64,
    /// Emit `Output::Trace`.
    pub trace: bool,
    /// Emit `Output::DeadLetter`.
    pub dead_letters: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            mailbox_entries_max: 65_536,
            mailbox_bytes_max: 16 << 20,
            reductions_per_slice: 64,
            idle_ms: IDLE_MS,
            vat: VatId(0),
            epoch: 1,
            trace: false,
            dead_letters: false,
        }
    }
}

pub struct Vat {
    pub(crate) config: Config,
    /// By id, as `names` has them.
    pub(crate) behaviours: Vec<Box<dyn Behaviour>>,
    pub(crate) tables: Tables,
    pub(crate) timers: Timers,
    pub(crate) gate: Gate,
    pub(crate) journal: Option<Box<Journal>>,
    pub(crate) links: Links,
    pub(crate) ledger: Ledger,
    pub(crate) root: Option<Ref>,
    pub(crate) seed: u64,
    pub(crate) idle: Idle,
    /// The journal failed.
    pub(crate) broken: bool,

    /// Actors with something to handle.
    pub(crate) ready: Ready,
    /// Incarnations that are to end. Empty between calls.
    pub(crate) deaths: VecDeque<Death>,
    /// Whose turn is being committed, and its end if a signal meanwhile asked for that.
    pub(crate) committing: Option<Key>,
    pub(crate) postponed: Option<Death>,

    /// The message at hand, and its data if that lay apart.
    pub(crate) current: Cell,
    pub(crate) apart: Vec<u8>,
    /// The mailbox entry that was taken last.
    pub(crate) taken: Handle,
    /// Buffers, so that a warm kernel allocates nothing: the refs of the message at hand, of a dead one, the counted
    /// ones that this turn received, bytes being encoded.
    pub(crate) refs: Vec<Ref>,
    pub(crate) lost_refs: Vec<Ref>,
    pub(crate) received: Vec<Ref>,
    pub(crate) scratch: Vec<u8>,
}

impl Vat {
    #[must_use]
    pub fn new(config: Config, mut behaviours: Vec<Box<dyn Behaviour>>) -> Vat {
        let names = Names::of(&mut behaviours);
        Vat {
            config,
            behaviours,
            tables: Tables { names, facets: Facets::of_epoch(config.epoch), ..Tables::default() },
            timers: Timers::default(),
            gate: Gate::default(),
            journal: None,
            links: Links::default(),
            ledger: Ledger::new(config.trace, config.dead_letters),
            root: None,
            seed: 0,
            idle: Idle::default(),
            broken: false,
            ready: Ready::default(),
            deaths: VecDeque::new(),
            committing: None,
            postponed: None,
            current: Cell::default(),
            apart: Vec::new(),
            taken: Handle::NONE,
            refs: Vec::new(),
            lost_refs: Vec::new(),
            received: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// One more behaviour, for spawns and upgrades from now on; of a name that is there already it is the newest version, if it is
    /// that by its number. Between two calls of `run`.
    ///
    /// # Errors
    /// Given back: that name and version is there, or Limit: 65,534 are.
    pub fn add(&mut self, behaviour: Box<dyn Behaviour>) -> Result<(), Box<dyn Behaviour>> {
        if !self.tables.names.add(&*behaviour) {
            return Err(behaviour);
        }
        if let Some(journal) = &mut self.journal {
            journal.know(&*behaviour);
        }
        self.behaviours.push(behaviour);
        Ok(())
    }

    /// The ref of a port, to endow the root with.
    #[must_use]
    pub fn port(&self, port: PortId) -> Ref {
        Ref::port(port)
    }

    /// The same before there is a vat, for behaviours that it is made with.
    #[must_use]
    pub const fn port_of(port: PortId) -> Ref {
        Ref::port(port)
    }

    /// Admits an input: mailboxes, timers and outputs change, no turn runs.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Outputs) -> Result<(), Refused> {
        mem::swap(&mut self.ledger.out, out);
        self.advance(now);
        let taken = self.take_in(input);
        self.flush_links();
        mem::swap(&mut self.ledger.out, out);
        taken
    }

    /// Runs turns until none is ready or `fuel` reductions are used up.
    pub fn run(&mut self, now: Time, fuel: u64, out: &mut Outputs) -> Ran {
        if self.broken || self.is_sealed() {
            return Ran { turns: 0, reductions: 0, idle: true };
        }
        mem::swap(&mut self.ledger.out, out);
        self.advance(now);
        let ran = self.run_ready(fuel);
        self.flush_links();
        mem::swap(&mut self.ledger.out, out);
        ran
    }

    /// When `run` must be called again though no input comes.
    #[must_use]
    pub fn wake_at(&self) -> Option<Time> {
        if self.broken || self.is_sealed() {
            return None;
        }
        let next = [self.timers.next(), self.next_alarm()].into_iter().flatten().min();
        if self.ready.is_empty() { next } else { Some(self.ledger.now) }
    }

    /// It takes nothing and says nothing any more, and its host opens its journal again.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The root actor, with all rights.
    #[must_use]
    pub fn root(&self) -> Option<Ref> {
        self.root
    }

    /// One row per actor, in order of place.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.tables.slots.keys().filter(|key| !self.tables.slots.is_far(*key)).map(|key| self.row(key)).collect()
    }

    /// Its state in its behaviour's own encoding, to look at. None: nobody lives there.
    #[must_use]
    pub fn state(&self, actor: ActorId) -> Option<Vec<u8>> {
        self.tables.slots.is_live(actor.0).then(|| self.shown_state(actor.0))
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters { in_flight: self.tables.messages.live() + self.gate.held() + self.links.waiting(), ..self.ledger.counters }
    }

    /// The newest dead letters, oldest first.
    pub fn dead_letters(&self) -> impl Iterator<Item = &DeadLetter> {
        self.ledger.letters()
    }
}
