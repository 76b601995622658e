//! Why an actor ended, how a call settled, why a turn failed: the kernel's own terms, in the bytes in which it writes them.
use crate::{Message, Reader, Writer};
use alloc::{string::String, vec::Vec};

/// Why an incarnation ended. As bytes: the number of the variant, then each text with its length as a varint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Normal,
    Shutdown,
    ShutdownWith(String),
    Kill,
    Killed,
    Noproc,
    Noconnection,
    Crash(Crash),
    Other(String),
}

/// A failed turn: `Err` of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// A short word to tell crashes apart by.
    pub kind: String,
    pub message: String,
}

/// How a call settled when it was not answered. `Timeout`: nobody knows whether it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settle {
    Timeout,
    Noproc,
    Noconnection,
    /// The actor that held the call ended.
    Exit(Reason),
    /// The actor that held the call let it drop.
    Noreply,
    Overloaded,
    Deadlock,
    CallingSelf,
    Revoked,
    Parked,
    Expired,
}

impl Crash {
    #[must_use]
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Crash {
        Crash { kind: kind.into(), message: message.into() }
    }
}

impl Reason {
    pub fn encode(&self, to: &mut Vec<u8>) {
        let (tag, texts): (u8, [&str; 2]) = match self {
            Reason::Normal => (0, [""; 2]),
            Reason::Shutdown => (1, [""; 2]),
            Reason::ShutdownWith(text) => (2, [text, ""]),
            Reason::Kill => (3, [""; 2]),
            Reason::Killed => (4, [""; 2]),
            Reason::Noproc => (5, [""; 2]),
            Reason::Noconnection => (6, [""; 2]),
            Reason::Crash(crash) => (7, [&crash.kind, &crash.message]),
            Reason::Other(text) => (8, [text, ""]),
        };
        let count = match tag {
            2 | 8 => 1,
            7 => 2,
            _ => 0,
        };
        to.push(tag);
        for text in &texts[..count] {
            put_text(text, to);
        }
    }

    /// From the front of these bytes.
    pub fn decode(from: &mut &[u8]) -> Option<Reason> {
        Some(match take_byte(from)? {
            0 => Reason::Normal,
            1 => Reason::Shutdown,
            2 => Reason::ShutdownWith(take_text(from)?),
            3 => Reason::Kill,
            4 => Reason::Killed,
            5 => Reason::Noproc,
            6 => Reason::Noconnection,
            7 => Reason::Crash(Crash { kind: take_text(from)?, message: take_text(from)? }),
            8 => Reason::Other(take_text(from)?),
            _ => return None,
        })
    }
}

impl Settle {
    pub fn encode(&self, to: &mut Vec<u8>) {
        to.push(match self {
            Settle::Timeout => 0,
            Settle::Noproc => 1,
            Settle::Noconnection => 2,
            Settle::Exit(reason) => {
                to.push(3);
                return reason.encode(to);
            }
            Settle::Noreply => 4,
            Settle::Overloaded => 5,
            Settle::Deadlock => 6,
            Settle::CallingSelf => 7,
            Settle::Revoked => 8,
            Settle::Parked => 9,
            Settle::Expired => 10,
        });
    }

    /// From the front of these bytes.
    pub fn decode(from: &mut &[u8]) -> Option<Settle> {
        Some(match take_byte(from)? {
            0 => Settle::Timeout,
            1 => Settle::Noproc,
            2 => Settle::Noconnection,
            3 => Settle::Exit(Reason::decode(from)?),
            4 => Settle::Noreply,
            5 => Settle::Overloaded,
            6 => Settle::Deadlock,
            7 => Settle::CallingSelf,
            8 => Settle::Revoked,
            9 => Settle::Parked,
            10 => Settle::Expired,
            _ => return None,
        })
    }
}

fn put_text(text: &str, to: &mut Vec<u8>) {
    let mut length = text.len();
    while length >= 0x80 {
        to.push(length as u8 | 0x80);
        length >>= 7;
    }
    to.push(length as u8);
    to.extend_from_slice(text.as_bytes());
}

fn take_byte(from: &mut &[u8]) -> Option<u8> {
    let (first, rest) = from.split_first()?;
    *from = rest;
    Some(*first)
}

fn take_text(from: &mut &[u8]) -> Option<String> {
    let mut length = 0usize;
    for shift in (0..28).step_by(7) {
        let byte = take_byte(from)?;
        length |= usize::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            let (text, rest) = from.split_at_checked(length)?;
            *from = rest;
            return core::str::from_utf8(text).ok().map(String::from);
        }
    }
    None
}

/// With their length, as an actor of the kernel's own writes them in its messages.
macro_rules! with_length {
    ($($type:ty),*) => {$(
        impl Message for $type {
            fn put(&self, to: &mut Writer<'_>) {
                let mut bytes = Vec::new();
                self.encode(&mut bytes);
                to.length(bytes.len());
                to.bytes(&bytes);
            }

            fn get(from: &mut Reader<'_>) -> Option<$type> {
                let length = from.length()?;
                let mut bytes = from.bytes(length)?;
                <$type>::decode(&mut bytes).filter(|_| bytes.is_empty())
            }
        }
    )*};
}

with_length!(Reason, Settle);
