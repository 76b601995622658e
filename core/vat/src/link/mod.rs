//! The vat link: how actors of one installation's vats reach each other, as a state machine over any stream of bytes.
//!
//! ```text
//! send, link, exit .. to a far ref ─▶ post ─▶ (waits for a credit) ─▶ pack ─▶ batch ─▶ gate ─▶ Output::Link
//! Input::Link ─▶ stream ─▶ frame ─▶ hear ─▶ mailbox, relations, calls of this vat
//! Input::LinkDown, or a frame that can't be ─▶ lost ─▶ exit, down, settle: noconnection
//! ```
//!
//! An actor of another vat is stood for by a slot that never lives (`Flags::FAR`), so that links, watches and calls have two
//! ends in every vat, and the loss of a vat is the death of its stand-ins. Messages are delivered at most once, in order per
//! pair of sender and receiver; between durable actors exactly once (`letters`). A vat believes its peers, which run the same kernel, as to what they say of themselves; what
//! of this vat they may name is what was lent to them (`exports`). Two vats without a connection speak through the one that
//! made them known to each other, if it has both connections (`relay`); else what is sent fails as `noconnection`. A port is
//! named like an actor: what is sent to it leaves through the gate of its own vat, to that vat's host.
mod wire;

mod stream;

mod credit;
mod exports;
mod far;
mod outbox;
mod peer;

mod pack;
mod post;
mod table;

mod arrive;
mod bonds;
mod calls;
mod hear;
mod letters;
mod lost;
mod relay;

#[cfg(test)]
mod tests;

pub(crate) use post::Parcel;
pub(crate) use wire::{LetterId, Name};

use crate::{Ref, Rights, Vat, VatId, refs::Key};
use alloc::collections::{BTreeMap, BTreeSet};
use bonds::Bonds;
use calls::Asked;
use exports::Exports;
use far::Fars;
use outbox::{Inbox, Missing};
use peer::Peer;

/// All a vat knows of other vats.
#[derive(Default)]
pub(crate) struct Links {
    peers: BTreeMap<VatId, Peer>,
    fars: Fars,
    exports: Exports,
    bonds: Bonds,
    /// Reply refs that stand for a call of another vat.
    answers: BTreeMap<Key, Asked>,
    /// Pairs of vats that this one carries for, the smaller first.
    carried: BTreeSet<(VatId, VatId)>,
}

impl Links {
    /// One more message or actor has this far ref.
    pub fn hold(&mut self, far: Key) {
        if let Some(far) = self.fars.get_mut(far) {
            far.copies += 1;
        }
    }

    pub fn let_go(&mut self, key: Key) {
        if let Some(far) = self.fars.get_mut(key) {
            far.copies -= 1;
            self.fars.may_be_idle(key);
        }
    }

    /// A state has it, at this turn.
    pub fn see(&mut self, far: Key, turn: u64) {
        if let Some(far) = self.fars.get_mut(far) {
            far.seen = turn;
        }
    }

    pub fn was_seen(&self, far: Key, turn: u64) -> bool {
        self.fars.get(far).is_some_and(|far| far.seen == turn)
    }

    /// A message from another vat has left the mailbox of `me`: its sender may send another.
    pub fn consumed(&mut self, me: Key, from: Key, bytes: usize) {
        if let Some(peer) = self.fars.get(from).and_then(|far| self.peers.get_mut(&far.vat)) {
            peer.intake.consumed(me, bytes);
        }
        self.let_go(from);
    }

    /// Letters to this vat in this life.
    pub fn posted(&self, vat: VatId) -> u64 {
        self.peers.get(&vat).map_or(0, |peer| peer.outbox.posted())
    }

    pub fn unacknowledged(&self, vat: VatId) -> usize {
        self.peers.get(&vat).map_or(0, |peer| peer.outbox.len())
    }

    /// Messages that wait for a credit or a greeting, and letters that are not acknowledged.
    pub fn waiting(&self) -> u64 {
        self.fars.waiting() + self.peers.values().map(|peer| peer.outbox.len() as u64).sum::<u64>()
    }
}

impl Vat {
    /// The vat of this id, to endow the root with. What is sent to it reaches its root; to watch it, or to link to it, is to be
    /// told when its connection is lost, after everything that came through it.
    pub fn peer(&mut self, vat: VatId) -> Ref {
        self.links.peers.entry(vat).or_default();
        let key = self.stand_in(vat, 0, Key::NONE);
        Ref::far(key, 0, Rights::LENT.and(Rights::LINK))
    }

    /// A ref to whoever this key is of, here or far.
    pub(crate) fn ref_to(&self, key: Key, rights: Rights) -> Ref {
        if self.tables.slots.is_far(key) { self.as_held(Ref::far(key, 0, rights)) } else { Ref::actor(key, 0, rights) }
    }
}
