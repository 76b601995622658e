//! One message: a cell of 64 bytes with room for what it is about, the body and the refs; what is longer lies in a block.
use crate::{
    ActorId, MessageKind, Ref, Time,
    refs::{Key, REF_BYTES},
    slab::{Handle, word},
};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// For order and traces. Not a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sender {
    pub key: Key,
    pub incarnation: u32,
}

impl Sender {
    pub const HOST: Sender = Sender { key: Key::NONE, incarnation: 0 };

    pub fn actor_id(self) -> Option<ActorId> {
        (self != Sender::HOST).then_some(ActorId(self.key))
    }
}

/// What a message refers to besides its body. The key and the word mean, by kind:
/// user: the call's one-shot and its deadline; init: the same of the starter's call; reply: the call that settled; down: the
/// watch; timer: the timer's node and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub key: Key,
    pub word: u64,
}

impl About {
    pub fn deadline(self) -> Time {
        Time(self.word)
    }
}

/// A message before it is written.
pub(crate) struct Envelope<'a> {
    pub from: Sender,
    pub kind: MessageKind,
    pub marks: Marks,
    pub about: Option<About>,
    /// The call that its sender was handling, for the call chain; `Key::NONE` if it was none.
    pub cause: Key,
    pub body: &'a [u8],
    pub refs: &'a [Ref],
}

impl<'a> Envelope<'a> {
    pub fn new(from: Sender, kind: MessageKind, body: &'a [u8]) -> Envelope<'a> {
        Envelope { from, kind, marks: Marks::default(), about: None, cause: Key::NONE, body, refs: &[] }
    }

    pub fn about(self, key: Key, word: u64) -> Envelope<'a> {
        Envelope { about: Some(About { key, word }), ..self }
    }

    pub fn cause(self, cause: Key) -> Envelope<'a> {
        Envelope { cause, ..self }
    }

    pub fn refs(self, refs: &'a [Ref]) -> Envelope<'a> {
        Envelope { refs, ..self }
    }

    pub fn marked(self, marks: Marks) -> Envelope<'a> {
        Envelope { marks: self.marks.and(marks), ..self }
    }

    /// Bytes of what it is about, the body and the refs.
    pub fn data_length(&self) -> usize {
        self.cell_marks().head_length() + self.body.len() + self.refs.len() * REF_BYTES
    }

    /// The cell, but for its data and the next one.
    ///
    /// # Panics
    /// Limit: a message carries at most 65,535 refs and 4 GiB.
    pub fn cell(&self) -> Cell {
        let refs = u16::try_from(self.refs.len()).expect("at most 65,535 refs in a message");
        let length = u32::try_from(self.body.len()).expect("a body is shorter than 4 GiB");
        Cell { next: Handle::NONE, from: self.from, kind: self.kind, marks: self.cell_marks(), refs, length, data: [0; DATA] }
    }

    fn cell_marks(&self) -> Marks {
        let mut marks = self.marks;
        if self.about.is_some() {
            marks = marks.and(Marks::ABOUT);
        }
        if self.cause != Key::NONE {
            marks = marks.and(Marks::CAUSED);
        }
        marks
    }

    pub fn write_data(&self, data: &mut [u8]) {
        let mut at = 0;
        if let Some(about) = self.about {
            data[..8].copy_from_slice(&about.key.to_bytes());
            data[8..16].copy_from_slice(&about.word.to_le_bytes());
            at = ABOUT;
        }
        if self.cause != Key::NONE {
            data[at..at + CAUSE].copy_from_slice(&self.cause.to_bytes());
            at += CAUSE;
        }
        data[at..at + self.body.len()].copy_from_slice(self.body);
        at += self.body.len();
        for item in self.refs {
            data[at..at + REF_BYTES].copy_from_slice(&item.to_bytes());
            at += REF_BYTES;
        }
    }
}

