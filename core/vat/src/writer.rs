//! A message's body being written, straight to where it will lie.
use crate::{Ref, entry::DATA};
use alloc::vec::Vec;
use serde::Serialize;

/// Takes a body piece by piece, and the refs that go with it.
pub struct Writer<'a> {
    small: &'a mut [u8; DATA],
    length: usize,
    /// The whole body, once it is longer than `small`.
    large: &'a mut Vec<u8>,
    refs: &'a mut Vec<Ref>,
}

impl<'a> Writer<'a> {
    /// Into `small` as long as the body fits there. `large` and `refs` are empty.
    #[inline]
    pub(crate) fn new(small: &'a mut [u8; DATA], large: &'a mut Vec<u8>, refs: &'a mut Vec<Ref>) -> Writer<'a> {
        Writer { small, length: 0, large, refs }
    }

    #[inline]
    pub(crate) fn written(&self) -> usize {
        self.length
    }

    #[inline(always)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        match self.small.get_mut(self.length..self.length + bytes.len()) {
            Some(room) => room.copy_from_slice(bytes),
            None => self.spill(bytes),
        }
        self.length += bytes.len();
    }

    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        if self.large.is_empty() {
            self.large.extend_from_slice(&self.small[..self.length]);
        }
        self.large.extend_from_slice(bytes);
    }

    #[inline]
    pub fn tag(&mut self, tag: u8) {
        self.bytes(&[tag]);
    }

    /// Among the refs, never among the bytes.
    pub fn reference(&mut self, of: Ref) {
        self.refs.push(of);
    }

    /// # Panics
    /// Limit: a part of a message is shorter than 4 GiB.
    pub fn length(&mut self, length: usize) {
        self.bytes(&u32::try_from(length).expect("shorter than 4 GiB").to_le_bytes());
    }

    /// # Panics
    /// When the value has no postcard form: a map whose length is not known.
    pub fn postcard<T: Serialize + ?Sized>(&mut self, value: &T) {
        let bytes = postcard::to_allocvec(value).expect("a plain value always encodes");
        self.length(bytes.len());
        self.bytes(&bytes);
    }
}

/// What a body is written on that is no message yet: kept, so that a warm one allocates nothing.
pub struct Paper {
    small: [u8; DATA],
    length: usize,
    large: Vec<u8>,
    refs: Vec<Ref>,
}

impl Default for Paper {
    fn default() -> Paper {
        Paper { small: [0; DATA], length: 0, large: Vec::new(), refs: Vec::new() }
    }
}

impl Paper {
    /// In place of what was written before.
    pub fn write(&mut self, write: impl FnOnce(&mut Writer<'_>)) {
        self.large.clear();
        self.refs.clear();
        let mut writer = Writer::new(&mut self.small, &mut self.large, &mut self.refs);
        write(&mut writer);
        self.length = writer.written();
    }

    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.small.get(..self.length).unwrap_or(&self.large)
    }

    #[must_use]
    pub fn refs(&self) -> &[Ref] {
        &self.refs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_body_is_its_pieces_however_long(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..30), 0..8)) {
            let mut paper = Paper::default();
            for _ in 0..2 {
                paper.write(|writer| pieces.iter().for_each(|piece| writer.bytes(piece)));
                prop_assert_eq!(paper.body(), pieces.concat());
            }
        }
    }
}
