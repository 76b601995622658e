//! An actor's state at rest: JSON, its refs, and what it waits for.
use peerd_vat::{CallId, Ref, WatchId};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Record {
    pub state: String,
    pub refs: Vec<Ref>,
    pub calls: Vec<Call>,
    pub watches: Vec<(u32, WatchId)>,
    /// The number that a call or watch got last: JavaScript knows them by it.
    pub marks: u32,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Call {
    pub mark: u32,
    pub id: CallId,
    /// Its answer is a supervisor's.
    pub to_supervisor: bool,
}

impl Record {
    pub fn read(bytes: &[u8]) -> Record {
        if bytes.is_empty() { Record::default() } else { postcard::from_bytes(bytes).expect("written by `bytes`") }
    }

    pub fn bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("plain data encodes")
    }

    pub fn take_call(&mut self, id: CallId) -> Option<Call> {
        let at = self.calls.iter().position(|call| call.id == id)?;
        Some(self.calls.remove(at))
    }

    pub fn take_watch(&mut self, id: WatchId) -> Option<u32> {
        let at = self.watches.iter().position(|watch| watch.1 == id)?;
        Some(self.watches.remove(at).0)
    }
}
