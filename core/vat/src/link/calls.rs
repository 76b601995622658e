//! Answers to calls of another vat. Here such a call has a reply ref like any other, whose minter is the caller's stand-in.
use super::{Parcel, wire::Above};
use crate::{
    Ref, Rights, Settle, Vat, VatId, deadlock::CHAIN_MAX, entry::Sender, refs::Key, relations::Item, settle::Outcome, slab::Handle,
    told::failure,
};
use alloc::vec::Vec;

/// A call of another vat.
pub(crate) struct Asked {
    /// How that vat names it.
    pub shot: Key,
    /// With the calls that it is part of.
    pub chain: Vec<Above>,
}

impl Vat {
    /// The call has settled here. Its reply ref is of no more use.
    pub(crate) fn answer_far(&mut self, key: Key, caller: Key, from: Sender, outcome: Outcome<'_>) {
        self.forget_shot(key);
        let Some(Asked { shot, .. }) = self.links.answers.remove(&key) else { return };
        let parcel = match outcome {
            Outcome::Answer { body, refs } => Parcel::Answer { shot, body: body.into(), refs: refs.into() },
            Outcome::Failed(settle) => Parcel::Failed { shot, settle: settle.clone() },
        };
        self.mail(from, Ref::far(caller, 0, Rights::NONE), parcel);
    }

    /// The same of an answer that is written already.
    pub(crate) fn answer_far_with(&mut self, key: Key, caller: Key, from: Sender, entry: Handle) {
        let written = self.tables.messages.entry(entry);
        if let Some(settle) = failure(written) {
            self.tables.messages.free(entry);
            return self.answer_far(key, caller, from, Outcome::Failed(&settle));
        }
        let (body, refs) = (written.body().to_vec(), written.refs().collect::<Vec<Ref>>());
        self.tables.messages.free(entry);
        self.answer_far(key, caller, from, Outcome::Answer { body: &body, refs: &refs });
    }

    /// The caller is lost: nothing is to be told.
    pub(crate) fn forget_answers(&mut self, caller: Key) {
        for (_, item) in self.tables.relations.iter(self.tables.slots.life(caller).minted) {
            if let Item::Minted { shot } = item {
                self.links.answers.remove(&shot);
            }
        }
    }

    /// The answer, or the end of a copy of the reply ref, is from a peer that has one.
    pub(crate) fn settled_by(&mut self, vat: VatId, shot: Key) -> bool {
        let Some(peer) = self.links.peers.get_mut(&vat) else { return false };
        let Some(copies) = peer.shots.get_mut(&shot) else { return false };
        *copies -= 1;
        if *copies == 0 {
            peer.shots.remove(&shot);
        }
        true
    }

    /// The calls that this one is part of, for another vat. None for most messages.
    pub(crate) fn chain_above(&self, cause: Key) -> Vec<Above> {
        let mut chain = Vec::new();
        let mut at = cause;
        while chain.len() < CHAIN_MAX
            && let Some(shot) = self.tables.shots.get(at)
        {
            if let Some(asked) = self.links.answers.get(&at) {
                chain.extend_from_slice(&asked.chain);
                break;
            }
            chain.push(Above { vat: self.config.vat, epoch: self.config.epoch, shot: at });
            at = shot.parent;
        }
        chain.truncate(CHAIN_MAX);
        chain
    }

    /// The innermost of these calls that is of this vat and was lent out.
    pub(crate) fn own_of(&self, chain: &[Above]) -> Key {
        let is_own = |above: &&Above| {
            let lent = || self.links.peers.values().any(|peer| peer.shots.contains_key(&above.shot));
            (above.vat, above.epoch) == (self.config.vat, self.config.epoch) && lent()
        };
        chain.iter().take(CHAIN_MAX).find(is_own).map_or(Key::NONE, |above| above.shot)
    }

    /// Nobody there can answer any more.
    pub(crate) fn settle_lost(&mut self, vat: VatId) {
        let Some(peer) = self.links.peers.get_mut(&vat) else { return };
        for (shot, copies) in core::mem::take(&mut peer.shots) {
            for _ in 0..copies {
                self.let_go(shot, &Settle::Noconnection);
            }
        }
    }
}
