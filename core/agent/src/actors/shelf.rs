//! A shelf: text by key, durable. What chats, settings and recipes are kept on; the record of a turn has what it changed.
use super::{Actor, body, reply_json, wire::ToShelf};
use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use peerd_otp::supervisor::{ChildSpec, Request};
use peerd_vat::{Crash, Cx, Durability, Event, Map};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Of a text; longer ones lie in several entries.
const PIECE: usize = 100 << 10;
/// Between a key and the number of a piece: in no key of ours.
const END: u8 = 0;
/// Both of them.
const PLACE: usize = 1 + 2;

#[derive(Serialize, Deserialize)]
pub struct Shelf {
    /// How its texts lie in the map.
    layout: u32,
}

impl Actor for Shelf {
    const NAME: &'static str = "shelf";

    fn init(_args: &[u8], _cx: &mut Cx<'_>) -> Result<Self, Crash> {
        Ok(Shelf { layout: 1 })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body: bytes, reply, .. } = event else { return Ok(()) };
        let answer = match body(bytes)? {
            ToShelf::Read => json!(read(cx.map().iter())),
            ToShelf::Get { key } => match one(&key, cx) {
                Some(text) => json!({ "text": text }),
                None => json!({"err": {"kind": "absent", "text": "it is not there"}}),
            },
            ToShelf::Write { changes } => write(&changes, cx)?,
        };
        if let Some(reply) = reply {
            reply_json(cx, reply, &answer);
        }
        Ok(())
    }
}

/// What a supervisor is asked: to start the shelf of this name, or to open it again as it was.
pub fn start(id: &str) -> Vec<u8> {
    let spec = ChildSpec::new(id, Shelf::NAME, Vec::new()).durability(Durability::Durable);
    Request::StartChild(spec).encode()
}

fn prefix_of(key: &str) -> Vec<u8> {
    [key.as_bytes(), &[END]].concat()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The pieces of a text lie side by side, in their order.
pub fn read<'a>(entries: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<(String, String)> {
    let mut texts: Vec<(&[u8], Vec<u8>)> = Vec::new();
    for (key, piece) in entries {
        let key = &key[..key.len().saturating_sub(PLACE)];
        match texts.last_mut().filter(|(last, _)| *last == key) {
            Some((_, text)) => text.extend_from_slice(piece),
            None => texts.push((key, piece.to_vec())),
        }
    }
    texts.iter().map(|(key, bytes)| (text(key), text(bytes))).collect()
}

/// What lies under a key now.
fn one(key: &str, cx: &Cx<'_>) -> Option<String> {
    let mut pieces = cx.map().prefixed(&prefix_of(key)).map(|(_, piece)| piece).peekable();
    pieces.peek()?;
    Some(text(&pieces.flat_map(|piece| piece.iter().copied()).collect::<Vec<u8>>()))
}

/// Of which text an entry is a piece.
pub fn key_of(entry: &[u8]) -> String {
    text(&entry[..entry.len().saturating_sub(PLACE)])
}

/// What lies under a key, in what the journal has of a shelf.
pub fn text_under(map: &BTreeMap<Vec<u8>, Vec<u8>>, key: &str) -> Option<String> {
    let prefix = prefix_of(key);
    let mut pieces = map.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)).peekable();
    pieces.peek()?;
    Some(text(&pieces.flat_map(|(_, piece)| piece.iter().copied()).collect::<Vec<u8>>()))
}

/// All of it or nothing: a shelf that is full says so.
fn write(changes: &[(String, Option<String>)], cx: &mut Cx<'_>) -> Result<Value, Crash> {
    let freed: usize = changes.iter().flat_map(|(key, _)| cx.map().prefixed(&prefix_of(key))).map(|(key, piece)| weight(key, piece)).sum();
    let pieces: Vec<(Vec<u8>, &[u8])> = changes.iter().flat_map(|(key, text)| pieces(key, text.as_deref())).collect();
    let taken: usize = pieces.iter().map(|(key, piece)| weight(key, piece)).sum();
    if cx.map().bytes() + taken > Map::BYTES_MAX + freed {
        return Ok(json!({"err": {"kind": "full", "text": "there is no more room for it"}}));
    }
    for (key, _) in changes {
        let old: Vec<Vec<u8>> = cx.map().prefixed(&prefix_of(key)).map(|(key, _)| key.to_vec()).collect();
        for key in old {
            cx.delete(&key);
        }
    }
    for (key, piece) in pieces {
        cx.put(&key, piece).map_err(|why| Crash::new("shelf", why.to_string()))?;
    }
    Ok(json!({}))
}

/// An empty text is one empty piece.
fn pieces<'a>(key: &str, text: Option<&'a str>) -> Vec<(Vec<u8>, &'a [u8])> {
    let Some(bytes) = text.map(str::as_bytes) else { return Vec::new() };
    let pieces = bytes.chunks(PIECE).chain(bytes.is_empty().then_some(bytes));
    (0u16..).zip(pieces).map(|(number, piece)| ([&prefix_of(key)[..], &number.to_be_bytes()].concat(), piece)).collect()
}

/// In the map.
fn weight(key: &[u8], piece: &[u8]) -> usize {
    key.len() + piece.len() + Map::ENTRY
}
