//! The loss of a vat: to those bound to its actors it is their death, and the vat's own down is the last word.
use super::{credit::Window, peer::Phase, stream::Stream};
use crate::{Output, Reason, Vat, VatId, entry::Sender, refs::Key};
use alloc::vec::Vec;

impl Vat {
    pub(crate) fn link_up(&mut self, vat: VatId) {
        let way = self.links.way(vat);
        if self.links.phase(vat) != Phase::Down {
            self.lost(vat);
        }
        if let Some(way) = way {
            self.end_through(way, vat);
        }
        self.links.peers.entry(vat).or_default().phase = Phase::Greeting;
        self.say_hello(vat);
    }

    pub(crate) fn link_down(&mut self, vat: VatId) {
        if self.links.phase(vat) != Phase::Down && self.links.way(vat).is_none() {
            self.lost(vat);
        }
    }

    /// What came can't be. What came before it stands.
    pub(crate) fn cut(&mut self, vat: VatId, why: &'static str) {
        match self.links.way(vat) {
            Some(way) => self.end_through(way, vat),
            None => self.ledger.out.push(Output::LinkClosed { vat, why }),
        }
        self.lost(vat);
    }

    pub(crate) fn lost(&mut self, vat: VatId) {
        if let Some(peer) = self.links.peers.get_mut(&vat) {
            peer.phase = Phase::Down;
            peer.way = None;
            peer.stream = Stream::default();
            peer.batch = Vec::new();
            peer.stamp = None;
            peer.outbox.rewind();
            peer.inbox.begin();
        }
        for _ in 0..self.gate.lose_link(vat) {
            self.lose_batch();
        }
        let fars = self.links.fars.of(vat);
        // The vat itself last.
        let (vats, actors): (Vec<Key>, Vec<Key>) = fars.into_iter().partition(|key| self.is_vat(*key));
        for &far in &actors {
            self.lose(far);
        }
        self.settle_lost(vat);
        for far in vats {
            self.lose(far);
        }
        self.lose_carried(vat);
        self.settle_deaths();
    }

    fn lose(&mut self, far: Key) {
        self.links.bonds.forget(far);
        self.fail_waiting(far);
        self.forget_answers(far);
        self.release_own(far);
        let from = Sender { key: far, incarnation: 0 };
        self.tell_bound(from, &Reason::Noconnection);
        self.tell_identity_watchers(from, &Reason::Noconnection);
        if let Some(far) = self.links.fars.get_mut(far) {
            far.window = Window::FULL;
        }
        self.links.fars.may_be_idle(far);
    }
}
