//! Keyed exclusivity: what is kept under one key is changed by one call at a time, in the order in which calls came (Restate's virtual
//! objects).
//!
//! ```text
//! caller ─ key, Request ─▶ front ─▶ object of that key: queue, results, who waits      runs no code but this library's
//!                                     │ exclusive: when nobody has the key; shared: at once
//!                                     ▼
//!                                   run: `Handler`, an actor for each call              fails, is tried again, is killed alone
//!                                     └ calls of other keys, questions, sleep ─▶ asked by the object, so that they outlive the run
//! ```
//!
//! A call that takes several turns has its key until it ends. What each of its turns has changed is there for shared calls as soon as
//! that turn has committed. All of it is durable: the queue, the calls under way with what they wait for, and the results of named
//! ones go on in later lives of the vat, and nothing is done twice. It needs a vat with a journal.
//!
//! *Cancel* asks: what the call has called is cancelled first, and has ended when the handler hears of it; what that does then is its
//! clean-up. *Kill* does not: the run ends where it stands, and so does all that it has called. Of either kind, what still waits is gone at once.
//!
//! A handler whose turns fail is tried again as every durable actor is; the sixth failure ends its call as `Outcome::Crashed`. An
//! exclusive handler that calls its own key waits for itself, until somebody cancels it.
//!
//! ```
//! use peerd_otp::keyed::{self, Access, Hand, Handler, Order, Spec, Step};
//! use peerd_vat::{Crash, Cx, Ref};
//!
//! #[derive(Default, serde::Serialize, serde::Deserialize)]
//! struct Jar {
//!     cookies: u64,
//! }
//!
//! impl Handler for Jar {
//!     const NAME: &'static str = "jar";
//!     type Run = ();
//!
//!     fn access(request: &[u8], _: &[Ref]) -> Access {
//!         if request == b"count" { Access::Shared } else { Access::Exclusive }
//!     }
//!
//!     fn begin(&mut self, request: &[u8], _: &[Ref], _: &mut Hand<'_, '_>) -> Result<Step<()>, Crash> {
//!         match request {
//!             b"take" if self.cookies == 0 => return Ok(Step::Failed("it is empty".into())),
//!             b"take" => self.cookies -= 1,
//!             b"bake" => self.cookies += 12,
//!             _ => {}
//!         }
//!         Ok(Step::Done(self.cookies.to_string().into_bytes()))
//!     }
//! }
//!
//! fn boot(cx: &mut Cx<'_>) {
//!     let jars = keyed::spawn(cx, "jars", &Spec::new(Jar::NAME), &[]);
//!     let call = keyed::call(jars, "kitchen", Order::exclusive(b"take").named(b"for tea"), &[], 5_000, cx);
//!     // Its reply event, by `keyed::reply`: `Reply::Ended`, the same if somebody orders that again within a day.
//! }
//! ```
mod front;
mod hand;
mod listen;
mod object;
mod results;
mod rows;
mod run;
mod tree;

pub use hand::Hand;
pub use run::{Handler, Heard, Step, Told};

use crate::message::{self, decode};
use alloc::{boxed::Box, string::String, vec::Vec};
use peerd_vat::{Answer, Behaviour, CallId, Cx, Durability, Identity, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

/// Limit: bytes of a key, and of a name.
pub const KEY_MAX: usize = 1_024;
/// Limit: bytes of what is asked.
pub const REQUEST_MAX: usize = 1 << 20;
/// Limit: bytes of an answer; a longer one is a failure of its call.
pub const ANSWER_MAX: usize = 128 << 10;

/// The entries for a vat's behaviour table, beside those of the handlers.
#[must_use]
pub fn behaviours() -> [Box<dyn Behaviour>; 2] {
    [crate::behaviour::<front::Front>(), crate::behaviour::<object::Object>()]
}

/// The entry of a handler.
#[must_use]
pub fn behaviour<H: Handler>() -> Box<dyn Behaviour> {
    crate::behaviour::<run::Run<H>>()
}

/// How the objects of one front are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    handler: String,
    kept_ms: u64,
    calls_max: u32,
}

impl Spec {
    /// Limit: calls of one key that have not ended.
    pub const CALLS_MAX: u32 = 1_024;
    const DAY_MS: u64 = 86_400_000;

    /// By the name of the handler.
    #[must_use]
    pub fn new(handler: &str) -> Spec {
        Spec { handler: handler.into(), kept_ms: Spec::DAY_MS, calls_max: Spec::CALLS_MAX }
    }

