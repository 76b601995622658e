//! Values of any length in an actor's map, cut to what an entry may have: each piece under the value's key and its own number.
use alloc::vec::Vec;
use peerd_vat::{Cx, Map, NotPut};

/// In place of what was under this key.
///
/// # Errors
/// When it does not fit; what was there is there still.
pub fn put(key: &[u8], value: &[u8], cx: &mut Cx<'_>) -> Result<(), NotPut> {
    let pieces = || value.chunks(Map::VALUE_MAX).chain(value.is_empty().then_some(value));
    let weight = |piece: &[u8]| key.len() + 1 + piece.len() + Map::ENTRY;
    let freed: usize = cx.map().prefixed(key).map(|(_, piece)| weight(piece)).sum();
    let bytes = cx.map().bytes() - freed + pieces().map(weight).sum::<usize>();
    if bytes > Map::BYTES_MAX {
        return Err(NotPut::Full(bytes));
    }
    delete(key, cx);
    // A map has room for half of the numbers of a byte.
    for (at, piece) in (0u8..).zip(pieces()) {
        cx.put(&[key, &[at]].concat(), piece)?;
    }
    Ok(())
}

/// None: there is no such value.
pub fn get(key: &[u8], cx: &Cx<'_>) -> Option<Vec<u8>> {
    let mut pieces = cx.map().prefixed(key).peekable();
    pieces.peek()?;
    Some(pieces.flat_map(|(_, piece)| piece).copied().collect())
}

pub fn delete(key: &[u8], cx: &mut Cx<'_>) {
    let gone: Vec<Vec<u8>> = cx.map().prefixed(key).map(|(key, _)| key.into()).collect();
    for key in gone {
        cx.delete(&key);
    }
}
