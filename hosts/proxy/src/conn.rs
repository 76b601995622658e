//! One connection: plain, or with TLS that ends here, because it is a tunnel or because its client speaks TLS to the proxy itself. One request at a
//! time; what comes meanwhile waits.
use crate::{answer::Answer, request};
use rustls::ServerConnection;
use std::io::{Read, Write};

/// Limit: bytes that wait, of this request and of what comes behind it.
const HEARD_MAX: usize = request::HEAD_MAX + request::BODY_MAX + (64 << 10);

#[derive(Default)]
pub struct Conn {
    /// Not read yet, out of its TLS.
    pub heard: Vec<u8>,
    pub tls: Option<Box<ServerConnection>>,
    pub tunnel: Option<Tunnel>,
    /// The request that is being answered.
    pub asked: Option<(u32, Answer)>,
    /// Nothing has come yet.
    pub is_new: bool,
    /// Its client was told to go on with a body.
    pub told_to_go_on: bool,
    /// The client sends no more.
    pub is_over: bool,
}

pub struct Tunnel {
    /// Of all that is asked in it.
    pub origin: String,
    pub credentials: String,
}

/// It can't go on.
#[derive(Debug)]
pub struct Broken;

impl Conn {
    /// Takes what came; answers what TLS itself has to say to that.
    pub fn take(&mut self, bytes: &[u8]) -> (Vec<u8>, Result<(), Broken>) {
        let Some(tls) = &mut self.tls else {
            self.heard.extend_from_slice(bytes);
            return (Vec::new(), self.bounded());
        };
        let read = read(tls, bytes, &mut self.heard);
        self.is_over |= matches!(read, Ok(true));
        let said = flush(tls);
        (said, read.and_then(|_| self.bounded()))
    }

    fn bounded(&self) -> Result<(), Broken> {
        if self.heard.len() > HEARD_MAX { Err(Broken) } else { Ok(()) }
    }

    /// As it goes over the connection.
    pub fn put(&mut self, bytes: &[u8]) -> Vec<u8> {
        match &mut self.tls {
            None => bytes.to_vec(),
            Some(tls) => {
                tls.writer().write_all(bytes).expect("its buffer has no limit");
                flush(tls)
            }
        }
    }

    /// The last that goes over it.
    pub fn farewell(&mut self) -> Vec<u8> {
        self.tls.as_mut().map_or_else(Vec::new, |tls| {
            tls.send_close_notify();
            flush(tls)
        })
    }
}

/// True: its client has closed it.
fn read(tls: &mut ServerConnection, mut bytes: &[u8], heard: &mut Vec<u8>) -> Result<bool, Broken> {
    let mut is_closed = false;
    while !bytes.is_empty() && !is_closed {
        tls.read_tls(&mut bytes).map_err(|_| Broken)?;
        let state = tls.process_new_packets().map_err(|_| Broken)?;
        is_closed = state.peer_has_closed();
        let plain = state.plaintext_bytes_to_read();
        tls.reader().take(plain as u64).read_to_end(heard).map_err(|_| Broken)?;
    }
    Ok(is_closed)
}

fn flush(tls: &mut ServerConnection) -> Vec<u8> {
    let mut out = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut out).expect("a Vec takes all");
    }
    out
}
