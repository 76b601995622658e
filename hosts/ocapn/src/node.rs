//! One peer with its sockets, on whichever thread turns it: bytes to the machine, what the machine asks for to the sockets.
use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use peerd_captp::{Dial, Input, Limits, Location, Netlayer, Object, Outcome, Output, Peer, Promise, Resolver, Role, Time, Value};

use crate::{
    layer::{self, Layer},
    reactor::{Conn, Event, Listener, Reactor},
};

/// Whoever has the objects. It is told one thing after the other, on the node's thread.
pub trait Objects {
    fn deliver(&mut self, peer: &mut Peer, call: Call);
    /// A promise that was listened to.
    fn settled(&mut self, peer: &mut Peer, promise: Promise, outcome: Outcome);
    /// Nobody outside holds it any longer.
    fn dropped(&mut self, object: Object);
    /// A session stands, or stands no longer.
    fn session(&mut self, peer: &mut Peer, conn: peerd_captp::Conn, is: Session);
}

pub struct Call {
    /// None: we ourselves.
    pub from: Option<peerd_captp::Conn>,
    pub to: Object,
    pub args: Vec<Value>,
    /// Whoever waits for the answer, if anybody does.
    pub answer: Option<Resolver>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Session {
    /// With whom, as it says or as it has proven.
    Ready {
        location: Location,
        proven: bool,
    },
    Ended,
}

/// Tells the objects what is theirs to know. The rest is for whoever has the connections.
pub(crate) fn tell(output: Output, peer: &mut Peer, objects: &mut impl Objects) -> Option<Output> {
    match output {
        Output::Deliver { from, to, args, answer } => objects.deliver(peer, Call { from, to, args, answer }),
        Output::Settled { promise, outcome } => objects.settled(peer, promise, outcome),
        Output::Dropped { object } => objects.dropped(object),
        Output::Ready { conn, location, proven } => objects.session(peer, conn, Session::Ready { location, proven }),
        Output::Ended { conn } => objects.session(peer, conn, Session::Ended),
        other => return Some(other),
    }
    None
}

pub struct Node {
    reactor: Reactor,
    peer: Peer,
    /// By listener: the netlayer that it is of.
    listeners: Vec<(Listener, usize)>,
    /// Those that we began, until they stand.
    dials: BTreeMap<Conn, (Dial, usize)>,
    events: Vec<Event>,
}

impl Node {
    /// Listens where the layers say.
    ///
    /// # Errors
    /// An address cannot be had, or the system gives no entropy.
    pub fn open(layers: &[Layer], limits: Limits) -> io::Result<Node> {
        let mut reactor = Reactor::new()?;
        let mut netlayers = Vec::new();
        let mut listeners = Vec::new();
        for (at, layer) in layers.iter().enumerate() {
            let (netlayer, listener) = layer.open(&mut reactor)?;
            netlayers.push(netlayer);
            listeners.extend(listener.map(|listener| (listener, at)));
        }
        let peer = Peer::new(netlayers, limits, layer::entropy()?);
        Ok(Node { reactor, peer, listeners, dials: BTreeMap::new(), events: Vec::new() })
    }

    /// As of now: what is asked of it may have a deadline, which counts from when it was told the time last.
    pub fn peer(&mut self) -> &mut Peer {
        self.peer.handle(now(), Input::Tick);
        &mut self.peer
    }

    /// Where others find us, one for each layer.
    #[must_use]
    pub fn netlayers(&self) -> &[Netlayer] {
        self.peer.netlayers()
    }

    /// Does what is due, sleeps until something happens or it is time, and takes that in.
    ///
    /// # Errors
    /// The system's: there is no going on.
    pub fn turn(&mut self, objects: &mut impl Objects, until: Option<Instant>) -> io::Result<()> {
        self.obey(objects);
        let due = self.peer.wake_at().map(from_now);
        self.reactor.wait(until.into_iter().chain(due).min(), &mut self.events)?;
        let now = now();
        for (conn, bytes) in self.reactor.written() {
            self.peer.handle(now, Input::Written { conn: told(conn), bytes });
        }
        let mut events = std::mem::take(&mut self.events);
        for event in events.drain(..) {
            self.hear(now, event);
            self.obey(objects);
        }
        self.events = events;
        if self.peer.wake_at().is_some_and(|at| at <= now) {
            self.peer.handle(now, Input::Tick);
        }
        self.obey(objects);
        Ok(())
    }

