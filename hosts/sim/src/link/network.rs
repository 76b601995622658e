//! The network between the vats: each way a queue of bytes in order, which may be late, slow, cut anywhere, shut, or gone.
use peerd_vat::{Time, VatId};
use std::collections::{BTreeMap, VecDeque};

/// What can go wrong between two vats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Trouble {
    /// The connection ends, and what is under way is gone.
    Reset,
    /// The same; of the frame under way a part arrives.
    ResetMidFrame,
    Delay,
    /// So few bytes a millisecond.
    Slow,
    /// Nothing arrives one way; the other way all does.
    OneWay,
    Partition,
    /// A vat is lost with all it had, and begins its next epoch.
    VatLost,
}

impl Trouble {
    pub const ALL: [Trouble; 7] =
        [Trouble::Reset, Trouble::ResetMidFrame, Trouble::Delay, Trouble::Slow, Trouble::OneWay, Trouble::Partition, Trouble::VatLost];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Trouble::Reset => "reset",
            Trouble::ResetMidFrame => "reset-mid-frame",
            Trouble::Delay => "delay",
            Trouble::Slow => "slow",
            Trouble::OneWay => "one-way",
            Trouble::Partition => "partition",
            Trouble::VatLost => "vat-lost",
        }
    }
}

#[derive(Default)]
pub(crate) struct Network {
    ways: BTreeMap<(VatId, VatId), Way>,
}

#[derive(Default)]
pub(crate) struct Way {
    pieces: VecDeque<(Time, Vec<u8>)>,
    pub delay_ms: u64,
    /// 0: no bound.
    pub bytes_per_ms: u64,
    pub is_shut: bool,
    /// When the last byte sent so far will have arrived.
    busy_until: Time,
}

impl Network {
    pub fn way(&mut self, from: VatId, to: VatId) -> &mut Way {
        self.ways.entry((from, to)).or_default()
    }

    pub fn send(&mut self, now: Time, from: VatId, to: VatId, bytes: Vec<u8>) {
        let way = self.way(from, to);
        let takes = (bytes.len() as u64).checked_div(way.bytes_per_ms).unwrap_or(0);
        // In order, whatever the delay was when an earlier piece left.
        let at = now.after(way.delay_ms).max(way.busy_until).after(takes);
        way.busy_until = at;
        way.pieces.push_back((at, bytes));
    }

    /// Everything under way between the two is gone, but for so many bytes of the oldest piece each way.
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

    pub fn next_at(&self) -> Option<Time> {
        self.open().map(|(at, _)| at).min()
    }

    /// The piece that is due first.
    pub fn next(&mut self, now: Time) -> Option<(VatId, VatId, Vec<u8>)> {
        let (_, (from, to)) = self.open().filter(|(at, _)| *at <= now).min()?;
        let (_, piece) = self.way(from, to).pieces.pop_front()?;
        Some((from, to, piece))
    }

    pub fn heal(&mut self) {
        for way in self.ways.values_mut() {
            (way.delay_ms, way.bytes_per_ms, way.is_shut) = (0, 0, false);
        }
    }

    fn open(&self) -> impl Iterator<Item = (Time, (VatId, VatId))> + '_ {
        self.ways.iter().filter(|(_, way)| !way.is_shut).filter_map(|(ends, way)| Some((way.pieces.front()?.0, *ends)))
    }
}
