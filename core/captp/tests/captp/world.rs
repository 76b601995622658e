//! Peers, links between them that take time, and objects that do what the tests need. All in order, nothing by luck.
use std::collections::{BTreeMap, VecDeque};

use peerd_captp::*;

/// Where a connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct End {
    peer: usize,
    conn: Conn,
}

struct InFlight {
    at: u64,
    to: End,
    bytes: Option<Vec<u8>>,
}

/// What an object of a test does with a call.
pub type Behaviour = Box<dyn FnMut(&mut Peer, Vec<Value>, Option<Resolver>)>;

#[derive(Default)]
struct Side {
    behaviours: BTreeMap<Object, Behaviour>,
    object_next: u64,
    delivered: Vec<(Object, Vec<Value>)>,
    settled: BTreeMap<Promise, Outcome>,
    dropped: Vec<Object>,
    ready: Vec<Conn>,
    ended: Vec<Conn>,
    closed: Vec<String>,
    sent_messages: usize,
    sent_bytes: usize,
}

/// Several peers at one time.
pub struct World {
    pub peers: Vec<Peer>,
    sides: Vec<Side>,
    links: BTreeMap<(usize, Conn), End>,
    wire: VecDeque<InFlight>,
    conn_next: u64,
    pub now: u64,
    pub latency: u64,
    /// Whether [`Output::Dial`] finds anybody.
    pub reachable: bool,
}

pub const MS: u64 = 1_000;
const START: u64 = 1_700_000_000_000_000;

pub fn location(name: &str) -> Location {
    Location::new("tcp-testing-only", name, &[("host", "h"), ("port", "1")])
}

pub fn netlayer(name: &str, framing: Framing, flavour: Flavour) -> Netlayer {
    Netlayer { location: location(name), policy: Policy::Claimed, framing, auth: Auth::None, flavour }
}

pub const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

impl World {
    /// So many peers of our own kind.
    pub fn new(count: usize) -> World {
        World::of(NAMES[..count].iter().map(|name| vec![netlayer(name, Framing::Length, Flavour::Peerd)]).collect(), Limits::default())
    }

    pub fn of(netlayers: Vec<Vec<Netlayer>>, limits: Limits) -> World {
        let peers: Vec<Peer> =
            netlayers.into_iter().enumerate().map(|(at, layers)| Peer::new(layers, limits, [at as u8 + 1; 32])).collect();
        let sides = peers.iter().map(|_| Side::default()).collect();
        World { peers, sides, links: BTreeMap::new(), wire: VecDeque::new(), conn_next: 1, now: START, latency: 0, reachable: true }
    }

    fn input(&mut self, peer: usize, input: Input<'_>) {
        self.peers[peer].handle(Time(self.now), input);
        self.drain(peer);
    }

    fn conn(&mut self) -> Conn {
        self.conn_next += 1;
        Conn(self.conn_next)
    }

    /// Joins two peers, whoever asked.
    fn join(&mut self, from: usize, to: usize, dial: Dial) {
        let (here, there) = (self.conn(), self.conn());
        self.links.insert((from, here), End { peer: to, conn: there });
        self.links.insert((to, there), End { peer: from, conn: here });
        self.input(to, Input::Connected { conn: there, netlayer: 0, role: Role::Accepted, proven: None });
        self.input(from, Input::Connected { conn: here, netlayer: 0, role: Role::Dialled(dial), proven: None });
    }

    /// Has a peer dial another, without waiting for anything.
    pub fn dial(&mut self, from: usize, to: usize) {
        let location = self.peers[to].netlayers()[0].location.clone();
        self.peers[from].handle(Time(self.now), Input::Tick);
        self.peers[from].dial(&location).expect("a way there");
        self.drain(from);
    }

    /// A session, and its connection at either end.
    pub fn connect(&mut self, from: usize, to: usize) -> (Conn, Conn) {
        self.dial(from, to);
        self.run();
        self.conns(from, to)
    }

    pub fn conns(&self, from: usize, to: usize) -> (Conn, Conn) {
        let location = |peer: usize| self.peers[peer].netlayers()[0].location.clone();
        let here = self.peers[from].conn_of(&location(to)).expect("a session there");
        let there = self.peers[to].conn_of(&location(from)).expect("a session here");
        (here, there)
    }

