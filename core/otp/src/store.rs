//! Values by key, each with a revision: who writes says which one it has seen, and a stale write changes nothing (Akka's durable state
//! store, Orleans' ETag).
//!
//! ```
//! use peerd_otp::{message, store::{self, Request}};
//! use peerd_vat::{Cx, Durability};
//!
//! fn boot(cx: &mut Cx<'_>) {
//!     let settings = store::spawn(cx, "settings", Durability::Durable);
//!     let put = Request::Put { key: b"colour".to_vec(), seen: None, value: b"blue".to_vec() };
//!     let call = message::call(settings, &put, &[], 5_000, cx);
//!     // Its reply event: `Reply::Kept` with the revision, when that is on the disk.
//! }
//! ```
use crate::{
    Server,
    message::{Caller, decode, encode},
};
use alloc::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Behaviour, Crash, Cx, Durability, Event, Identity, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "store";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    crate::behaviour::<Store>()
}

/// Kept by the caller under its label and linked to it.
pub fn spawn(cx: &mut Cx<'_>, label: &str, durability: Durability) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &[]).label(label).identity(Identity::Kept(label)).durability(durability).linked())
}

/// A write that a value has had. No other write of its store has the same, also not one of a key that was deleted.
pub type Revision = u64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Answered `Found`.
    Get(Vec<u8>),
    /// `seen`: what the caller takes for its present revision; none if it takes it for missing. Answered `Kept` or `Stale`.
    Put { key: Vec<u8>, seen: Option<Revision>, value: Vec<u8> },
    /// Answered `Deleted` or `Stale`. What is missing may be deleted.
    Delete { key: Vec<u8>, seen: Option<Revision> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Found(Option<Versioned>),
    /// Under this revision, also if the value is the one that was there.
    Kept(Revision),
    Deleted,
    /// Nothing has changed: the value has this revision, or is missing.
    Stale(Option<Revision>),
    /// Nothing has changed: it does not fit in a map (`peerd_vat::Map`).
    NotPut(String),
    /// The request could not be read.
    Malformed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned {
    pub revision: Revision,
    pub value: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Store {
    newest: Revision,
}

impl Server for Store {
    const NAME: &'static str = NAME;
    type State = Store;

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Store, Crash> {
        Ok(Store { newest: 0 })
    }

    fn handle(store: &mut Store, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body, reply: Some(reply), .. } = event {
            let answer = decode(body).map_or(Reply::Malformed, |request| store.serve(request, cx));
            Caller(reply).answer(&answer, cx);
        }
        Ok(())
    }
}

impl Store {
    fn serve(&mut self, request: Request, cx: &mut Cx<'_>) -> Reply {
        match request {
            Request::Get(key) => Reply::Found(found(&key, cx)),
            Request::Put { key, seen, value } => {
                if let Some(stale) = stale(&key, seen, cx) {
                    return stale;
                }
                let revision = self.newest + 1;
                match cx.put(&key, &encode(&Versioned { revision, value })) {
                    Ok(()) => self.newest = revision,
                    Err(why) => return Reply::NotPut(why.to_string()),
                }
                Reply::Kept(revision)
            }
            Request::Delete { key, seen } => stale(&key, seen, cx).unwrap_or_else(|| {
                cx.delete(&key);
                Reply::Deleted
            }),
        }
    }
}

/// None: the caller has seen what is there.
fn stale(key: &[u8], seen: Option<Revision>, cx: &Cx<'_>) -> Option<Reply> {
    let there = found(key, cx).map(|there| there.revision);
    (there != seen).then_some(Reply::Stale(there))
}

fn found(key: &[u8], cx: &Cx<'_>) -> Option<Versioned> {
    decode(cx.map().get(key)?)
}
