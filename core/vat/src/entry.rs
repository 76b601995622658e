//! One message as bytes in the slab: a header of 24, what it is about, the body, the refs.
use crate::{
    ActorId, MessageKind, Ref, Time,
    refs::{Key, REF_BYTES},
    slab::{put_word, word},
};
use alloc::vec::Vec;

/// For order and traces. Not a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        Envelope { marks, ..self }
    }

    pub fn length(&self) -> usize {
        HEADER
            + if self.about.is_some() { ABOUT } else { 0 }
            + if self.cause == Key::NONE { 0 } else { CAUSE }
            + self.body.len()
            + self.refs.len() * REF_BYTES
    }

    /// Everything but the link to the next entry.
    ///
    /// # Panics
    /// Limit: a message carries at most 65,535 refs and 4 GiB.
    pub fn write(&self, block: &mut [u8]) {
        let refs = u16::try_from(self.refs.len()).expect("at most 65,535 refs in a message");
        let mut marks = self.marks;
        if self.about.is_some() {
            marks = marks.and(Marks::ABOUT);
        }
        if self.cause != Key::NONE {
            marks = marks.and(Marks::CAUSED);
        }
        put_word(block, 4, self.from.key.index);
        put_word(block, 8, self.from.key.generation);
        put_word(block, 12, self.from.incarnation);
        let refs = refs.to_le_bytes();
        block[16..20].copy_from_slice(&[self.kind as u8, marks.0, refs[0], refs[1]]);
        put_word(block, 20, u32::try_from(self.body.len()).expect("a body is shorter than 4 GiB"));
        let mut at = HEADER;
        if let Some(about) = self.about {
            put_word(block, at, about.key.index);
            put_word(block, at + 4, about.key.generation);
            block[at + 8..at + 16].copy_from_slice(&about.word.to_le_bytes());
            at += ABOUT;
        }
        if self.cause != Key::NONE {
            put_word(block, at, self.cause.index);
            put_word(block, at + 4, self.cause.generation);
            at += CAUSE;
        }
        block[at..at + self.body.len()].copy_from_slice(self.body);
        at += self.body.len();
        for item in self.refs {
            block[at..at + REF_BYTES].copy_from_slice(&item.to_bytes());
            at += REF_BYTES;
        }
    }
}

const HEADER: usize = 24;
const ABOUT: usize = 16;
const CAUSE: usize = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u8);

impl Marks {
    const ABOUT: Marks = Marks(1);
    /// For one incarnation only.
    pub const PINNED: Marks = Marks(2);
    /// A reply whose body is a `Settle`.
    pub const FAILED: Marks = Marks(4);
    /// A turn has seen and deferred it: what it is about was looked up then.
    pub const SEEN: Marks = Marks(8);
    /// Its sender was handling a call.
    const CAUSED: Marks = Marks(16);

    pub const fn and(self, more: Marks) -> Marks {
        Marks(self.0 | more.0)
    }

    pub const fn has(self, mark: Marks) -> bool {
        self.0 & mark.0 != 0
    }
}

/// Remembers in the block itself that a turn has deferred it.
pub(crate) fn mark_seen(block: &mut [u8]) {
    block[17] |= Marks::SEEN.0;
}

/// A written message.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a>(pub &'a [u8]);

impl<'a> Entry<'a> {
    pub fn from(self) -> Sender {
        Sender { key: Key { index: word(self.0, 4), generation: word(self.0, 8) }, incarnation: word(self.0, 12) }
    }

    pub fn kind(self) -> MessageKind {
        MessageKind::from_byte(self.0[16])
    }

    pub fn marks(self) -> Marks {
        Marks(self.0[17])
    }

    pub fn about(self) -> Option<About> {
        self.marks().has(Marks::ABOUT).then(|| About {
            key: Key { index: word(self.0, HEADER), generation: word(self.0, HEADER + 4) },
            word: u64::from(word(self.0, HEADER + 8)) | u64::from(word(self.0, HEADER + 12)) << 32,
        })
    }

    pub fn cause(self) -> Key {
        if !self.marks().has(Marks::CAUSED) {
            return Key::NONE;
        }
        let at = self.body_at() - CAUSE;
        Key { index: word(self.0, at), generation: word(self.0, at + 4) }
    }

    pub fn body(self) -> &'a [u8] {
        let at = self.body_at();
        &self.0[at..at + word(self.0, 20) as usize]
    }

    pub fn refs(self) -> impl Iterator<Item = Ref> + 'a {
        let at = self.body_at() + word(self.0, 20) as usize;
        self.0[at..at + self.ref_count() * REF_BYTES]
            .chunks_exact(REF_BYTES)
            .map(|bytes| Ref::from_bytes(bytes).expect("written by the kernel"))
    }

    pub fn refs_into(self, to: &mut Vec<Ref>) {
        to.clear();
        if self.ref_count() > 0 {
            to.extend(self.refs());
        }
    }

    pub fn length(self) -> usize {
        self.body_at() + word(self.0, 20) as usize + self.ref_count() * REF_BYTES
    }

    fn ref_count(self) -> usize {
        usize::from(u16::from_le_bytes([self.0[18], self.0[19]]))
    }

    fn body_at(self) -> usize {
        HEADER + if self.marks().has(Marks::ABOUT) { ABOUT } else { 0 } + if self.marks().has(Marks::CAUSED) { CAUSE } else { 0 }
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
        let mut block = vec![0; envelope.length() + 9];
        envelope.write(&mut block);
        mark_seen(&mut block);
        let entry = Entry(&block);
        assert_eq!((entry.from(), entry.kind(), entry.body()), (from, MessageKind::User, &b"hello"[..]));
        assert_eq!((entry.about(), entry.cause()), (envelope.about, from.key));
        assert_eq!(entry.refs().collect::<Vec<_>>(), refs);
        assert_eq!(entry.length(), envelope.length());
        assert!(entry.marks().has(Marks::SEEN) && !entry.marks().has(Marks::PINNED));
    }

    #[test]
    fn a_plain_message_of_eight_bytes_takes_thirty_two() {
        assert_eq!(Envelope::new(Sender::HOST, MessageKind::User, &[0; 8]).length(), 32);
    }
}
