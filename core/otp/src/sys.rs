//! System messages for servers and machines: what the kernel's own can't do, because only the library knows it.
//!
//! The kernel's (`Cx::system`) suspend and resume any actor, replace its state, log, count, trace and upgrade it. Here are a
//! status that respects redaction, an end with `terminate`, and the way to the state inside what `System::GetState` answers.
//!
//! ```text
//! sys::call(server, &Request::GetStatus, ms, cx) ─▶ a call that carries the server's own ref, with the control right:
//!                                                    that is the proof, for rights can't be made up and are not lent by mistake
//! ```
//!
//! ```
//! use peerd_otp::sys;
//! use peerd_vat::{Answer, CallId, Cx, Ref, System};
//!
//! /// The server is suspended; its state comes as a reply event.
//! fn look(server: Ref, cx: &mut Cx<'_>) -> CallId {
//!     cx.system(server, System::GetState, 5_000)
//! }
//!
//! /// Doubles what was found there.
//! fn change(server: Ref, found: Answer<'_>, cx: &mut Cx<'_>) -> Option<CallId> {
//!     let total: u64 = sys::state(found.body)?;
//!     let changed = sys::with_state(found.body, &(total * 2))?;
//!     Some(cx.system(server, System::ReplaceState(&changed), 5_000))
//! }
//! ```
use crate::message::{Caller, decode, encode};
use alloc::{format, string::String, vec::Vec};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref, Rights};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Answered `Status`: for people, as the server's redaction lets it be seen.
    GetStatus,
    /// The server stops itself with this reason. Settles as the end of the server does.
    Terminate(Reason),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Status(Status),
    /// The ref it was asked by has no control right.
    Refused,
    Malformed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub behaviour: String,
    /// `waits`, `hibernates`, or the state of a machine.
    pub activity: String,
    pub state: String,
}

/// Not the beginning of any message that is meant for a callback.
const MARK: [u8; 8] = *b"\xA7otp.sys";

/// The answer comes as a reply event; read it with `answer`. A suspended server answers when it is resumed.
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

/// The state of a gen_server, or the state and data of a machine, inside what `System::GetState` answered.
#[must_use]
pub fn state<T: DeserializeOwned>(found: &[u8]) -> Option<T> {
    decode(&inner(found)?.0?)
}

/// The same with another state, for `System::ReplaceState`.
#[must_use]
pub fn with_state<T: Serialize>(found: &[u8], state: &T) -> Option<Vec<u8>> {
    let (_, frame) = inner(found)?;
    let mut changed = encode(&Some(encode(state)));
    changed.extend(frame);
    Some(changed)
}

/// The state's own bytes, and those of what the library keeps around it: see `apart`.
pub(crate) fn inner(found: &[u8]) -> Option<(Option<Vec<u8>>, &[u8])> {
    postcard::take_from_bytes(found).ok()
}

/// A system message is served here; any other event is handed on.
pub(crate) fn intercept<'e>(event: Event<'e>, status: impl FnOnce() -> Status, cx: &mut Cx<'_>) -> Option<Event<'e>> {
    let Event::User { body, refs, reply: Some(reply) } = event else { return Some(event) };
    let Some(request) = body.strip_prefix(&MARK) else { return Some(event) };
    let proven = refs.first().is_some_and(|proof| proof.actor_id() == cx.me().actor_id() && proof.rights().contain(Rights::CONTROL));
    let answer = match decode(request) {
        _ if !proven => Answer::Refused,
        Some(Request::GetStatus) => Answer::Status(status()),
        Some(Request::Terminate(reason)) => {
            cx.stop(reason);
            return None;
        }
        None => Answer::Malformed,
    };
    Caller(reply).answer(&answer, cx);
    None
}

/// A state as people may see it. What goes wrong in showing it hides nothing else.
pub(crate) fn shown(status: Result<String, Crash>) -> String {
    status.unwrap_or_else(|crash| format!("a state that could not be shown: {crash}"))
}
