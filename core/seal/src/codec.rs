//! Seals and opens groups, each for the place where it stands.
use crate::{CODEC, Key};
use aes_gcm_siv::{AeadInPlace, Aes256GcmSiv, Nonce, Tag};
use alloc::{boxed::Box, vec::Vec};
use peerd_journal::{Codec, Header, LINK, Site};

const TAG: usize = 16;
const NONCE: usize = 12;
const ASSOCIATED: usize = 8 + 8 + 4 + LINK;

pub(crate) struct Sealing {
    key: Key,
    /// Of the file at hand: one is read or written to its end, then comes the next.
    file: Option<(Header, Aes256GcmSiv)>,
}

impl Sealing {
    pub const fn new(key: Key) -> Sealing {
        Sealing { key, file: None }
    }

    fn cipher(&mut self, header: &Header) -> &Aes256GcmSiv {
        let key = self.key;
        if self.file.as_ref().is_some_and(|(known, _)| known != header) {
            self.file = None;
        }
        &self.file.get_or_insert_with(|| (*header, key.of_file(header))).1
    }
}

impl Codec for Sealing {
    fn id(&self) -> u8 {
        CODEC
    }

    fn again(&self) -> Box<dyn Codec> {
        self.key.codec()
    }

    fn seal(&mut self, site: Site<'_>, plain: &[u8], sealed: &mut Vec<u8>) {
        let start = sealed.len();
        sealed.extend_from_slice(plain);
        let (cipher, associated) = (self.cipher(site.header), associated(site));
        let tag = cipher.encrypt_in_place_detached(&nonce(site), &associated, &mut sealed[start..]);
        sealed.extend_from_slice(&tag.expect("a group is far below 64 GiB"));
    }

    fn open(&mut self, site: Site<'_>, sealed: &[u8], plain: &mut Vec<u8>) -> bool {
        let Some((sealed, tag)) = sealed.split_last_chunk::<TAG>() else { return false };
        let start = plain.len();
        plain.extend_from_slice(sealed);
        let (cipher, associated) = (self.cipher(site.header), associated(site));
        let is_good = cipher.decrypt_in_place_detached(&nonce(site), &associated, &mut plain[start..], Tag::from_slice(tag)).is_ok();
        if !is_good {
            plain.truncate(start);
        }
        is_good
    }
}

/// Once in a file: its epoch is in the header, and so in the key.
fn nonce(site: Site<'_>) -> Nonce {
    let mut nonce = [0; NONCE];
    nonce[..8].copy_from_slice(&site.first.0.to_le_bytes());
    nonce.into()
}

/// With the link before it, a group is good only after all that its writer had before it, openings included.
fn associated(site: Site<'_>) -> [u8; ASSOCIATED] {
    let mut bytes = [0; ASSOCIATED];
    bytes[..8].copy_from_slice(&site.header.file.epoch.0.to_le_bytes());
    bytes[8..16].copy_from_slice(&site.first.0.to_le_bytes());
    bytes[16..20].copy_from_slice(&site.count.to_le_bytes());
    bytes[20..].copy_from_slice(&site.before.0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use peerd_journal::{Epoch, File, Hash, Identity, Position, Vat};

    const KEY: Key = Key::new([1; 32]);

    fn header() -> Header {
        Header { identity: Identity([2; 16]), vat: Vat(3), file: File::log(Epoch(4), 5), first: Position(6), codec: CODEC }
    }

    fn site(header: &Header) -> Site<'_> {
        Site { header, first: Position(7), count: 8, before: Hash([9; 32]) }
    }

    fn sealed(key: Key, site: Site<'_>, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        key.codec().seal(site, plain, &mut sealed);
        sealed
    }

    fn opened(key: Key, site: Site<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        key.codec().open(site, sealed, &mut plain).then_some(plain)
    }

    #[test]
    fn what_was_sealed_is_opened_at_its_place_under_its_key_and_nowhere_else() {
        let header = header();
        let (here, plain) = (site(&header), b"what a turn has left");
        let bytes = sealed(KEY, here, plain);
        assert_eq!(bytes.len(), plain.len() + TAG);
        assert_eq!(opened(KEY, here, &bytes).as_deref(), Some(&plain[..]));
        assert_eq!(opened(Key::new([2; 32]), here, &bytes), None, "another key");
        for elsewhere in [
            Site { first: Position(8), ..here },
            Site { count: 9, ..here },
            Site { before: Hash([8; 32]), ..here },
            Site { header: &Header { first: Position(5), ..header }, ..here },
            Site { header: &Header { file: File::log(Epoch(5), 5), ..header }, ..here },
            Site { header: &Header { file: File::log(Epoch(4), 6), ..header }, ..here },
            Site { header: &Header { file: File::snapshot(Epoch(4), 5), ..header }, ..here },
            Site { header: &Header { identity: Identity([3; 16]), ..header }, ..here },
            Site { header: &Header { vat: Vat(4), ..header }, ..here },
        ] {
            assert_eq!(opened(KEY, elsewhere, &bytes), None, "{elsewhere:?}");
        }
    }

    #[test]
    fn no_bit_of_it_may_be_another_and_no_byte_may_be_missing() {
        let header = header();
        let bytes = sealed(KEY, site(&header), b"state");
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert_eq!(opened(KEY, site(&header), &flipped), None, "byte {at}");
            assert_eq!(opened(KEY, site(&header), &bytes[..at]), None, "the first {at} bytes");
        }
    }

    #[test]
    fn two_places_have_two_nonces_or_two_keys() {
        let (one, other) = (header(), Header { file: File::log(Epoch(5), 5), ..header() });
        assert_ne!(nonce(site(&one)), nonce(Site { first: Position(8), ..site(&one) }));
        assert_eq!(nonce(site(&one)), nonce(site(&other)));
        let block = |header: &Header| {
            let mut block = vec![0; 16];
            KEY.of_file(header).encrypt_in_place_detached(&nonce(site(header)), &[], &mut block).expect("a block");
            block
        };
        assert_ne!(block(&one), block(&other));
    }

    #[test]
    fn one_codec_reads_file_after_file() {
        let (one, other) = (header(), Header { file: File::log(Epoch(5), 0), ..header() });
        let (first, second) = (sealed(KEY, site(&one), b"first"), sealed(KEY, site(&other), b"second"));
        let (mut codec, mut plain) = (KEY.codec(), Vec::new());
        assert!(codec.open(site(&one), &first, &mut plain) && codec.open(site(&other), &second, &mut plain));
        assert!(!codec.open(site(&one), &second, &mut plain));
        assert_eq!(plain, b"firstsecond");
    }
}