    /// How long the result of a named call is kept after its end.
    #[must_use]
    pub fn results_for(self, ms: u64) -> Spec {
        Spec { kept_ms: ms, ..self }
    }

    #[must_use]
    pub fn calls_max(self, calls: u32) -> Spec {
        Spec { calls_max: calls, ..self }
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        message::encode(self)
    }
}

/// The behaviour of a front.
pub const NAME: &str = "keyed";

/// The front of the objects of one kind, which turns a key into the object of that key. Kept by the caller under its label and
/// linked to it. `refs` is what each handler has (`Hand::refs`).
pub fn spawn(cx: &mut Cx<'_>, label: &str, spec: &Spec, refs: &[Ref]) -> Ref {
    let args = spec.encode();
    let options = SpawnOptions::new(NAME, &args).refs(refs).label(label).identity(Identity::Kept(label));
    cx.spawn(options.durability(Durability::Durable).linked())
}

/// Whether others may run meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    Exclusive,
    /// It only reads, so it waits for nobody and nobody for it.
    Shared,
}

/// A call to be: what the handler is asked, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    access: Access,
    name: Option<Vec<u8>>,
    branch: Option<tree::Branch>,
    after_ms: u64,
    request: Vec<u8>,
}

impl Order {
    #[must_use]
    pub fn exclusive(request: &[u8]) -> Order {
        Order::new(Access::Exclusive, request)
    }

    #[must_use]
    pub fn shared(request: &[u8]) -> Order {
        Order::new(Access::Shared, request)
    }

    /// The handler looks again: a request that it takes for another kind fails.
    #[must_use]
    pub fn new(access: Access, request: &[u8]) -> Order {
        Order { access, name: None, branch: None, after_ms: 0, request: request.into() }
    }

    /// An idempotency key: a later order of this name at the same key, whatever it asks, is this call, under way or ended, for as long
    /// as results are kept.
    #[must_use]
    pub fn named(self, name: &[u8]) -> Order {
        Order { name: Some(name.into()), ..self }
    }

    /// It comes to the queue only then.
    #[must_use]
    pub fn after(self, ms: u64) -> Order {
        Order { after_ms: ms, ..self }
    }
}

/// Asked of a front, about one key: a call, or, where the answer is not wanted, a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Answered `Ended`.
    Call(Order),
    /// Answered `Sent` when it is written down.
    Send(Order),
    /// Answered `Ended`, as those who called.
    Attach(Which),
    /// Answered `Ok`: it has heard, or will when what it had called has ended.
    Cancel(Which),
    /// Answered `Ok`: it has ended.
    Kill(Which),
}

/// A call of one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// Of `Sent`.
    Number(u64),
    Named(Vec<u8>),
    /// One that another call has made.
    Branch(tree::Branch),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Ended(Outcome),
    /// `is_known`: an earlier order of that name is this call.
    Sent {
        number: u64,
        is_known: bool,
    },
    Ok,
    Refused(Refused),
}

/// How a call ended: the same for all who ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// An answer holds no refs: it may outlive them.
    Done(Vec<u8>),
    /// The handler says so.
    Failed(String),
    Cancelled,
    Killed,
    /// Its turns failed too often, the last time for this.
    Crashed(String),
    /// It is done, and its answer had no room to be kept.
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refused {
    /// No such call is under way, and no result of it is kept.
    NotFound,
    /// So many calls have not ended, no room is left for one, or as many as can wait for it.
    Full,
    /// A key or a name that is empty or longer than `KEY_MAX`.
    Key,
    /// Than `REQUEST_MAX`.
    TooLong,
    /// The request could not be read.
    Malformed,
}

/// Orders; the answer comes when the call has ended. `refs` go to the handler.
pub fn call(front: Ref, key: &str, order: Order, refs: &[Ref], deadline_ms: u64, cx: &mut Cx<'_>) -> CallId {
    ask(front, key, Request::Call(order), refs, deadline_ms, cx)
}

pub fn ask(front: Ref, key: &str, request: Request, refs: &[Ref], deadline_ms: u64, cx: &mut Cx<'_>) -> CallId {
    message::call(front, &(key, request), refs, deadline_ms, cx)
}

pub fn tell(front: Ref, key: &str, request: Request, refs: &[Ref], cx: &mut Cx<'_>) {
    message::cast(front, &(key, request), refs, cx);
}

/// Reads the answer to any request.
///
/// # Errors
/// As the call settled; nobody knows what became of the request then, but a named one may be asked for again.
pub fn reply(result: Result<Answer<'_>, Settle>) -> Result<Reply, Settle> {
    decode(result?.body).ok_or(Settle::Noreply)
}
