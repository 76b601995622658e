//! What a class of guests may take, and how its memory is cut into granules.

/// Bytes of a page of wasm memory.
pub const PAGE: u32 = 65_536;

/// A store reaches at most this far beyond the granule that it is marked by: its width less one, rounded up.
pub const SPILL: u32 = 8;

/// How long one uninterruptible piece of bulk work may be; also the most that a passive segment may hold.
pub const PIECE: u32 = 65_536;

/// Limit: the cost of one region between two charges, so that the counter can't wrap.
pub const REGION_MAX: u32 = 1 << 24;

/// Limit: parameters and locals of one function, and of all together.
pub const LOCALS_MAX: u32 = 10_000;
pub const LOCALS_ALL_MAX: u32 = 1 << 20;

/// Limit: parameters of a function.
pub const PARAMS_MAX: u32 = 64;

/// Limit: results of a function, and what a block takes or leaves. A branch moves all of them, and costs what one operator does.
pub const RESULTS_MAX: u32 = 20;

/// Limit: bytes of one function as it is rewritten, and of the module. What proves a function holds all of its operators.
pub const BODY_MAX: u32 = 1 << 20;
pub const REWRITTEN_MAX: u32 = 16 << 20;

/// Part of a class's identity: another limit is another module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a source module.
    pub module_max: u32,
    /// Pages of 64 KiB; 1 to 256. What a guest that grows may grow to.
    pub pages_max: u32,
    /// Weighted frames: one is 1 and a sixteenth of its locals and operands.
    pub depth_max: u32,
    /// Entries of the table.
    pub table_max: u32,
    /// Functions, globals, segments, types and tags, each.
    pub items_max: u32,
    /// Fuel of the start function, which runs at instantiation.
    pub start_fuel: u32,
}

impl Default for Limits {
    fn default() -> Self {
        // Why 1,000: engines differ in how deep a stack is, and the least of them, 5,300 frames, is far away.
        let depth_max = 1_000;
        // A start can't be suspended: whoever instantiates waits for these few milliseconds.
        let start_fuel = 10_000_000;
        Limits { module_max: 4 << 20, pages_max: 16, depth_max, table_max: 10_000, items_max: 10_000, start_fuel }
    }
}

impl Limits {
    pub(crate) fn hold(&self) -> bool {
        (1..=256).contains(&self.pages_max) && (1..=100_000).contains(&self.depth_max) && (1..=i32::MAX as u32).contains(&self.start_fuel)
    }

    /// All of them, little-endian, for whoever hashes a class.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        let all = [self.module_max, self.pages_max, self.depth_max, self.table_max, self.items_max, self.start_fuel];
        for (place, value) in bytes.chunks_exact_mut(4).zip(all) {
            place.copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }
}

/// A memory has 64 granules, of 1 KiB or more: the logarithm of their size, for a memory of so many pages.
pub(crate) fn granule_shift(pages: u32) -> u32 {
    (pages * PAGE).next_power_of_two().trailing_zeros().saturating_sub(6).max(10)
}

/// What the bits of `__dirty` stand for: ranges of addresses that may differ from the pristine image, in order, none twice.
pub fn dirty_ranges(dirty: u64, granule_shift: u32, memory_bytes: u32) -> impl Iterator<Item = core::ops::Range<u32>> {
    let mut from = 0;
    (0..64).filter(move |bit| dirty >> bit & 1 == 1).filter_map(move |bit| {
        let start = (bit << granule_shift).max(from);
        let end = (((bit + 1) << granule_shift) + SPILL).min(memory_bytes);
        from = end.max(from);
        (start < end).then_some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn sixty_four_granules_cover_every_memory() {
        for pages in 1..=256 {
            assert!(u64::from(pages * PAGE) <= 64 << granule_shift(pages));
        }
        assert_eq!((granule_shift(1), granule_shift(3), granule_shift(16), granule_shift(256)), (10, 12, 14, 18));
    }

    #[test]
    fn a_dirty_granule_reaches_into_its_neighbour_but_not_beyond_the_memory() {
        let ranges = |dirty| dirty_ranges(dirty, 10, 65_536).collect::<Vec<_>>();
        assert_eq!(ranges(0b101), [0..1_032, 2_048..3_080]);
        assert_eq!(ranges(0b11), [0..1_032, 1_032..2_056]);
        assert_eq!(ranges(1 << 63).last(), Some(&(64_512..65_536)));
        assert_eq!(dirty_ranges(u64::MAX, 12, 3 * PAGE).last(), Some(192_520..196_608));
    }
}
