//! Bytes as what a hostile peer does: any byte sequence is a script, and a script breaks a promise or it does not.
//!
//! ```text
//! bytes ─ Draw ─▶ Words: messages, mostly well-formed, with small positions that are likely to exist
//!              └▶ Play: connections, the user's own calls, time ─▶ Peer ─▶ checked after each step
//! ```
//!
//! The checks: nothing panics; what is written can be read; nothing is written after a close; tables stay within their limits; and when
//! all sessions are over and the user has let go of everything, the machine holds nothing at all.

mod draw;
pub mod forge;
mod play;
mod words;

use peerd_syrup::{Limits, Order, Value};

/// A whole life of a machine.
///
/// # Errors
/// The promise that was broken.
pub fn captp(bytes: &[u8]) -> Result<(), String> {
    play::Play::new(bytes).run()
}

/// One value, if it is one.
///
/// # Errors
/// If it was read although no writer writes it so.
pub fn syrup(bytes: &[u8]) -> Result<(), String> {
    let limits = Limits { depth_max: 16, nodes_max: 200, digits_max: 64 };
    let Ok(value) = Value::read(bytes, limits) else { return Ok(()) };
    match [Order::Encoded, Order::Text].into_iter().any(|order| value.encoded(order) == bytes) {
        true => Ok(()),
        false => Err(format!("read, and written as something else: {value:?}")),
    }
}
