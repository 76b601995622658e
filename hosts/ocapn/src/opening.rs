//! From a socket to a carrier: TCP's connecting and WebSocket's handshake, a step whenever the system says that it can go on.
use std::{io::ErrorKind, mem};

use mio::net::TcpStream;
use tungstenite::{
    HandshakeError, accept_with_config,
    client::client_with_config,
    handshake::{
        MidHandshake,
        client::ClientHandshake,
        server::{NoCallback, ServerHandshake},
    },
    protocol::WebSocketConfig,
};

use crate::carrier::{Broken, Carrier};

/// Limit: one message, and a frame of it. A session's own limit is lower, and tells the peer why.
const MESSAGE_MAX: usize = 2 << 20;
/// Limit: what the library keeps unsent; the rest waits where it is counted.
const BUFFER_MAX: usize = 3 << 20;
const BUFFER: usize = 64 << 10;

/// How bytes are to be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As they are.
    Tcp,
    /// In WebSocket messages. A dialler asks for this address.
    WebSocket { url: String },
}

pub(crate) enum Opening {
    /// The system connects.
    Connecting {
        stream: TcpStream,
        manner: Manner,
    },
    Asking(Box<MidHandshake<ClientHandshake<TcpStream>>>),
    Answering(Box<MidHandshake<ServerHandshake<TcpStream, NoCallback>>>),
    /// Nothing further comes of it.
    Over,
}

impl Opening {
    /// For a connection that was accepted.
    pub fn accepted(stream: TcpStream, is_web: bool) -> Result<Step, Broken> {
        if !is_web {
            return Ok(Step::Open(Carrier::plain(stream)));
        }
        match accept_with_config(stream, Some(config())) {
            Ok(socket) => Ok(Step::Open(Carrier::web(socket))),
            Err(HandshakeError::Interrupted(mid)) => Ok(Step::Later(Opening::Answering(Box::new(mid)))),
            Err(HandshakeError::Failure(error)) => Err(error.to_string()),
        }
    }

    /// Goes as far as it can now.
    pub fn step(&mut self) -> Result<Step, Broken> {
        match mem::replace(self, Opening::Over) {
            Opening::Connecting { stream, manner } => connected(stream, manner),
            Opening::Asking(mid) => asked(mid.handshake()),
            Opening::Answering(mid) => match mid.handshake() {
                Ok(socket) => Ok(Step::Open(Carrier::web(socket))),
                Err(HandshakeError::Interrupted(mid)) => Ok(Step::Later(Opening::Answering(Box::new(mid)))),
                Err(HandshakeError::Failure(error)) => Err(error.to_string()),
            },
            Opening::Over => Err("it has ended".into()),
        }
    }
}

pub(crate) enum Step {
    Open(Carrier),
    Later(Opening),
}

fn connected(stream: TcpStream, manner: Manner) -> Result<Step, Broken> {
    if let Some(error) = stream.take_error().map_err(|error| error.to_string())? {
        return Err(error.to_string());
    }
    match stream.peer_addr() {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(Step::Later(Opening::Connecting { stream, manner })),
        Err(error) => return Err(error.to_string()),
    }
    // Small messages are what is spoken, and each is waited for.
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    match manner {
        Manner::Tcp => Ok(Step::Open(Carrier::plain(stream))),
        Manner::WebSocket { url } => asked(client_with_config(url, stream, Some(config()))),
    }
}

type Asked =
    Result<(tungstenite::WebSocket<TcpStream>, tungstenite::handshake::client::Response), HandshakeError<ClientHandshake<TcpStream>>>;

fn asked(result: Asked) -> Result<Step, Broken> {
    match result {
        Ok((socket, _)) => Ok(Step::Open(Carrier::web(socket))),
        Err(HandshakeError::Interrupted(mid)) => Ok(Step::Later(Opening::Asking(Box::new(mid)))),
        Err(HandshakeError::Failure(error)) => Err(error.to_string()),
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_write_buffer_size(BUFFER_MAX)
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX))
}
