//! An ordered map of bytes to bytes that is part of an actor's state: for what a turn must not rewrite whole, like a history.
//!
//! ```text
//! turn: put, delete, clear ─▶ Patch ─▶ commit: one change per entry in the record, then Kept
//!                               └▶ Map: what a turn reads, Kept with the patch laid over it
//! ```
//! It lives as long as the state does: with a durable actor, or with an incarnation of a volatile one.
mod patch;
mod range;
#[cfg(test)]
mod tests;

pub(crate) use patch::{NONE, Patch};
pub use range::Entries;

use crate::{ActorId, Crash, Cx, Vat, refs::Key, turn::Touched};
use alloc::{boxed::Box, collections::BTreeMap, format, vec::Vec};
use core::{
    error, fmt, mem,
    ops::{Bound, RangeBounds},
};

/// The map as a turn sees it, its own writes included. Keys are in the order of their bytes.
#[derive(Clone, Copy)]
pub struct Map<'a> {
    kept: Option<&'a Kept>,
    patch: &'a Patch,
}

/// Why an entry was not put. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotPut {
    /// Its key has more than `Map::KEY_MAX` bytes: so many.
    Key(usize),
    /// Its value has more than `Map::VALUE_MAX` bytes: so many.
    Value(usize),
    /// With it the map would have more than `Map::BYTES_MAX`: so many.
    Full(usize),
}

/// What has been committed.
#[derive(Default)]
pub(crate) struct Kept {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    // Invariant: the sum of `weight` over all entries.
    bytes: usize,
}

impl<'a> Map<'a> {
    pub const KEY_MAX: usize = 2 << 10;
    pub const VALUE_MAX: usize = 128 << 10;
    /// Limit: of all entries, each counted as its key, its value and `ENTRY`.
    pub const BYTES_MAX: usize = 16 << 20;
    /// What an entry costs beside its bytes.
    pub const ENTRY: usize = 32;
    /// Limit: what an answer to who looks into a map has of it.
    pub const SHOWN_MAX: usize = 64 << 10;

    #[must_use]
    pub fn get(self, key: &[u8]) -> Option<&'a [u8]> {
        match self.patch.change(key) {
            Some(change) => change.as_deref(),
            None => self.patch.left(self.kept)?.entries.get(key).map(Vec::as_slice),
        }
    }

    /// All entries, from both ends.
    #[must_use]
    pub fn iter(self) -> Entries<'a> {
        self.range(..)
    }

    /// Those between these keys, from both ends: `.rev()` and `.take(n)` as of any iterator. None if the first bound is above the
    /// second. Costs the logarithm of the map's length, and then its own.
    #[must_use]
    pub fn range<'k>(self, bounds: impl RangeBounds<&'k [u8]>) -> Entries<'a> {
        let bounds = (bounds.start_bound().cloned(), bounds.end_bound().cloned());
        if range::is_empty(bounds) {
            return Entries::default();
        }
        let kept = self.patch.left(self.kept).map(|kept| kept.entries.range::<[u8], _>(bounds)).unwrap_or_default();
        Entries::new(kept, self.patch.range(bounds))
    }

    /// Those whose keys begin so.
    #[must_use]
    pub fn prefixed(self, prefix: &[u8]) -> Entries<'a> {
        let end = range::after(prefix);
        self.range((Bound::Included(prefix), end.as_deref().map_or(Bound::Unbounded, Bound::Excluded)))
    }

    #[must_use]
    pub fn first(self) -> Option<(&'a [u8], &'a [u8])> {
        self.iter().next()
    }

    #[must_use]
    pub fn last(self) -> Option<(&'a [u8], &'a [u8])> {
        self.iter().next_back()
    }

    /// For `System::GetMap`.
    pub(crate) fn shown(self, from: &[u8]) -> Vec<(&'a [u8], &'a [u8])> {
        let mut bytes = 0;
        let fits = |(key, value): &(&[u8], &[u8])| {
            let is_first = bytes == 0;
            bytes += weight(key, value);
            is_first || bytes <= Map::SHOWN_MAX
        };
        self.range(from..).take_while(fits).collect()
    }

    /// Of `BYTES_MAX`.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.patch.bytes(self.kept)
    }
}

/// become, one entry at a time: the map
impl Cx<'_> {
    /// As this turn would commit it.
    #[must_use]
    pub fn map(&self) -> Map<'_> {
        Map { kept: self.tables.slots.map(self.me), patch: &self.tables.turn.map }
    }

    /// In place of what was there. A ref in it is data: a call whose reply ref is in the map only settles `noreply`, and a far ref
    /// is not held by it.
    ///
    /// # Errors
    /// When a limit of `Map` is passed; the turn may go on.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), NotPut> {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.map.put(self.tables.slots.map(self.me), key, value)
    }

    /// Whether it was there.
    pub fn delete(&mut self, key: &[u8]) -> bool {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.map.delete(self.tables.slots.map(self.me), key)
    }

    /// Deletes all entries, at the cost of one.
    pub fn clear_map(&mut self) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.map.clear(self.tables.slots.map(self.me));
    }
}

impl Vat {
    /// The map of an actor, to look at. Empty while it is out of memory.
    #[must_use]
    pub fn map(&self, actor: ActorId) -> Map<'_> {
        Map { kept: self.tables.slots.get(actor.0).and_then(|_| self.tables.slots.map(actor.0)), patch: &NONE }
    }

    /// The turn is committed: its patch is.
    pub(crate) fn keep_map(&mut self, me: Key) {
        if self.tables.turn.map.is_empty() {
            return;
        }
        let patch = mem::take(&mut self.tables.turn.map);
        patch.apply(self.tables.slots.rare_mut(me).map.get_or_insert_default());
    }

    pub(crate) fn map_bytes(&self, me: Key) -> usize {
        self.tables.slots.map(me).map_or(0, |kept| kept.bytes)
    }
}

impl Kept {
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    pub fn of(entries: BTreeMap<Vec<u8>, Vec<u8>>) -> Option<Box<Kept>> {
        let bytes = entries.iter().map(|(key, value)| weight(key, value)).sum();
        (!entries.is_empty()).then(|| Box::new(Kept { entries, bytes }))
    }
}

fn weight(key: &[u8], value: &[u8]) -> usize {
    key.len() + value.len() + Map::ENTRY
}

impl fmt::Display for NotPut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotPut::Key(bytes) => write!(f, "a key of {bytes} bytes; {} are the most", Map::KEY_MAX),
            NotPut::Value(bytes) => write!(f, "a value of {bytes} bytes; {} are the most", Map::VALUE_MAX),
            NotPut::Full(bytes) => write!(f, "the map would have {bytes} bytes; {} are the most", Map::BYTES_MAX),
        }
    }
}

impl error::Error for NotPut {}

impl NotPut {
    /// For a turn that can't go on without it: `put(..).map_err(NotPut::crash)?`.
    // Why not `From`: with a second one beside that of itself, `?` would no longer tell what the errors of a behaviour's closures are.
    #[must_use]
    pub fn crash(self) -> Crash {
        Crash::new("map", format!("{self}"))
    }
}
