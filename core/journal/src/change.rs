//! What one turn changed: the list that a commit carries.
use crate::{
    Actor, Every, Hash, Message, Vat,
    bytes::{Take, put_bytes, put_number},
};
use alloc::vec::Vec;

/// What an actor runs. The hash is of the behaviour's name, version and state schema, never of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code<'a> {
    pub name: &'a str,
    pub hash: Hash,
}

/// How often an effect outside may happen when its answer was lost (semantics 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Delivery {
    AtLeastOnce = 1,
    AtMostOnce = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// The whole state, without the map.
    State(&'a [u8]),
    /// A patch of the durable map.
    Put {
        key: &'a [u8],
        value: &'a [u8],
    },
    Delete {
        key: &'a [u8],
    },
    /// Of all keys.
    Clear,
    /// To a durable actor of this vat, where it waits until a commit names it as consumed.
    Sent(Message<'a>),
    /// To a durable actor of another vat. Waits for its `Ack`.
    Out {
        peer: Vat,
        seq: u64,
        bytes: &'a [u8],
    },
    /// An effect outside. Waits for its `Effect` with a result.
    Asked {
        delivery: Delivery,
        bytes: &'a [u8],
    },
    /// In place of an older one of this key.
    Alarm {
        key: u64,
        due: u64,
        /// It sets itself again.
        every: Option<Every>,
    },
    Unset {
        key: u64,
    },
    /// A durable actor begins. In the first commit of an actor that no durable one spawned: itself.
    Born {
        actor: Actor,
        code: Code<'a>,
        options: &'a [u8],
    },
    /// An identity is over, and all that was kept for it.
    Forgotten {
        actor: Actor,
    },
    /// A watch or link; `key` is the owner's name for it.
    Bond {
        key: u64,
        what: &'a [u8],
    },
    Unbond {
        key: u64,
    },
    /// Another state tag: what was deferred waits again.
    Tag(u32),
    /// The message consumed is set aside, not done with.
    Deferred,
    /// In place of those it was born with.
    Options(&'a [u8]),
}

impl<'a> Change<'a> {
    fn put(&self, to: &mut Vec<u8>) {
        match *self {
            Change::State(bytes) => tagged(to, 1, &[], &[bytes]),
            Change::Put { key, value } => tagged(to, 2, &[], &[key, value]),
            Change::Delete { key } => tagged(to, 3, &[], &[key]),
            Change::Clear => to.push(4),
            Change::Sent(message) => {
                to.push(5);
                message.put(to);
            }
            Change::Out { peer, seq, bytes } => tagged(to, 6, &[u64::from(peer.0), seq], &[bytes]),
            Change::Asked { delivery, bytes } => tagged(to, 7, &[delivery as u64], &[bytes]),
            Change::Alarm { key, due, every: None } => tagged(to, 8, &[key, due], &[]),
            Change::Alarm { key, due, every: Some(every) } => {
                tagged(to, 20, &[key, due], &[]);
                every.put(to);
            }
            Change::Unset { key } => tagged(to, 9, &[key], &[]),
            Change::Born { actor, code, options } => {
                tagged(to, 10, &[actor.0], &[]);
                code.put(to);
                put_bytes(to, options);
            }
            Change::Forgotten { actor } => tagged(to, 11, &[actor.0], &[]),
            Change::Bond { key, what } => tagged(to, 12, &[key], &[what]),
            Change::Unbond { key } => tagged(to, 13, &[key], &[]),
            Change::Tag(tag) => tagged(to, 14, &[u64::from(tag)], &[]),
            Change::Deferred => to.push(15),
            Change::Options(bytes) => tagged(to, 16, &[], &[bytes]),
        }
    }

    fn take(from: &mut Take<'a>) -> Option<Change<'a>> {
        Some(match from.byte()? {
            1 => Change::State(from.bytes()?),
            2 => Change::Put { key: from.bytes()?, value: from.bytes()? },
            3 => Change::Delete { key: from.bytes()? },
            4 => Change::Clear,
            5 => Change::Sent(Message::take(from)?),
            6 => Change::Out { peer: Vat(from.small()?), seq: from.number()?, bytes: from.bytes()? },
            7 => Change::Asked { delivery: Delivery::of(from.byte()?)?, bytes: from.bytes()? },
            8 => Change::Alarm { key: from.number()?, due: from.number()?, every: None },
            9 => Change::Unset { key: from.number()? },
            10 => Change::Born { actor: Actor(from.number()?), code: Code::take(from)?, options: from.bytes()? },
            11 => Change::Forgotten { actor: Actor(from.number()?) },
            12 => Change::Bond { key: from.number()?, what: from.bytes()? },
            13 => Change::Unbond { key: from.number()? },
            14 => Change::Tag(from.small()?),
            15 => Change::Deferred,
            16 => Change::Options(from.bytes()?),
            20 => Change::Alarm { key: from.number()?, due: from.number()?, every: Some(Every::take(from)?) },
            _ => return None,
        })
    }
}

fn tagged(to: &mut Vec<u8>, tag: u8, numbers: &[u64], pieces: &[&[u8]]) {
    to.push(tag);
    numbers.iter().for_each(|number| put_number(to, *number));
    pieces.iter().for_each(|piece| put_bytes(to, piece));
}

impl Delivery {
    pub(crate) const fn of(byte: u8) -> Option<Delivery> {
        match byte {
            1 => Some(Delivery::AtLeastOnce),
            2 => Some(Delivery::AtMostOnce),
            _ => None,
        }
    }
}

impl<'a> Code<'a> {
    pub(crate) fn put(&self, to: &mut Vec<u8>) {
        put_bytes(to, self.name.as_bytes());
        to.extend_from_slice(&self.hash.0);
    }

    pub(crate) fn take(from: &mut Take<'a>) -> Option<Code<'a>> {
        Some(Code { name: from.text()?, hash: Hash(from.array()?) })
    }
}

/// Changes in order, written already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    // Invariant: decodes to its end.
    bytes: &'a [u8],
}

impl<'a> Changes<'a> {
    pub(crate) fn take_all(from: &mut Take<'a>) -> Option<Changes<'a>> {
        let bytes = core::mem::take(&mut from.0);
        let mut rest = Take(bytes);
        while !rest.0.is_empty() {
            Change::take(&mut rest)?;
        }
        Some(Changes { bytes })
    }

    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub fn iter(self) -> impl Iterator<Item = Change<'a>> {
        let mut rest = Take(self.bytes);
        core::iter::from_fn(move || (!rest.0.is_empty()).then(|| Change::take(&mut rest).expect("looked at when it was taken")))
    }
}

/// Where a turn's changes are gathered. Kept from turn to turn, it allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct List(Vec<u8>);

impl List {
    pub fn push(&mut self, change: Change<'_>) {
        change.put(&mut self.0);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    #[must_use]
    pub fn changes(&self) -> Changes<'_> {
        Changes { bytes: &self.0 }
    }

    /// How many they are as written.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.len()
    }
}

impl<'a> FromIterator<Change<'a>> for List {
    fn from_iter<T: IntoIterator<Item = Change<'a>>>(changes: T) -> List {
        let mut list = List::default();
        changes.into_iter().for_each(|change| list.push(change));
        list
    }
}
