//! The sockets of one thread: listens, dials, reads, writes, and tells what happened in the order in which it did.
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, ErrorKind},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

use crate::{
    connection::{Connection, Fate},
    opening::Manner,
};

/// Limit: connections at a time. One that comes when there are so many is closed at once.
const CONNECTIONS_MAX: usize = 1_024;
/// How often patience is looked at: deadlines are kept within so much.
const SWEEP: Duration = Duration::from_secs(1);

/// One connection for as long as the reactor lives: never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conn(pub u64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody has come by a listener.
    Accepted { conn: Conn, listener: Listener },
    /// A dialled connection stands.
    Dialled { conn: Conn },
    /// A piece of a TCP connection's bytes, or one WebSocket message whole.
    Bytes { conn: Conn, bytes: Vec<u8> },
    /// The last word about a connection, unless it was closed from here.
    Closed { conn: Conn, why: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener(usize);

pub struct Reactor {
    poll: Poll,
    happened: Events,
    listeners: Vec<Listening>,
    connections: BTreeMap<Conn, Connection>,
    /// Those that may have more to be read than they were read.
    unread: BTreeSet<Conn>,
    /// Those with something to be flushed.
    queued: BTreeSet<Conn>,
    /// Bytes that have gone since somebody asked.
    written: BTreeMap<Conn, usize>,
    next: u64,
    swept: Instant,
    buffer: Vec<u8>,
}

struct Listening {
    socket: TcpListener,
    token: Token,
    is_web: bool,
}

impl Reactor {
    /// # Errors
    /// The system has no more descriptors.
    pub fn new() -> io::Result<Reactor> {
        Ok(Reactor {
            poll: Poll::new()?,
            happened: Events::with_capacity(256),
            listeners: Vec::new(),
            connections: BTreeMap::new(),
            unread: BTreeSet::new(),
            queued: BTreeSet::new(),
            written: BTreeMap::new(),
            next: 1,
            swept: Instant::now(),
            buffer: Vec::new(),
        })
    }

    /// Where it listens, with the port that it got.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn listen(&mut self, address: SocketAddr, is_web: bool) -> io::Result<(Listener, SocketAddr)> {
        let mut socket = TcpListener::bind(address)?;
        let token = self.token();
        self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
        let address = socket.local_addr()?;
        self.listeners.push(Listening { socket, token, is_web });
        Ok((Listener(self.listeners.len() - 1), address))
    }

    /// Begins to connect; `Dialled` or `Closed` follows.
    ///
    /// # Errors
    /// The system does not even begin.
    pub fn dial(&mut self, address: SocketAddr, manner: Manner) -> io::Result<Conn> {
        let mut stream = TcpStream::connect(address)?;
        let conn = self.register(&mut stream)?;
        self.connections.insert(conn, Connection::dialling(stream, manner, Instant::now()));
        Ok(conn)
    }

    /// Sent by the next `wait`. A connection that is no more takes nothing.
    pub fn send(&mut self, conn: Conn, bytes: &[u8]) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.queue(bytes);
            self.queued.insert(conn);
        }
    }

    /// Sends what was queued, then ends it. Nothing more is told about it.
    pub fn close(&mut self, conn: Conn) {
        self.queued.remove(&conn);
        self.unread.remove(&conn);
        self.written.remove(&conn);
        if let Some(connection) = self.connections.get_mut(&conn)
            && connection.close(Instant::now()) == Fate::Gone
        {
            self.connections.remove(&conn);
        }
    }

    /// Nothing more is told of what it sends until it is resumed. The system's buffers fill, and its peer waits.
    pub fn pause(&mut self, conn: Conn) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.pause(true);
        }
    }

    pub fn resume(&mut self, conn: Conn) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.pause(false);
            self.unread.insert(conn);
        }
    }

    /// How many bytes of which connection the system has taken since the last time.
    pub fn written(&mut self) -> impl Iterator<Item = (Conn, usize)> {
        std::mem::take(&mut self.written).into_iter()
    }

    /// All that stand, or are about to.
    #[must_use]
    pub fn all(&self) -> Vec<Conn> {
        self.connections.keys().copied().collect()
    }

    /// Whether anything is still to be sent, or heard out.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.connections.is_empty()
    }

    /// Sends what is queued, then sleeps until something happens or it is time.
    ///
    /// # Errors
    /// The system's: there is no going on.
    pub fn wait(&mut self, until: Option<Instant>, out: &mut Vec<Event>) -> io::Result<()> {
        self.flush(out);
        let now = Instant::now();
        let mut at = until;
        if !self.connections.is_empty() {
            let sweep = self.swept + SWEEP;
            at = Some(at.map_or(sweep, |at| at.min(sweep)));
        }
        // Of one that is paused it is waited for how much has gone.
        let is_paused = |conn| self.connections.get(conn).is_some_and(Connection::is_paused);
        if !self.unread.is_empty() || !out.is_empty() || self.written.keys().any(is_paused) {
            at = Some(now);
        }
        match self.poll.poll(&mut self.happened, at.map(|at| at.saturating_duration_since(now))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        self.take(out);
        self.read(out);
        self.sweep(out);
        Ok(())
    }

    fn take(&mut self, out: &mut Vec<Event>) {
        let mut came = Vec::new();
        for event in &self.happened {
            if let Some(listener) = self.listeners.iter().position(|listening| listening.token == event.token()) {
                came.push(listener);
                continue;
            }
            let conn = Conn(event.token().0 as u64);
            let Some(connection) = self.connections.get_mut(&conn) else { continue };
            if event.is_writable() {
                self.queued.insert(conn);
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                if event.is_read_closed() || event.is_error() {
                    connection.has_end();
                }
                self.unread.insert(conn);
            }
        }
        for listener in came {
            self.accept(listener, out);
        }
        self.flush(out);
    }

    fn accept(&mut self, listener: usize, out: &mut Vec<Event>) {
        // An error other than that nobody waits: the sweep tries again.
        while let Ok((mut stream, _)) = self.listeners[listener].socket.accept() {
            if self.connections.len() >= CONNECTIONS_MAX {
                continue;
            }
            let Ok(conn) = self.register(&mut stream) else { continue };
            let by = Listener(listener);
            // One that fails at once never was one.
            let Ok(connection) = Connection::accepted(stream, by, self.listeners[listener].is_web, Instant::now()) else { continue };
            if connection.is_open() {
                out.push(Event::Accepted { conn, listener: by });
            }
            self.connections.insert(conn, connection);
            self.unread.insert(conn);
        }
    }

    fn flush(&mut self, out: &mut Vec<Event>) {
        while let Some(conn) = self.queued.pop_first() {
            self.act(conn, out, Connection::go_on);
        }
    }

    fn read(&mut self, out: &mut Vec<Event>) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let unread = std::mem::take(&mut self.unread);
        for conn in unread {
            self.act(conn, out, |connection, conn, now, out| connection.read(&mut buffer, conn, now, out));
        }
        self.buffer = buffer;
    }

    fn sweep(&mut self, out: &mut Vec<Event>) {
        let now = Instant::now();
        if now < self.swept + SWEEP {
            return;
        }
        self.swept = now;
        for conn in self.connections.keys().copied().collect::<Vec<_>>() {
            self.act(conn, out, |connection, _, now, _| connection.look(now));
        }
        for listener in 0..self.listeners.len() {
            self.accept(listener, out);
        }
    }

    /// One step of a connection, and what follows from how it ended.
    fn act(&mut self, conn: Conn, out: &mut Vec<Event>, step: impl FnOnce(&mut Connection, Conn, Instant, &mut Vec<Event>) -> Fate) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        match step(connection, conn, Instant::now(), out) {
            Fate::Goes => {}
            Fate::Queued => {
                self.queued.insert(conn);
            }
            Fate::Unread => {
                self.unread.insert(conn);
            }
            Fate::Wrote(bytes) => *self.written.entry(conn).or_default() += bytes,
            Fate::Gone => {
                self.connections.remove(&conn);
            }
            Fate::Broken(why) => {
                self.connections.remove(&conn);
                out.push(Event::Closed { conn, why });
            }
        }
    }

    fn register(&mut self, stream: &mut TcpStream) -> io::Result<Conn> {
        let token = self.token();
        self.poll.registry().register(stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Conn(token.0 as u64))
    }

    fn token(&mut self) -> Token {
        let token = self.next;
        self.next += 1;
        Token(usize::try_from(token).expect("nobody lives to see so many connections"))
    }
}
