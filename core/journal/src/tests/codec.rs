//! The seam: what one codec seals, no other opens.
use super::kit::{begun, count, counted};
use crate::{Codec, HEAD, HEADER, Header, Refusal, Scan, Site, Until};
use alloc::{boxed::Box, vec::Vec};

/// Hides bytes from a reader of this test, and from nobody else. Its last byte is a sum, to know a wrong key by.
struct Mask(u8);

impl Mask {
    fn byte(&self, site: Site<'_>) -> u8 {
        self.0 ^ (site.header.file.epoch.0 + site.first.0) as u8
    }
}

impl Codec for Mask {
    fn id(&self) -> u8 {
        9
    }

    fn again(&self) -> Box<dyn Codec> {
        Box::new(Mask(self.0))
    }

    fn seal(&mut self, site: Site<'_>, plain: &[u8], sealed: &mut Vec<u8>) {
        let mask = self.byte(site);
        sealed.extend(plain.iter().map(|byte| byte ^ mask));
        sealed.push(plain.iter().fold(mask, |sum, byte| sum.wrapping_add(*byte)));
    }

    fn open(&mut self, site: Site<'_>, sealed: &[u8], plain: &mut Vec<u8>) -> bool {
        let mask = self.byte(site);
        let Some((sum, sealed)) = sealed.split_last() else { return false };
        plain.extend(sealed.iter().map(|byte| byte ^ mask));
        plain.iter().fold(mask, |sum, byte| sum.wrapping_add(*byte)) == *sum
    }
}

#[test]
fn what_a_codec_seals_is_opened_by_it_alone() {
    let (mut files, mut writer) = begun(Some(Box::new(Mask(0x5a))));
    count(&mut writer, 2);
    files.land(&mut writer);
    let found = files.recover_with(Until::End, Some(Box::new(Mask(0x5a)))).expect("the right key");
    assert_eq!(counted(&found), 2);
    let file = writer.header().file;
    assert_eq!(files.recover(Until::End).err(), Some(Refusal::Codec { file, codec: 9 }));
    let wrong = files.recover_with(Until::End, Some(Box::new(Mask(0x5b)))).err();
    assert_eq!(wrong, Some(Refusal::Sealed { file, at: HEAD as u64 }), "not cut, though it is the newest log");
    assert!(!files.0[&file].windows(7).any(|bytes| bytes == b"counter"));
}

#[test]
fn the_opening_is_never_sealed() {
    let (files, writer) = begun(Some(Box::new(Mask(1))));
    let bytes = &files.0[&writer.header().file];
    let mut scan = Scan::new(&Header::of(bytes).expect("a good header"), None);
    scan.feed(&bytes[HEADER..]);
    assert!(scan.group(&mut None).is_some());
}
