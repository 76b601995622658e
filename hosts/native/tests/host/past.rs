//! What a system with a journal keeps of its past: as much as was asked for.
use crate::{
    files::Folder,
    kept::{Count, Counter},
};
use peerd_native::{Failed, Store, System, What, prelude::*};
use std::{
    fs, thread,
    time::{Duration, SystemTime},
};

fn open(store: Store) -> Result<System, Failed> {
    System::open(store, vec![behaviour::<Counter>()])
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(&folder.0).expect("it is there").filter_map(Result::ok);
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn count(folder: &Folder, end: &str) -> usize {
    names(folder).iter().filter(|name| name.ends_with(end)).count()
}

fn bytes(folder: &Folder) -> u64 {
    names(folder).iter().map(|name| fs::metadata(folder.0.join(name)).map_or(0, |about| about.len())).sum()
}

fn small(folder: &Folder) -> Store {
    Store::at(&folder.0).compact_from(4_096)
}

fn made() -> Folder {
    let folder = Folder::new();
    fs::create_dir(&folder.0).expect("nobody else has it");
    folder
}

/// Adds until that holds.
fn add_until(system: &mut System, counter: Addr<Count>, holds: impl Fn() -> bool) -> u64 {
    for added in 1..5_000 {
        system.send(counter, &Count::Add(1));
        if added % 10 == 0 {
            assert!(system.ask(counter, Count::Total).is_ok());
            if holds() {
                return added;
            }
        }
    }
    panic!("it never came about");
}

#[test]
fn a_running_system_folds_its_log_into_snapshots_and_goes_on() {
    let folder = Folder::new();
    let mut total = 7;
    for _ in 0..3 {
        let mut system = open(small(&folder).history(Duration::ZERO, 0)).expect("it opens");
        let counter = system.keep::<Counter>("a", &7);
        assert_eq!(system.ask(counter, Count::Total), Ok(total));
        let before = names(&folder);
        total += add_until(&mut system, counter, || names(&folder).iter().filter(|name| !before.contains(name)).count() > 4);
        assert_eq!(system.shutdown(5_000), End::Stopped);
        assert!(count(&folder, ".snapshot") <= 2 && count(&folder, ".log") <= 4, "{:?}", names(&folder));
        assert!(bytes(&folder) < 64 << 10, "{} bytes", bytes(&folder));
    }
}

#[test]
fn what_one_may_go_back_to_is_kept() {
    let folder = Folder::new();
    let mut system = open(small(&folder)).expect("it opens");
    let counter = system.keep::<Counter>("a", &7);
    add_until(&mut system, counter, || count(&folder, ".snapshot") > 4);
    drop(system);
    assert!(names(&folder).contains(&"0000000000000001-0000000000000000.log".into()));
    // And no longer, once it is more than was asked for.
    let mut system = open(small(&folder).history(Duration::from_secs(3_600), 20_000)).expect("it opens");
    let counter = system.keep::<Counter>("a", &7);
    add_until(&mut system, counter, || !names(&folder).contains(&"0000000000000001-0000000000000000.log".into()));
}

#[test]
fn a_lost_store_is_no_empty_one() {
    let folder = Folder::new();
    let system = open(Store::at(&folder.0)).expect("it opens");
    let identity = system.handle().journal().expect("it has one");
    drop(system);
    drop(open(Store::at(&folder.0).expecting(identity)).expect("it is there"));
    for name in names(&folder).iter().filter(|name| name.ends_with(".log")) {
        fs::remove_file(folder.0.join(name)).expect("it is there");
    }
    assert!(matches!(open(Store::at(&folder.0).expecting(identity)), Err(Failed::Refused(_))));
    drop(open(Store::at(&folder.0)).expect("who expects nothing begins anew"));
    assert!(matches!(open(Store::at(&folder.0).expecting(identity)), Err(Failed::Refused(_))));
}

#[test]
fn an_actor_goes_back_to_a_bookmark_and_forth_again() {
    let folder = Folder::new();
    let mut system = open(Store::at(&folder.0)).expect("it opens");
    let (handle, counter) = (system.handle(), system.keep::<Counter>("a", &7));
    let other = system.keep::<Counter>("b", &1);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    let early = handle.bookmark().expect("it has a journal");
    system.send(counter, &Count::Add(1));
    system.send(other, &Count::Add(1));
    assert_eq!(system.ask(counter, Count::Total), Ok(8));
    assert!(handle.wait_for(handle.bookmark().expect("it runs"), 5_000).expect("it runs"));
    let undo = handle.restore(counter, early).expect("it was there");
    assert!(undo.to_string() > early.to_string());
    let counter = system.keep::<Counter>("a", &0);
    assert_eq!((system.ask(counter, Count::Total), system.ask(other, Count::Total)), (Ok(7), Ok(2)));
    drop(system);
    let mut system = open(Store::at(&folder.0)).expect("it opens");
    let counter = system.keep::<Counter>("a", &0);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    system.handle().restore(counter, undo).expect("it was there");
    let counter = system.keep::<Counter>("a", &0);
    assert_eq!(system.ask(counter, Count::Total), Ok(8));
    assert!(matches!(handle.bookmark(), Err(Failed::Ended)), "the other system's handle");
}

#[test]
fn the_last_turn_by_a_time_of_day_is_a_bookmark() {
    let folder = Folder::new();
    let mut system = open(Store::at(&folder.0)).expect("it opens");
    let (handle, counter) = (system.handle(), system.keep::<Counter>("a", &7));
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    let (begun, early) = (SystemTime::now(), handle.bookmark().expect("it runs"));
    // The vat's clock counts whole milliseconds, and is told the time of day when the two are a tenth of a second apart.
    thread::sleep(Duration::from_millis(300));
    system.send(counter, &Count::Add(1));
    assert_eq!(system.ask(counter, Count::Total), Ok(8));
    let at = |time| handle.bookmark_at(time).expect("it is kept");
    assert_eq!(at(begun + Duration::from_millis(150)), Some(early));
    assert_eq!(at(begun + Duration::from_secs(3_600)), Some(handle.bookmark().expect("it runs")));
    assert_eq!(at(begun - Duration::from_secs(3_600)), None);
}

#[test]
fn a_journal_goes_on_elsewhere_from_one_file() {
    let (folder, away) = (Folder::new(), made());
    let (file, place) = (away.0.join("all.peerd"), away.0.join("place"));
    let mut system = open(Store::at(&folder.0)).expect("it opens");
    let (counter, other) = (system.keep::<Counter>("a", &7), system.keep::<Counter>("b", &1));
    assert_eq!((system.ask(counter, Count::Total), system.ask(other, Count::Total)), (Ok(7), Ok(1)));
    let handle = system.handle();
    handle.export(&file).expect("there is room");
    let one = away.0.join("one.peerd");
    handle.export_actor(other, &one).expect("it is known");
    system.send(counter, &Count::Add(1));
    assert_eq!(system.ask(counter, Count::Total), Ok(8));
    // Back to what the file has, here.
    handle.restore_from(counter, &file).expect("it is in the file");
    let counter = system.keep::<Counter>("a", &0);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    // And all of it there.
    let identity = peerd_native::import(&file, &place).expect("a good export");
    assert!(peerd_native::import(&file, &place).is_err(), "there is something");
    let mut there = open(Store::at(&place).expecting(identity)).expect("it opens");
    assert_eq!((there.keep::<Counter>("a", &0), there.keep::<Counter>("b", &0)), (counter, other));
    assert_eq!((there.ask(counter, Count::Total), there.ask(other, Count::Total)), (Ok(7), Ok(1)));
    // One alone.
    peerd_native::import(&one, &away.0.join("alone")).expect("a good export");
    let mut alone = open(Store::at(away.0.join("alone"))).expect("it opens");
    assert_eq!(alone.keep::<Counter>("b", &0), other);
    assert_eq!(alone.ask(other, Count::Total), Ok(1));
    let fresh = alone.keep::<Counter>("a", &70);
    assert_eq!(alone.ask(fresh, Count::Total), Ok(70));
}

#[test]
fn each_turn_is_told_with_what_it_handled_and_what_came_of_it() {
    let folder = Folder::new();
    let mut system = open(Store::at(&folder.0)).expect("it opens");
    let (handle, counter) = (system.handle(), system.keep::<Counter>("a", &7));
    let other = system.keep::<Counter>("b", &1);
    for more in [1, 2] {
        system.send(counter, &Count::Add(more));
        system.send(other, &Count::Add(more));
    }
    assert_eq!(system.ask(counter, Count::Total), Ok(10));
    let mut turns = Vec::new();
    handle.history(counter, None, |told| turns.push(told)).expect("it is kept");
    let states: Vec<&[u8]> = turns.iter().map(|told| &told.state[..]).collect();
    assert_eq!(states, [&[][..], &[7], &[8], &[10], &[10]]);
    assert_eq!((&turns[0].what, &turns[2].what, &*turns[2].label, &*turns[2].behaviour), (&What::Born, &What::Turn, "a", "counter"));
    assert_eq!(turns[2].handled.as_ref().map(|letter| &letter.body[..2]), Some(&[0, 1][..]));
    let mut later = Vec::new();
    handle.history(counter, Some(turns[2].bookmark), |told| later.push(told)).expect("it is kept");
    assert_eq!(later, turns[3..]);
    // Each of them is a place to go back to.
    let undo = handle.restore(counter, turns[2].bookmark).expect("it was there");
    let counter = system.keep::<Counter>("a", &0);
    assert_eq!(system.ask(counter, Count::Total), Ok(8));
    drop(system);
    let mut whats = Vec::new();
    peerd_native::history(&folder.0, Some(turns[0].actor), |told| whats.push(told.what)).expect("it is there");
    let restored = [What::Restored(turns[2].bookmark.position), What::Ended("restored".into())];
    assert!(whats.windows(2).any(|two| two == restored), "{whats:?}");
    assert!(undo.position >= turns[4].bookmark.position);
}

#[test]
fn what_is_not_all_of_an_export_begins_nothing() {
    let (folder, away) = (Folder::new(), made());
    let file = away.0.join("all.peerd");
    let mut system = open(Store::at(&folder.0)).expect("it opens");
    let counter = system.keep::<Counter>("a", &7);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    system.handle().export(&file).expect("there is room");
    let good = fs::read(&file).expect("it is there");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        for bytes in [&good[..at], &bad] {
            fs::write(&file, bytes).expect("there is room");
            assert!(peerd_native::import(&file, &away.0.join("place")).is_err(), "byte {at}");
        }
    }
    assert!(!away.0.join("place").exists());
}

