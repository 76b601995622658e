//! The seam for encryption at rest: what is done to a group's payload between the records and the file.
use crate::{Hash, Header, Position};
use alloc::{boxed::Box, vec::Vec};

/// Where a group stands. Two groups that one owner wrote never stand at the same; two copies of a journal that were both gone on with
/// may have such.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    pub header: &'a Header,
    pub first: Position,
    pub count: u32,
    /// The link before it: over all of this file so far, whose opening has the link of the file before.
    pub before: Hash,
}

/// Seals payloads. A group's link is over what is sealed, so that a chain is checked without a key; the opening group, which says
/// how files hang together, is never sealed.
pub trait Codec: Send + Sync {
    /// In the header of each file it sealed. Not 0, which means none.
    fn id(&self) -> u8;

    /// Another with the same key, for somebody who reads or writes beside this one.
    fn again(&self) -> Box<dyn Codec>;

    /// Appends what `plain` becomes.
    // Limit: at most 28 bytes more, or the largest group has no room.
    fn seal(&mut self, site: Site<'_>, plain: &[u8], sealed: &mut Vec<u8>);

    /// Appends what `sealed` was. False: it is not of this site, or of another key.
    fn open(&mut self, site: Site<'_>, sealed: &[u8], plain: &mut Vec<u8>) -> bool;
}
