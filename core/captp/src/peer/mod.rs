//! One program's side of all its sessions: what its user may ask for.
mod bootstrap;
mod dials;
mod flow;
mod gifts;
mod handoff;
mod hello;
mod ops;
mod promises;
mod refs;
mod values;
mod ways;
mod write;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use self::dials::{Dials, Want};
use self::gifts::{Gifts, Redeeming};
use self::promises::Work;
use self::refs::FarEntry;
use crate::cell::{Call, Cell, State, Watcher, What, refs_of_all, refs_of_outcome, size_of};
use crate::entropy::Entropy;
use crate::io::{Conn, Dial, Flavour, Input, Netlayer, Outcome, Output, Part, Refused, Time};
use crate::keys::{Id, hashed};
use crate::limits::Limits;
use crate::location::{Location, Sturdyref};
use crate::session::{Session, Sid};
use crate::slab::Slab;
use crate::value::{Object, Promise, Ref, Resolver, Value};

/// How much the tables of one session hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    pub exports: usize,
    pub imports: usize,
    pub questions: usize,
    pub answers: usize,
}

/// How much is held across sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    pub sessions: usize,
    pub promises: usize,
    /// About how many are in the queues and the ends of those.
    pub kept_bytes: usize,
    pub far: usize,
    /// Objects of the user's that are held.
    pub objects: usize,
    pub gifts: usize,
    pub waiters: usize,
    pub dials: usize,
}

/// All sessions of one program, and what goes on across them.
pub struct Peer {
    netlayers: Vec<Netlayer>,
    limits: Limits,
    entropy: Entropy,
    now: Time,
    outputs: VecDeque<Output>,
    todo: VecDeque<Work>,
    sessions: Slab<Session>,
    conns: BTreeMap<Conn, Sid>,
    /// Of sessions that are ready: all by id, and by location those whose location is believed.
    by_id: BTreeMap<Id, Sid>,
    by_location: BTreeMap<(String, String), Sid>,
    cells: Slab<Cell>,
    /// The sum of what they keep.
    kept_bytes: usize,
    fars: Slab<FarEntry>,
    objects: BTreeMap<Object, u64>,
    /// By the hash of their swiss number; each holds what it names.
    registered: BTreeMap<Id, Ref>,
    dials: Dials,
    gifts: Gifts,
    /// Promises of gifts that are being withdrawn, with what it takes to ask again.
    redeeming: BTreeMap<Promise, Redeeming>,
    /// The last that a receive of ours was counted by.
    count_last: u64,
    /// When sessions must be ready, and what was released must be told.
    hellos: BTreeSet<(Time, Sid)>,
    reports: VecDeque<(Time, Sid)>,
    dirty: Vec<Sid>,
    /// A message in the making.
    scratch: Vec<u8>,
}

