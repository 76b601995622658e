//! The hash of a transcript, taken fact by fact: nothing is rendered or kept for it.
use peerd_vat::{Fact, What};
use std::{
    fmt::{self, Write as _},
    hash::{Hash, Hasher},
};

/// Not cryptographic. The same on every machine: words are taken in little-endian order of 32 and 64 bits only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

const PRIME: u64 = 0x0000_0100_0000_01B3;

impl Default for Digest {
    fn default() -> Digest {
        Digest(0xCBF2_9CE4_8422_2325)
    }
}

impl Digest {
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    pub fn fact(&mut self, fact: &Fact) {
        self.write_u64(fact.time.0);
        fact.actor.hash(self);
        match &fact.what {
            What::Spawned { child, incarnation, behaviour, label, note } => {
                self.tag(1);
                child.hash(self);
                self.write_u32(*incarnation);
                for text in [behaviour, label.as_str(), note] {
                    self.bytes(text.as_bytes());
                }
            }
            What::Sent { to, kind, text } => {
                self.tag(2);
                to.hash(self);
                self.tag(*kind as u32);
                self.bytes(text);
            }
            What::Received { from, kind, text, incarnation } => {
                self.tag(3);
                from.hash(self);
                self.tag(*kind as u32);
                self.write_u32(*incarnation);
                self.bytes(text);
            }
            What::Committed => self.tag(4),
            What::Aborted { reason } => {
                self.tag(5);
                self.show(reason);
            }
            What::Ended { incarnation, reason } => {
                self.tag(6);
                self.write_u32(*incarnation);
                self.show(reason);
            }
            What::Dead { class, to, kind, text } => {
                self.tag(7);
                self.tag(*class as u32);
                to.hash(self);
                self.tag(*kind as u32);
                self.bytes(text);
            }
            What::Closed => self.tag(9),
            What::Held => self.tag(10),
            What::Note { kind, text } => {
                self.tag(8);
                self.bytes(kind.as_bytes());
                self.bytes(text.as_bytes());
            }
        }
    }

    fn tag(&mut self, tag: u32) {
        self.write_u32(tag);
    }

    /// With its length, so that two texts are not one.
    fn bytes(&mut self, bytes: &[u8]) {
        self.write_u64(bytes.len() as u64);
        self.write(bytes);
    }

    fn show(&mut self, what: &impl fmt::Display) {
        write!(self, "{what}").expect("a digest takes everything");
    }

    fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(PRIME).rotate_left(23);
    }
}

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.mix(u64::from_le_bytes(chunk.try_into().expect("eight bytes")));
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.mix(u64::from_le_bytes(last));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    // Why: enums hash their variant as an isize, which is not as wide everywhere.
    fn write_isize(&mut self, word: isize) {
        self.mix(word as i64 as u64);
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }
}

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_vat::Time;

    #[test]
    fn what_differs_in_one_thing_has_another_hash() {
        let note = |ms, text: &str| Fact { time: Time(ms), actor: None, what: What::Note { kind: "a".into(), text: text.into() } };
        let of = |facts: &[Fact]| {
            let mut digest = Digest::default();
            facts.iter().for_each(|fact| digest.fact(fact));
            digest
        };
        assert_eq!(of(&[note(1, "b")]), of(&[note(1, "b")]));
        assert_ne!(of(&[note(1, "b")]), of(&[note(2, "b")]));
        assert_ne!(of(&[note(1, "b")]), of(&[note(1, "c")]));
        assert_ne!(of(&[note(1, "b"), note(1, "c")]), of(&[note(1, "c"), note(1, "b")]));
    }
}
