//! A text as the message that makes a class of the engine's.
use alloc::vec::Vec;

use peerd_actor::wire::HEADER;

use crate::{Refused, module::admit};

/// The kind in its header, which no turn has.
const KIND: u16 = 0xffff;

/// What the engine's own class is prepared with (`Module::prepared` of a host): the class that comes of it has this name and this behaviour.
/// Many classes then share the engine's code, and a new one costs some milliseconds and an image of its memory.
pub fn text(name: &str, text: &str) -> Result<Vec<u8>, Refused> {
    admit(name, text)?;
    let mut header = [0; HEADER];
    header[..2].copy_from_slice(&KIND.to_le_bytes());
    Ok([&header[..], &(name.len() as u32).to_le_bytes(), name.as_bytes(), text.as_bytes()].concat())
}
