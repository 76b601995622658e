//! Bytes that nobody wrote: refused or dropped, never a panic, never more memory than they are.
use super::kit::{IDENTITY, VAT, begun, count};
use crate::{Epoch, File, HEADER, Header, Kind, Opening, Position, Record, Scan, Until, Writer};
use alloc::vec::Vec;
use proptest::prelude::*;

fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..max)
}

proptest! {
    #[test]
    fn a_body_of_any_bytes_is_a_record_or_none(kind in 0u8..=255, body in bytes(64)) {
        if let Some(record) = Kind::of(kind).and_then(|kind| Record::of(kind, &body)) {
            let mut again = Vec::new();
            record.put(&mut again);
            prop_assert!(again == body || matches!(record, Record::Open(_)), "what decodes encodes to the same");
        }
    }

    #[test]
    fn files_of_any_bytes_are_opened_or_refused(junk in bytes(400), at in 0usize..500, number in 0u64..3) {
        let (mut files, mut writer) = begun(None);
        count(&mut writer, 2);
        files.land(&mut writer);
        let file = files.0.get_mut(&writer.header().file).expect("it is there");
        let at = at.min(file.len());
        file.splice(at..file.len().min(at + junk.len()), junk.iter().copied());
        files.0.insert(File::log(Epoch(1), number + 1), junk.clone());
        files.0.insert(File::snapshot(Epoch(1), number), junk);
        let _ = files.recover(Until::End);
    }

    #[test]
    fn groups_of_any_bytes_with_a_good_head_are_dropped(junk in bytes(200), first in any::<u64>()) {
        let mut opening = Opening::first(IDENTITY, VAT);
        opening.file.number = first % 5;
        let header = Header { first: Position(first), ..Writer::open(opening, None).header() };
        let mut scan = Scan::new(&header, None);
        let mut file = header.bytes().to_vec();
        file.extend_from_slice(&header.mark());
        file.extend(junk);
        for piece in file[HEADER..].chunks(7) {
            scan.feed(piece);
            prop_assert!(scan.group(&mut None).is_none());
        }
    }
}
