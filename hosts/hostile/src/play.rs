//! A machine among hostile peers, and a user of it who does as he pleases; what must hold after every step, and at the end.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use peerd_captp::{
    Auth, Conn, Dial, Flavour, Framing, Input, Limits, Location, Netlayer, Object, Outcome, Output, Part, Peer, Policy, Promise, Reason,
    Ref, Resolver, Role, Sizes, Sturdyref, Time, Totals, Value,
};
use peerd_syrup::{Limits as SyrupLimits, Value as Syrup};

use crate::draw::Draw;
use crate::forge::Forger;
use crate::words::{NAMES, Talk};

/// Small, so that a short script reaches them.
const LIMITS: Limits = Limits {
    frame_bytes_max: 4_096,
    hello_bytes_max: 1_024,
    depth_max: 16,
    nodes_max: 200,
    digits_max: 64,
    exports_max: 20,
    imports_max: 12,
    questions_max: 12,
    answers_max: 6,
    queued_max: 4,
    queued_bytes_max: 1_000,
    kept_bytes_max: 4_000,
    gifts_max: 3,
    waiters_max: 2,
    counts_max: 4,
    gift_ms: 60_000,
    dials_max: 2,
    handshake_ms: 10_000,
    unsent_bytes_max: 20_000,
    report_ms: 200,
    conns_max: 4,
};
/// Limit: what the user keeps in mind at one time; older handles are given back.
const HANDLES_MAX: usize = 40;
const FLAVOURS: [Flavour; 4] = [Flavour::Unknown, Flavour::Goblins, Flavour::Endo, Flavour::Peerd];

pub fn location(name: &str) -> Location {
    Location::new("tcp-testing-only", name, &[("host", "h"), ("port", "1")])
}

/// What the parties begin with, signed once for all plays.
fn hellos() -> &'static [Vec<u8>; 3] {
    static HELLOS: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
    HELLOS.get_or_init(|| [0, 1, 2].map(|at| Forger::new(at as u8 + 1).hello(NAMES[at])))
}

pub struct Play<'a> {
    draw: Draw<'a>,
    peer: Peer,
    now: u64,
    parties: [Forger; 3],
    /// The connection of each party.
    conns: [Option<Conn>; 3],
    conn_next: u64,
    dials: Vec<Dial>,
    open: BTreeSet<Conn>,
    /// The user's: each handle once for each time it was lent, resolvers, and what it listens to.
    handles: Vec<Ref>,
    resolvers: Vec<Resolver>,
    listened: BTreeMap<Promise, usize>,
    wrong: Option<String>,
}

