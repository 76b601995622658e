//! What leases are about: shards, hosts, epochs, and the times that both sides keep to.

/// A set of actors with one journal and one lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u32);

/// One life of a host, as the store has numbered it: a host that begins again is another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u32);

/// One ownership of a shard. Given once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lease {
    pub shard: Shard,
    pub epoch: Epoch,
}

/// The same for a store and all its hosts (semantics 17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// So long nobody else gets a lease, by the store's clock, from when it was last renewed.
    pub term_ms: u64,
    pub renew_ms: u64,
    /// A holder stops so long before the end by its own clock, which began when it asked: two clocks may run apart by a fifth.
    pub margin_ms: u64,
    /// A shard that is to be given up and isn't after so long is dropped as it stands.
    pub seal_ms: u64,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms { term_ms: 15_000, renew_ms: 5_000, margin_ms: 3_000, seal_ms: 10_000 }
    }
}

impl Terms {
    /// How long a holder may speak after it asked for the renewal that it got.
    #[must_use]
    pub const fn speaks_ms(&self) -> u64 {
        self.term_ms.saturating_sub(self.margin_ms)
    }
}

/// The shard of an actor: of its type and its key alone, for ever. So the number of shards is fixed, too.
///
/// FNV-1a, then mixed so that all bits count (the finisher of splitmix64).
///
/// # Panics
/// When there are no shards.
#[must_use]
pub fn shard_of(kind: &str, key: &str, shards: u32) -> Shard {
    // No UTF-8 text has this byte: no two pairs are written alike.
    let bytes = kind.bytes().chain([0xFF]).chain(key.bytes());
    let sum = bytes.fold(0xCBF2_9CE4_8422_2325, |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    let mixed = (sum ^ (sum >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    Shard(((mixed ^ (mixed >> 31)) % u64::from(shards)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const SHARDS: [u32; 4] = [81, 73, 205, 243];

    #[test]
    fn a_shard_is_of_type_and_key_alone_and_stays_what_it_was() {
        // Changed, every actor that was ever kept would be looked for elsewhere.
        let of = |kind, key| shard_of(kind, key, 256).0;
        assert_eq!([of("room", "kitchen"), of("room", "cellar"), of("", ""), of("roomk", "itchen")], SHARDS);
    }

    #[test]
    fn keys_spread_over_all_shards() {
        let mut counts = [0u32; 16];
        for n in 0..16_000 {
            counts[shard_of("room", &format!("r{n}"), 16).0 as usize] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
