//! The engine of turns that are over in microseconds: straight into the guest's module and back.
use crate::{Compiled, host};
use peerd_guest::abi::Why;
use peerd_metered::{Engine, Input, Limits, OUTBOX_MAX, Outcome, Product, Trap};
use std::rc::Rc;

/// Runs what fits into an `i32` of fuel.
pub struct Quick(Handle);

/// Why it may be sent: a wasm module has one thread.
struct Handle(Rc<Compiled>);
unsafe impl Send for Handle {}

impl Quick {
    #[must_use]
    pub fn new(compiled: Rc<Compiled>) -> Quick {
        Quick(Handle(compiled))
    }
}

/// What a guest's module writes when its turn returns: `peerd_guest::abi::told`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Told {
    pub out: usize,
    pub fuel: i32,
}

const _: () = assert!(size_of::<Told>() == peerd_guest::abi::told::BYTES as usize);

impl Engine for Quick {
    fn limits(&self) -> Limits {
        let report = &self.0.0.report;
        Limits { state_max: report.state_max as usize, message_max: report.message_max as usize }
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        let (class, state_max) = (self.0.0.class, self.0.0.report.state_max as usize);
        let fuel = i32::try_from(input.fuel).unwrap_or(i32::MAX);
        out.outbox.reserve(OUTBOX_MAX);
        out.state.reserve(state_max);
        let (entries, next) = (out.outbox.as_mut_ptr(), out.state.as_mut_ptr());
        let mut told = Told::default();
        let (state, message) = (input.state, input.message);
        // The guest's module reads what is given, and writes within the room that there is for each.
        let result = unsafe {
            let (at, length) = (message.as_ptr(), message.len());
            host::turn(class, state.as_ptr(), state.len(), at, length, fuel, entries, entries.add(OUTBOX_MAX), next, &raw mut told)
        };
        if result < host::FAILED {
            return self.ended(result, fuel, out);
        }
        out.fuel = i64::from(fuel).abs_diff(i64::from(told.fuel));
        // It has written so many, or the verifier would not have let it be loaded.
        unsafe {
            out.outbox.set_len(told.out - entries as usize);
            out.state.set_len(usize::try_from(result).unwrap_or(0));
        }
        if result < 0 { Outcome::Failed } else { Outcome::Done }
    }
}

impl Quick {
    /// Other than by returning.
    #[cold]
    fn ended(&self, result: i32, fuel: i32, out: &mut Product) -> Outcome {
        let left = host::left(self.0.0.class);
        out.fuel = i64::from(fuel).abs_diff(i64::from(left));
        failure(result, left < 0, host::why(self.0.0.class) as u32)
    }
}

/// Of a turn that did not return.
pub(crate) fn failure(result: i32, is_exhausted: bool, why: u32) -> Outcome {
    if result != host::TRAPPED {
        return Outcome::HostFault("the browser's own stack or memory was full".into());
    }
    match trap(why) {
        _ if is_exhausted => Outcome::Exhausted,
        Some(trap) => Outcome::Trapped(trap),
        None => Outcome::HostFault("the turn was given more than its buffers hold".into()),
    }
}

/// The guest's word in the low byte, and above it the browser's, counted from 1.
fn trap(why: u32) -> Option<Trap> {
    Some(match (Why::of((why & 0xff) as i32), why >> 8) {
        (Why::Depth, _) => Trap::Depth,
        (Why::Outbox, _) => Trap::Outbox,
        (Why::State, _) => Trap::State,
        (Why::Input, _) => return None,
        (Why::Guest, 2) => Trap::Call,
        (Why::Guest, 3) => Trap::OutOfBounds,
        (Why::Guest, 4) => Trap::Arithmetic,
        (Why::Guest, _) => Trap::Unreachable,
    })
}
