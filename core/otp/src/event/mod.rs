//! An event bus: what is published goes to handlers that live in the bus and to subscribers that live elsewhere.
//!
//! ```text
//! publish ─▶ bus ─▶ handlers, the newest first     a value each; one that fails is removed, the bus and the others go on
//!                └▶ subscribers, the oldest first  an actor each, told by a cast; removed when it ends
//! ```
//!
//! ```
//! use peerd_otp::event::{Bus, Verdict};
//! use peerd_vat::{Crash, Cx, Ref};
//!
//! struct Alarms;
//!
//! impl Bus for Alarms {
//!     const NAME: &'static str = "alarms";
//!     type Event = String;
//!     type Handler = u32; // counts
//!     type Ask = ();
//!
//!     fn add(_args: &[u8], _before: Option<Vec<u8>>, _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<u32, Crash> {
//!         Ok(0)
//!     }
//!
//!     fn handle(count: &mut u32, _event: &String, _cx: &mut Cx<'_>) -> Result<Verdict, Crash> {
//!         *count += 1;
//!         Ok(Verdict::Keep)
//!     }
//! }
//! ```
mod hall;

use crate::message::{self, Caller, encode};
use alloc::{boxed::Box, string::String, vec::Vec};
pub use hall::{Answer, Failure, Gone, Request};
use peerd_vat::{Behaviour, Crash, Cx, Reason, Ref};
use serde::{Serialize, de::DeserializeOwned};

pub trait Bus: Send + Sync + Sized + 'static {
    const NAME: &'static str;
    type Event: Serialize + DeserializeOwned;
    /// The state of a handler. A bus with several kinds of handlers has an enum here.
    type Handler: Serialize + DeserializeOwned + Send;
    /// What can be asked of one handler.
    type Ask: Serialize + DeserializeOwned;

    /// A new handler. `before`: what the one it takes the place of left behind, if it is a swap and there was one.
    fn add(args: &[u8], before: Option<Vec<u8>>, refs: &[Ref], cx: &mut Cx<'_>) -> Result<Self::Handler, Crash>;

    /// A handler that fails is removed. What it had sent by then stays sent: the turn is the bus's.
    fn handle(handler: &mut Self::Handler, event: &Self::Event, cx: &mut Cx<'_>) -> Result<Verdict, Crash>;

    fn ask(handler: &mut Self::Handler, request: Self::Ask, caller: Caller, cx: &mut Cx<'_>) -> Result<Verdict, Crash> {
        let _ = (handler, request, caller, cx);
        Ok(Verdict::Keep)
    }

    /// The handler's last word. What it returns goes to whoever deleted it, or to the handler that takes its place.
    fn remove(handler: Self::Handler, why: &Removal, cx: &mut Cx<'_>) -> Vec<u8> {
        let _ = (handler, why, cx);
        Vec::new()
    }
}

/// What becomes of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    Remove,
    /// Another takes its place, made from these arguments and what it leaves behind.
    Swap(Vec<u8>),
}

/// Why a handler goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It said so itself.
    Done,
    /// `Request::Delete` or `Request::Swap`, with its arguments.
    Told(Vec<u8>),
    Failed(Crash),
    /// Who had it supervised has ended.
    OwnerEnded(Reason),
    /// The bus ends.
    Stop(Reason),
}

/// Tells everybody; nobody is waited for.
pub fn publish<B: Bus>(bus: Ref, event: B::Event, cx: &mut Cx<'_>) {
    message::cast(bus, &Request::<B>::Publish(event), &[], cx);
}

/// The call settles when all handlers have handled it.
pub fn publish_and_wait<B: Bus>(bus: Ref, event: B::Event, deadline_ms: u64, cx: &mut Cx<'_>) -> peerd_vat::CallId {
    message::call(bus, &Request::<B>::Publish(event), &[], deadline_ms, cx)
}

/// From now on this actor is told every event, as a message that is the event's bytes.
pub fn subscribe<B: Bus>(bus: Ref, subscriber: Ref, cx: &mut Cx<'_>) {
    message::cast(bus, &Request::<B>::Subscribe, &[subscriber], cx);
}

pub fn unsubscribe<B: Bus>(bus: Ref, subscriber: Ref, cx: &mut Cx<'_>) {
    message::cast(bus, &Request::<B>::Unsubscribe, &[subscriber], cx);
}

/// What a handler's owner is told when it goes without having been told to: read it as `Gone`.
fn tell_gone(owner: Ref, id: &str, why: &Removal, cx: &mut Cx<'_>) {
    let gone = Gone { id: String::from(id), why: hall::in_words(why) };
    cx.send(owner, &encode(&gone));
}

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<B: Bus>() -> Box<dyn Behaviour> {
    crate::behaviour::<hall::Code<B>>()
}
