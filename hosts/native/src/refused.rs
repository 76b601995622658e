//! What a caller is told when a host does not take something, or takes nothing any more.
use std::{error, fmt};

/// Not taken, and given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refused<M> {
    /// The actor's mailbox is full: it does not keep up.
    Full(M),
    /// The host's queue is full: the vat does not keep up.
    Busy(M),
    /// The system has ended, see `Handle::end`.
    Ended(M),
}

impl<M> Refused<M> {
    pub fn into_inner(self) -> M {
        match self {
            Refused::Full(back) | Refused::Busy(back) | Refused::Ended(back) => back,
        }
    }

    pub(crate) fn with<N>(self, back: N) -> Refused<N> {
        match self {
            Refused::Full(_) => Refused::Full(back),
            Refused::Busy(_) => Refused::Busy(back),
            Refused::Ended(_) => Refused::Ended(back),
        }
    }

    const fn why(&self) -> &'static str {
        match self {
            Refused::Full(_) => "the actor's mailbox is full",
            Refused::Busy(_) => "the host's queue is full",
            Refused::Ended(_) => "the system has ended",
        }
    }
}

impl<M> fmt::Debug for Refused<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why())
    }
}

impl<M> fmt::Display for Refused<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why())
    }
}

impl<M> error::Error for Refused<M> {}

/// How a system ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Everybody was stopped, the last started first.
    Stopped,
    /// The time for that was over: so many actors were dropped where they stood.
    Cut { left: usize },
    /// One turn does not return. It is left to its thread.
    Stuck,
    /// The journal could not be written, for this reason. What was not durable never happened.
    Unwritten(String),
    /// Of a shard: it goes on at another host.
    Sealed,
    /// Of a shard: its lease is over, or not known to be good. What was not flushed before never happened.
    Fenced,
    /// A behaviour, or the kernel, panicked, and said this. What was not answered never will be.
    Bug(String),
}
