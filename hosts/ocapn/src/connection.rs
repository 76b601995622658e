//! One connection's life: it opens, carries, and is heard out after its last word; and how long each may take.
use std::{
    io::{ErrorKind, Read},
    mem,
    time::{Duration, Instant},
};

use mio::net::TcpStream;

use crate::{
    carrier::{Broken, Carrier, Until},
    opening::{Manner, Opening, Step},
    reactor::{Conn, Event, Listener},
};

/// Limit: from a socket to a connection that carries.
const OPENING_MAX: Duration = Duration::from_secs(10);
/// A peer that says nothing for so long is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(30);
/// Limit: questions in a row that it leaves open.
const PINGS_MAX: u32 = 3;
/// How long it is heard out after our last word.
const FAREWELL_MAX: Duration = Duration::from_secs(2);

/// What is to be done with a connection after a step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Goes,
    /// Has something to send.
    Queued,
    /// Has more to read.
    Unread,
    /// So many of the bytes that it had to send have gone.
    Wrote(usize),
    /// Is no more, and nobody need know.
    Gone,
    Broken(Broken),
}

pub(crate) struct Connection {
    stage: Stage,
    /// None: dialled.
    by: Option<Listener>,
    /// When this stage began, or, of one that carries, when the peer was heard last.
    since: Instant,
    pings: u32,
    /// Nothing is read from it for now.
    is_paused: bool,
}

enum Stage {
    Opening(Opening),
    Open(Carrier),
    /// We have closed it; only the peer's end is waited for.
    Farewell(TcpStream),
    /// It is taken out at once.
    Over,
}

impl Connection {
    pub fn dialling(stream: TcpStream, manner: Manner, now: Instant) -> Connection {
        Connection::at(Stage::Opening(Opening::Connecting { stream, manner }), None, now)
    }

    pub fn accepted(stream: TcpStream, by: Listener, is_web: bool, now: Instant) -> Result<Connection, Broken> {
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let stage = match Opening::accepted(stream, is_web)? {
            Step::Open(carrier) => Stage::Open(carrier),
            Step::Later(opening) => Stage::Opening(opening),
        };
        Ok(Connection::at(stage, Some(by), now))
    }

    fn at(stage: Stage, by: Option<Listener>, since: Instant) -> Connection {
        Connection { stage, by, since, pings: 0, is_paused: false }
    }

    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open(_))
    }

    pub fn has_end(&mut self) {
        if let Stage::Open(carrier) = &mut self.stage {
            carrier.has_end();
        }
    }

    pub fn queue(&mut self, bytes: &[u8]) {
        if let Stage::Open(carrier) = &mut self.stage {
            carrier.queue(bytes);
        }
    }

    pub fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }

    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// The system takes more, or a dialled connection stands: sends what there is.
    pub fn go_on(&mut self, conn: Conn, now: Instant, out: &mut Vec<Event>) -> Fate {
        match &mut self.stage {
            Stage::Opening(_) => self.open(conn, now, out),
            Stage::Open(carrier) => match carrier.flush() {
                Ok(0) => Fate::Goes,
                Ok(bytes) => Fate::Wrote(bytes),
                Err(why) => Fate::Broken(why),
            },
            Stage::Farewell(_) | Stage::Over => Fate::Goes,
        }
    }

    pub fn read(&mut self, buffer: &mut Vec<u8>, conn: Conn, now: Instant, out: &mut Vec<Event>) -> Fate {
        match &mut self.stage {
            Stage::Opening(_) => self.open(conn, now, out),
            Stage::Open(_) if self.is_paused => Fate::Goes,
            Stage::Open(carrier) => {
                self.since = now;
                self.pings = 0;
                match carrier.read(buffer, &mut |bytes| out.push(Event::Bytes { conn, bytes: bytes.to_vec() })) {
                    // What answers a ping is in the library's buffer.
                    Ok(Until::Dry) => Fate::Queued,
                    Ok(Until::Enough) => Fate::Unread,
                    Err(why) => Fate::Broken(why),
                }
            }
            Stage::Farewell(stream) => hear_out(stream, buffer),
            Stage::Over => Fate::Gone,
        }
    }

    fn open(&mut self, conn: Conn, now: Instant, out: &mut Vec<Event>) -> Fate {
        let Stage::Opening(opening) = &mut self.stage else { return Fate::Goes };
        match opening.step() {
            Ok(Step::Open(carrier)) => {
                self.stage = Stage::Open(carrier);
                self.since = now;
                out.push(match self.by {
                    Some(listener) => Event::Accepted { conn, listener },
                    None => Event::Dialled { conn },
                });
                // What came behind the handshake is in the library's buffer.
                Fate::Unread
            }
            Ok(Step::Later(next)) => {
                *opening = next;
                Fate::Goes
            }
            Err(why) => self.fail(why),
        }
    }

    /// Of one that nobody was told of, nobody is told the end.
    fn fail(&self, why: Broken) -> Fate {
        if self.by.is_some() && !self.is_open() { Fate::Gone } else { Fate::Broken(why) }
    }

    pub fn close(&mut self, now: Instant) -> Fate {
        match mem::replace(&mut self.stage, Stage::Over) {
            Stage::Opening(_) | Stage::Over => return Fate::Gone,
            Stage::Open(mut carrier) => {
                // What the system does not take now is lost, as it would be by a peer that had gone.
                let _ = carrier.flush();
                self.stage = Stage::Farewell(carrier.end());
                self.since = now;
            }
            already @ Stage::Farewell(_) => self.stage = already,
        }
        Fate::Goes
    }

    /// Looks whether it takes too long.
    pub fn look(&mut self, now: Instant) -> Fate {
        let took = now.saturating_duration_since(self.since);
        match &mut self.stage {
            Stage::Opening(_) if took > OPENING_MAX => self.fail("no connection in time".into()),
            Stage::Farewell(_) if took > FAREWELL_MAX => Fate::Gone,
            Stage::Open(carrier) if carrier.pings() && took > SILENCE * (self.pings + 1) => {
                if self.pings == PINGS_MAX {
                    return Fate::Broken("the peer answers no pings".into());
                }
                self.pings += 1;
                carrier.ping();
                Fate::Queued
            }
            _ => Fate::Goes,
        }
    }
}

