//! The engine of an actor that is compiled into this program: the same outbox and state as its module's, and no meter.
use crate::{Engine, Input, Limits, Outcome, Product, Trap};
use core::marker::PhantomData;
use peerd_actor::{Actor, Sink, turn, wire};

/// Trusted: it can't be stopped, as no native code can, and uses no fuel. A panic is a bug and ends the vat.
pub struct Native<A>(PhantomData<fn(A)>);

impl<A> Default for Native<A> {
    fn default() -> Native<A> {
        Native(PhantomData)
    }
}

struct Outbox<'a> {
    entries: &'a mut alloc::vec::Vec<u8>,
    is_full: bool,
}

impl Sink for Outbox<'_> {
    fn emit(&mut self, op: u32, a: u64, b: u64, payload: &[u8]) {
        // What follows the one that did not fit is not asked for either: a module's turn ends there.
        self.is_full = self.is_full || !wire::append(self.entries, wire::OUTBOX_MAX, op, a, b, payload);
    }
}

impl<A: Actor> Engine for Native<A> {
    fn limits(&self) -> Limits {
        Limits { state_max: A::STATE_MAX, message_max: A::MESSAGE_MAX }
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        let mut sink = Outbox { entries: &mut out.outbox, is_full: false };
        let store = |after: &[u8]| {
            let fits = after.len() <= A::STATE_MAX;
            if fits {
                out.state.clear();
                out.state.extend_from_slice(after);
            }
            fits
        };
        let is_well = turn::<A>(input.state, input.message, &mut sink, store);
        match (sink.is_full, is_well) {
            (true, _) => Outcome::Trapped(Trap::Outbox),
            (false, true) => Outcome::Done,
            (false, false) => Outcome::Failed,
        }
    }
}
