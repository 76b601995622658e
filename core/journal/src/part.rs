//! The pieces an image is written in, and read from: the records of a snapshot.
use crate::{
    Actor, Alarm, Code, Delivery, Epoch, Every, Id, Message, Position, Vat,
    bytes::{Take, put_bytes, put_number},
};
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Before all others.
    Vat {
        position: Position,
        epoch: Epoch,
        is_closed: bool,
        over: Position,
    },
    /// Before the other pieces of this actor.
    Actor {
        actor: Actor,
        life: u32,
        turn: u64,
        last: Position,
        tag: u32,
        standing: Standing,
        code: Code<'a>,
        options: &'a [u8],
    },
    State {
        actor: Actor,
        bytes: &'a [u8],
    },
    Entry {
        actor: Actor,
        key: &'a [u8],
        value: &'a [u8],
    },
    Waiting {
        id: Id,
        is_deferred: bool,
        attempts: u32,
        message: Message<'a>,
    },
    Alarm {
        actor: Actor,
        key: u64,
        alarm: Alarm,
    },
    Bond {
        actor: Actor,
        key: u64,
        what: &'a [u8],
    },
    /// Not acknowledged yet.
    Out {
        peer: Vat,
        epoch: Epoch,
        seq: u64,
        bytes: &'a [u8],
    },
    /// The newest message admitted from this peer.
    Inbox {
        peer: Vat,
        epoch: Epoch,
        seq: u64,
    },
    /// No result yet.
    Asked {
        id: Id,
        actor: Actor,
        delivery: Delivery,
        is_attempted: bool,
        bytes: &'a [u8],
    },
    Lease {
        shard: u64,
        epoch: Epoch,
        holder: Vat,
        is_sealed: bool,
    },
    Lent {
        actor: Actor,
        rights: u8,
    },
    /// Its state was given up.
    Blank {
        actor: Actor,
    },
    /// Of a vat that ended in order.
    Carried {
        actor: Actor,
        bytes: &'a [u8],
    },
}

/// Whether a durable actor has a life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Standing {
    #[default]
    Live = 1,
    /// Its last life ended; another may come.
    Ended = 2,
    /// Nothing runs until its owner says so.
    Parked = 3,
    /// Over for good, unless its owner starts it again.
    Buried = 4,
}

impl Standing {
    const fn of(byte: u8) -> Option<Standing> {
        Some(match byte {
            1 => Standing::Live,
            2 => Standing::Ended,
            3 => Standing::Parked,
            4 => Standing::Buried,
            _ => return None,
        })
    }
}

impl<'a> Part<'a> {
    pub(crate) fn put(&self, to: &mut Vec<u8>) {
        let numbers = |to: &mut Vec<u8>, tag: u8, numbers: &[u64]| {
            to.push(tag);
            numbers.iter().for_each(|number| put_number(to, *number));
        };
        match *self {
            Part::Vat { position, epoch, is_closed, over } => {
                numbers(to, 1, &[position.0, epoch.0, over.0]);
                to.push(u8::from(is_closed));
            }
            Part::Actor { actor, life, turn, last, tag, standing, code, options } => {
                numbers(to, 2, &[actor.0, u64::from(life), turn, last.0, u64::from(tag)]);
                to.push(standing as u8);
                code.put(to);
                put_bytes(to, options);
            }
            Part::State { actor, bytes } => {
                numbers(to, 3, &[actor.0]);
                put_bytes(to, bytes);
            }
            Part::Entry { actor, key, value } => {
                numbers(to, 4, &[actor.0]);
                put_bytes(to, key);
                put_bytes(to, value);
            }
            Part::Waiting { id, is_deferred, attempts, message } => {
                numbers(to, 5, &[id.position.0, u64::from(id.index), u64::from(attempts)]);
                to.push(u8::from(is_deferred));
                message.put(to);
            }
            Part::Alarm { actor, key, alarm: Alarm { due, set, every, attempts } } => {
                let is_plain = every.is_none() && attempts == 0;
                numbers(to, if is_plain { 6 } else { 20 }, &[actor.0, key, due, set.0]);
                if !is_plain {
                    put_number(to, u64::from(attempts));
                    to.push(u8::from(every.is_some()));
                    every.into_iter().for_each(|every| every.put(to));
                }
            }
            Part::Bond { actor, key, what } => {
                numbers(to, 7, &[actor.0, key]);
                put_bytes(to, what);
            }
            Part::Out { peer, epoch, seq, bytes } => {
                numbers(to, 8, &[u64::from(peer.0), epoch.0, seq]);
                put_bytes(to, bytes);
            }
            Part::Inbox { peer, epoch, seq } => numbers(to, 9, &[u64::from(peer.0), epoch.0, seq]),
            Part::Asked { id, actor, delivery, is_attempted, bytes } => {
                numbers(to, 10, &[id.position.0, u64::from(id.index), actor.0]);
                to.extend([delivery as u8, u8::from(is_attempted)]);
                put_bytes(to, bytes);
            }
            Part::Lease { shard, epoch, holder, is_sealed } => {
                numbers(to, 11, &[shard, epoch.0, u64::from(holder.0)]);
                to.push(u8::from(is_sealed));
            }
            Part::Lent { actor, rights } => {
                numbers(to, 12, &[actor.0]);
                to.push(rights);
            }
            Part::Blank { actor } => numbers(to, 13, &[actor.0]),
            Part::Carried { actor, bytes } => {
                numbers(to, 14, &[actor.0]);
                put_bytes(to, bytes);
            }
        }
    }

