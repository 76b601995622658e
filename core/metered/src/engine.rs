//! What runs one turn of a class of guests.
use alloc::{boxed::Box, vec::Vec};
use peerd_vat::Crash;
use serde::{Deserialize, Serialize};

/// Everything that a turn depends on: equal inputs have equal outcomes, in all engines.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub state: &'a [u8],
    /// With the header of `peerd_actor::wire` before the body.
    pub message: &'a [u8],
    /// What it may use up.
    pub fuel: u64,
}

/// What a turn leaves. Of one that did not end well only the fuel counts, and of one that failed the outbox, whose last entry says why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// Used up.
    pub fuel: u64,
    pub state: Vec<u8>,
    pub outbox: Vec<u8>,
}

impl Product {
    /// As before a turn; the room stays.
    pub fn clear(&mut self) {
        self.fuel = 0;
        self.state.clear();
        self.outbox.clear();
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Done,
    /// It said so itself.
    Failed,
    Trapped(Trap),
    Exhausted,
    /// Nothing the guest did: no memory for an instance, a stack of the engine's own that overflowed.
    HostFault(Box<str>),
}

/// How a guest's code went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Trap {
    /// It said `unreachable`: a panic, an exception that nobody caught.
    Unreachable,
    OutOfBounds,
    /// A division by zero, an overflow, a float that is no integer.
    Arithmetic,
    /// An indirect call of what is no function of that type.
    Call,
    /// Calls within calls, too many.
    Depth,
    /// It asked for more than an outbox holds.
    Outbox,
    /// It gave a state back that is longer than its buffer.
    State,
}

impl Trap {
    /// The kind of the crash.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Trap::Unreachable => "unreachable",
            Trap::OutOfBounds => "out_of_bounds",
            Trap::Arithmetic => "arithmetic",
            Trap::Call => "indirect_call",
            Trap::Depth => "depth",
            Trap::Outbox => "outbox",
            Trap::State => "state",
        }
    }

    pub(crate) fn crash(self) -> Crash {
        Crash::new(
            self.kind(),
            match self {
                Trap::Unreachable => "the guest's code gave up",
                Trap::OutOfBounds => "the guest used memory or a table beyond their ends",
                Trap::Arithmetic => "the guest divided by zero, or a number did not fit",
                Trap::Call => "the guest called what is no such function",
                Trap::Depth => "the guest's calls went too deep",
                Trap::Outbox => "the guest asked for more than a turn may",
                Trap::State => "the guest's state is longer than its buffer",
            },
        )
    }
}

/// Of a class, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub state_max: usize,
    /// With the header.
    pub message_max: usize,
}

/// Keeps nothing of a turn for the next one.
pub trait Engine: Send {
    fn limits(&self) -> Limits;

    /// `out` is cleared by the caller.
    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome;
}

impl<E: Engine + ?Sized> Engine for Box<E> {
    fn limits(&self) -> Limits {
        (**self).limits()
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        (**self).turn(input, out)
    }
}
