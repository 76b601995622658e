//! An answer that is still to come: a thread waits for it, or a future is polled, whichever the caller is.
use crate::{clock, inbox::Item, shared::Shared};
use peerd::Reader;
use peerd_vat::{Reason, Ref, Settle};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

/// What the root says of an order: bytes and refs, or why there are none.
pub(crate) type Outcome = Result<(Vec<u8>, Vec<Ref>), Settle>;

/// Where the vat's thread leaves it.
pub(crate) struct Slot {
    state: Mutex<State>,
    settled: Condvar,
}

enum State {
    Waiting(Option<Waker>),
    Settled(Outcome),
    Taken,
}

impl Slot {
    pub fn new() -> Arc<Slot> {
        Arc::new(Slot { state: Mutex::new(State::Waiting(None)), settled: Condvar::new() })
    }

    /// The first word counts.
    pub fn settle(&self, outcome: Outcome) {
        let mut state = self.lock();
        if let State::Waiting(waker) = &mut *state {
            let waker = waker.take();
            *state = State::Settled(outcome);
            drop(state);
            self.settled.notify_all();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(state: &mut State) -> Option<Outcome> {
        match std::mem::replace(state, State::Taken) {
            State::Settled(outcome) => Some(outcome),
            waiting => {
                *state = waiting;
                None
            }
        }
    }
}

/// An answer that is still to come. Dropped, it is not waited for any more: a call is cancelled, a watch ends.
#[must_use = "dropped, it is cancelled"]
pub struct Pending<T> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) slot: Arc<Slot>,
    pub(crate) id: u64,
    /// By the caller's clock; whatever the vat does, a waiting thread goes on then.
    pub(crate) until: Option<Instant>,
    pub(crate) read: fn(Outcome) -> T,
}

impl<T> Pending<T> {
    /// The answer is there.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(*self.slot.lock(), State::Settled(_))
    }

    /// Waits for it, at most until its deadline.
    ///
    /// In a future poll it instead: this stops the thread. In an actor's turn it stops the vat that would answer.
    #[must_use]
    pub fn wait(self) -> T {
        let outcome = self.outcome(self.until).unwrap_or(Err(Settle::Timeout));
        (self.read)(outcome)
    }

    /// Waits for it so many milliseconds. None: not yet, ask again.
    pub fn wait_for(&mut self, ms: u64) -> Option<T> {
        let until = clock::after(ms).into_iter().chain(self.until).min();
        let is_over = self.until.is_some_and(|deadline| until == Some(deadline));
        let outcome = self.outcome(until).or(if is_over { Some(Err(Settle::Timeout)) } else { None });
        outcome.map(self.read)
    }

    fn outcome(&self, until: Option<Instant>) -> Option<Outcome> {
        let mut state = self.slot.lock();
        loop {
            if let Some(outcome) = Slot::take(&mut state) {
                return Some(outcome);
            }
            assert!(!matches!(*state, State::Taken), "an answer is taken once");
            state = match until.map(clock::left) {
                Some(None) => return None,
                Some(Some(left)) => self.slot.settled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.slot.settled.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// Needs no executor of its own: the vat's thread wakes whoever polled last.
impl<T> Future for Pending<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut state = self.slot.lock();
        if let Some(outcome) = Slot::take(&mut state) {
            return Poll::Ready((self.read)(outcome));
        }
        if let State::Waiting(waker) = &mut *state {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.shared.answered();
        if !matches!(*self.slot.lock(), State::Taken) {
            self.shared.inbox.push_always(Item::Forget { id: self.id });
        }
    }
}

/// A message that came back, or why none did.
pub(crate) fn read_answer<T: peerd::Message>(outcome: Outcome) -> Result<T, Settle> {
    let (body, refs) = outcome?;
    Reader::new(&body, &refs, None).read().ok_or(Settle::Noreply)
}

/// The one ref that came back.
pub(crate) fn read_ref(outcome: Outcome) -> Result<Ref, Settle> {
    outcome?.1.first().copied().ok_or(Settle::Noreply)
}

/// The reason in a down. Of a vat that is gone nobody says more than that.
pub(crate) fn read_reason(outcome: Outcome) -> Reason {
    outcome.ok().and_then(|(body, _)| postcard::from_bytes(&body).ok()).unwrap_or(Reason::Noconnection)
}