/// Of the same name and version, and its state is not what it was.
mod changed {
    use super::Count;
    use peerd_native::prelude::*;

    #[derive(Serialize, Deserialize)]
    pub struct Counter {
        total: u64,
        is_new: bool,
    }

    impl Actor for Counter {
        const NAME: &'static str = "counter";
        type Args = u64;
        type Message = Count;

        fn init(total: u64, _: &mut Context<'_, '_, Counter>) -> Result<Counter, Crash> {
            Ok(Counter { total, is_new: true })
        }

        fn handle(&mut self, message: Count, cx: &mut Context<'_, '_, Counter>) -> Result<(), Crash> {
            if let Count::Total(reply) = message {
                cx.reply(reply, &(self.total + u64::from(self.is_new)));
            }
            Ok(())
        }
    }
}

#[test]
fn a_state_that_changed_without_a_version_is_not_read_as_something_else() {
    let folder = Folder::new();
    let mut system = open(Store::at(&folder.0)).expect("it opens");
    let counter = system.keep::<Counter>("a", &7);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    drop(system);
    let mut system = System::open(&folder.0, vec![behaviour::<changed::Counter>()]).expect("it opens");
    let counter = system.keep::<changed::Counter>("a", &0);
    assert!(system.handle().ask_within(200, counter, Count::Total).wait().is_err());
    let reports = system.take_reports();
    assert!(reports.iter().any(|report| format!("{:?}", report.what).contains("parked")), "{reports:?}");
    drop(system);
    let mut system = open(Store::at(&folder.0)).expect("it opens");
    let counter = system.keep::<Counter>("a", &0);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    let list = "counter 1 Counter{total:u64}";
    assert_eq!(peerd_native::check_schemas(list, &[behaviour::<Counter>()]), Ok(()));
    assert!(peerd_native::check_schemas(list, &[behaviour::<changed::Counter>()]).is_err());
}