/// Data up to this length is copied in two words.
const SMALL: usize = 16;
const ABOUT: usize = 16;
const CAUSE: usize = 8;
/// A body of 8 bytes with two refs fits, or a call's with one.
pub(crate) const DATA: usize = 40;

/// A written message, or a free place for one.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Cell {
    /// In a mailbox: the next newer entry; the newest has the oldest.
    pub next: Handle,
    pub from: Sender,
    pub kind: MessageKind,
    pub marks: Marks,
    pub refs: u16,
    /// Of the body.
    pub length: u32,
    pub data: [u8; DATA],
}

const _: () = assert!(size_of::<Cell>() == 64);

impl Cell {
    /// Where its data is, if not in itself.
    pub fn block(&self) -> Option<Handle> {
        self.marks.has(Marks::APART).then(|| Handle::from_u32(word(&self.data, 0)))
    }

    pub fn data_length(&self) -> usize {
        self.marks.head_length() + self.length as usize + usize::from(self.refs) * REF_BYTES
    }

    /// Becomes a user message about nothing and without refs, whose body its data begins with.
    #[inline]
    pub fn make_plain(&mut self, from: Sender, length: u32) {
        self.from = from;
        (self.kind, self.marks, self.refs) = (MessageKind::User, Marks::default(), 0);
        self.length = length;
    }

    /// An actor's first message that is about no call, and was not deferred.
    pub fn is_plain_init(&self) -> bool {
        self.kind == MessageKind::Init && self.marks.0 == 0
    }

    /// Becomes an actor's first message, if there is room for the refs, with what is lent of them, behind its data.
    pub fn make_init(&mut self, from: Sender, length: usize, refs: &[Ref]) -> bool {
        let Some(room) = self.data.get_mut(length..length + refs.len() * REF_BYTES) else { return false };
        for (place, item) in room.chunks_exact_mut(REF_BYTES).zip(refs) {
            place.copy_from_slice(&item.lent().to_bytes());
        }
        self.from = from;
        (self.kind, self.marks, self.refs) = (MessageKind::Init, Marks::default(), refs.len() as u16);
        self.length = length as u32;
        true
    }

    #[inline]
    pub fn is_plain(&self) -> bool {
        self.kind == MessageKind::User && self.marks.0 == 0 && self.refs == 0
    }

    /// At least the first `length` bytes, in words as they were written: a wider read of what was just written in parts would
    /// wait for all of it.
    #[inline]
    pub fn copy_data(&self, length: usize, to: &mut Cell) {
        if length > SMALL {
            to.data = self.data;
        } else {
            to.data[..8].copy_from_slice(&self.data[..8]);
            to.data[8..16].copy_from_slice(&self.data[8..16]);
        }
    }

    /// What it counts in its mailbox's bound.
    pub fn weight(&self) -> usize {
        HEADER + self.data_length()
    }
}

pub(crate) const HEADER: usize = 24;

impl Default for Cell {
    fn default() -> Cell {
        Envelope::new(Sender::HOST, MessageKind::User, &[]).cell()
    }
}

/// A written message with its data.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub cell: &'a Cell,
    pub data: &'a [u8],
}

impl<'a> Entry<'a> {
    pub fn from(self) -> Sender {
        self.cell.from
    }

    pub fn kind(self) -> MessageKind {
        self.cell.kind
    }

    pub fn marks(self) -> Marks {
        self.cell.marks
    }

    #[inline(always)]
    pub fn about(self) -> Option<About> {
        if !self.marks().has(Marks::ABOUT) {
            return None;
        }
        let (key, rest) = self.data.split_first_chunk::<8>().expect("written with what it is about");
        let word = u64::from_le_bytes(*rest.first_chunk().expect("written with what it is about"));
        Some(About { key: Key::from_bytes(*key), word })
    }

    pub fn cause(self) -> Key {
        if !self.marks().has(Marks::CAUSED) {
            return Key::NONE;
        }
        let at = self.body_at() - CAUSE;
        Key::from_bytes(*self.data[at..].first_chunk().expect("written with its cause"))
    }

