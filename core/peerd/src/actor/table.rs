//! Typed tables in an actor's map: what grows without bound lies there, because a turn writes down only the entries that it
//! changed, and the whole of the actor's own fields.
use super::{Actor, Context, crash};
use crate::Key;
use alloc::{format, string::ToString, vec::Vec};
use core::{
    marker::PhantomData,
    ops::{Bound, RangeBounds},
};
use peerd_vat::{Crash, Entries, NotPut};
use serde::{Serialize, de::DeserializeOwned};

/// Entries of one kind, sorted by their keys.
///
/// ```
/// # use peerd::prelude::*;
/// const LINES: Table<u64, String> = Table::new(0);
/// ```
pub struct Table<K, V> {
    number: u8,
    of: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Table<K, V> {
        *self
    }
}

impl<K, V> Copy for Table<K, V> {}

impl<K, V> Table<K, V> {
    /// Under a number that no other table of this kind of actor has. Those of an `EventSourced` one are below 254, and of one
    /// with `OBJECTS` not 253.
    #[must_use]
    pub const fn new(number: u8) -> Table<K, V> {
        Table { number, of: PhantomData }
    }

    fn key(self, key: &K) -> Vec<u8>
    where
        K: Key,
    {
        let mut bytes = Vec::from([self.number]);
        key.put(&mut bytes);
        bytes
    }

    /// Their bytes, those of all keys and the table's own number before them.
    fn bounds(self, keys: &impl RangeBounds<K>) -> (Bound<Vec<u8>>, Bound<Vec<u8>>)
    where
        K: Key,
    {
        let start = match keys.start_bound() {
            Bound::Unbounded => Bound::Included(Vec::from([self.number])),
            bound => bound.map(|key| self.key(key)),
        };
        let end = match keys.end_bound() {
            Bound::Unbounded => self.number.checked_add(1).map_or(Bound::Unbounded, |next| Bound::Excluded(Vec::from([next]))),
            bound => bound.map(|key| self.key(key)),
        };
        (start, end)
    }
}

impl<A: Actor> Context<'_, '_, A> {
    /// In place of what was there.
    ///
    /// # Errors
    /// `map` when a limit is passed: a key of 2 KiB, a value of 128 KiB, 16 MiB in all tables; `encode` in the value's own words.
    /// Nothing has changed then, and the turn may go on.
    pub fn put<K: Key, V: Serialize>(&mut self, table: Table<K, V>, key: &K, value: &V) -> Result<(), Crash> {
        let value = postcard::to_allocvec(value).map_err(|error| crash("encode", error.to_string()))?;
        self.cx.put(&table.key(key), &value).map_err(NotPut::crash)
    }

    /// As this turn would leave it.
    ///
    /// # Errors
    /// `decode` when a value of another type was put there.
    pub fn get<K: Key, V: DeserializeOwned>(&self, table: Table<K, V>, key: &K) -> Result<Option<V>, Crash> {
        self.cx.map().get(&table.key(key)).map(value_of).transpose()
    }

    /// Whether it was there.
    pub fn delete<K: Key, V>(&mut self, table: Table<K, V>, key: &K) -> bool {
        self.cx.delete(&table.key(key))
    }

    /// Those between these keys, from both ends, as this turn would leave them; none if the first is above the second. An entry of
    /// another type is a `decode` error.
    ///
    /// ```ignore
    /// let newest: Vec<(u64, String)> = cx.entries(LINES, ..).rev().take(20).collect::<Result<_, _>>()?;
    /// ```
    pub fn entries<K: Key, V: DeserializeOwned>(
        &self,
        table: Table<K, V>,
        keys: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = Result<(K, V), Crash>> {
        self.bytes_of(table, &keys).map(|(key, value)| Ok((key_of(key)?, value_of(value)?)))
    }

    /// Deletes all of this table; at the cost of one if the actor has entries in no other.
    pub fn clear<K: Key, V>(&mut self, table: Table<K, V>) {
        let is_in = |entry: Option<(&[u8], &[u8])>| entry.is_some_and(|(key, _)| key.first() == Some(&table.number));
        let map = self.cx.map();
        if is_in(map.first()) && is_in(map.last()) {
            return self.cx.clear_map();
        }
        let keys: Vec<Vec<u8>> = self.bytes_of(table, &(..)).map(|(key, _)| key.into()).collect();
        for key in keys {
            self.cx.delete(&key);
        }
    }

    fn bytes_of<K: Key, V>(&self, table: Table<K, V>, keys: &impl RangeBounds<K>) -> Entries<'_> {
        let (start, end) = table.bounds(keys);
        self.cx.map().range((start.as_ref().map(Vec::as_slice), end.as_ref().map(Vec::as_slice)))
    }
}

fn key_of<K: Key>(bytes: &[u8]) -> Result<K, Crash> {
    let mut rest = bytes.get(1..).unwrap_or_default();
    K::take(&mut rest).filter(|_| rest.is_empty()).ok_or_else(|| crash("decode", "a table's key of another type"))
}

fn value_of<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, Crash> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(crash("decode", "a table's value of another type")),
        Err(error) => Err(crash("decode", format!("a table's value: {error}"))),
    }
}
