//! The two sums: a CRC that says which record is broken, and a chain of hashes that says whose history this is.
use crate::{Epoch, Hash, Part, Position};
use alloc::vec::Vec;

/// Castagnoli's polynomial, its bits from low to high.
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// Bytes a step. `TABLES[n][b]` is what b does to the sum when n bytes come after it.
const STEP: usize = 16;
static TABLES: [[u32; 256]; STEP] = tables();

const fn tables() -> [[u32; 256]; STEP] {
    let mut tables = [[0; 256]; STEP];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut after = 1;
    while after < STEP {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[after - 1][byte];
            tables[after][byte] = (before >> 8) ^ tables[0][before as u8 as usize];
            byte += 1;
        }
        after += 1;
    }
    tables
}

/// A CRC-32C of pieces.
struct Crc(u32);

impl Crc {
    const fn new() -> Crc {
        Crc(!0)
    }

    fn update(&mut self, bytes: &[u8]) {
        let (steps, rest) = bytes.as_chunks::<STEP>();
        for step in steps {
            let word = |at: usize| u32::from_le_bytes([step[at], step[at + 1], step[at + 2], step[at + 3]]);
            self.0 = four(word(0) ^ self.0, 12) ^ four(word(4), 8) ^ four(word(8), 4) ^ four(word(12), 0);
        }
        for byte in rest {
            self.0 = (self.0 >> 8) ^ TABLES[0][usize::from(self.0 as u8 ^ byte)];
        }
    }

    const fn finish(self) -> u32 {
        !self.0
    }
}

/// Four bytes with so many after them in their step.
#[inline(always)]
fn four(word: u32, after: usize) -> u32 {
    let [a, b, c, d] = word.to_le_bytes().map(usize::from);
    TABLES[after + 3][a] ^ TABLES[after + 2][b] ^ TABLES[after + 1][c] ^ TABLES[after][d]
}

pub(crate) fn sum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.finish()
}

/// Over where the record stands, too: one that was moved is broken.
pub(crate) fn record_sum(epoch: Epoch, position: Position, kind: u8, body: &[u8]) -> u32 {
    let mut head = [0; 17];
    head[..8].copy_from_slice(&epoch.0.to_le_bytes());
    head[8..16].copy_from_slice(&position.0.to_le_bytes());
    head[16] = kind;
    let mut crc = Crc::new();
    crc.update(&head);
    crc.update(body);
    crc.finish()
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

    /// A piece of an image, by way of `bytes`.
    pub fn part(&mut self, part: Part<'_>, bytes: &mut Vec<u8>) {
        bytes.clear();
        part.put(bytes);
        self.piece(bytes);
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
        assert_eq!(sum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(sum(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(alloc::format!("{:?}", Hash::of(b"")), "af1349b9f5f9");
    }

    #[test]
    fn sixteen_bytes_a_step_sum_to_what_one_at_a_time_do() {
        let bytes: alloc::vec::Vec<u8> = (0..200_u32).map(|n| (n * n * 31 + n) as u8).collect();
        for length in 0..bytes.len() {
            let slow = bytes[..length].iter().fold(!0, |crc: u32, byte| {
                (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 })
            });
            assert_eq!(sum(&bytes[..length]), !slow, "{length} bytes");
        }
    }
}