    /// Does what a peer asks for.
    pub fn drain(&mut self, peer: usize) {
        while let Some(output) = self.peers[peer].take() {
            match output {
                Output::Send { conn, bytes } => {
                    self.sides[peer].sent_messages += 1;
                    self.sides[peer].sent_bytes += bytes.len();
                    self.peers[peer].handle(Time(self.now), Input::Written { conn, bytes: bytes.len() });
                    if let Some(to) = self.links.get(&(peer, conn)) {
                        self.wire.push_back(InFlight { at: self.now + self.latency, to: *to, bytes: Some(bytes) });
                    }
                }
                Output::Dial { dial, location, .. } => {
                    let found = self.peers.iter().position(|peer| peer.netlayers().iter().any(|layer| layer.location.same_peer(&location)));
                    match found.filter(|_| self.reachable) {
                        Some(to) => self.join(peer, to, dial),
                        None => self.peers[peer].handle(Time(self.now), Input::NotConnected { dial }),
                    }
                }
                Output::Close { conn, why } => {
                    self.sides[peer].closed.push(why);
                    if let Some(to) = self.links.remove(&(peer, conn)) {
                        self.wire.push_back(InFlight { at: self.now + self.latency, to, bytes: None });
                    }
                }
                Output::Pause { .. } | Output::Resume { .. } => {}
                Output::Ready { conn, .. } => self.sides[peer].ready.push(conn),
                Output::Ended { conn } => self.sides[peer].ended.push(conn),
                Output::Deliver { to, args, answer, .. } => {
                    self.sides[peer].delivered.push((to, args.clone()));
                    if let Some(mut behaviour) = self.sides[peer].behaviours.remove(&to) {
                        behaviour(&mut self.peers[peer], args, answer);
                        self.sides[peer].behaviours.insert(to, behaviour);
                    }
                }
                Output::Settled { promise, outcome } => {
                    self.sides[peer].settled.insert(promise, outcome);
                }
                Output::Dropped { object } => self.sides[peer].dropped.push(object),
            }
        }
    }

    /// Until nothing is on its way, and no longer; timers that are due on the way fire.
    pub fn run(&mut self) {
        for peer in 0..self.peers.len() {
            self.drain(peer);
        }
        while !self.wire.is_empty() {
            self.arrive();
        }
    }

    /// What comes next, comes.
    fn arrive(&mut self) {
        let Some(flight) = self.wire.pop_front() else { return };
        self.now = self.now.max(flight.at);
        match flight.bytes {
            Some(bytes) => self.input(flight.to.peer, Input::Bytes { conn: flight.to.conn, bytes: &bytes }),
            None => self.input(flight.to.peer, Input::Closed { conn: flight.to.conn }),
        }
    }

    /// So long and no longer: what takes more time is still on its way.
    pub fn run_for(&mut self, ms: u64) {
        let until = self.now + ms * MS;
        for peer in 0..self.peers.len() {
            self.drain(peer);
        }
        while self.wire.front().is_some_and(|flight| flight.at <= until) {
            self.arrive();
        }
        self.now = until;
    }

    /// Lets time pass, and then all that follows.
    pub fn pass(&mut self, ms: u64) {
        self.now += ms * MS;
        for peer in 0..self.peers.len() {
            self.input(peer, Input::Tick);
        }
        self.run();
    }

    /// An object with this behaviour.
    pub fn object(&mut self, peer: usize, behaviour: impl FnMut(&mut Peer, Vec<Value>, Option<Resolver>) + 'static) -> Ref {
        self.sides[peer].object_next += 1;
        let object = Object(self.sides[peer].object_next);
        self.sides[peer].behaviours.insert(object, Box::new(behaviour));
        Ref::Local(object)
    }

    /// An object that answers with its arguments, and keeps nothing.
    pub fn echo(&mut self, peer: usize) -> Ref {
        self.object(peer, |peer, args, answer| {
            if let Some(answer) = answer {
                peer.settle(answer, Outcome::Fulfilled(Value::List(args.clone()))).expect("asked just now");
            }
            peer.release_all(&Value::List(args));
        })
    }

