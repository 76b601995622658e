//! One other vat: whether it can be spoken to, how far the numbers of the frames are, and what waits to leave together.
use super::{
    Links,
    credit::Intake,
    outbox::{Inbox, Outbox},
    stream::Stream,
};
use crate::{VatId, gate::Stamp, refs::Key};
use alloc::{collections::BTreeMap, vec::Vec};

/// A connection's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Down,
    /// Connected; the other side's hello is awaited.
    Greeting,
    Open,
}

#[derive(Default)]
pub(crate) struct Peer {
    pub phase: Phase,
    /// The newest life of it that was met. A frame of an older one is refused.
    pub epoch: Option<u64>,
    pub root: Option<Key>,
    /// Numbers of the last frames, each way. They go on from connection to connection: nothing is heard twice.
    pub said: u64,
    pub heard: u64,
    /// Who carries the connection, if it is none of its own, and who could.
    pub way: Option<VatId>,
    pub introducer: Option<VatId>,
    pub stream: Stream,
    /// Frames that leave together.
    pub batch: Vec<u8>,
    pub stamp: Option<Stamp>,
    pub intake: Intake,
    /// Calls of this vat that it could answer: how many copies of the reply ref it has.
    pub shots: BTreeMap<Key, u32>,
    pub outbox: Outbox,
    pub inbox: Inbox,
}

impl Links {
    pub(crate) fn phase(&self, vat: VatId) -> Phase {
        self.peers.get(&vat).map_or(Phase::Down, |peer| peer.phase)
    }

    /// It can be spoken to, and it is in this life.
    pub(crate) fn is_met(&self, vat: VatId, epoch: u64) -> bool {
        self.peers.get(&vat).is_some_and(|peer| peer.phase == Phase::Open && peer.epoch == Some(epoch))
    }
}
