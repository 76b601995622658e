//! Group commit, bounds, and a writer that has lost its file or its lock.
use super::kit::{begun, count, counted};
use crate::{GROUP, LINK, Position, RECORD_MAX, Record, Refused, Until};
use alloc::vec;

#[test]
fn what_gathers_in_flight_is_one_group_after_it() {
    let (mut files, mut writer) = begun(None);
    for to in 2..=4 {
        count(&mut writer, to);
    }
    let first = writer.flight().expect("three have gathered").bytes.to_vec();
    files.0.get_mut(&writer.header().file).expect("it is opened").extend_from_slice(&first);
    count(&mut writer, 5);
    assert_eq!(writer.flight(), None, "one at a time");
    assert_eq!(writer.durable(), Position(2));
    assert_eq!(writer.landed(), Position(5));
    assert_eq!(files.land(&mut writer), Position(6));
    assert_eq!(counted(&files.recover(Until::End).expect("good files")), 5);
    assert!(first.len() < 3 * (GROUP + LINK) + 3 * 40, "three records share one head and one link");
}

#[test]
fn after_a_failed_flush_nothing_is_appended_or_acknowledged() {
    let (_, mut writer) = begun(None);
    count(&mut writer, 2);
    assert!(writer.flight().is_some());
    writer.failed();
    assert_eq!(writer.landed(), Position(2));
    assert_eq!(writer.append(&Record::Close { image: None }), Err(Refused::Broken));
    assert_eq!(writer.flight(), None);
    assert_eq!(writer.roll(), Err(Refused::Broken));
}

#[test]
fn who_has_lost_the_lock_neither_appends_nor_acknowledges() {
    let (_, mut writer) = begun(None);
    count(&mut writer, 2);
    assert!(writer.flight().is_some());
    writer.fence();
    assert_eq!(writer.landed(), Position(2));
    assert_eq!(writer.append(&Record::Close { image: None }), Err(Refused::Fenced));
}

#[test]
fn a_record_over_the_limit_is_refused_alone() {
    let (mut files, mut writer) = begun(None);
    let reason = vec![0; RECORD_MAX + 1];
    let end = Record::End { actor: crate::Actor(1), life: 1, is_buried: false, reason: &reason };
    assert_eq!(writer.append(&end), Err(Refused::TooLarge));
    count(&mut writer, 2);
    files.land(&mut writer);
    assert_eq!(counted(&files.recover(Until::End).expect("good files")), 2);
}

#[test]
fn a_file_is_changed_only_when_all_has_landed() {
    let (mut files, mut writer) = begun(None);
    count(&mut writer, 2);
    assert_eq!(writer.roll(), Err(Refused::Busy));
    files.land(&mut writer);
    let end = writer.roll().expect("all has landed");
    assert_eq!(end.position, Position(3));
    files.land(&mut writer);
    count(&mut writer, 3);
    files.land(&mut writer);
    let found = files.recover(Until::End).expect("good files");
    assert_eq!((counted(&found), found.chain.logs.len()), (3, 2));
    assert_eq!(found.image.over, Position(1), "the same owner goes on: no life is over");
}

#[test]
fn a_file_may_be_changed_while_the_word_of_its_last_group_is_out() {
    let (mut files, mut writer) = begun(None);
    count(&mut writer, 2);
    let (old, last) = (writer.header().file, writer.flight().expect("one has gathered").bytes.to_vec());
    files.0.get_mut(&old).expect("it is opened").extend_from_slice(&last);
    let end = writer.roll().expect("nothing has gathered");
    assert_eq!((end.position, writer.flight()), (Position(3), None), "the word is out");
    count(&mut writer, 3);
    assert_eq!((writer.roll(), writer.durable()), (Err(Refused::Busy), Position(2)));
    assert_eq!(writer.landed(), Position(3));
    assert_eq!(files.land(&mut writer), Position(4), "the opening");
    assert_eq!(files.land(&mut writer), Position(5), "what has gathered meanwhile");
    let found = files.recover(Until::End).expect("good files");
    assert_eq!((counted(&found), found.chain.logs.len()), (3, 2));
}