    #[inline]
    pub fn body(self) -> &'a [u8] {
        let at = self.body_at();
        &self.data[at..at + self.cell.length as usize]
    }

    pub fn refs(self) -> impl Iterator<Item = Ref> + 'a {
        let at = self.body_at() + self.cell.length as usize;
        self.data[at..at + usize::from(self.cell.refs) * REF_BYTES]
            .chunks_exact(REF_BYTES)
            .map(|bytes| Ref::from_bytes(bytes).expect("written by the kernel"))
    }

    /// Whether the holders of some of its refs are counted.
    pub fn has_counted(self) -> bool {
        let at = self.body_at() + self.cell.length as usize;
        self.data[at..at + usize::from(self.cell.refs) * REF_BYTES].chunks_exact(REF_BYTES).any(Ref::is_counted_as_bytes)
    }

    pub fn refs_into(self, to: &mut Vec<Ref>) {
        to.clear();
        if self.cell.refs > 0 {
            to.extend(self.refs());
        }
    }

    pub fn length(self) -> usize {
        self.cell.weight()
    }

    fn body_at(self) -> usize {
        self.marks().head_length()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u8);

impl Marks {
    pub const ABOUT: Marks = Marks(1);
    /// For one incarnation only.
    pub const PINNED: Marks = Marks(16);
    /// A reply whose body is a `Settle`.
    pub const FAILED: Marks = Marks(4);
    /// A turn has seen and deferred it: what it is about was looked up then.
    pub const SEEN: Marks = Marks(8);
    /// Its sender was handling a call.
    const CAUSED: Marks = Marks(2);
    /// From another vat, which is owed a credit for it.
    pub const FAR: Marks = Marks(32);
    /// Through a priority ref.
    pub const PRIORITY: Marks = Marks(64);
    /// `data` is not in the cell but in the block whose handle the cell has instead.
    pub const APART: Marks = Marks(128);

    pub const fn and(self, more: Marks) -> Marks {
        Marks(self.0 | more.0)
    }

    /// Bytes before the body: 16 for what it is about, 8 for its cause.
    #[inline]
    pub const fn head_length(self) -> usize {
        ((self.0 & Marks::ABOUT.0) as usize * ABOUT) | ((self.0 & Marks::CAUSED.0) as usize * (CAUSE / Marks::CAUSED.0 as usize))
    }

    pub const fn has(self, mark: Marks) -> bool {
        self.0 & mark.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PortId;
    use alloc::vec;

    #[test]
    fn what_is_written_is_read() {
        let from = Sender { key: Key { index: 7, generation: 3 }, incarnation: 2 };
        let refs = [Ref::port(PortId(4)), Ref::one_shot(Key { index: 1, generation: 9 })];
        let envelope = Envelope::new(from, MessageKind::User, b"hello")
            .about(Key { index: 1, generation: 9 }, 1 << 40 | 5)
            .cause(from.key)
            .refs(&refs);
        let mut data = vec![0; envelope.data_length() + 9];
        envelope.write_data(&mut data);
        let cell = envelope.cell();
        let entry = Entry { cell: &cell, data: &data };
        assert_eq!((entry.from(), entry.kind(), entry.body()), (from, MessageKind::User, &b"hello"[..]));
        assert_eq!((entry.about(), entry.cause()), (envelope.about, from.key));
        assert_eq!(entry.refs().collect::<Vec<_>>(), refs);
        assert_eq!(cell.data_length(), envelope.data_length());
    }

    #[test]
    fn a_body_of_eight_bytes_with_two_refs_fits_in_its_cell() {
        let refs = [Ref::port(PortId(4)); 2];
        assert_eq!(Envelope::new(Sender::HOST, MessageKind::User, &[0; 8]).refs(&refs).data_length(), DATA);
    }
}
