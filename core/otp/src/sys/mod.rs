//! System messages: look into a server, suspend it, change it, end it, without its callbacks knowing.
//!
//! ```text
//! sys::call(server, &Request::Suspend, ms, cx) ─▶ a call that carries the server's own ref, with the control right
//!                                                  │ that ref is the proof: rights can't be made up, and are not lent by mistake
//!                              Reply ◀── Answer ◀──┴─ served between two messages, suspended or not
//! ```
//!
//! ```
//! use peerd_otp::sys::{self, Answer, Request};
//! use peerd_vat::{CallId, Cx, Ref};
//!
//! fn pause(server: Ref, cx: &mut Cx<'_>) -> CallId {
//!     sys::call(server, &Request::Suspend, 5_000, cx)
//! }
//!
//! fn paused(reply: peerd_vat::Answer<'_>) -> bool {
//!     sys::answer(reply) == Some(Answer::Ok)
//! }
//! ```
mod control;

use crate::message::{decode, encode};
use alloc::{string::String, vec::Vec};
pub(crate) use control::{Control, Subject, intercept, shown};
use peerd_vat::{CallId, Cx, Event, Reason, Ref, Rights, Time};
use serde::{Deserialize, Serialize};

/// What may be asked of a gen_server or a state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Answered `State`, as postcard bytes, nothing left out.
    GetState,
    /// Of the same form. Bytes that are no such state change nothing.
    ReplaceState(Vec<u8>),
    /// From now on everything but system messages waits.
    Suspend,
    /// What waited is handled, in order.
    Resume,
    /// Answered `Status`: for people, as the server's redaction lets it be seen.
    GetStatus,
    /// Counts from now on, or no more.
    Statistics(bool),
    /// Answered `Counted`, or `Failed` while it does not count.
    GetStatistics,
    /// Remembers the last so many events, at most `LOG_MAX`; 0 forgets them.
    Log(u32),
    GetLog,
    /// Reports the next so many events as they are handled; 0 stops it.
    Trace(u32),
    /// The state was made by this version of the code. Only while suspended.
    ChangeCode {
        from: u32,
        extra: Vec<u8>,
    },
    /// The server stops itself with this reason. Settles as the end of the server does.
    Terminate(Reason),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Ok,
    State(Vec<u8>),
    Status(Status),
    Counted(Statistics),
    Log(Vec<String>),
    /// Nothing has changed.
    Failed(String),
    /// The ref it was asked by has no control right.
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub behaviour: String,
    /// `suspended`, `hibernates`, `waits`, or the state of a machine.
    pub activity: String,
    pub state: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    pub since: Time,
    pub handled: u64,
}

/// Limit: events in a log. A person reads the last few.
pub const LOG_MAX: u32 = 100;

/// Not the beginning of any message that is meant for a callback.
const MARK: [u8; 8] = *b"\xA7otp.sys";

/// The answer comes as a reply event; read it with `answer`.
pub fn call(server: Ref, request: &Request, deadline_ms: u64, cx: &mut Cx<'_>) -> CallId {
    let mut body = MARK.to_vec();
    body.extend(encode(request));
    cx.call(server, &body, &[server.lending(Rights::CONTROL)], deadline_ms)
}

/// None: not an answer to a system message.
#[must_use]
pub fn answer(answer: peerd_vat::Answer<'_>) -> Option<Answer> {
    decode(answer.body)
}

/// A system message, if that is what this is, and who waits for its answer.
fn request(event: &Event<'_>, cx: &Cx<'_>) -> Option<(Result<Request, Answer>, Ref)> {
    let Event::User { body, refs, reply: Some(reply) } = event else { return None };
    let request = body.strip_prefix(&MARK)?;
    let proven = refs.first().is_some_and(|proof| proof.actor_id() == cx.me().actor_id() && proof.rights().contain(Rights::CONTROL));
    let request = match decode(request) {
        _ if !proven => Err(Answer::Refused),
        Some(request) => Ok(request),
        None => Err(Answer::Failed("no such request".into())),
    };
    Some((request, *reply))
}
