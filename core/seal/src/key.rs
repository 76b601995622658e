//! The key of a journal, and the key that each of its files has of it.
use crate::codec::Sealing;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit};
use alloc::boxed::Box;
use core::fmt;
use peerd_journal::{Codec, HEADER, Header};

/// Never another's: names of this kind are for one use only.
const CONTEXT: &str = "peerd 2026-11-26 journal codec 1 key of a file";

/// 32 bytes that nobody can guess: drawn, or derived from a passphrase by something slow. Who loses them has lost the journal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; Key::LENGTH]);

impl Key {
    pub const LENGTH: usize = 32;

    #[must_use]
    pub const fn new(bytes: [u8; Key::LENGTH]) -> Key {
        Key(bytes)
    }

    /// Who reads or writes gets one each.
    #[must_use]
    pub fn codec(self) -> Box<dyn Codec> {
        Box::new(Sealing::new(self))
    }

    /// Two files of one journal have two keys, and so have files of two journals.
    pub(crate) fn of_file(self, header: &Header) -> Aes256GcmSiv {
        let mut material = [0; Key::LENGTH + HEADER];
        material[..Key::LENGTH].copy_from_slice(&self.0);
        material[Key::LENGTH..].copy_from_slice(&header.bytes());
        Aes256GcmSiv::new(&blake3::derive_key(CONTEXT, &material).into())
    }
}

/// A log is not where it should be read.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}
