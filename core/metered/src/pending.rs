//! A turn that was begun and is not over: what it handles, kept in the actor's state until it is.
use alloc::vec::Vec;
use peerd_actor::wire::{CALL, Header, Kind};
use peerd_vat::{CallId, Ref};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// Its timer's key is `KEYS` and this.
    pub id: u32,
    /// The call of the port that it waits for, in this life.
    pub call: Option<CallId>,
    /// The guest deferred it: it comes again as the event that it was handled by last.
    pub set_aside: bool,
    /// How often the turn failed with its life, and how often the host did.
    pub lives: u32,
    pub faults: u32,
    /// With the header.
    pub message: Vec<u8>,
    /// The caller's first if it is a call. Kept apart from the rest, where the kernel looks for refs.
    #[serde(skip)]
    pub refs: Vec<Ref>,
}

impl Pending {
    pub fn header(&self) -> Option<Header> {
        Header::split(&self.message).map(|(header, _)| header)
    }

    pub fn is_init(&self) -> bool {
        self.header().is_some_and(|header| header.kind == Kind::Init)
    }

    /// Who waits for the answer, and the message's refs.
    pub fn split_refs(&self) -> (Option<Ref>, &[Ref]) {
        match self.refs.split_first() {
            Some((reply, refs)) if self.header().is_some_and(|header| header.flags & CALL != 0) => (Some(*reply), refs),
            _ => (None, &self.refs),
        }
    }
}
