//! The past as it is told: every record of an actor, with what was before and what after.
use super::kit::{Files, begun, count, counted};
use crate::{Actor, Compaction, Durable, Export, File, History, LastBy, Position, Recovered, Step, Until, Writer, exported};
use alloc::{vec, vec::Vec};

fn number(durable: Option<&Durable>) -> u64 {
    durable.map_or(0, |durable| u64::from_le_bytes(durable.state.as_slice().try_into().expect("eight bytes")))
}

/// Position, before, after.
fn told(files: &Files, after: Position) -> (Vec<(u64, u64, u64)>, Recovered) {
    let mut told = Vec::new();
    let mut history = History::new(Some(Actor(1)), after, |deed| told.push((deed.past.position.0, number(deed.was), number(deed.is))));
    let recovery = files.recovery(Until::End, None);
    let recovery = if after == Position(0) { recovery.seeing_all() } else { recovery.seeing_after(after) };
    let found = files.read(recovery, &mut history).expect("good files");
    (told, found)
}

fn compact(files: &mut Files, writer: &mut Writer) {
    let found = files.recover(Until::End).expect("good files");
    let place = writer.roll().expect("all has landed");
    files.land(writer);
    let chain = files.recover(Until::End).expect("good files").chain;
    let mut compaction = Compaction::new(found.image, place, writer.opening(), &chain, None, None);
    while let Some(step) = compaction.step().expect("small pieces") {
        match step {
            Step::Write(flight) => files.0.entry(flight.file).or_default().extend_from_slice(flight.bytes),
            Step::Delete(file) => drop(files.0.remove(&file)),
            Step::Flush(_) => {}
        }
    }
}

#[test]
fn each_turn_is_told_with_what_was_before_it_and_after_it() {
    let (mut files, mut writer) = begun(None);
    for to in 2..5 {
        count(&mut writer, to);
    }
    files.land(&mut writer);
    let (all, found) = told(&files, Position(0));
    assert_eq!((all, counted(&found)), (vec![(2, 0, 1), (3, 1, 2), (4, 2, 3), (5, 3, 4)], 4));
    assert_eq!(told(&files, Position(3)).0, [(4, 2, 3), (5, 3, 4)]);
}

#[test]
fn what_is_kept_of_the_past_is_told_beside_snapshots_too() {
    let (mut files, mut writer) = begun(None);
    for to in 2..8 {
        count(&mut writer, to);
        files.land(&mut writer);
        compact(&mut files, &mut writer);
    }
    let (all, found) = told(&files, Position(0));
    assert_eq!((all.iter().map(|(_, _, is)| *is).collect::<Vec<_>>(), counted(&found)), (vec![7], 7));
    let before_last = Position(all[0].0 - 1);
    assert_eq!(told(&files, before_last).0, all);
}

#[test]
fn the_last_place_by_a_time_is_found_or_not_kept() {
    let (mut files, mut writer) = begun(None);
    let places: Vec<Position> = (2..8).map(|to| count(&mut writer, to)).collect();
    files.land(&mut writer);
    let by = |time| {
        let mut last = LastBy::new(time);
        files.read(files.recovery(Until::End, None).seeing_all(), &mut last).expect("good files");
        last.found
    };
    assert_eq!((by(99), by(200), by(399), by(10_000)), (None, Some(places[0]), Some(places[1]), Some(places[5])));
}

#[test]
fn an_export_holds_all_and_is_opened_like_any_journal() {
    let (mut files, mut writer) = begun(None);
    count(&mut writer, 2);
    files.land(&mut writer);
    let found = files.recover(Until::End).expect("good files");
    let (position, epoch) = (found.image.position, found.epoch);
    let (mut bytes, mut export) = (Vec::new(), Export::new(found, None).expect("something is there"));
    while export
        .next::<crate::Refused>(|piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })
        .expect("small pieces")
    {}
    let files = Files(exported(&bytes).expect("an export").into_iter().map(|(header, bytes)| (header.file, bytes.to_vec())).collect());
    assert!(files.0.contains_key(&File::log(epoch, 0)));
    let found = files.recover(Until::End).expect("good files");
    assert_eq!((counted(&found), found.image.position, found.epoch.0), (2, position.after(1), epoch.0 + 1));
    assert!(Export::new(found, Some(Actor(2))).is_none(), "nobody");
}
