//! Room in the swap: blocks of a power of two of units, given out again when what was there has come back.
use crate::refs::Key;
use alloc::vec::Vec;

/// Bytes of the smallest block.
const UNIT: u64 = 128;
/// Limit: the largest holds 64 MiB, more than any actor has.
const CLASSES: u32 = 20;
/// Of the 32 bits of a place those that count units: 16 GiB.
const UNITS: u32 = 27;

/// A block: which of the powers it is, and its first unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(pub u32);

impl Place {
    const fn new(class: u32, unit: u32) -> Place {
        Place(class << UNITS | unit)
    }

    const fn class(self) -> u32 {
        self.0 >> UNITS
    }

    pub const fn at(self) -> u64 {
        (self.0 & ((1 << UNITS) - 1)) as u64 * UNIT
    }

    pub const fn size(self) -> usize {
        (UNIT as usize) << self.class()
    }
}

#[derive(Default)]
pub(super) struct Blocks {
    /// Units that were ever given out.
    end: u32,
    /// Those that have come back, by class.
    free: [Vec<u32>; CLASSES as usize],
}

impl Blocks {
    /// For so many bytes, and how many the block has. None: it is full, or no block is so large.
    pub fn take(&mut self, bytes: usize) -> Option<(Place, usize)> {
        let units = bytes.div_ceil(UNIT as usize).next_power_of_two();
        let class = units.trailing_zeros();
        let free = self.free.get_mut(class as usize)?;
        let unit = match free.pop() {
            Some(unit) => unit,
            None => {
                let unit = self.end;
                self.end = unit.checked_add(u32::try_from(units).ok()?).filter(|end| *end <= 1 << UNITS)?;
                unit
            }
        };
        let place = Place::new(class, unit);
        Some((place, place.size()))
    }

    pub fn give_back(&mut self, place: Place) {
        let unit = place.0 & ((1 << UNITS) - 1);
        self.free[place.class() as usize].push(unit);
    }
}

/// Before what is stored: whose it is, and how many bytes with this.
pub(super) const HEAD: usize = 12;

pub(super) fn head(key: Key, length: usize) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&key.to_bytes());
    head[8..].copy_from_slice(&(length as u32).to_le_bytes());
    head
}

/// None: it is not this actor's.
pub(super) fn length_of(block: &[u8], key: Key) -> Option<usize> {
    let (of, rest) = block.split_first_chunk::<8>()?;
    let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
    (Key::from_bytes(*of) == key && (HEAD..=block.len()).contains(&length)).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_that_are_taken_never_overlap(script in proptest::collection::vec((1usize..9_000, any::<bool>(), 0usize..9), 0..80)) {
            let (mut blocks, mut taken) = (Blocks::default(), Vec::<Place>::new());
            for (bytes, back, at) in script {
                if back && at < taken.len() {
                    blocks.give_back(taken.swap_remove(at));
                    continue;
                }
                let (place, size) = blocks.take(bytes).expect("there is room");
                prop_assert!(size >= bytes && size == place.size());
                let (from, to) = (place.at(), place.at() + size as u64);
                prop_assert!(taken.iter().all(|other| to <= other.at() || other.at() + other.size() as u64 <= from));
                taken.push(place);
            }
        }
    }

    #[test]
    fn what_is_larger_than_any_block_finds_none() {
        let mut blocks = Blocks::default();
        assert!(blocks.take(64 << 20).is_some() && blocks.take((64 << 20) + 1).is_none());
    }

    #[test]
    fn a_block_is_read_only_by_whose_it_is() {
        let key = |index| Key { index, generation: 7 };
        let mut block = [0; 128];
        block[..HEAD].copy_from_slice(&head(key(3), 100));
        assert_eq!((length_of(&block, key(3)), length_of(&block, key(4))), (Some(100), None));
    }
}