    pub(crate) fn take(from: &mut Take<'a>) -> Option<Part<'a>> {
        Some(match from.byte()? {
            1 => {
                let (position, epoch, over) = (Position(from.number()?), Epoch(from.number()?), Position(from.number()?));
                Part::Vat { position, epoch, is_closed: from.flag()?, over }
            }
            2 => Part::Actor {
                actor: Actor(from.number()?),
                life: from.small()?,
                turn: from.number()?,
                last: Position(from.number()?),
                tag: from.small()?,
                standing: Standing::of(from.byte()?)?,
                code: Code::take(from)?,
                options: from.bytes()?,
            },
            3 => Part::State { actor: Actor(from.number()?), bytes: from.bytes()? },
            4 => Part::Entry { actor: Actor(from.number()?), key: from.bytes()?, value: from.bytes()? },
            5 => {
                let (id, attempts) = (Id::take(from)?, from.small()?);
                Part::Waiting { id, attempts, is_deferred: from.flag()?, message: Message::take(from)? }
            }
            tag @ (6 | 20) => {
                let (actor, key, due, set) = (Actor(from.number()?), from.number()?, from.number()?, Position(from.number()?));
                let attempts = if tag == 20 { from.small()? } else { 0 };
                let every = if tag == 20 && from.flag()? { Some(Every::take(from)?) } else { None };
                // A plain one has the other form.
                if tag == 20 && every.is_none() && attempts == 0 {
                    return None;
                }
                Part::Alarm { actor, key, alarm: Alarm { due, set, every, attempts } }
            }
            7 => Part::Bond { actor: Actor(from.number()?), key: from.number()?, what: from.bytes()? },
            8 => Part::Out { peer: Vat(from.small()?), epoch: Epoch(from.number()?), seq: from.number()?, bytes: from.bytes()? },
            9 => Part::Inbox { peer: Vat(from.small()?), epoch: Epoch(from.number()?), seq: from.number()? },
            10 => {
                let (id, actor) = (Id::take(from)?, Actor(from.number()?));
                let (delivery, is_attempted) = (Delivery::of(from.byte()?)?, from.flag()?);
                Part::Asked { id, actor, delivery, is_attempted, bytes: from.bytes()? }
            }
            11 => {
                let (shard, epoch, holder) = (from.number()?, Epoch(from.number()?), Vat(from.small()?));
                Part::Lease { shard, epoch, holder, is_sealed: from.flag()? }
            }
            12 => Part::Lent { actor: Actor(from.number()?), rights: from.byte()? },
            13 => Part::Blank { actor: Actor(from.number()?) },
            14 => Part::Carried { actor: Actor(from.number()?), bytes: from.bytes()? },
            _ => return None,
        })
    }
}