    /// Says why to every session, and sends that. What does not go within so long is lost.
    ///
    /// # Errors
    /// As `turn`.
    pub fn end(mut self, why: &str, within: Duration) -> io::Result<()> {
        let until = Instant::now() + within;
        for conn in self.reactor.all() {
            self.peer.abort(told(conn), why);
            while let Some(output) = self.peer.take() {
                self.perform(output);
            }
            // What was no session yet has nothing to be said.
            self.reactor.close(conn);
        }
        while !self.reactor.is_quiet() && Instant::now() < until {
            self.events.clear();
            self.reactor.wait(Some(until), &mut self.events)?;
        }
        Ok(())
    }

    fn hear(&mut self, now: Time, event: Event) {
        match event {
            Event::Accepted { conn, listener } => {
                let (_, netlayer) = self.listeners.iter().find(|(known, _)| *known == listener).expect("it listens for one of them");
                let input = Input::Connected { conn: told(conn), netlayer: *netlayer, role: Role::Accepted, proven: None };
                self.peer.handle(now, input);
            }
            Event::Dialled { conn } => {
                let (dial, netlayer) = self.dials.remove(&conn).expect("it was dialled from here");
                let input = Input::Connected { conn: told(conn), netlayer, role: Role::Dialled(dial), proven: None };
                self.peer.handle(now, input);
            }
            Event::Bytes { conn, bytes } => self.peer.handle(now, Input::Bytes { conn: told(conn), bytes: &bytes }),
            Event::Closed { conn, .. } => {
                let input = match self.dials.remove(&conn) {
                    Some((dial, _)) => Input::NotConnected { dial },
                    None => Input::Closed { conn: told(conn) },
                };
                self.peer.handle(now, input);
            }
        }
    }

    fn obey(&mut self, objects: &mut impl Objects) {
        while let Some(output) = self.peer.take() {
            if let Some(output) = tell(output, &mut self.peer, objects) {
                self.perform(output);
            }
        }
    }

    /// What is asked of sockets.
    fn perform(&mut self, output: Output) {
        match output {
            Output::Send { conn, bytes } => self.reactor.send(ours(conn), &bytes),
            Output::Dial { dial, netlayer, location } => match self.dial(netlayer, &location) {
                Some(conn) => drop(self.dials.insert(conn, (dial, netlayer))),
                None => self.peer.handle(now(), Input::NotConnected { dial }),
            },
            Output::Close { conn, .. } => self.reactor.close(ours(conn)),
            Output::Pause { conn } => self.reactor.pause(ours(conn)),
            Output::Resume { conn } => self.reactor.resume(ours(conn)),
            // Of the objects, who have ended with the node.
            Output::Ready { .. } | Output::Ended { .. } | Output::Deliver { .. } | Output::Settled { .. } | Output::Dropped { .. } => {}
        }
    }

    fn dial(&mut self, netlayer: usize, location: &Location) -> Option<Conn> {
        let (address, manner): (SocketAddr, _) = layer::way(&self.peer.netlayers()[netlayer], location)?;
        self.reactor.dial(address, manner).ok()
    }
}

/// The machine's numbers for connections are the reactor's.
const fn told(conn: Conn) -> peerd_captp::Conn {
    peerd_captp::Conn(conn.0)
}

const fn ours(conn: peerd_captp::Conn) -> Conn {
    Conn(conn.0)
}

/// What the machine is told.
#[must_use]
pub fn now() -> Time {
    // A clock before 1970 is none.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

fn from_now(at: Time) -> Instant {
    Instant::now() + Duration::from_micros(at.0.saturating_sub(now().0))
}
