//! A message as the journal keeps it: for whom, from whom, and two pieces of bytes that it doesn't look into.
use crate::{
    Actor, Epoch, Id, Position, Vat,
    bytes::{Take, put_bytes, put_number},
};
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    pub to: Actor,
    /// 0: nobody whose records are here.
    pub from: Actor,
    /// The sender's incarnation.
    pub life: u32,
    pub kind: u8,
    /// What the kernel has around the body: reply address, deadline, refs, lane.
    pub envelope: &'a [u8],
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    pub(crate) fn put(&self, to: &mut Vec<u8>) {
        put_number(to, self.to.0);
        put_number(to, self.from.0);
        put_number(to, u64::from(self.life));
        to.push(self.kind);
        put_bytes(to, self.envelope);
        put_bytes(to, self.body);
    }

    pub(crate) fn take(from: &mut Take<'a>) -> Option<Message<'a>> {
        Some(Message {
            to: Actor(from.number()?),
            from: Actor(from.number()?),
            life: from.small()?,
            kind: from.byte()?,
            envelope: from.bytes()?,
            body: from.bytes()?,
        })
    }
}

/// Where a message came from that no commit of this journal sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A volatile actor of this vat.
    Near,
    Host,
    /// Another vat. Its triples only rise: what comes twice is known by that.
    Far {
        peer: Vat,
        epoch: Epoch,
        seq: u64,
    },
}

impl Origin {
    pub(crate) fn put(self, to: &mut Vec<u8>) {
        match self {
            Origin::Near => to.push(0),
            Origin::Host => to.push(1),
            Origin::Far { peer, epoch, seq } => {
                to.push(2);
                put_number(to, u64::from(peer.0));
                put_number(to, epoch.0);
                put_number(to, seq);
            }
        }
    }

    pub(crate) fn take(from: &mut Take<'_>) -> Option<Origin> {
        Some(match from.byte()? {
            0 => Origin::Near,
            1 => Origin::Host,
            2 => Origin::Far { peer: Vat(from.small()?), epoch: Epoch(from.number()?), seq: from.number()? },
            _ => return None,
        })
    }
}

impl Id {
    pub(crate) fn put(self, to: &mut Vec<u8>) {
        put_number(to, self.position.0);
        put_number(to, u64::from(self.index));
    }

    pub(crate) fn take(from: &mut Take<'_>) -> Option<Id> {
        Some(Id { position: Position(from.number()?), index: from.small()? })
    }
}