    /// Registers an object at one peer and fetches it at another, over the session that there is.
    pub fn give(&mut self, owner: usize, object: Ref, holder: usize) -> Ref {
        match self.fetch(owner, object, holder) {
            Outcome::Fulfilled(Value::Ref(reference)) => reference,
            other => panic!("not an object: {other:?}"),
        }
    }

    /// The same for a promise, which would be waited for otherwise: inside a list.
    pub fn give_promise(&mut self, owner: usize, promise: Promise, holder: usize) -> Ref {
        let wrapped = fulfilled(Value::List(vec![Value::Ref(Ref::Promise(promise))]));
        let (list, resolver) = self.peers[owner].promise();
        self.peers[owner].settle(resolver, wrapped).expect("once");
        let found = self.fetch(owner, Ref::Promise(list), holder);
        self.peers[owner].release(Ref::Promise(list));
        match found {
            Outcome::Fulfilled(Value::List(items)) => items[0].refs()[0],
            other => panic!("not a list: {other:?}"),
        }
    }

    fn fetch(&mut self, owner: usize, object: Ref, holder: usize) -> Outcome {
        let swiss = self.peers[owner].mint();
        self.peers[owner].register(&swiss, object);
        let (conn, _) = self.conns(holder, owner);
        let promise = self.peers[holder].fetch(conn, &swiss).expect("a session that is ready");
        let found = self.outcome(holder, promise);
        self.peers[owner].unregister(&swiss);
        found
    }

    /// Runs until it is settled, and lets go of it.
    pub fn outcome(&mut self, peer: usize, promise: Promise) -> Outcome {
        self.peers[peer].listen(promise).expect("a promise that is held");
        self.run();
        let outcome = self.sides[peer].settled.remove(&promise).unwrap_or_else(|| panic!("not settled at {peer}"));
        self.peers[peer].release(Ref::Promise(promise));
        outcome
    }

    /// Runs until it is settled, and keeps the handle.
    pub fn outcome_kept(&mut self, peer: usize, promise: Promise) -> Outcome {
        self.peers[peer].hold(Ref::Promise(promise));
        self.outcome(peer, promise)
    }

    /// How many pieces it has sent so far, and how many bytes.
    pub fn sent(&self, peer: usize) -> (usize, usize) {
        (self.sides[peer].sent_messages, self.sides[peer].sent_bytes)
    }

    pub fn settled(&mut self, peer: usize, promise: Promise) -> Option<Outcome> {
        self.sides[peer].settled.remove(&promise)
    }

    /// Calls, and what came of it.
    pub fn ask(&mut self, peer: usize, to: Ref, args: &[Value]) -> Outcome {
        let promise = self.peers[peer].call(to, args.to_vec()).expect("a call that can be made");
        self.outcome(peer, promise)
    }

    pub fn delivered(&mut self, peer: usize) -> Vec<(Object, Vec<Value>)> {
        std::mem::take(&mut self.sides[peer].delivered)
    }

    pub fn dropped(&mut self, peer: usize) -> Vec<Object> {
        std::mem::take(&mut self.sides[peer].dropped)
    }

    pub fn ended(&self, peer: usize) -> usize {
        self.sides[peer].ended.len()
    }

    pub fn ready(&self, peer: usize) -> usize {
        self.sides[peer].ready.len()
    }

    pub fn closed(&mut self, peer: usize) -> Vec<String> {
        std::mem::take(&mut self.sides[peer].closed)
    }

    /// Cuts the connection between two, as a cable would be.
    pub fn cut(&mut self, one: usize, other: usize) {
        let (here, there) = self.conns(one, other);
        self.links.remove(&(one, here));
        self.links.remove(&(other, there));
        self.wire.retain(|flight| flight.to.conn != here && flight.to.conn != there);
        self.input(one, Input::Closed { conn: here });
        self.input(other, Input::Closed { conn: there });
        self.run();
    }
}

pub fn fulfilled(value: Value) -> Outcome {
    Outcome::Fulfilled(value)
}

pub fn told(why: &str) -> Outcome {
    Outcome::Broken(Reason::Told(Value::text(why)))
}
