//! Vats without a connection of their own: a third one carries what they say to each other.
//!
//! ```text
//! A ── Carry { to: C } ──▶ B ── Carried { from: A } ──▶ C        and between A and C it is a connection like any
//! ```
//!
//! Who got a ref to an actor of C from B, and has no connection to C, says what it has to say to C through B: B carries the
//! bytes of an ordinary connection (greeting, numbers, credits, loss) and looks into none of them. So the ref stays what it
//! is, a name that C gave, and order holds per pair, because a pair has one connection at a time: one of its own, which takes
//! the place of a carried one, or one that is carried by one vat. It begins when there is something to say, and ends with
//! either half of the way, as a lost connection. At most one vat is between: B carries only over connections of its own.
use super::{
    Links,
    peer::Phase,
    stream::Stream,
    wire::{Frame, Piece},
};
use crate::{Vat, VatId};

/// Limit: of one piece, so that no frame which carries another is too long.
const PIECE_MAX: usize = 64 * 1024;

impl Links {
    /// Who carries what is said to this vat.
    pub(crate) fn way(&self, vat: VatId) -> Option<VatId> {
        self.peers.get(&vat).and_then(|peer| peer.way)
    }

    /// Open, and not carried.
    fn has_own(&self, vat: VatId) -> bool {
        self.peers.get(&vat).is_some_and(|peer| peer.phase == Phase::Open && peer.way.is_none())
    }

    /// A ref to an actor of `vat` came from `from`.
    pub(crate) fn introduced(&mut self, vat: VatId, from: VatId) {
        let is_near = self.has_own(from);
        let peer = self.peers.entry(vat).or_default();
        if is_near || peer.introducer.is_none() {
            peer.introducer = Some(from);
        }
    }
}

fn pair(one: VatId, other: VatId) -> (VatId, VatId) {
    (one.min(other), one.max(other))
}

/// At the ends.
impl Vat {
    /// The phase of the connection to this vat, which begins now if it can only be carried and there is somebody to carry it.
    pub(crate) fn reach(&mut self, vat: VatId) -> Phase {
        let introducer = self.links.peers.get(&vat).and_then(|peer| peer.introducer);
        match (self.links.phase(vat), introducer) {
            (Phase::Down, Some(way)) if self.links.has_own(way) => {
                self.begin_through(way, vat);
                Phase::Greeting
            }
            (phase, _) => phase,
        }
    }

    fn begin_through(&mut self, way: VatId, vat: VatId) {
        self.say(way, &Frame::Carry { to: vat, piece: Piece::Begin });
        self.greet_through(way, vat);
    }

    fn greet_through(&mut self, way: VatId, vat: VatId) {
        let peer = self.links.peers.entry(vat).or_default();
        peer.phase = Phase::Greeting;
        peer.way = Some(way);
        peer.stream = Stream::default();
        peer.batch.clear();
        peer.stamp = None;
        self.say_hello(vat);
    }

    pub(crate) fn say_through(&mut self, way: VatId, vat: VatId, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE_MAX) {
            self.say(way, &Frame::Carry { to: vat, piece: Piece::Bytes(piece) });
        }
    }

    /// This end of a carried connection has ended: the other one is told.
    pub(crate) fn end_through(&mut self, way: VatId, vat: VatId) {
        self.say(way, &Frame::Carry { to: vat, piece: Piece::End });
    }

    /// From a vat that `way` carries for.
    pub(crate) fn carried(&mut self, way: VatId, from: VatId, piece: Piece<'_>) {
        let is_way = self.links.way(from) == Some(way);
        match piece {
            // Nobody is carried over what is carried itself.
            _ if !self.links.has_own(way) => {}
            Piece::Begin if from != self.config.vat => self.begun(way, from, is_way),
            Piece::Bytes(bytes) if is_way => self.hear(from, bytes),
            Piece::End if is_way => self.lost(from),
            // Of a connection that has ended here.
            Piece::Begin | Piece::Bytes(_) | Piece::End => {}
        }
    }

    fn begun(&mut self, way: VatId, from: VatId, is_way: bool) {
        match (self.links.phase(from), self.links.way(from)) {
            (Phase::Down, _) => self.greet_through(way, from),
            // It is connected: so is the other side, or will be told.
            (_, None) => self.end_through(way, from),
            // Both have begun.
            (Phase::Greeting, _) if is_way => {}
            // Both have begun, by two ways: that of the smaller id stands.
            (Phase::Greeting, Some(other)) if from < self.config.vat => {
                self.end_through(other, from);
                self.greet_through(way, from);
            }
            (Phase::Greeting, Some(_)) => self.end_through(way, from),
            // It has lost the older one.
            (Phase::Open, Some(_)) => {
                self.lost(from);
                self.greet_through(way, from);
            }
        }
    }
}

/// In between.
impl Vat {
    /// Asked for by the neighbour `from`.
    pub(crate) fn carry_between(&mut self, from: VatId, to: VatId, piece: Piece<'_>) {
        let (ends, has_own) = (pair(from, to), self.links.has_own(from) && self.links.has_own(to) && from != to);
        match piece {
            Piece::Begin if has_own => drop(self.links.carried.insert(ends)),
            Piece::Begin => return self.say(from, &Frame::Carried { from: to, piece: Piece::End }),
            Piece::Bytes(_) if self.links.carried.contains(&ends) => {}
            Piece::End if self.links.carried.remove(&ends) => {}
            Piece::Bytes(_) | Piece::End => return,
        }
        self.say(to, &Frame::Carried { from, piece });
    }

    /// The connection to `vat` is lost, and with it all that it carried.
    pub(crate) fn lose_carried(&mut self, vat: VatId) {
        let ends: alloc::vec::Vec<_> = self.links.carried.iter().copied().filter(|(one, other)| *one == vat || *other == vat).collect();
        for (one, other) in ends {
            self.links.carried.remove(&(one, other));
            self.say(if one == vat { other } else { one }, &Frame::Carried { from: vat, piece: Piece::End });
        }
        let beyond: alloc::vec::Vec<VatId> =
            self.links.peers.iter().filter(|(_, peer)| peer.way == Some(vat)).map(|(vat, _)| *vat).collect();
        for beyond in beyond {
            self.lost(beyond);
        }
    }
}