/// Reads and drops what the peer still says.
fn hear_out(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Fate {
    buffer.resize(64 << 10, 0);
    loop {
        match stream.read(buffer) {
            Ok(0) => return Fate::Gone,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Fate::Goes,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Fate::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use tungstenite::protocol::{Role, WebSocket};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Both ends of a connection; nothing is ever said on it.
    fn ends() -> (TcpStream, std::net::TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let here = std::net::TcpStream::connect(listener.local_addr().expect("it has one")).expect("loopback");
        here.set_nonblocking(true).expect("it can be");
        (TcpStream::from_std(here), listener.accept().expect("it came").0)
    }

    fn open(carrier: Carrier, now: Instant) -> Connection {
        Connection::at(Stage::Open(carrier), None, now)
    }

    #[test]
    fn who_is_silent_is_asked_three_times_and_then_given_up() {
        let (here, _there) = ends();
        let begun = Instant::now();
        let mut connection = open(Carrier::web(WebSocket::from_raw_socket(here, Role::Client, None)), begun);
        let after = |times: u32| begun + SILENCE * times + SECOND;
        assert_eq!(connection.look(begun + SILENCE), Fate::Goes);
        for asked in 1..=PINGS_MAX {
            assert_eq!(connection.look(after(asked)), Fate::Queued);
            assert_eq!(connection.look(after(asked)), Fate::Goes);
        }
        assert!(matches!(connection.look(after(PINGS_MAX + 1)), Fate::Broken(_)));
    }

    #[test]
    fn tcp_alone_may_be_silent_for_ever() {
        let (here, _there) = ends();
        let begun = Instant::now();
        let mut connection = open(Carrier::plain(here), begun);
        assert_eq!(connection.look(begun + SILENCE * 1_000), Fate::Goes);
    }

    #[test]
    fn a_handshake_that_does_not_end_is_given_up() {
        let (here, _there) = ends();
        let begun = Instant::now();
        let manner = Manner::WebSocket { url: "ws://127.0.0.1:1/".into() };
        let mut connection = Connection::dialling(here, manner, begun);
        assert_eq!(connection.look(begun + OPENING_MAX), Fate::Goes);
        assert!(matches!(connection.look(begun + OPENING_MAX + SECOND), Fate::Broken(_)));
    }

    #[test]
    fn who_was_told_the_end_and_does_not_end_is_left_after_a_while() {
        let (here, _there) = ends();
        let begun = Instant::now();
        let mut connection = open(Carrier::plain(here), begun);
        assert_eq!(connection.close(begun), Fate::Goes);
        assert_eq!(connection.close(begun), Fate::Goes, "once more changes nothing");
        assert_eq!(connection.look(begun + FAREWELL_MAX), Fate::Goes);
        assert_eq!(connection.look(begun + FAREWELL_MAX + SECOND), Fate::Gone);
    }
}
