//! Streams of bytes between vats: each way a queue of pieces that arrive in order, late or cut, or not at all.
use crate::{Time, VatId};
use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

#[derive(Default)]
pub struct Network {
    ways: BTreeMap<(VatId, VatId), Way>,
}

/// From one vat to another.
#[derive(Default)]
pub struct Way {
    pieces: VecDeque<(Time, Vec<u8>)>,
    pub delay_ms: u64,
    /// Nothing arrives until it is opened again.
    pub is_shut: bool,
    /// Bytes that arrive in one piece, 0 for as they were sent.
    pub cut: usize,
}

impl Network {
    pub fn way(&mut self, from: VatId, to: VatId) -> &mut Way {
        self.ways.entry((from, to)).or_default()
    }

    /// What is under way between the two is gone; of the first piece each way the receiver still gets `bytes`.
    pub fn reset(&mut self, one: VatId, other: VatId, bytes: usize) -> Vec<(VatId, VatId, Vec<u8>)> {
        let mut last = Vec::new();
        for (from, to) in [(one, other), (other, one)] {
            let way = self.way(from, to);
            if let Some((_, mut piece)) = way.pieces.pop_front() {
                piece.truncate(bytes);
                last.push((from, to, piece));
            }
            way.pieces.clear();
        }
        last
    }

    /// The next piece that is due, of the way that has waited longest.
    pub fn next(&mut self, now: Time) -> Option<(VatId, VatId, Vec<u8>)> {
        let due = self.ways.iter().filter(|(_, way)| !way.is_shut).filter_map(|(ends, way)| Some((way.pieces.front()?.0, *ends)));
        let (_, (from, to)) = due.filter(|(at, _)| *at <= now).min()?;
        let (_, piece) = self.way(from, to).pieces.pop_front()?;
        Some((from, to, piece))
    }

    pub fn next_at(&self) -> Option<Time> {
        self.ways.values().filter(|way| !way.is_shut).filter_map(|way| Some(way.pieces.front()?.0)).min()
    }
}

impl Way {
    pub fn push(&mut self, now: Time, bytes: &[u8]) {
        let at = now.after(self.delay_ms);
        let size = if self.cut == 0 { bytes.len().max(1) } else { self.cut };
        self.pieces.extend(bytes.chunks(size).map(|piece| (at, piece.to_vec())));
    }
}
