//! What carries bytes between two peers: a TCP connection as it is, or WebSocket messages on one.
use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    net::Shutdown,
};

use mio::net::TcpStream;
use tungstenite::{Error, Message, WebSocket};

/// So much is read, or given to the system, at once.
const CHUNK: usize = 64 << 10;
/// Limit: what is taken in from one connection before the others have their turn.
const READ_MAX: usize = 1 << 20;

/// Why a carrier carries no more, for whoever looks into it.
pub(crate) type Broken = String;

/// How far a carrier has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// There is nothing to be read now.
    Dry,
    /// Others have their turn first.
    Enough,
}

pub(crate) enum Carrier {
    Plain(Plain),
    Web(Box<Web>),
}

pub(crate) struct Plain {
    stream: TcpStream,
    /// The system has said that the peer will send no more than what is there.
    is_last: bool,
    out: Vec<u8>,
    sent: usize,
}

pub(crate) struct Web {
    socket: WebSocket<TcpStream>,
    /// What the library's buffer had no room for.
    out: VecDeque<Message>,
}

impl Carrier {
    pub fn plain(stream: TcpStream) -> Carrier {
        Carrier::Plain(Plain { stream, is_last: false, out: Vec::new(), sent: 0 })
    }

    pub fn web(socket: WebSocket<TcpStream>) -> Carrier {
        Carrier::Web(Box::new(Web { socket, out: VecDeque::new() }))
    }

    /// Hands on what has come: pieces of any size from TCP, whole messages from a WebSocket. `buffer` is the reader's own.
    pub fn read(&mut self, buffer: &mut Vec<u8>, take: &mut dyn FnMut(&[u8])) -> Result<Until, Broken> {
        match self {
            Carrier::Plain(plain) => plain.read(buffer, take),
            Carrier::Web(web) => web.read(take),
        }
    }

    /// There is an end behind what can be read.
    pub fn has_end(&mut self) {
        if let Carrier::Plain(plain) = self {
            plain.is_last = true;
        }
    }

    /// Kept until `flush`. On a WebSocket one message.
    pub fn queue(&mut self, bytes: &[u8]) {
        match self {
            Carrier::Plain(plain) => plain.out.extend_from_slice(bytes),
            Carrier::Web(web) => web.out.push_back(Message::binary(bytes.to_vec())),
        }
    }

    /// Gives the system what it takes now: so many of the queued bytes.
    pub fn flush(&mut self) -> Result<usize, Broken> {
        match self {
            Carrier::Plain(plain) => plain.flush(),
            Carrier::Web(web) => web.flush(),
        }
    }

    /// Asks a silent peer whether it is there. TCP alone has no way to.
    pub fn ping(&mut self) {
        if let Carrier::Web(web) = self {
            web.out.push_back(Message::Ping(tungstenite::Bytes::new()));
        }
    }

    pub fn pings(&self) -> bool {
        matches!(self, Carrier::Web(_))
    }

    /// Says that nothing more comes, and gives the connection back: what the peer still sends is to be read and dropped, because a
    /// system that closes with bytes unread resets, and a reset takes away what the peer has not read yet.
    pub fn end(self) -> TcpStream {
        let stream = match self {
            Carrier::Plain(plain) => plain.stream,
            Carrier::Web(mut web) => {
                // It is best effort: the peer may be gone.
                let _ = web.socket.close(None).and_then(|()| web.socket.flush());
                web.socket.into_inner()
            }
        };
        let _ = stream.shutdown(Shutdown::Write);
        stream
    }
}

impl Plain {
    fn read(&mut self, buffer: &mut Vec<u8>, take: &mut dyn FnMut(&[u8])) -> Result<Until, Broken> {
        buffer.resize(CHUNK, 0);
        let mut taken = 0;
        while taken < READ_MAX {
            match self.stream.read(buffer) {
                Ok(0) => return Err("closed by the peer".into()),
                Ok(size) => {
                    taken += size;
                    take(&buffer[..size]);
                    // A short read found the end of what there was; what comes later is told anew, but not an end told already.
                    if size < CHUNK && !self.is_last {
                        return Ok(Until::Dry);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Until::Dry),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(Until::Enough)
    }

    fn flush(&mut self) -> Result<usize, Broken> {
        let before = self.sent;
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(size) => self.sent += size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        let wrote = self.sent - before;
        // What has gone is cut off only now and then, so that it costs nothing to a slow connection with much to send.
        if self.sent == self.out.len() || self.sent > CHUNK.max(self.out.len() / 2) {
            self.out.drain(..self.sent);
            self.sent = 0;
        }
        Ok(wrote)
    }
}

impl Web {
    fn read(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<Until, Broken> {
        let mut taken = 0;
        while taken < READ_MAX {
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => {
                    taken += bytes.len();
                    take(&bytes);
                }
                Ok(Message::Text(_)) => return Err("a text message, where only binary ones are spoken".into()),
                // The library answers a ping, and a close, by itself at the next flush.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_) | Message::Close(_)) => taken += 1,
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(Until::Dry),
                Err(error) => return Err(told(error)),
            }
        }
        Ok(Until::Enough)
    }

    /// What the library takes over, up to its bound, counts as gone.
    fn flush(&mut self) -> Result<usize, Broken> {
        let mut wrote = 0;
        loop {
            while let Some(message) = self.out.pop_front() {
                let size = match &message {
                    Message::Binary(bytes) => bytes.len(),
                    // As which the library has given one back.
                    Message::Frame(frame) => frame.payload().len(),
                    _ => 0,
                };
                match self.socket.write(message) {
                    Err(Error::WriteBufferFull(message)) => {
                        self.out.push_front(*message);
                        break;
                    }
                    Err(error) if !is_later(&error) => return Err(told(error)),
                    _ => wrote += size,
                }
            }
            match self.socket.flush() {
                // Its buffer is empty: there is room for what it had none for.
                Ok(()) if !self.out.is_empty() => {}
                Err(error) if !is_later(&error) => return Err(told(error)),
                _ => return Ok(wrote),
            }
        }
    }
}

/// The system takes no more for now: what was given is kept.
fn is_later(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock)
}

fn told(error: Error) -> Broken {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => "closed by the peer".into(),
        Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => "closed by the peer".into(),
        other => other.to_string(),
    }
}
