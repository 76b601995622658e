//! The records (semantics 14.1). How they lie in a file is the frame's business.
use crate::{
    Actor, Changes, Code, Epoch, Hash, Id, Message, Origin, Part, Place, Position, Vat,
    bytes::{Take, put_bytes, put_number},
};
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// The first of each file: what was history until here.
    Open(Open),
    /// The last of a vat that ended in order, and of a snapshot, which has the hash of its image.
    Close {
        image: Option<Hash>,
    },
    /// An input from outside, to be handled later.
    Admit {
        origin: Origin,
        message: Message<'a>,
    },
    /// A turn.
    Commit(Commit<'a>),
    /// A turn that was dropped.
    Fault(Fault<'a>),
    /// An incarnation is over.
    End {
        actor: Actor,
        life: u32,
        is_buried: bool,
        reason: &'a [u8],
    },
    /// An identity is over, and all that was kept for it; as `Change::Forgotten`, of no turn.
    Forget {
        actor: Actor,
    },
    /// The peer has handled what was sent to it in this epoch up to this number, and in all epochs before.
    Ack {
        peer: Vat,
        epoch: Epoch,
        upto: u64,
    },
    /// Of what a commit asked for outside.
    Effect {
        id: Id,
        outcome: Outcome<'a>,
    },
    Lease {
        shard: u64,
        epoch: Epoch,
        holder: Vat,
        is_sealed: bool,
    },
    /// The state after this is read by other code.
    Upgrade {
        actor: Actor,
        from: Hash,
        to: Code<'a>,
    },
    /// A piece of an image. Only in snapshot files.
    Snapshot(Part<'a>),
    /// State, deferred set and alarms become these, which were those of `to`.
    Restore {
        actor: Actor,
        to: Position,
        changes: Changes<'a>,
    },
    /// Other vats may name this actor with these rights, too, from now on.
    Lent {
        actor: Actor,
        rights: u8,
    },
    /// Right before the close of a vat that ends in order: this life goes on in the next epoch, with what no other record has of it.
    Carried {
        actor: Actor,
        life: u32,
        bytes: &'a [u8],
    },
}

/// No place before: the journal begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    pub before: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit<'a> {
    pub actor: Actor,
    /// The incarnation.
    pub life: u32,
    /// Of this actor; only rises.
    pub turn: u64,
    pub now: u64,
    pub seed: u64,
    /// Outputs wait for it. False: durability class unconfirmed.
    pub is_confirmed: bool,
    pub consumed: Consumed<'a>,
    pub changes: Changes<'a>,
}

/// What a turn handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumed<'a> {
    /// Something that leaves no trace: a volatile timer, a reply to a volatile await.
    Nothing,
    /// What a record sent or admitted.
    Waiting(Id),
    /// What no record brought.
    Inline { origin: Origin, message: Message<'a> },
    /// An alarm, which is cleared unless the turn sets it again.
    Alarm { key: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    pub actor: Actor,
    pub life: u32,
    pub input: Tried,
    /// Counted tries of this input so far.
    pub attempt: u32,
    pub rung: Rung,
    pub fate: Fate,
    pub reason: &'a [u8],
}

/// What a turn that failed had at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// Something that is not journaled.
    Nothing,
    Waiting(Id),
    Alarm {
        key: u64,
    },
}

/// What was decided about the actor (semantics 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rung {
    Resume = 1,
    Restart = 2,
    /// The state goes; it stays in the log before this place.
    Replace = 3,
    Stop = 4,
    Park = 5,
    Escalate = 6,
}

/// And about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fate {
    Kept = 1,
    Dropped = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It leaves now; without a result at recovery its outcome is unknown.
    Attempted,
    Result(&'a [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    Open = 1,
    Close = 2,
    Admit = 3,
    Commit = 4,
    Fault = 5,
    End = 6,
    Ack = 7,
    Effect = 8,
    Lease = 9,
    Upgrade = 10,
    Snapshot = 11,
    Restore = 12,
    Forget = 13,
    Lent = 14,
    Carried = 15,
}

const CONFIRMED: u8 = 0x80;

