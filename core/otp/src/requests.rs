//! Many calls under one roof: labelled requests with one deadline, the same question to many, and a call that must succeed.
//!
//! ```
//! use peerd_otp::requests::{Checked, Requests};
//! use peerd_vat::{CallId, Cx, Ref};
//!
//! fn ask_both(one: Ref, other: Ref, cx: &mut Cx<'_>) -> Requests<&'static str> {
//!     let mut requests = Requests::until(cx.now().after(1_000));
//!     requests.send("one", one, b"how much?", &[], cx);
//!     requests.send("other", other, b"how much?", &[], cx);
//!     requests
//! }
//!
//! /// For each reply event.
//! fn replied(requests: &mut Requests<&'static str>, call: CallId) {
//!     match requests.check(call) {
//!         Checked::Settled(label) => { /* the event's result is the answer to this one */ }
//!         Checked::NotOurs => { /* another call of this actor */ }
//!         Checked::NoRequest => { /* nothing is waited for */ }
//!     }
//! }
//! ```
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Answer, CallId, Cx, Reason, Ref, Settle, Time};
use serde::{Deserialize, Serialize};

/// Calls that are waited for together. They settle one by one, in any order, all by the same time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Requests<L> {
    open: BTreeMap<CallId, L>,
    until: Time,
}

/// What a reply is to a collection of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked<L> {
    /// The reply settles the request with this label, which is out of the collection now.
    Settled(L),
    NotOurs,
    /// The collection is empty.
    NoRequest,
}

impl<L> Requests<L> {
    /// All that is sent from here on settles by then.
    #[must_use]
    pub const fn until(deadline: Time) -> Requests<L> {
        Requests { open: BTreeMap::new(), until: deadline }
    }

    pub fn send(&mut self, label: L, to: Ref, body: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> CallId {
        let call = cx.call(to, body, refs, self.until.0.saturating_sub(cx.now().0));
        self.open.insert(call, label);
        call
    }

    /// A call that was made otherwise, with a deadline of its own.
    pub fn add(&mut self, label: L, call: CallId) {
        self.open.insert(call, label);
    }

    pub fn check(&mut self, call: CallId) -> Checked<L> {
        match self.open.remove(&call) {
            Some(label) => Checked::Settled(label),
            None if self.open.is_empty() => Checked::NoRequest,
            None => Checked::NotOurs,
        }
    }

    /// Nobody waits any more. Later answers only count as late.
    pub fn cancel(&mut self, cx: &mut Cx<'_>) -> impl Iterator<Item = L> + use<L> {
        let open = core::mem::take(&mut self.open);
        open.keys().for_each(|call| cx.cancel_call(*call));
        open.into_values()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.open.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

/// The same question to many: who answered what, and who was silent and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MultiCall<L> {
    requests: Requests<L>,
    pub answers: Vec<(L, Vec<u8>)>,
    pub silent: Vec<(L, Settle)>,
}

/// How far a multi-call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    NotOurs,
    /// Others are still waited for, at most until the deadline.
    Some,
    All,
}

impl<L> MultiCall<L> {
    /// With nobody to ask it is complete at once: see `is_complete`.
    pub fn begin(whom: impl IntoIterator<Item = (L, Ref)>, body: &[u8], deadline_ms: u64, cx: &mut Cx<'_>) -> MultiCall<L> {
        let mut requests = Requests::until(cx.now().after(deadline_ms));
        for (label, to) in whom {
            requests.send(label, to, body, &[], cx);
        }
        MultiCall { requests, answers: Vec::new(), silent: Vec::new() }
    }

    /// For each reply event.
    pub fn settle(&mut self, call: CallId, result: &Result<Answer<'_>, Settle>) -> Heard {
        let Checked::Settled(label) = self.requests.check(call) else { return Heard::NotOurs };
        match result {
            Ok(answer) => self.answers.push((label, answer.body.to_vec())),
            Err(settle) => self.silent.push((label, settle.clone())),
        }
        if self.is_complete() { Heard::All } else { Heard::Some }
    }

    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.requests.is_empty()
    }
}

/// The answer, or the end of this actor, as a call in OTP ends its caller: with the reason of the one it called, with
/// `noproc`, or with `timeout(what)`. The turn commits.
pub fn or_exit<'a>(result: Result<Answer<'a>, Settle>, what: &str, cx: &mut Cx<'_>) -> Option<Answer<'a>> {
    match result {
        Ok(answer) => Some(answer),
        Err(settle) => {
            cx.stop(reason(settle, what));
            None
        }
    }
}

fn reason(settle: Settle, what: &str) -> Reason {
    let other: String = match settle {
        Settle::Exit(reason) => return reason,
        Settle::Noproc => return Reason::Noproc,
        Settle::Noconnection => return Reason::Noconnection,
        Settle::Timeout | Settle::Expired => format!("timeout({what})"),
        Settle::Noreply | Settle::Overloaded | Settle::Deadlock | Settle::CallingSelf | Settle::Revoked | Settle::Parked => {
            settle.to_string()
        }
    };
    Reason::Other(other)
}
