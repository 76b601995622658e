//! The engine of turns that are over in microseconds: straight into the guest's module and back.
use crate::{Compiled, host};
use peerd_guest::abi::Why;
use peerd_metered::{Engine, Input, Limits, Outcome, Product, Trap};
use std::{cell::RefCell, rc::Rc};

/// Of what one turn may ask for.
pub(crate) const OUTBOX: usize = 65_536;
/// Before the outbox: where it ends is written there.
pub(crate) const END: usize = 8;

thread_local! {
    /// Turns don't overlap, so one room is enough: the outbox's end, the outbox, the new state.
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

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

impl Engine for Quick {
    fn limits(&self) -> Limits {
        let report = &self.0.0.report;
        Limits { state_max: report.state_max as usize, message_max: report.message_max as usize }
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        let (class, state_max) = (self.0.0.class, self.0.0.report.state_max as usize);
        let fuel = i32::try_from(input.fuel).unwrap_or(i32::MAX);
        ROOM.with_borrow_mut(|room| {
            let size = END + OUTBOX + state_max;
            if room.len() < size {
                room.resize(size, 0);
            }
            let at = room.as_mut_ptr();
            // The guest's module reads what is given and writes between `out` and `out_end`, and `state_max` bytes at `next`: the room has both.
            let result = unsafe {
                let (out, next) = (at.add(END), at.add(END + OUTBOX));
                let (state, message) = (input.state, input.message);
                host::turn(class, state.as_ptr(), state.len(), message.as_ptr(), message.len(), fuel, out, next, next)
            };
            let left = host::left(class);
            out.fuel = i64::from(fuel).abs_diff(i64::from(left));
            take(result, left < 0, || host::why(class) as u32, room, out)
        })
    }
}

/// What is in the room after a turn.
pub(crate) fn take(result: i32, is_exhausted: bool, why: impl FnOnce() -> u32, room: &[u8], out: &mut Product) -> Outcome {
    match result {
        0.. | host::FAILED => {
            let (end, rest) = room.split_first_chunk::<END>().expect("it begins with the end");
            let length = u32::from_le_bytes([end[0], end[1], end[2], end[3]]) as usize - (rest.as_ptr() as usize);
            out.outbox.extend_from_slice(&rest[..length]);
            let Ok(length) = usize::try_from(result) else { return Outcome::Failed };
            out.state.extend_from_slice(&rest[OUTBOX..][..length]);
            Outcome::Done
        }
        host::TRAPPED if is_exhausted => Outcome::Exhausted,
        host::TRAPPED => match trap(why()) {
            Some(trap) => Outcome::Trapped(trap),
            None => Outcome::HostFault("the turn was given more than its buffers hold".into()),
        },
        _ => Outcome::HostFault("the browser's own stack or memory was full".into()),
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
