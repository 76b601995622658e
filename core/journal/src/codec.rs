//! The seam for encryption at rest: what is done to a group's payload between the records and the file.
use crate::{Epoch, Position};
use alloc::vec::Vec;

/// Seals payloads. A group's link is over what is sealed, so that a chain is checked without a key; the opening group, which says
/// how files hang together, is never sealed.
pub trait Codec: Send {
    /// In the header of each file it sealed. Not 0, which means none.
    fn id(&self) -> u8;

    /// Appends what `plain` becomes. The place is never the same twice, and may serve as a nonce.
    fn seal(&mut self, epoch: Epoch, first: Position, plain: &[u8], sealed: &mut Vec<u8>);

    /// Appends what `sealed` was. False: it is not of this place, or of another key.
    fn open(&mut self, epoch: Epoch, first: Position, sealed: &[u8], plain: &mut Vec<u8>) -> bool;
}
