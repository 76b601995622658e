//! Native code as actors see it: an address whose messages a thread takes, one after the other, and may answer.
use crate::{clock, inbox::Item, shared::Shared};
use peerd::{Addr, Message, Reader};
use peerd_vat::{PortId, Ref, Settle};
use std::{
    collections::VecDeque,
    marker::PhantomData,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Limit: what waits to be taken from one port, as much as one mailbox holds. More is refused: a call is told `overloaded`, a
/// message becomes a dead letter.
const ENTRIES_MAX: usize = 65_536;
const BYTES_MAX: usize = 16 << 20;

/// What an actor sent here.
pub(crate) struct Letter {
    pub reply: Option<Ref>,
    pub body: Vec<u8>,
    pub refs: Vec<Ref>,
}

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    letters: VecDeque<Letter>,
    bytes: usize,
    is_closed: bool,
}

impl Queue {
    /// Given back with what a caller is told.
    pub fn push(&self, letter: Letter) -> Result<(), (Letter, Settle)> {
        let mut state = self.lock();
        if state.is_closed {
            return Err((letter, Settle::Noproc));
        }
        if state.letters.len() >= ENTRIES_MAX || state.bytes + letter.body.len() > BYTES_MAX {
            return Err((letter, Settle::Overloaded));
        }
        state.bytes += letter.body.len();
        state.letters.push_back(letter);
        drop(state);
        self.came.notify_one();
        Ok(())
    }

    /// Nobody waits for the answer any more: native code need not begin.
    pub fn drop_call(&self, reply: Ref) {
        let mut state = self.lock();
        if let Some(at) = state.letters.iter().position(|letter| letter.reply == Some(reply))
            && let Some(letter) = state.letters.remove(at)
        {
            state.bytes -= letter.body.len();
        }
    }

    pub fn close(&self) {
        self.lock().is_closed = true;
        self.came.notify_all();
    }

    fn pop(state: &mut State) -> Option<Letter> {
        let letter = state.letters.pop_front()?;
        state.bytes -= letter.body.len();
        Some(letter)
    }

    /// None: nothing came until then, or nothing will.
    fn take(&self, until: Option<Instant>) -> Option<Letter> {
        let mut state = self.lock();
        loop {
            if let Some(letter) = Queue::pop(&mut state) {
                return Some(letter);
            }
            if state.is_closed {
                return None;
            }
            state = match until.map(clock::left) {
                Some(None) => return None,
                Some(Some(left)) => self.came.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.came.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes messages of type `M` from actors. A `Reply` in one is answered with `Handle::reply`, now or later; one that is not
/// answered leaves its caller to its deadline. Dropped, its address is dead.
///
/// Limit: an address of another vat that came in a message is good only while an actor of this vat has it too.
pub struct Port<M> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) id: PortId,
    pub(crate) addr: Addr<M>,
    pub(crate) takes: PhantomData<fn() -> M>,
}

impl<M: Message> Port<M> {
    /// To be given to actors.
    #[must_use]
    pub fn addr(&self) -> Addr<M> {
        self.addr
    }

    /// The next message. None: the system has ended and all were taken.
    #[must_use]
    pub fn take(&self) -> Option<M> {
        self.next(None)
    }

    /// The next message, if it comes within so many milliseconds.
    #[must_use]
    pub fn take_within(&self, ms: u64) -> Option<M> {
        self.next(clock::after(ms))
    }

    /// Limit: what is no `M` is passed over; its caller, if it has one, waits until its deadline.
    fn next(&self, until: Option<Instant>) -> Option<M> {
        loop {
            let letter = self.queue.take(until)?;
            if let Some(message) = Reader::new(&letter.body, &letter.refs, letter.reply).read() {
                return Some(message);
            }
        }
    }
}

impl<M> Drop for Port<M> {
    fn drop(&mut self) {
        self.queue.close();
        self.shared.inbox.push_always(Item::Close { port: self.id });
    }
}
