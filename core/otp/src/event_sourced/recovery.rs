//! How a later life gets its state back: a snapshot and the events behind it, so many a turn, before anything else is handled.
use super::{
    Fold, Sourced,
    log::{events, snapshot, snapshots},
    sourced::{event_of, state_of},
};
use alloc::{format, sync::Arc};
use core::mem;
use peerd_vat::{Crash, Cx, Place};

/// The timer key under which the next step comes.
pub const STEP_KEY: u64 = (1 << 62) - 1;
/// Events of one turn. About as long as an actor's slice may take, so that others wait no longer than for any other turn.
const STEP: usize = 256;
const STEP_BYTES: usize = 256 << 10;
/// What such a turn counts: a slice.
const STEP_REDUCTIONS: u32 = 64;
/// Of the tag. Turned over, it hands back what waited.
const WAITED: u32 = 1 << 31;

/// How far a state is.
#[derive(Default)]
pub(super) enum Progress<F> {
    /// It was taken up from bytes, and these don't have it.
    #[default]
    Asleep,
    Underway {
        state: F,
        /// The last event in it.
        number: u64,
    },
    Ready(F),
}

impl<F> Progress<F> {
    pub const fn state(&self) -> Option<&F> {
        if let Progress::Ready(state) = self { Some(state) } else { None }
    }

    pub const fn state_mut(&mut self) -> Option<&mut F> {
        if let Progress::Ready(state) = self { Some(state) } else { None }
    }
}

impl<F: Fold> Sourced<F> {
    #[must_use]
    pub const fn is_recovered(&self) -> bool {
        matches!(self.progress, Progress::Ready(_))
    }

    /// For each event but `STEP_KEY`: whether its actor may handle it. It waits if the state has yet to be made, after a rest say, and
    /// comes back in order. Tags below 2^31 are the actor's own.
    pub fn is_ready_or_defers(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.is_recovered() {
            return true;
        }
        cx.defer();
        if !mem::replace(&mut self.has_waiting, true) && matches!(self.progress, Progress::Asleep) {
            cx.insert(STEP_KEY, Place::Next);
        }
        false
    }

    /// A step, in the first turn of a later life and with `STEP_KEY`. True: the state is there, and its actor is told. False: the next
    /// step comes before anything new.
    ///
    /// # Errors
    /// `recovery`: a snapshot or an event is not there, is of another type, or is not accepted. The life ends with it.
    pub fn recover(&mut self, cx: &mut Cx<'_>) -> Result<bool, Crash> {
        let (mut state, before) = match mem::take(&mut self.progress) {
            Progress::Ready(state) => {
                self.progress = Progress::Ready(state);
                return Ok(true);
            }
            Progress::Underway { state, number } => (state, number),
            Progress::Asleep => newest(cx).map_err(|why| failed(why.message))?,
        };
        let (mut number, mut bytes) = (before, 0);
        for (found, event) in events(&(before + 1..), cx).take(STEP) {
            if found != number + 1 || bytes > STEP_BYTES {
                break;
            }
            number = found;
            bytes += event.len();
            let applied = event_of::<F>(number, event).and_then(|event| state.apply(event));
            applied.map_err(|why| failed(format!("event {number}: {}", why.message)))?;
        }
        if number < self.highest {
            if number == before {
                return Err(failed(format!("event {} is not there", number + 1)));
            }
            self.progress = Progress::Underway { state, number };
            cx.charge(STEP_REDUCTIONS);
        } else {
            self.progress = Progress::Ready(state);
            if !mem::take(&mut self.has_waiting) {
                return Ok(true);
            }
            cx.become_tag(cx.tag() ^ WAITED);
        }
        cx.insert(STEP_KEY, Place::Next);
        Ok(false)
    }
}

fn failed(why: impl Into<Arc<str>>) -> Crash {
    Crash::new("recovery", why)
}

/// The newest state that was written whole, and the last event in it.
fn newest<F: Fold>(cx: &Cx<'_>) -> Result<(F, u64), Crash> {
    let found = snapshots(cx).last().and_then(|newest| Some((newest.number, snapshot(newest.number, cx)?)));
    let (number, state) = found.ok_or_else(|| failed("no snapshot is there"))?;
    Ok((state_of(number, &state)?, number))
}
