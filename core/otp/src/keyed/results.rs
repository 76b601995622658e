//! What an object's map has beside the value itself: requests that wait, and the results of named calls, by number and by age.
use super::{Outcome, run::Kept};
use crate::{
    message::{decode, encode},
    pieces,
};
use alloc::vec::Vec;
use peerd_vat::{Cx, Map, NotPut, Wall};
use serde::{Deserialize, Serialize};

const VALUE: &[u8] = b"v";
const REQUEST: u8 = b'q';
const RESULT: u8 = b'r';
const NAME: u8 = b'n';
const AGE: u8 = b'a';

/// Limit: bytes of what is kept under a key.
pub const VALUE_MAX: usize = Map::BYTES_MAX / 4;
/// Limit: bytes of a map that no new call may make longer.
const CALLS: usize = Map::BYTES_MAX / 2;
/// Limit: the same, of an answer. With as much of names and ends as there can be calls behind it, a map is not full yet.
const ANSWERS: usize = CALLS + VALUE_MAX;

#[derive(Serialize, Deserialize)]
struct Ended {
    name: Vec<u8>,
    until: Wall,
    outcome: Outcome,
}

/// For a new call.
pub fn has_room(request: &[u8], cx: &Cx<'_>) -> bool {
    cx.map().bytes() + request.len() <= CALLS
}

/// What is kept under the key; none before anybody changed it.
pub fn value(cx: &Cx<'_>) -> Option<Kept> {
    decode(&pieces::get(VALUE, cx)?)
}

/// False: it is too long.
pub fn keep_value(value: &Kept, cx: &mut Cx<'_>) -> bool {
    let bytes = encode(value);
    bytes.len() <= VALUE_MAX && pieces::put(VALUE, &bytes, cx).is_ok()
}

/// One that there is room for.
pub fn keep_request(number: u64, request: &[u8], cx: &mut Cx<'_>) {
    pieces::put(&of(REQUEST, number), request, cx).expect("calls are refused long before the map is full");
}

pub fn take_request(number: u64, cx: &mut Cx<'_>) -> Vec<u8> {
    let key = of(REQUEST, number);
    let request = pieces::get(&key, cx).unwrap_or_default();
    pieces::delete(&key, cx);
    request
}

/// Of a call that has ended, until its time is over.
pub fn ended(number: u64, cx: &Cx<'_>) -> Option<Outcome> {
    let ended: Ended = decode(&pieces::get(&of(RESULT, number), cx)?)?;
    (ended.until > cx.wall()).then_some(ended.outcome)
}

/// The ended call of this name.
pub fn named(name: &[u8], cx: &Cx<'_>) -> Option<u64> {
    decode(cx.map().get(&[&[NAME], name].concat())?)
}

/// So that an equal name finds it. An answer without room is lost; that there was one is not.
pub fn keep(number: u64, name: Vec<u8>, outcome: Outcome, until: Wall, cx: &mut Cx<'_>) -> Result<(), NotPut> {
    let found = [&[NAME], &*name].concat();
    let mut bytes = encode(&Ended { name: name.clone(), until, outcome });
    if cx.map().bytes() + bytes.len() > ANSWERS {
        bytes = encode(&Ended { name, until, outcome: Outcome::Lost });
    }
    pieces::put(&of(RESULT, number), &bytes, cx)?;
    cx.put(&found, &encode(&number))?;
    cx.put(&age(until, number), &[])
}

/// What is over goes. Returns when the next one is.
pub fn let_go(cx: &mut Cx<'_>) -> Option<Wall> {
    let now = cx.wall();
    loop {
        let (until, number) = read_age(cx.map().prefixed(&[AGE]).next()?.0)?;
        if until > now {
            return Some(until);
        }
        let key = of(RESULT, number);
        if let Some(ended) = pieces::get(&key, cx).and_then(|bytes| decode::<Ended>(&bytes)) {
            // It may be another call's by now.
            if named(&ended.name, cx) == Some(number) {
                cx.delete(&[&[NAME], &*ended.name].concat());
            }
        }
        pieces::delete(&key, cx);
        cx.delete(&age(until, number));
    }
}

fn of(what: u8, number: u64) -> Vec<u8> {
    [&[what], &number.to_be_bytes()[..]].concat()
}

fn age(until: Wall, number: u64) -> Vec<u8> {
    [&[AGE], &until.0.to_be_bytes()[..], &number.to_be_bytes()].concat()
}

fn read_age(key: &[u8]) -> Option<(Wall, u64)> {
    let (until, rest) = key.get(1..)?.split_first_chunk()?;
    Some((Wall(u64::from_be_bytes(*until)), u64::from_be_bytes(rest.try_into().ok()?)))
}