impl Peer {
    /// `seed` is 32 bytes that nobody else knows: all keys, nonces and names are drawn from it.
    pub fn new(netlayers: Vec<Netlayer>, limits: Limits, seed: [u8; 32]) -> Peer {
        Peer {
            netlayers,
            limits,
            entropy: Entropy::new(seed),
            now: Time::default(),
            outputs: VecDeque::new(),
            todo: VecDeque::new(),
            sessions: Slab::new(),
            conns: BTreeMap::new(),
            by_id: BTreeMap::new(),
            by_location: BTreeMap::new(),
            cells: Slab::new(),
            kept_bytes: 0,
            fars: Slab::new(),
            objects: BTreeMap::new(),
            registered: BTreeMap::new(),
            dials: Dials::new(),
            gifts: Gifts::default(),
            redeeming: BTreeMap::new(),
            count_last: 0,
            hellos: BTreeSet::new(),
            reports: VecDeque::new(),
            dirty: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Something happened in the world. What follows from it is taken with [`Peer::take`] until there is nothing.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        self.now = self.now.max(now);
        match input {
            Input::Connected { conn, netlayer, role, proven } => self.connected(conn, netlayer, role, proven),
            Input::Bytes { conn, bytes } => self.received(conn, bytes),
            Input::Written { conn, bytes } => self.written(conn, bytes),
            Input::Closed { conn } => {
                if let Some(sid) = self.conns.get(&conn) {
                    self.end(*sid, None);
                }
            }
            Input::NotConnected { dial } => self.dial_failed(dial),
            Input::Tick => {}
        }
        self.hellos_due();
        self.dials_due();
        self.gifts_due();
        self.reports_due();
        self.work();
    }

    /// What the host must do next. What is to be sent comes when all else is out, so that what was said together leaves together.
    pub fn take(&mut self) -> Option<Output> {
        if self.outputs.is_empty() {
            self.flush();
        }
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due at the latest.
    pub fn wake_at(&self) -> Option<Time> {
        let hello = self.hellos.first().map(|(due, _)| *due);
        let report = self.reports.front().map(|(due, _)| *due);
        [hello, report, self.dials.until(), self.gifts.until()].into_iter().flatten().min()
    }

    /// Calls, and promises what it will give. The answer is released on the other side when the promise is released here.
    pub fn call(&mut self, to: Ref, args: Vec<Value>) -> Result<Promise, Refused> {
        self.may_call(to, &args, 1)?;
        let promise = self.lent_promise();
        self.call_as(to, args, Some(promise));
        Ok(promise)
    }

    /// Calls and wants no answer, not even that it failed.
    pub fn send(&mut self, to: Ref, args: Vec<Value>) -> Result<(), Refused> {
        self.may_call(to, &args, 0)?;
        self.call_as(to, args, None);
        Ok(())
    }

    fn may_call(&mut self, to: Ref, args: &[Value], answers: usize) -> Result<(), Refused> {
        let mut known = self.is_known(to);
        refs_of_all(args, &mut |reference| known &= self.is_known(reference));
        if !known {
            return Err(Refused::Unknown);
        }
        match self.toward(to) {
            Some(sid) => self.has_room(sid).and_then(|()| self.check(sid, args, answers)),
            None => Ok(()),
        }
    }

    fn call_as(&mut self, to: Ref, args: Vec<Value>, result: Option<Promise>) {
        self.hold_all(&args);
        let bytes = args.iter().map(size_of).sum();
        self.dispatch(to, Call { from: None, what: What::Deliver(args), result, bytes });
        self.work();
    }

    /// A promise with a handle of the user's, and the right to settle it.
    fn lent_promise(&mut self) -> Promise {
        let mut cell = Cell::new(2);
        cell.lent = 1;
        Promise(self.cells.insert(cell))
    }

    /// A part of what a promise will be, before it is.
    pub fn part(&mut self, of: Promise, part: Part) -> Result<Promise, Refused> {
        self.may_call(Ref::Promise(of), &[], 1)?;
        let promise = self.lent_promise();
        let bytes = part.bytes();
        self.dispatch(Ref::Promise(of), Call { from: None, what: What::Part(part), result: Some(promise), bytes });
        self.work();
        Ok(promise)
    }

    /// Asks for [`Output::Settled`], once, also if it is settled already.
    pub fn listen(&mut self, promise: Promise) -> Result<(), Refused> {
        if !self.is_known(Ref::Promise(promise)) {
            return Err(Refused::Unknown);
        }
        self.watch(promise, Watcher::User(promise));
        self.work();
        Ok(())
    }

    /// A promise of our own. The handle is owed a release, the resolver a settlement.
    pub fn promise(&mut self) -> (Promise, Resolver) {
        let promise = self.lent_promise();
        (promise, Resolver(promise.0))
    }

    /// Ends a promise of our own, or answers a call. The resolver is good for one time.
    pub fn settle(&mut self, resolver: Resolver, outcome: Outcome) -> Result<(), Refused> {
        let is_open = matches!(self.cells.get(resolver.0), Some(Cell { state: State::Open, path: None, .. }));
        let mut known = is_open;
        refs_of_outcome(&outcome, &mut |reference| known &= self.is_known(reference));
        if !known {
            return Err(Refused::Unknown);
        }
        self.hold_outcome(&outcome);
        self.settle_later(Promise(resolver.0), outcome);
        self.work();
        Ok(())
    }

    /// One more handle on something that the user has a handle on.
    pub fn hold(&mut self, reference: Ref) {
        self.lend_again(reference);
    }

    /// One handle less.
    pub fn release(&mut self, reference: Ref) {
        self.give_back(reference);
        self.work();
    }

    /// Makes an object fetchable by whoever knows the number, in place of what it named before. A reference that is held by nobody is not.
    pub fn register(&mut self, swiss: &[u8], reference: Ref) {
        if !self.is_known(reference) {
            return;
        }
        self.hold_one(reference);
        if let Some(before) = self.registered.insert(hashed(swiss), reference) {
            self.drop_one(before);
        }
    }

    pub fn unregister(&mut self, swiss: &[u8]) {
        if let Some(before) = self.registered.remove(&hashed(swiss)) {
            self.drop_one(before);
        }
    }

    /// A swiss number that nobody can guess.
    pub fn mint(&mut self) -> [u8; 32] {
        self.entropy.draw()
    }

    /// The object that a sturdyref names: here, on a session that there is, or on one that is dialled.
    pub fn enliven(&mut self, sturdyref: &Sturdyref) -> Result<Promise, Refused> {
        let promise = self.lent_promise();
        if self.is_ours(&sturdyref.location) {
            let found = self.find(&sturdyref.swiss);
            self.settle_later(promise, found);
            self.work();
            return Ok(promise);
        }
        let wanted = self.want(&sturdyref.location, Some(Want::Fetch(sturdyref.swiss.clone(), promise)));
        self.work();
        match wanted {
            Ok(_) => Ok(promise),
            Err(refused) => {
                self.release(Ref::Promise(promise));
                Err(refused)
            }
        }
    }

    /// The object that a number names at the other end of this connection, whoever that is. A swiss number sent to somebody who has not
    /// proven to be the one it is of is given away.
    pub fn fetch(&mut self, conn: Conn, swiss: &[u8]) -> Result<Promise, Refused> {
        let sid = self.ready(conn)?;
        let promise = self.lent_promise();
        self.fetch_on(sid, swiss, promise);
        self.work();
        Ok(promise)
    }

    /// Connects without wanting an object yet; nothing to do if there is a session.
    pub fn dial(&mut self, location: &Location) -> Result<Option<Dial>, Refused> {
        if self.is_ours(location) { Err(Refused::Unreachable) } else { self.want(location, None) }
    }

    /// Ends a session, and tells the other side why.
    pub fn abort(&mut self, conn: Conn, why: &str) {
        if let Some(sid) = self.conns.get(&conn) {
            self.end(*sid, Some(why));
        }
    }

    /// Finds out whose habits the peer has. Not on a netlayer for tests: others take a first fetch for the one they wait for.
    pub fn probe(&mut self, conn: Conn) -> Result<(), Refused> {
        let sid = self.ready(conn)?;
        let promise = Promise(self.cells.insert(Cell::new(1)));
        self.watch(promise, Watcher::Probe(sid));
        self.fetch_on(sid, bootstrap::EXTENSION_SWISS, promise);
        self.work();
        Ok(())
    }

    fn ready(&self, conn: Conn) -> Result<Sid, Refused> {
        let sid = *self.conns.get(&conn).ok_or(Refused::Unknown)?;
        self.sessions.get(sid).and_then(|session| session.them()).map(|_| sid).ok_or(Refused::Unknown)
    }

    /// What the peer is taken for.
    pub fn flavour(&self, conn: Conn) -> Option<Flavour> {
        self.sessions.get(*self.conns.get(&conn)?).map(|session| session.flavour)
    }

    /// Our key in this session; every one has its own.
    pub fn public_key(&self, conn: Conn) -> Option<[u8; 32]> {
        self.sessions.get(*self.conns.get(&conn)?).map(|session| session.keys.public())
    }

    /// The session with this peer, if there is one whose location is believed.
    pub fn conn_of(&self, location: &Location) -> Option<Conn> {
        self.sessions.get(*self.by_location.get(&location.name())?).map(|session| session.conn)
    }

    pub fn sizes(&self, conn: Conn) -> Option<Sizes> {
        let session = self.sessions.get(*self.conns.get(&conn)?)?;
        Some(Sizes {
            exports: session.exports.by_position.len(),
            imports: session.imports.len(),
            questions: session.questions.len(),
            answers: session.answers.len(),
        })
    }

    pub fn totals(&self) -> Totals {
        Totals {
            sessions: self.sessions.len(),
            promises: self.cells.len(),
            kept_bytes: self.kept_bytes,
            far: self.fars.len(),
            objects: self.objects.len(),
            gifts: self.gifts.len(),
            waiters: self.gifts.waiting(),
            dials: self.dials.len(),
        }
    }

    pub fn netlayers(&self) -> &[Netlayer] {
        &self.netlayers
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}
