//! The vat: one event loop, one journal, one failure domain.
use crate::{
    Behaviour, Counters, DeadLetter, Input, Outputs, PortId, Ran, Ref, Refused, Row, Time, behaviour::Behaviours, gate::Gate,
    relations::Relations, shots::Shots, slab::Slab, slots::Slots, turn::Turn,
};
use alloc::{boxed::Box, vec::Vec};

/// Numbers a host may choose. The defaults are those of semantics 5.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub mailbox_entries_max: u32,
    pub mailbox_bytes_max: u32,
    /// Messages one actor handles before others have their turn.
    pub messages_per_slice: u32,
    /// Emit `Output::Trace`.
    pub trace: bool,
    /// Emit `Output::DeadLetter`.
    pub dead_letters: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config { mailbox_entries_max: 65_536, mailbox_bytes_max: 16 << 20, messages_per_slice: 64, trace: false, dead_letters: false }
    }
}

pub struct Vat {
    pub(crate) config: Config,
    pub(crate) behaviours: Behaviours,
    pub(crate) slots: Slots,
    pub(crate) relations: Relations,
    pub(crate) shots: Shots,
    pub(crate) states: Slab,
    pub(crate) messages: Slab,
    pub(crate) turn: Turn,
    pub(crate) gate: Gate,
    pub(crate) now: Time,
    pub(crate) root: Option<Ref>,
}

impl Vat {
    #[must_use]
    pub fn new(config: Config, behaviours: Vec<Box<dyn Behaviour>>) -> Vat {
        Vat {
            config,
            behaviours: Behaviours::new(behaviours),
            slots: Slots::default(),
            relations: Relations::default(),
            shots: Shots::default(),
            states: Slab::default(),
            messages: Slab::default(),
            turn: Turn::default(),
            gate: Gate::default(),
            now: Time(0),
            root: None,
        }
    }

    /// The ref of a port, to endow the root with.
    #[must_use]
    pub fn port(&self, port: PortId) -> Ref {
        Ref::port(port)
    }

    /// Admits an input: mailboxes, timers and outputs change, no turn runs.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Outputs) -> Result<(), Refused> {
        let _ = (now, input, out);
        Ok(())
    }

    /// Runs turns until none is ready or `fuel` is used up. A native turn costs one.
    pub fn run(&mut self, now: Time, fuel: u64, out: &mut Outputs) -> Ran {
        let _ = (now, fuel, out);
        Ran { turns: 0, idle: true }
    }

    /// When `run` must be called again though no input comes.
    #[must_use]
    pub fn wake_at(&self) -> Option<Time> {
        None
    }

    /// The root actor, with all rights.
    #[must_use]
    pub fn root(&self) -> Option<Ref> {
        self.root
    }

    /// One row per actor, in order of place.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        Vec::new()
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// The newest dead letters, oldest first.
    pub fn dead_letters(&self) -> impl Iterator<Item = &DeadLetter> {
        [].iter()
    }
}