impl<'a> Play<'a> {
    pub fn new(bytes: &'a [u8]) -> Play<'a> {
        let mut draw = Draw::new(bytes);
        let flavour = FLAVOURS[draw.below(4)];
        let netlayer =
            Netlayer { location: location("victim"), policy: Policy::Claimed, framing: Framing::Either, auth: Auth::None, flavour };
        let mut peer = Peer::new(vec![netlayer], LIMITS, [42; 32]);
        peer.register(b"swiss", Ref::Local(Object(1)));
        Play {
            draw,
            peer,
            now: 1_000_000_000,
            parties: [Forger::new(1), Forger::new(2), Forger::new(3)],
            conns: [None; 3],
            conn_next: 0,
            dials: Vec::new(),
            open: BTreeSet::new(),
            handles: Vec::new(),
            resolvers: Vec::new(),
            listened: BTreeMap::new(),
            wrong: None,
        }
    }

    pub fn run(mut self) -> Result<(), String> {
        for party in 0..2 {
            self.connect(party, true);
        }
        while !self.draw.is_over() && self.wrong.is_none() {
            self.step();
            self.check();
        }
        self.let_go();
        match self.wrong {
            None => Ok(()),
            Some(why) => Err(why),
        }
    }

    fn step(&mut self) {
        let party = self.draw.below(3);
        match self.draw.below(16) {
            0 => self.connect(party, true),
            1 => self.connect(party, false),
            2 => self.disconnect(party),
            3 => {
                self.now += 1_000 * [1, 100, 1_000, 70_000][self.draw.below(4)];
                self.input(Input::Tick);
            }
            4 => {
                let count = self.draw.below(16);
                let bytes = self.draw.bytes(count);
                self.says(party, bytes);
            }
            5 | 6 => self.user(),
            7 => self.settle(),
            _ => {
                let victim = self.conns.map(|conn| conn.and_then(|conn| self.peer.public_key(conn)));
                let talk = Talk { parties: &self.parties, me: party, victim };
                let message = talk.message(&mut self.draw);
                self.says(party, &message);
            }
        }
    }

    fn connect(&mut self, party: usize, greet: bool) {
        self.disconnect(party);
        self.conn_next += 1;
        let conn = Conn(self.conn_next);
        // It comes by itself, or because it was dialled, or so it says.
        let role = match self.dials.pop() {
            Some(dial) => Role::Dialled(dial),
            None => Role::Accepted,
        };
        self.open.insert(conn);
        self.conns[party] = Some(conn);
        self.input(Input::Connected { conn, netlayer: 0, role, proven: None });
        if greet {
            let mut framed = Vec::new();
            // What is dialled is written with lengths; the machine takes both where it accepts.
            let hello = &hellos()[party];
            if let Role::Dialled(_) = role {
                peerd_syrup::Writer(&mut framed).bytes(hello);
            } else {
                framed.clone_from(hello);
            }
            self.says(party, &framed);
        }
    }

    fn disconnect(&mut self, party: usize) {
        if let Some(conn) = self.conns[party].take() {
            self.open.remove(&conn);
            self.input(Input::Closed { conn });
        }
    }

    /// As one piece, or cut in two.
    fn says(&mut self, party: usize, bytes: &[u8]) {
        let Some(conn) = self.conns[party] else { return };
        let (first, second) = bytes.split_at(bytes.len() / 3);
        for bytes in [first, second] {
            self.input(Input::Bytes { conn, bytes });
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.peer.handle(Time(self.now), input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.peer.take() {
            match output {
                Output::Send { conn, bytes } => {
                    if !self.open.contains(&conn) {
                        self.wrong.get_or_insert(format!("sent to {conn:?}, which is closed"));
                    }
                    self.readable(&bytes);
                    self.peer.handle(Time(self.now), Input::Written { conn, bytes: bytes.len() });
                }
                Output::Close { conn, .. } => {
                    self.open.remove(&conn);
                    for known in &mut self.conns {
                        *known = known.filter(|known| *known != conn);
                    }
                }
                Output::Dial { dial, .. } => self.dials.push(dial),
                Output::Deliver { args, answer, .. } => {
                    args.iter().for_each(|value| self.handles.extend(value.refs()));
                    self.resolvers.extend(answer);
                }
                Output::Settled { promise, outcome } => {
                    match self.listened.get_mut(&promise) {
                        Some(left) if *left > 0 => *left -= 1,
                        _ => {
                            self.wrong.get_or_insert(format!("{promise:?} settled for nobody"));
                        }
                    }
                    if let Outcome::Fulfilled(value) | Outcome::Broken(Reason::Told(value)) = &outcome {
                        self.handles.extend(value.refs());
                    }
                    if let Outcome::Fulfilled(Value::Ref(Ref::Promise(other))) = outcome {
                        self.wrong.get_or_insert(format!("{promise:?} ended as {other:?}, which is no end"));
                    }
                }
                Output::Pause { .. } | Output::Resume { .. } | Output::Ready { .. } | Output::Ended { .. } | Output::Dropped { .. } => {}
            }
        }
        self.handles.retain(|handle| !matches!(handle, Ref::Local(_)));
        while self.handles.len() > HANDLES_MAX {
            self.release(0);
        }
    }

    /// What we write is Syrup within our own limits, raw or with lengths.
    fn readable(&mut self, mut bytes: &[u8]) {
        let limits = SyrupLimits { depth_max: LIMITS.depth_max, nodes_max: 100_000, digits_max: LIMITS.digits_max };
        while let Some(first) = bytes.first() {
            let mut frame = bytes;
            if first.is_ascii_digit() {
                let colon = bytes.iter().position(|byte| *byte == b':').expect("a length ends");
                let length: usize = core::str::from_utf8(&bytes[..colon]).expect("digits").parse().expect("a length");
                frame = &bytes[colon + 1..colon + 1 + length];
                bytes = &bytes[colon + 1 + length..];
            } else {
                // Raw: ended by whatever the reader leaves.
                let mut reader = peerd_syrup::Reader::new(bytes, limits);
                loop {
                    if let Err(why) = reader.token() {
                        self.wrong.get_or_insert(format!("written and not readable: {why:?}"));
                        return;
                    }
                    if reader.depth() == 0 {
                        break;
                    }
                }
                frame = &frame[..reader.at()];
                bytes = &bytes[frame.len()..];
            }
            if let Err(why) = Syrup::read(frame, limits) {
                self.wrong.get_or_insert(format!("written and not readable: {why:?}"));
            }
        }
    }

    fn handle(&mut self) -> Option<Ref> {
        match self.handles.len() {
            0 => None,
            count => Some(self.handles[self.draw.below(count)]),
        }
    }

    fn release(&mut self, at: usize) {
        let handle = self.handles.swap_remove(at);
        if let Ref::Promise(promise) = handle
            && !self.handles.contains(&handle)
        {
            // Nobody is told who has let go.
            self.listened.remove(&promise);
        }
        self.peer.release(handle);
    }

    /// The user does something of its own.
    fn user(&mut self) {
        let value = match (self.draw.below(4), self.handle()) {
            (0, Some(handle)) => Value::List(vec![Value::Ref(handle), Value::Ref(handle)]),
            (1, Some(handle)) => Value::Ref(handle),
            (2, _) => Value::Ref(Ref::Local(Object(self.draw.below(3) as u64))),
            _ => Value::integer(1),
        };
        match (self.draw.below(8), self.handle()) {
            (0, Some(to)) => {
                let called = self.peer.call(to, vec![value]);
                self.handles.extend(called.map(Ref::Promise));
            }
            (1, Some(to)) => {
                let _ = self.peer.send(to, vec![value]);
            }
            (2, Some(Ref::Promise(promise))) => {
                let part = [Part::Index(0), Part::Field("a".into()), Part::Untag("a".into())][self.draw.below(3)].clone();
                let part = self.peer.part(promise, part);
                self.handles.extend(part.map(Ref::Promise));
            }
            (3, Some(Ref::Promise(promise))) => {
                *self.listened.entry(promise).or_default() += 1;
                if self.peer.listen(promise).is_err() {
                    self.wrong.get_or_insert(format!("{promise:?} is held and not known"));
                }
            }
            (4, Some(_)) => {
                let at = self.draw.below(self.handles.len());
                self.release(at);
            }
            (5, _) => {
                let (promise, resolver) = self.peer.promise();
                self.handles.push(Ref::Promise(promise));
                self.resolvers.push(resolver);
            }
            (6, _) => {
                let sturdyref = Sturdyref {
                    location: location(["victim", NAMES[0], NAMES[2], "nobody"][self.draw.below(4)]),
                    swiss: b"swiss".to_vec(),
                };
                let found = self.peer.enliven(&sturdyref);
                self.handles.extend(found.map(Ref::Promise));
            }
            (7, _) => {
                if let Some(conn) = self.conns[self.draw.below(3)] {
                    let _ = self.peer.probe(conn);
                }
            }
            _ => {}
        }
        self.drain();
    }

    fn settle(&mut self) {
        if self.resolvers.is_empty() {
            return;
        }
        let at = self.draw.below(self.resolvers.len());
        let resolver = self.resolvers.swap_remove(at);
        let outcome = match (self.draw.below(5), self.handle()) {
            (0, _) => Outcome::Broken(Reason::Told(Value::text("no"))),
            (1, Some(handle)) => Outcome::Fulfilled(Value::List(vec![Value::Ref(handle)])),
            (2 | 3, Some(handle)) => Outcome::Fulfilled(Value::Ref(handle)),
            (4, _) => Outcome::Fulfilled(Value::Ref(Ref::Local(Object(2)))),
            _ => Outcome::Fulfilled(Value::Null),
        };
        if self.peer.settle(resolver, outcome).is_err() {
            self.wrong.get_or_insert(format!("{resolver:?} is not good once"));
        }
        self.drain();
    }

    fn check(&mut self) {
        let Totals { sessions, kept_bytes, gifts, waiters, dials, .. } = self.peer.totals();
        let mut over = sessions > LIMITS.conns_max
            || gifts > LIMITS.gifts_max
            || waiters > LIMITS.waiters_max
            || kept_bytes > LIMITS.kept_bytes_max
            || dials > LIMITS.dials_max;
        for conn in self.conns.into_iter().flatten() {
            // One export more for each answer: a resolver is told whatever the tables hold.
            let Sizes { exports, imports, questions, answers } = self.peer.sizes(conn).unwrap_or_default();
            over |= exports > LIMITS.exports_max || imports > LIMITS.imports_max;
            over |= questions > LIMITS.questions_max || answers > LIMITS.answers_max;
        }
        if over {
            self.wrong.get_or_insert(format!("beyond a limit: {:?}", self.peer.totals()));
        }
    }

    /// Everything ends: then nothing may be left.
    fn let_go(&mut self) {
        for party in 0..3 {
            self.disconnect(party);
        }
        for dial in core::mem::take(&mut self.dials) {
            self.input(Input::NotConnected { dial });
        }
        self.now += 100_000_000;
        self.input(Input::Tick);
        while let Some(resolver) = self.resolvers.pop() {
            if self.peer.settle(resolver, Outcome::Fulfilled(Value::Void)).is_err() {
                self.wrong.get_or_insert(format!("{resolver:?} is not good once"));
            }
            self.drain();
        }
        if let Some((promise, left)) = self.listened.iter().find(|(_, left)| **left > 0) {
            self.wrong.get_or_insert(format!("{promise:?} is listened to {left} times, and nobody is told"));
        }
        while !self.handles.is_empty() {
            self.release(0);
            self.drain();
        }
        self.peer.unregister(b"swiss");
        self.drain();
        if self.peer.totals() != Totals::default() {
            self.wrong.get_or_insert(format!("held for nobody: {:?}", self.peer.totals()));
        }
    }
}
