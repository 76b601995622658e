//! One program's side of all its sessions.
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::io::{Conn, Dial, Flavour, Input, Netlayer, Outcome, Output, Part, Refused, Time};
use crate::limits::Limits;
use crate::location::{Location, Sturdyref};
use crate::value::{Promise, Ref, Resolver, Value};

/// How much a session's tables hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    pub exports: usize,
    pub imports: usize,
    pub questions: usize,
    pub answers: usize,
}

/// All sessions of one program, and what goes on across them.
pub struct Peer {
    netlayers: Vec<Netlayer>,
    limits: Limits,
    seed: [u8; 32],
    now: Time,
    outputs: VecDeque<Output>,
}

impl Peer {
    /// Entropy is 32 bytes that nobody else knows; all keys and names are drawn from them.
    pub fn new(netlayers: Vec<Netlayer>, limits: Limits, seed: [u8; 32]) -> Peer {
        Peer { netlayers, limits, seed, now: Time::default(), outputs: VecDeque::new() }
    }

    /// Something happened in the world. What follows is taken with [`Peer::take`] until there is nothing.
    pub fn handle(&mut self, now: Time, _input: Input<'_>) {
        self.now = self.now.max(now);
    }

    /// What the host must do next. What is to be sent comes when all else is out, so that what was said together leaves together.
    pub fn take(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due at the latest.
    pub fn wake_at(&self) -> Option<Time> {
        None
    }

    /// Calls, and promises what it will give. The answer is released on the other side when the promise is released here.
    pub fn call(&mut self, _to: Ref, _args: Vec<Value>) -> Result<Promise, Refused> {
        Err(Refused::Unknown)
    }

    /// Calls and wants no answer, not even that it failed.
    pub fn send(&mut self, _to: Ref, _args: Vec<Value>) -> Result<(), Refused> {
        Err(Refused::Unknown)
    }

    /// A part of what a promise will be, before it is.
    pub fn part(&mut self, _of: Promise, _part: Part) -> Result<Promise, Refused> {
        Err(Refused::Unknown)
    }

    /// Asks for [`Output::Settled`], once, also if it is settled already.
    pub fn listen(&mut self, _promise: Promise) -> Result<(), Refused> {
        Err(Refused::Unknown)
    }

    /// A promise of our own. The handle is owed a release, the resolver a settlement.
    pub fn promise(&mut self) -> Result<(Promise, Resolver), Refused> {
        Err(Refused::Full("promises"))
    }

    /// Ends a promise of our own, or answers a call. The resolver is good for one time.
    pub fn settle(&mut self, _resolver: Resolver, _outcome: Outcome) -> Result<(), Refused> {
        Err(Refused::Unknown)
    }

    /// One more handle on it.
    pub fn hold(&mut self, _reference: Ref) {}

    /// One handle less.
    pub fn release(&mut self, _reference: Ref) {}

    /// Makes an object fetchable by whoever knows the number; in place of what it named before.
    pub fn register(&mut self, _swiss: &[u8], _reference: Ref) {}

    pub fn unregister(&mut self, _swiss: &[u8]) {}

    /// A number that nobody can guess.
    pub fn mint(&mut self) -> [u8; 32] {
        self.seed
    }

    /// The object that a sturdyref names: on a session that there is, or one that is dialled.
    pub fn enliven(&mut self, _sturdyref: &Sturdyref) -> Result<Promise, Refused> {
        Err(Refused::Unreachable)
    }

    /// The object that a number names at the other end of this connection, whoever that is.
    pub fn fetch(&mut self, _conn: Conn, _swiss: &[u8]) -> Result<Promise, Refused> {
        Err(Refused::Unknown)
    }

    /// Connects without wanting an object yet; nothing to do if there is a session.
    pub fn dial(&mut self, _location: &Location) -> Result<Option<Dial>, Refused> {
        Err(Refused::Unreachable)
    }

    /// Ends a session, and says why.
    pub fn abort(&mut self, _conn: Conn, _why: &str) {}

    /// Finds out whose habits the peer has. Not on a netlayer for tests: others take a first fetch for the one they wait for.
    pub fn probe(&mut self, _conn: Conn) -> Result<(), Refused> {
        Err(Refused::Unknown)
    }

    pub fn flavour(&self, _conn: Conn) -> Option<Flavour> {
        None
    }

    pub fn sizes(&self, _conn: Conn) -> Option<Sizes> {
        None
    }

    pub fn netlayers(&self) -> &[Netlayer] {
        &self.netlayers
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}
