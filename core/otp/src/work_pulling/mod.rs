//! Reliable delivery by demand: a queue whose items go to those who have room for them, each to one, until it is confirmed (Akka's work
//! pulling, and with one worker at a time its producer and consumer).
//!
//! ```text
//! producer ─ Add ─▶ queue: the item in its map ─ Added, when it is on the disk ─▶ producer
//!                     │ to whoever has joined and has fewer than `window` of them
//!                     ▼
//!                   worker ─ confirm ─▶ queue: the item is gone             worker ends ─▶ what it has not confirmed goes to others
//! ```
//!
//! A worker that confirms in the turn that did the work does each item once, whoever is killed when, if it and the queue are durable: the turn, and
//! with it the confirmation, is there or is not. One that confirms later may have done an item that another does again. The kernel loses
//! nothing on the way within a vat, so nothing is sent twice there to be sure; over a link that is lost a worker counts as ended, and joins again.
//!
//! ```
//! use peerd_otp::work_pulling::{self, Puller, Spec};
//! use peerd_vat::{Cx, Durability, Ref};
//!
//! fn boot(cx: &mut Cx<'_>) {
//!     let queue = work_pulling::spawn(cx, "letters", &Spec::new(), Durability::Durable);
//!     let call = work_pulling::add(queue, b"to whom it concerns", cx);
//! }
//!
//! /// What the worker keeps in its state, made anew in each of its lives: with two items at a time, that come behind the byte 7.
//! fn begin(queue: Ref, cx: &mut Cx<'_>) -> Puller {
//!     Puller::join(queue, 2, &[7], cx)
//! }
//!
//! fn work(puller: &Puller, body: &[u8], cx: &mut Cx<'_>) {
//!     if let Some(item) = body.strip_prefix(&[7]).and_then(|body| puller.accept(body, cx)) {
//!         puller.confirm(item.number, cx);
//!     }
//! }
//! ```
mod puller;
mod queue;

pub use puller::{Item, Puller};

use crate::message;
use alloc::{boxed::Box, string::String, vec::Vec};
use peerd_vat::{Behaviour, CALL_MS, CallId, Cx, Durability, Identity, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "work queue";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    crate::behaviour::<queue::Queue>()
}

/// How a queue treats its workers and its items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    workers: Workers,
    lost: Lost,
    items_max: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Workers {
    Many,
    /// Who joins takes the place of the one before: so all is handled in order.
    One,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Lost {
    Again,
    Gone,
}

impl Spec {
    /// Limit: items that are not confirmed. Their bytes have another, that of a map.
    pub const ITEMS_MAX: u32 = 65_536;

    /// Any number of workers; what one has not confirmed at its end goes to others.
    #[allow(clippy::new_without_default, reason = "a default says nothing about what it is")]
    #[must_use]
    pub const fn new() -> Spec {
        Spec { workers: Workers::Many, lost: Lost::Again, items_max: Spec::ITEMS_MAX }
    }

    /// One worker at a time, and all items in order. Who joins takes the place of the one before, and begins with what that one has
    /// not confirmed.
    #[must_use]
    pub const fn one_worker(self) -> Spec {
        Spec { workers: Workers::One, ..self }
    }

    /// What a worker has not confirmed at its end is given up: a report and `Status` say so.
    #[must_use]
    pub const fn without_resend(self) -> Spec {
        Spec { lost: Lost::Gone, ..self }
    }

    #[must_use]
    pub const fn items_max(self, items: u32) -> Spec {
        Spec { items_max: items, ..self }
    }
}

/// Kept by the caller under its label and linked to it.
pub fn spawn(cx: &mut Cx<'_>, label: &str, spec: &Spec, durability: Durability) -> Ref {
    let args = message::encode(spec);
    cx.spawn(SpawnOptions::new(NAME, &args).label(label).identity(Identity::Kept(label)).durability(durability).linked())
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Bytes without refs. Answered `Added` when a durable queue has it on the disk, or `NotAdded`.
    Add(Vec<u8>),
    /// Answered `Status`.
    Status,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Under this number; they count from 1.
    Added(u64),
    NotAdded(NotAdded),
    Status(Status),
    /// The request could not be read.
    Malformed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotAdded {
    /// So many items are not confirmed.
    Full(u32),
    /// It does not fit in a map.
    Map(String),
    /// A ref in an item would be lost.
    Refs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Items that nobody has.
    pub waiting: u32,
    /// Items that somebody has and has not confirmed.
    pub out: u32,
    pub workers: u32,
    /// Items that were given up, ever.
    pub lost: u64,
}

/// What a worker tells its queue.
#[derive(Serialize, Deserialize)]
enum Word {
    /// With the worker as the first of the refs. Items come behind the bytes `before`.
    Join {
        ticket: u64,
        window: u32,
        before: Vec<u8>,
    },
    Confirm {
        ticket: u64,
        number: u64,
    },
    Leave {
        ticket: u64,
    },
}

pub fn add(queue: Ref, item: &[u8], cx: &mut Cx<'_>) -> CallId {
    message::call(queue, &Request::Add(item.into()), &[], CALL_MS, cx)
}
