//! The two sums: a CRC that says which record is broken, and a chain of hashes that says whose history this is.
use crate::{Epoch, Hash, Position};
use crc::{CRC_32_ISCSI, Crc, Table};

/// Castagnoli's polynomial, sixteen bytes a step: 16 KiB of tables.
static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

pub(crate) fn sum(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
}

/// Over where the record stands, too: one that was moved is broken.
pub(crate) fn record_sum(epoch: Epoch, position: Position, kind: u8, body: &[u8]) -> u32 {
    let mut head = [0; 17];
    head[..8].copy_from_slice(&epoch.0.to_le_bytes());
    head[8..16].copy_from_slice(&position.0.to_le_bytes());
    head[16] = kind;
    let mut digest = CRC.digest();
    digest.update(&head);
    digest.update(body);
    digest.finalize()
}

impl Hash {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Hash {
        Hash(*blake3::hash(bytes).as_bytes())
    }

    /// The link after `group`, which stands after this one.
    #[must_use]
    pub fn then(self, group: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        hasher.update(group);
        Hash(*hasher.finalize().as_bytes())
    }
}

/// A hash of pieces, each with its length, so that no two lists of pieces are one.
#[derive(Default)]
pub(crate) struct Digest(blake3::Hasher);

impl Digest {
    pub fn piece(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub fn hash(&self) -> Hash {
        Hash(*self.0.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_the_published_ones() {
        assert_eq!(sum(b"123456789"), 0xe306_9283);
        assert_eq!(alloc::format!("{:?}", Hash::of(b"")), "af1349b9f5f9");
    }
}
