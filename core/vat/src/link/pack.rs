//! From frames to outputs: what one call of the vat says to a peer leaves as one piece, when the gate lets it.
use super::{
    peer::Phase,
    stream::frame,
    wire::{Frame, Hello, VERSION},
};
use crate::{Output, Vat, VatId, gate::Stamp};
use alloc::vec::Vec;
use core::mem;

/// A piece this long leaves before the call ends.
const BATCH_MAX: usize = 64 * 1024;

impl Vat {
    /// The next frame to this vat. Nothing is said to one that is not connected.
    pub(crate) fn say(&mut self, vat: VatId, what: &Frame<'_>) {
        let stamp = self.gate.stamp();
        let Some(peer) = self.links.peers.get_mut(&vat).filter(|peer| peer.phase != Phase::Down) else { return };
        // What committed before a newer record does not wait for that record.
        if let Some(older) = peer.stamp.replace(stamp).filter(|older| *older != stamp) {
            let bytes = mem::take(&mut peer.batch);
            self.send_batch(vat, older, bytes);
        }
        let Some(peer) = self.links.peers.get_mut(&vat) else { return };
        peer.said += 1;
        let said = peer.said;
        frame(&mut peer.batch, |to| postcard::to_extend(&(said, what), to).expect("plain data encodes"));
        if peer.batch.len() >= BATCH_MAX {
            let bytes = mem::take(&mut peer.batch);
            self.send_batch(vat, stamp, bytes);
        }
    }

    pub(crate) fn say_hello(&mut self, vat: VatId) {
        let Some(peer) = self.links.peers.get(&vat) else { return };
        let hello = Hello {
            version: VERSION,
            vat: self.config.vat,
            epoch: self.config.epoch,
            to: vat,
            met: peer.epoch,
            said: peer.said,
            root: self.root.map(|root| root.key),
        };
        self.say(vat, &Frame::Hello(hello));
    }

    /// At the end of each call of the vat: what was handled is credited, and everything said leaves.
    pub(crate) fn flush_links(&mut self) {
        self.forget_idle();
        let vats = self.links.peers.iter().filter(|(_, peer)| peer.phase != Phase::Down);
        let mut vats: Vec<VatId> = vats.map(|(vat, _)| *vat).collect();
        // What is carried first, so that it leaves with what its carrier is told.
        vats.sort_by_key(|vat| self.links.way(*vat).is_none());
        for vat in vats {
            self.pay(vat);
            self.acknowledge(vat);
            let Some(peer) = self.links.peers.get_mut(&vat).filter(|peer| !peer.batch.is_empty()) else { continue };
            let (bytes, stamp) = (mem::take(&mut peer.batch), peer.stamp.take());
            self.send_batch(vat, stamp.expect("a batch has the stamp of its frames"), bytes);
        }
    }

    fn pay(&mut self, vat: VatId) {
        if self.links.phase(vat) != Phase::Open {
            return;
        }
        while let Some((to, owed)) = self.links.peers.get_mut(&vat).and_then(|peer| peer.intake.pay()) {
            self.say(vat, &Frame::Credit { to, entries: owed.entries, bytes: owed.bytes });
        }
    }

    fn send_batch(&mut self, vat: VatId, stamp: Stamp, bytes: Vec<u8>) {
        match self.links.way(vat) {
            _ if bytes.is_empty() => {}
            Some(way) => self.say_through(way, vat, &bytes),
            None => self.speak_at(stamp, Output::Link { vat, bytes }),
        }
    }
}