impl<'a> Record<'a> {
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Record::Open(_) => Kind::Open,
            Record::Close { .. } => Kind::Close,
            Record::Admit { .. } => Kind::Admit,
            Record::Commit(_) => Kind::Commit,
            Record::Fault(_) => Kind::Fault,
            Record::End { .. } => Kind::End,
            Record::Ack { .. } => Kind::Ack,
            Record::Effect { .. } => Kind::Effect,
            Record::Lease { .. } => Kind::Lease,
            Record::Upgrade { .. } => Kind::Upgrade,
            Record::Snapshot(_) => Kind::Snapshot,
            Record::Restore { .. } => Kind::Restore,
            Record::Forget { .. } => Kind::Forget,
            Record::Lent { .. } => Kind::Lent,
            Record::Carried { .. } => Kind::Carried,
        }
    }

    /// Adds the body.
    pub fn put(&self, to: &mut Vec<u8>) {
        match self {
            Record::Open(open) => open.put(to),
            Record::Close { image } => {
                to.push(u8::from(image.is_some()));
                image.iter().for_each(|hash| to.extend_from_slice(&hash.0));
            }
            Record::Admit { origin, message } => {
                origin.put(to);
                message.put(to);
            }
            Record::Commit(commit) => commit.put(to),
            Record::Fault(fault) => fault.put(to),
            Record::End { actor, life, is_buried, reason } => {
                put_number(to, actor.0);
                put_number(to, u64::from(*life));
                to.push(u8::from(*is_buried));
                put_bytes(to, reason);
            }
            Record::Forget { actor } => put_number(to, actor.0),
            Record::Ack { peer, epoch, upto } => [u64::from(peer.0), epoch.0, *upto].iter().for_each(|number| put_number(to, *number)),
            Record::Effect { id, outcome } => {
                id.put(to);
                match outcome {
                    Outcome::Attempted => to.push(0),
                    Outcome::Result(bytes) => {
                        to.push(1);
                        put_bytes(to, bytes);
                    }
                }
            }
            Record::Lease { shard, epoch, holder, is_sealed } => {
                [*shard, epoch.0, u64::from(holder.0)].iter().for_each(|number| put_number(to, *number));
                to.push(u8::from(*is_sealed));
            }
            Record::Upgrade { actor, from, to: code } => {
                put_number(to, actor.0);
                to.extend_from_slice(&from.0);
                code.put(to);
            }
            Record::Snapshot(part) => part.put(to),
            Record::Restore { actor, to: target, changes } => {
                put_number(to, actor.0);
                put_number(to, target.0);
                to.extend_from_slice(changes.bytes());
            }
            Record::Lent { actor, rights } => {
                put_number(to, actor.0);
                to.push(*rights);
            }
            Record::Carried { actor, life, bytes } => {
                put_number(to, actor.0);
                put_number(to, u64::from(*life));
                put_bytes(to, bytes);
            }
        }
    }

    /// None: this body can't be of that kind.
    #[must_use]
    pub fn of(kind: Kind, body: &'a [u8]) -> Option<Record<'a>> {
        let mut from = Take(body);
        let record = Record::take(kind, &mut from)?;
        from.end().map(|()| record)
    }

    fn take(kind: Kind, from: &mut Take<'a>) -> Option<Record<'a>> {
        Some(match kind {
            Kind::Open => Record::Open(Open::take(from)?),
            Kind::Close => Record::Close { image: if from.flag()? { Some(Hash(from.array()?)) } else { None } },
            Kind::Admit => Record::Admit { origin: Origin::take(from)?, message: Message::take(from)? },
            Kind::Commit => Record::Commit(Commit::take(from)?),
            Kind::Fault => Record::Fault(Fault::take(from)?),
            Kind::End => Record::End { actor: Actor(from.number()?), life: from.small()?, is_buried: from.flag()?, reason: from.bytes()? },
            Kind::Forget => Record::Forget { actor: Actor(from.number()?) },
            Kind::Ack => Record::Ack { peer: Vat(from.small()?), epoch: Epoch(from.number()?), upto: from.number()? },
            Kind::Effect => {
                let id = Id::take(from)?;
                let outcome = if from.flag()? { Outcome::Result(from.bytes()?) } else { Outcome::Attempted };
                Record::Effect { id, outcome }
            }
            Kind::Lease => {
                Record::Lease { shard: from.number()?, epoch: Epoch(from.number()?), holder: Vat(from.small()?), is_sealed: from.flag()? }
            }
            Kind::Upgrade => Record::Upgrade { actor: Actor(from.number()?), from: Hash(from.array()?), to: Code::take(from)? },
            Kind::Snapshot => Record::Snapshot(Part::take(from)?),
            Kind::Restore => {
                Record::Restore { actor: Actor(from.number()?), to: Position(from.number()?), changes: Changes::take_all(from)? }
            }
            Kind::Lent => Record::Lent { actor: Actor(from.number()?), rights: from.byte()? },
            Kind::Carried => Record::Carried { actor: Actor(from.number()?), life: from.small()?, bytes: from.bytes()? },
        })
    }
}

impl Open {
    /// Of one length whatever it holds: so all files begin with equally many bytes.
    fn put(&self, to: &mut Vec<u8>) {
        to.push(u8::from(self.before.is_some()));
        self.before.unwrap_or_default().put(to);
    }

    fn take(from: &mut Take<'_>) -> Option<Open> {
        let is_there = from.flag()?;
        let place = Place::take(from)?;
        Some(Open { before: is_there.then_some(place) })
    }
}

impl<'a> Commit<'a> {
    fn put(&self, to: &mut Vec<u8>) {
        for number in [self.actor.0, u64::from(self.life), self.turn, self.now] {
            put_number(to, number);
        }
        to.extend_from_slice(&self.seed.to_le_bytes());
        let confirmed = if self.is_confirmed { CONFIRMED } else { 0 };
        match self.consumed {
            Consumed::Nothing => to.push(confirmed),
            Consumed::Waiting(id) => {
                to.push(confirmed | 1);
                id.put(to);
            }
            Consumed::Inline { origin, message } => {
                to.push(confirmed | 2);
                origin.put(to);
                message.put(to);
            }
            Consumed::Alarm { key } => {
                to.push(confirmed | 3);
                put_number(to, key);
            }
        }
        to.extend_from_slice(self.changes.bytes());
    }

    fn take(from: &mut Take<'a>) -> Option<Commit<'a>> {
        let (actor, life, turn, now) = (Actor(from.number()?), from.small()?, from.number()?, from.number()?);
        let seed = from.fixed64()?;
        let byte = from.byte()?;
        let consumed = match byte & !CONFIRMED {
            0 => Consumed::Nothing,
            1 => Consumed::Waiting(Id::take(from)?),
            2 => Consumed::Inline { origin: Origin::take(from)?, message: Message::take(from)? },
            3 => Consumed::Alarm { key: from.number()? },
            _ => return None,
        };
        let changes = Changes::take_all(from)?;
        Some(Commit { actor, life, turn, now, seed, is_confirmed: byte & CONFIRMED != 0, consumed, changes })
    }
}

impl<'a> Fault<'a> {
    fn put(&self, to: &mut Vec<u8>) {
        for number in [self.actor.0, u64::from(self.life), u64::from(self.attempt)] {
            put_number(to, number);
        }
        to.extend([self.rung as u8, self.fate as u8]);
        match self.input {
            Tried::Nothing => to.push(0),
            Tried::Waiting(id) => {
                to.push(1);
                id.put(to);
            }
            Tried::Alarm { key } => {
                to.push(2);
                put_number(to, key);
            }
        }
        put_bytes(to, self.reason);
    }

    fn take(from: &mut Take<'a>) -> Option<Fault<'a>> {
        let (actor, life, attempt) = (Actor(from.number()?), from.small()?, from.small()?);
        let rung = match from.byte()? {
            1 => Rung::Resume,
            2 => Rung::Restart,
            3 => Rung::Replace,
            4 => Rung::Stop,
            5 => Rung::Park,
            6 => Rung::Escalate,
            _ => return None,
        };
        let fate = match from.byte()? {
            1 => Fate::Kept,
            2 => Fate::Dropped,
            _ => return None,
        };
        let input = match from.byte()? {
            0 => Tried::Nothing,
            1 => Tried::Waiting(Id::take(from)?),
            2 => Tried::Alarm { key: from.number()? },
            _ => return None,
        };
        Some(Fault { actor, life, input, attempt, rung, fate, reason: from.bytes()? })
    }
}

impl Kind {
    #[must_use]
    pub const fn of(byte: u8) -> Option<Kind> {
        Some(match byte {
            1 => Kind::Open,
            2 => Kind::Close,
            3 => Kind::Admit,
            4 => Kind::Commit,
            5 => Kind::Fault,
            6 => Kind::End,
            7 => Kind::Ack,
            8 => Kind::Effect,
            9 => Kind::Lease,
            10 => Kind::Upgrade,
            11 => Kind::Snapshot,
            12 => Kind::Restore,
            13 => Kind::Forget,
            14 => Kind::Lent,
            15 => Kind::Carried,
            _ => return None,
        })
    }
}
