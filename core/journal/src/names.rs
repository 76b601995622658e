//! How places, actors and messages are named in a journal. To the journal they are numbers and nothing more.
use core::fmt;

/// A place in the journal of a vat: records are numbered from 1, over all its files. Zero: before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    /// Limit: 2^64 records are not written in the life of a vat.
    #[must_use]
    pub const fn after(self, records: u64) -> Position {
        Position(self.0.saturating_add(records))
    }
}

/// A durable actor's identity. Never used twice in a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor(pub u64);

/// A message that waits, or an effect under way: the record that brought it, and which of its changes.
/// Their order is the order of admission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    pub position: Position,
    /// From 1; 0 is the message that the commit itself consumed.
    pub index: u32,
}

/// A vat of this installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vat(pub u32);

/// Which journal this is: random, made once. Another one than expected means that a store was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(pub [u8; 16]);

/// One ownership of a vat. Never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// A BLAKE3 hash.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..6].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
