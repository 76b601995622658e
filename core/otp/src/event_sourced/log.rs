//! Where the events and snapshots of an actor lie in its map, by number.
//!
//! ```text
//! 255 number           one event
//! 254 number piece     a snapshot in pieces, which begins with the time of day
//! ```
//! The numbers are written highest byte first, so that their order is that of the keys. Events count from 1; snapshot 0 is the state
//! before all of them.
use crate::pieces;
use alloc::{collections::BTreeSet, vec::Vec};
use core::{
    iter,
    ops::{Bound, RangeBounds},
};
use peerd_vat::{Cx, Entries, NotPut, Wall};

const EVENT: u8 = 255;
const SNAPSHOT: u8 = 254;
/// Bytes of the key of an event, and of the time before a snapshot.
const KEY: usize = 9;
const TAKEN: usize = 8;

/// A state that was written whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Of the last event that is in it.
    pub number: u64,
    /// When its turn began.
    pub taken: Wall,
}

pub(super) fn put_event(number: u64, event: &[u8], cx: &mut Cx<'_>) -> Result<(), NotPut> {
    cx.put(&key(EVENT, number), event)
}

pub(super) fn delete_event(number: u64, cx: &mut Cx<'_>) {
    cx.delete(&key(EVENT, number));
}

type Events<'a> = iter::Map<Entries<'a>, fn((&'a [u8], &'a [u8])) -> (u64, &'a [u8])>;

/// Those that are there, from both ends.
pub(super) fn events<'a>(numbers: &impl RangeBounds<u64>, cx: &'a Cx<'_>) -> Events<'a> {
    let start = match numbers.start_bound() {
        Bound::Unbounded => Bound::Included(key(EVENT, 0)),
        bound => bound.map(|number| key(EVENT, *number)),
    };
    // No key is above those of events.
    let end = numbers.end_bound().map(|number| key(EVENT, *number));
    let entries = cx.map().range((start.as_ref().map(<[u8; KEY]>::as_slice), end.as_ref().map(<[u8; KEY]>::as_slice)));
    entries.map(numbered)
}

pub(super) fn delete_events(to: u64, cx: &mut Cx<'_>) {
    let gone: Vec<u64> = events(&..=to, cx).map(|(number, _)| number).collect();
    gone.into_iter().for_each(|number| delete_event(number, cx));
}

/// In place of one of the same number.
///
/// # Errors
/// When it does not fit; what was there is there still.
pub(super) fn put_snapshot(number: u64, state: &[u8], cx: &mut Cx<'_>) -> Result<(), NotPut> {
    let written = [&cx.wall().0.to_le_bytes(), state].concat();
    pieces::put(&key(SNAPSHOT, number), &written, cx)
}

pub(super) fn delete_snapshot(number: u64, cx: &mut Cx<'_>) {
    pieces::delete(&key(SNAPSHOT, number), cx);
}

/// None: there is no such snapshot.
pub(super) fn snapshot(number: u64, cx: &Cx<'_>) -> Option<Vec<u8>> {
    Some(pieces::get(&key(SNAPSHOT, number), cx)?.split_off(TAKEN))
}

/// In order, that of number 0 among them.
pub(super) fn snapshots(cx: &Cx<'_>) -> Vec<Snapshot> {
    let mut seen = BTreeSet::new();
    let firsts = cx.map().prefixed(&[SNAPSHOT]).filter(|(key, _)| seen.insert(number_of(key)));
    firsts.map(|(key, piece)| Snapshot { number: number_of(key), taken: Wall(first_u64(piece, u64::from_le_bytes)) }).collect()
}

fn key(kind: u8, number: u64) -> [u8; KEY] {
    let mut key = [kind; KEY];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

fn numbered<'a>((key, event): (&[u8], &'a [u8])) -> (u64, &'a [u8]) {
    (number_of(key), event)
}

fn number_of(key: &[u8]) -> u64 {
    first_u64(&key[1..], u64::from_be_bytes)
}

fn first_u64(bytes: &[u8], read: impl FnOnce([u8; 8]) -> u64) -> u64 {
    bytes.first_chunk().copied().map_or(0, read)
}
