//! Where other threads leave what the vat's thread takes in: bounded, in order, and the only thing they share.
use crate::{End, Refused, clock, engine::Engine, line::Change, pending::Slot, port::Queue};
use peerd_vat::{Input, PortId, Ref, Time, Vat};
use std::{
    collections::{BTreeSet, VecDeque},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Limit: what waits to be taken in, as much as one mailbox holds. A vat that is this far behind does not keep up.
pub(crate) const ENTRIES_MAX: usize = 65_536;
pub(crate) const BYTES_MAX: usize = 16 << 20;

pub(crate) type Tending = Box<dyn FnOnce(&mut Engine, Time) + Send>;

pub(crate) enum Item {
    /// For an actor. In one thread's order with whatever else is about it.
    Input {
        about: Ref,
        input: Input,
    },
    /// For no mailbox.
    Host(Input),
    /// For the root, which says one word of it.
    Order {
        about: Ref,
        id: u64,
        input: Input,
        slot: Arc<Slot>,
    },
    /// The root will say a word of it when another vat's has.
    Expect {
        id: u64,
        slot: Arc<Slot>,
    },
    /// Nobody waits for that word any more.
    Forget {
        id: u64,
    },
    Look(Box<dyn FnOnce(&Vat) + Send>),
    /// Between turns.
    Tend(Tending),
    /// When nothing is left to do.
    Rest(Box<dyn FnOnce() + Send>),
    Open {
        port: PortId,
        queue: Arc<Queue>,
        slot: Arc<Slot>,
    },
    Close {
        port: PortId,
    },
    /// Everybody is to end, until then.
    Stop,
}

#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// For the vat's thread.
    came: Condvar,
    /// For whoever waits for the end.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    /// Actors before whose full mailboxes messages stand in line.
    full: BTreeSet<Ref>,
    sleeps: bool,
    until: Option<Instant>,
    end: Option<End>,
}

impl Inbox {
    /// `Full` only for a message to an actor whose mailbox is.
    pub fn push(&self, item: Item) -> Result<(), Refused<Item>> {
        let (to, bytes) = item.measure();
        let mut state = self.lock();
        if state.end.is_some() {
            return Err(Refused::Ended(item));
        }
        if to.is_some_and(|to| !state.full.is_empty() && state.full.contains(&to)) {
            return Err(Refused::Full(item));
        }
        if state.items.len() >= ENTRIES_MAX || state.bytes + bytes > BYTES_MAX {
            return Err(Refused::Busy(item));
        }
        state.bytes += bytes;
        self.put(state, item);
        Ok(())
    }

    /// What bounds itself: one for each that was taken before, one for each thread that waits for it, or frames, of which no
    /// more come than there are credits for.
    pub fn push_always(&self, item: Item) {
        let state = self.lock();
        if state.end.is_none() {
            self.put(state, item);
        }
    }

    /// What was sent before is taken in before; the time by which all is to be over holds at once.
    pub fn stop(&self, until: Option<Instant>) {
        let mut state = self.lock();
        state.until = until;
        if state.end.is_none() {
            self.put(state, Item::Stop);
        }
    }

    fn put(&self, mut state: MutexGuard<'_, State>, item: Item) {
        state.items.push_back(item);
        let sleeps = mem::take(&mut state.sleeps);
        drop(state);
        if sleeps {
            self.came.notify_one();
        }
    }

    /// The oldest, so many at most; and the time by which all is to be over, if that was said.
    pub fn take(&self, at_most: usize, into: &mut VecDeque<Item>) -> Option<Instant> {
        let mut state = self.lock();
        let count = at_most.min(state.items.len());
        let State { items, bytes, .. } = &mut *state;
        into.extend(items.drain(..count).inspect(|item| *bytes -= item.measure().1));
        state.until
    }

    pub fn is_empty(&self) -> bool {
        self.lock().items.is_empty()
    }

    /// Until something comes, or until then.
    pub fn sleep(&self, until: Option<Instant>) {
        let mut state = self.lock();
        while state.items.is_empty() {
            state.sleeps = true;
            state = match until.map(clock::left) {
                None => self.came.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(None) => break,
                Some(Some(left)) => self.came.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        state.sleeps = false;
    }

    pub fn set_full(&self, (to, is_full): Change) {
        let mut state = self.lock();
        if is_full {
            state.full.insert(to);
        } else {
            state.full.remove(&to);
        }
    }

    /// Nothing is taken any more. What nobody has taken in yet is given back.
    pub fn close(&self, end: End) -> VecDeque<Item> {
        let mut state = self.lock();
        state.end = Some(end);
        let left = mem::take(&mut state.items);
        drop(state);
        self.ended.notify_all();
        left
    }

    pub fn end(&self) -> Option<End> {
        self.lock().end.clone()
    }

    /// None: it goes on after that time.
    pub fn wait_for_end(&self, until: Option<Instant>) -> Option<End> {
        let mut state = self.lock();
        while state.end.is_none() {
            state = match until.map(clock::left) {
                None => self.ended.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(None) => break,
                Some(Some(left)) => self.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        state.end.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Item {
    /// Whose full mailbox refuses it, and what it weighs.
    fn measure(&self) -> (Option<Ref>, usize) {
        match self {
            Item::Input { about, input: Input::Message { body, .. } } | Item::Order { about, input: Input::Message { body, .. }, .. } => {
                (Some(*about), body.len())
            }
            _ => (None, 0),
        }
    }
}
