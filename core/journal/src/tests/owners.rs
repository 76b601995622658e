//! One owner after another: what a new epoch fixes, what was closed in order, how far back one can go.
use super::kit::{Files, IDENTITY, VAT, begun, count, counted};
use crate::check::sum;
use crate::{
    Actor, BadHead, Dropped, Epoch, File, HEAD, Hash, Image, Note, Opening, Part, Position, Record, Refusal, Unchained, Until, What, Why,
    Writer,
};

fn next(files: &mut Files) -> Writer {
    let found = files.recover(Until::End).expect("good files");
    let mut writer = Writer::open(found.opening(IDENTITY, VAT), None);
    files.land(&mut writer);
    writer
}

#[test]
fn what_an_old_owner_writes_after_a_new_one_opened_is_not_history() {
    let (mut files, mut old) = begun(None);
    let mut new = next(&mut files);
    count(&mut old, 2);
    files.land(&mut old);
    count(&mut new, 7);
    files.land(&mut new);
    let found = files.recover(Until::End).expect("good files");
    assert_eq!((counted(&found), found.epoch), (7, Epoch(3)));
    let late = found.notes.iter().find_map(|note| if let What::Dropped(dropped) = note.what { Some(dropped.why) } else { None });
    assert_eq!(late, Some(Why::Late));
}

#[test]
fn an_opening_that_never_landed_is_no_epoch_and_its_number_is_not_used_again() {
    let (mut files, _) = begun(None);
    let found = files.recover(Until::End).expect("good files");
    let mut writer = Writer::open(found.opening(IDENTITY, VAT), None);
    let flight = writer.flight().expect("the opening");
    assert_eq!(flight.bytes.len(), HEAD);
    files.0.insert(flight.file, flight.bytes[..HEAD - 1].into());
    let found = files.recover(Until::End).expect("good files");
    assert_eq!(found.notes, [Note { file: flight.file, what: What::NotOpened(BadHead::Short) }]);
    assert_eq!((counted(&found), found.epoch), (1, Epoch(3)));
}

#[test]
fn lives_end_with_a_vat_that_did_not_close() {
    let (mut files, mut writer) = begun(None);
    let mut second = next(&mut files);
    assert_eq!(files.recover(Until::End).expect("good files").image.over, Position(3));
    second.append(&Record::Close { image: None }).expect("nothing stopped it");
    files.land(&mut second);
    assert!(files.recover(Until::End).expect("good files").image.is_closed);
    next(&mut files);
    assert_eq!(files.recover(Until::End).expect("good files").image.over, Position(3), "closed in order: lives go on");
    writer.fence();
}

#[test]
fn one_comes_back_to_a_position_and_to_a_time() {
    let (mut files, mut writer) = begun(None);
    let positions: alloc::vec::Vec<_> = (2..=6).map(|to| count(&mut writer, to)).collect();
    files.land(&mut writer);
    assert_eq!(counted(&files.recover(Until::Position(positions[2])).expect("good files")), 4);
    assert_eq!(counted(&files.recover(Until::Time(399)).expect("good files")), 3);
    assert_eq!(counted(&files.recover(Until::Time(400)).expect("good files")), 4);
}

#[test]
fn the_end_of_the_newest_file_may_be_torn_and_no_other() {
    let (mut files, mut writer) = begun(None);
    let file = writer.header().file;
    let first = files.0[&file].len();
    count(&mut writer, 2);
    files.land(&mut writer);
    let mut torn = files.clone();
    torn.0.get_mut(&file).expect("it is there")[first + 50] ^= 1;
    let found = torn.recover(Until::End).expect("a torn end");
    let bytes = (files.0[&file].len() - first) as u64;
    assert_eq!(found.notes, [Note { file, what: What::Dropped(Dropped { why: Why::Link, bytes, is_damage: false }) }]);
    count(&mut writer, 3);
    files.land(&mut writer);
    files.0.get_mut(&file).expect("it is there")[first + 50] ^= 1;
    assert_eq!(files.recover(Until::End).err(), Some(Refusal::Damaged { file, at: first as u64, why: Why::Link }));
}

#[test]
fn what_a_new_epoch_has_fixed_must_be_there() {
    let (mut files, old) = begun(None);
    let mut new = next(&mut files);
    count(&mut new, 7);
    files.land(&mut new);
    let file = old.header().file;
    let length = files.0[&file].len();
    files.0.get_mut(&file).expect("it is there").truncate(length - 1);
    assert_eq!(files.recover(Until::End).err(), Some(Refusal::Damaged { file, at: HEAD as u64, why: Why::Short }));
}

#[test]
fn a_snapshot_that_is_not_what_it_says_does_not_serve() {
    let (mut files, mut writer) = begun(None);
    let image = files.recover(Until::End).expect("good files").image;
    let place = writer.roll().expect("all has landed");
    files.land(&mut writer);
    for (number, hash) in [(0, image.hash()), (1, Hash([9; 32]))] {
        let file = File::snapshot(Epoch(1), number);
        let mut snapshot = Writer::open(Opening { file, before: Some(place), ..*writer.opening() }, None);
        files.land(&mut snapshot);
        let Image { position, epoch, is_closed, over, .. } = image;
        for part in [Part::Vat { position, epoch, is_closed, over }].into_iter().chain(image.actors[&Actor(1)].parts(Actor(1))) {
            snapshot.append(&Record::Snapshot(part)).expect("a small piece");
        }
        snapshot.append(&Record::Close { image: Some(hash) }).expect("nothing stopped it");
        files.land(&mut snapshot);
    }
    let found = files.recover(Until::End).expect("the log is there");
    assert_eq!(found.notes, [Note { file: File::snapshot(Epoch(1), 1), what: What::BadSnapshot(None) }]);
    assert_eq!((counted(&found), found.chain.snapshots.len()), (1, 1));
}

#[test]
fn a_later_version_is_not_read() {
    let (mut files, writer) = begun(None);
    let file = writer.header().file;
    let bytes = files.0.get_mut(&file).expect("it is there");
    bytes[8] = 2;
    let crc = sum(&bytes[..60]);
    bytes[60..64].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(files.recover(Until::End).err(), Some(Refusal::Files(Unchained::Version(file, 2))));
}

#[test]
fn half_a_header_is_no_other_version() {
    let (mut files, writer) = begun(None);
    let snapshot = File::snapshot(Epoch(1), 0);
    let mut half = files.0[&writer.header().file][..9].to_vec();
    half.resize(64, 0);
    half[8] = 0;
    files.0.insert(snapshot, half);
    let found = files.recover(Until::End).expect("the log is good");
    assert_eq!(found.notes, [Note { file: snapshot, what: What::NotOpened(BadHead::Torn) }]);
}
