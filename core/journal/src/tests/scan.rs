//! Why bytes are dropped: each reason by its name.
use super::kit::{begun, count};
use crate::{Dropped, Epoch, GROUP, HEADER, Hash, Header, LINK, Position, Scan, Why};
use alloc::vec::Vec;
use core::ops::Range;

/// A file with an opening and three groups, and where the three lie.
fn file() -> (Vec<u8>, Vec<Range<usize>>) {
    let (mut files, mut writer) = begun(None);
    let mut ends: Vec<usize> = Vec::new();
    for to in 2..=4 {
        ends.push(files.0[&writer.header().file].len());
        count(&mut writer, to);
        files.land(&mut writer);
    }
    let bytes = files.0.remove(&writer.header().file).expect("it is opened");
    ends.push(bytes.len());
    (bytes, ends.windows(2).map(|pair| pair[0]..pair[1]).collect())
}

fn dropped(bytes: &[u8]) -> (Position, Option<Dropped>) {
    let header = Header::of(bytes).expect("a good header");
    let mut scan = Scan::new(&header, None);
    for piece in bytes[HEADER..].chunks(11) {
        scan.feed(piece);
        while scan.group(&mut None).is_some() {}
    }
    (scan.place().position, scan.dropped())
}

fn check(bytes: &[u8], position: u64, why: Why, is_damage: bool) {
    let (found, dropped) = dropped(bytes);
    assert_eq!((found, dropped.map(|dropped| (dropped.why, dropped.is_damage))), (Position(position), Some((why, is_damage))));
}

#[test]
fn all_of_a_good_file_is_taken() {
    assert_eq!(dropped(&file().0), (Position(5), None));
}

#[test]
fn a_file_that_ends_within_a_group_is_short() {
    let (bytes, groups) = file();
    check(&bytes[..groups[2].end - 1], 4, Why::Short, false);
    check(&bytes[..groups[2].start + 1], 4, Why::Short, false);
}

#[test]
fn a_group_without_its_head_is_torn() {
    let (mut bytes, groups) = file();
    bytes[groups[2].start..groups[2].start + GROUP].fill(0);
    check(&bytes, 4, Why::Torn, false);
}

#[test]
fn with_a_good_group_after_it_a_bad_one_is_damage() {
    let (mut bytes, groups) = file();
    bytes[groups[1].start + 3] ^= 4;
    check(&bytes, 3, Why::Torn, true);
}

#[test]
fn a_group_of_other_content_breaks_the_link() {
    let (mut bytes, groups) = file();
    bytes[groups[2].end - 1] ^= 1;
    check(&bytes, 4, Why::Link, false);
}

#[test]
fn a_group_that_comes_twice_is_out_of_order() {
    let (mut bytes, groups) = file();
    bytes.extend_from_within(groups[1].clone());
    check(&bytes, 5, Why::Order { found: Position(4) }, false);
}

#[test]
fn a_group_after_a_gap_is_out_of_order_and_the_gap_is_damage() {
    let (mut bytes, groups) = file();
    bytes.drain(groups[1].clone());
    check(&bytes, 3, Why::Order { found: Position(5) }, true);
}

#[test]
fn a_group_of_another_file_is_foreign() {
    let (mut bytes, _) = file();
    let (mut files, mut writer) = begun(None);
    writer.roll().expect("all has landed");
    files.land(&mut writer);
    bytes.extend_from_slice(&files.0[&writer.header().file][HEADER..]);
    check(&bytes, 5, Why::Foreign { epoch: Epoch(1) }, false);
}

#[test]
fn a_record_that_was_broken_before_it_was_linked_is_known_by_its_sum() {
    let (mut bytes, groups) = file();
    let group = groups[2].clone();
    bytes[group.start + GROUP + 20] ^= 1;
    let before = Hash(*bytes[..group.start].last_chunk().expect("a link"));
    let link = before.then(&bytes[group.start..group.end - LINK]);
    bytes[group.end - LINK..group.end].copy_from_slice(&link.0);
    check(&bytes, 4, Why::Checksum, false);
}
