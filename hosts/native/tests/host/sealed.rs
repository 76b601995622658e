//! A system whose journal is encrypted: the same to who has the key, and closed to everybody else.
use crate::{
    files::Folder,
    kept::{Count, Counter},
};
use peerd_native::{Failed, Store, System, import, prelude::*, rekey};
use std::{collections::BTreeMap, fs};

const KEY: [u8; 32] = [7; 32];
/// What a reader would look for: the name of the actor and of its behaviour.
const WORDS: [&[u8]; 2] = [b"the account", b"counter"];

fn open(store: Store) -> Result<System, Failed> {
    System::open(store.compact_from(2_048), vec![behaviour::<Counter>()])
}

fn files(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(&folder.0).expect("it is there").filter_map(Result::ok);
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file"))).collect()
}

fn tells(bytes: &[u8]) -> bool {
    WORDS.iter().any(|word| bytes.windows(word.len()).any(|found| found == *word))
}

/// Until there is a snapshot.
fn written(store: Store, folder: &Folder) -> u64 {
    let mut system = open(store).expect("it opens");
    let counter = system.keep::<Counter>("the account", &7);
    let mut total = system.ask(counter, Count::Total).expect("it lives");
    while !files(folder).keys().any(|name| name.ends_with(".snapshot")) {
        system.send(counter, &Count::Add(1));
        total = system.ask(counter, Count::Total).expect("it lives");
    }
    total
}

#[test]
fn a_sealed_journal_is_read_with_its_key_and_tells_nothing_without() {
    let folder = Folder::new();
    let sealed = || Store::at(&folder.0).sealed(KEY);
    let total = written(sealed(), &folder);
    let before = files(&folder);
    assert!(before.values().all(|bytes| !tells(bytes)));
    for (store, words) in [(Store::at(&folder.0).sealed([8; 32]), "another key"), (Store::at(&folder.0), "no key")] {
        let failed = open(store).err().expect("it must not open").to_string();
        assert!(failed.contains(words), "{failed}");
        assert_eq!(files(&folder), before, "it stays as it is");
    }
    assert!(peerd_native::history(&folder.0, None, |_| {}).is_err());
    let mut turns = 0;
    peerd_native::history(sealed(), None, |_| turns += 1).expect("the key is right");
    assert!(turns > 2);
    let mut system = open(sealed()).expect("the key is right");
    let counter = system.keep::<Counter>("the account", &0);
    assert_eq!(system.ask(counter, Count::Total), Ok(total));
}

#[test]
fn a_journal_that_is_not_sealed_is_not_opened_with_a_key() {
    let folder = Folder::new();
    written(Store::at(&folder.0), &folder);
    let before = files(&folder);
    assert!(before.values().any(|bytes| tells(bytes)), "or these are not the words to look for");
    let failed = open(Store::at(&folder.0).sealed(KEY)).err().expect("it must not open").to_string();
    assert!(failed.contains("not sealed"), "{failed}");
    assert_eq!(files(&folder), before);
}

#[test]
fn an_export_stays_sealed_under_the_same_key() {
    let (folder, away) = (Folder::new(), Folder::new());
    fs::create_dir(&away.0).expect("nobody else has it");
    let (file, one) = (away.0.join("all.peerd"), away.0.join("one.peerd"));
    let mut system = open(Store::at(&folder.0).sealed(KEY)).expect("it opens");
    let counter = system.keep::<Counter>("the account", &7);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    system.handle().export(&file).expect("there is room");
    system.handle().export_actor(counter, &one).expect("it is known");
    for file in [&file, &one] {
        assert!(!tells(&fs::read(file).expect("it is there")));
    }
    let place = away.0.join("place");
    assert!(import(&file, &place).is_err() && import(&file, Store::at(&place).sealed([8; 32])).is_err());
    import(&file, Store::at(&place).sealed(KEY)).expect("a good export");
    let mut there = open(Store::at(&place).sealed(KEY)).expect("it opens");
    let same = there.keep::<Counter>("the account", &0);
    assert_eq!(there.ask(same, Count::Total), Ok(7));
    system.send(counter, &Count::Add(1));
    assert_eq!(system.ask(counter, Count::Total), Ok(8));
    system.handle().restore_from(counter, &one).expect("it is in the file");
    let counter = system.keep::<Counter>("the account", &0);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
}

#[test]
fn under_another_key_it_is_the_same_journal_and_the_old_one_stays_until_it_is_deleted() {
    let (folder, away) = (Folder::new(), Folder::new());
    fs::create_dir(&away.0).expect("nobody else has it");
    let total = written(Store::at(&folder.0), &folder);
    let before = files(&folder);
    let mut from = Store::at(&folder.0);
    // Sealed for the first time, under another key, and not any more.
    for (n, key) in [Some(KEY), Some([8; 32]), None].into_iter().enumerate() {
        let path = away.0.join(n.to_string());
        let store = || key.map_or(Store::at(&path), |key| Store::at(&path).sealed(key));
        assert!(rekey(from.clone().sealed([9; 32]), store()).is_err() && !path.exists(), "its key is needed");
        // What one that was cut off has left.
        fs::create_dir(away.0.join(format!("{n}.peerd-part"))).expect("nobody else has it");
        let identity = rekey(from, store()).expect("nobody has it open");
        assert!(rekey(store(), store()).is_err(), "a folder that is there is not written to");
        let mut system = open(store().expecting(identity)).expect("its key fits");
        let counter = system.keep::<Counter>("the account", &0);
        assert_eq!(system.ask(counter, Count::Total), Ok(total));
        assert!(rekey(store(), Store::at(away.0.join("never"))).is_err(), "somebody has it open");
        drop(system);
        assert!(open(Store::at(&path).sealed([9; 32])).is_err());
        from = store();
    }
    assert_eq!(files(&folder), before);
}
