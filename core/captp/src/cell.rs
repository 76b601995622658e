//! A promise: who waits for it, what waits to be sent to what it will be, and what it became.
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::io::{Conn, Outcome, Part, Reason};
use crate::session::Sid;
use crate::value::{Promise, Ref, Value};

/// Invariant: queue and watchers are empty unless the promise is open. One that is open is held by whoever will settle it: a
/// resolver in the hands of the user, one that was exported, or a dial that it waits for.
pub(crate) struct Cell {
    /// Handles of the user, tables and values that mention it; at none it goes.
    pub holds: u64,
    /// Those of the user among them.
    pub lent: u64,
    pub state: State,
    /// Where it is a promise of a peer's.
    pub path: Option<Path>,
    /// Calls that went along the path and may still be on their way.
    pub piped: u64,
    /// Goes on to use its path although it is settled: what went along it would be overtaken otherwise.
    pub sticky: bool,
    /// The promise along whose path the call went that this one is the answer to.
    pub via: Option<Promise>,
    /// The promise in whose queue that call is.
    pub queued_at: Option<Promise>,
    /// Whether the peer has been asked to tell.
    pub listening: bool,
    pub watchers: Vec<Watcher>,
    pub queue: VecDeque<Call>,
    /// About how many are kept here: in the queue, or in what it ended with.
    pub bytes: usize,
}

pub(crate) enum State {
    Open,
    /// Is what another promise will be; holds it.
    Follows(Promise),
    /// Never with a promise. Holds what it mentions.
    Settled(Outcome),
}

/// A promise of a peer's, as that session has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    pub sid: Sid,
    pub at: Place,
}

/// What an op is sent to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `desc:export`: an import of ours.
    Import(u64),
    /// `desc:answer`: a question of ours.
    Question(u64),
}

/// Who wants to know what became of a promise.
pub(crate) enum Watcher {
    /// The user, who asked by this handle.
    User(Promise),
    /// A resolver of a peer's, held; `partial` ones also hear of the next promise.
    Resolver { to: Ref, partial: bool },
    /// The probe of a session's flavour.
    Probe(Sid),
}

/// A call that has been made and not yet delivered. Holds what it mentions.
pub(crate) struct Call {
    pub from: Option<Conn>,
    pub what: What,
    /// The promise of its answer, with the right to settle it.
    pub result: Option<Promise>,
    /// About how many it takes.
    pub bytes: usize,
}

pub(crate) enum What {
    Deliver(Vec<Value>),
    Part(Part),
}

impl Cell {
    pub fn new(holds: u64) -> Cell {
        Cell {
            holds,
            lent: 0,
            state: State::Open,
            path: None,
            piped: 0,
            sticky: false,
            via: None,
            queued_at: None,
            listening: false,
            watchers: Vec::new(),
            queue: VecDeque::new(),
            bytes: 0,
        }
    }

    /// The way that a call of it must take, if that is through a session.
    pub fn way(&self) -> Option<Path> {
        match self.state {
            State::Open => self.path,
            State::Follows(_) | State::Settled(_) => self.path.filter(|_| self.sticky && self.piped > 0),
        }
    }
}

impl Part {
    /// About how many it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Part::Field(name) | Part::Untag(name) => name.len(),
            Part::Index(_) => 0,
        }
    }
}

/// Everything referred to in a value, each occurrence.
pub(crate) fn refs_of(value: &Value, found: &mut impl FnMut(Ref)) {
    match value {
        Value::Ref(reference) => found(*reference),
        Value::List(items) => items.iter().for_each(|item| refs_of(item, found)),
        Value::Struct(pairs) => pairs.iter().for_each(|(_, value)| refs_of(value, found)),
        Value::Tagged(_, value) => refs_of(value, found),
        Value::Void
        | Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Bytes(_)
        | Value::Text(_)
        | Value::Symbol(_)
        | Value::Error(_)
        | Value::Sturdyref(_) => {}
    }
}

pub(crate) fn refs_of_all(values: &[Value], found: &mut impl FnMut(Ref)) {
    values.iter().for_each(|value| refs_of(value, found));
}

pub(crate) fn refs_of_outcome(outcome: &Outcome, found: &mut impl FnMut(Ref)) {
    match outcome {
        Outcome::Fulfilled(value) | Outcome::Broken(Reason::Told(value)) => refs_of(value, found),
        Outcome::Broken(Reason::Disconnected | Reason::Machine(_)) => {}
    }
}

/// About what an end takes.
pub(crate) fn bytes_of(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Fulfilled(value) | Outcome::Broken(Reason::Told(value)) => size_of(value),
        Outcome::Broken(Reason::Disconnected | Reason::Machine(_)) => 0,
    }
}

/// About what a value takes on the wire, references aside.
pub(crate) fn size_of(value: &Value) -> usize {
    const ATOM: usize = 12;
    let text = |text: &String| ATOM + text.len();
    match value {
        Value::Void | Value::Null | Value::Bool(_) | Value::Float(_) => ATOM,
        Value::Integer(number) => 2 + number.digits(),
        Value::Bytes(bytes) => ATOM + bytes.len(),
        Value::Text(known) | Value::Symbol(known) => text(known),
        Value::Error(known) => 24 + text(known),
        Value::List(items) => 2 + items.iter().map(size_of).sum::<usize>(),
        Value::Struct(pairs) => 2 + pairs.iter().map(|(key, value)| text(key) + size_of(value)).sum::<usize>(),
        Value::Tagged(tag, value) => 24 + text(tag) + size_of(value),
        Value::Sturdyref(sturdyref) => {
            let location = &sturdyref.location;
            let hints: usize = location.hints.iter().map(|(key, value)| text(key) + text(value)).sum();
            64 + location.transport.len() + location.designator.len() + hints + sturdyref.swiss.len()
        }
        // A descriptor with a position of 19 digits.
        Value::Ref(_) => 48,
    }
}
