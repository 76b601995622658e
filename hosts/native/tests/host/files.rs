//! A journal on files: what was committed is there, whatever happens to the rest.
use peerd_journal::{Epoch, Identity, Image, Lease, Position, Record, Refusal, Refused, Unchained, Vat, What};
use peerd_native::{Failed, Found, Journal, Store};
use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

const VAT: Vat = Vat(2);

/// A folder that is gone with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let path = std::env::temp_dir().join(format!("peerd-journal-{}-{}", process::id(), NEXT.fetch_add(1, Relaxed)));
        let _ = fs::remove_dir_all(&path);
        Folder(path)
    }

    /// The files with that ending, oldest first.
    fn files(&self, end: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).expect("it was made").map(|entry| entry.expect("it can be read").path());
        let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|found| found == end)).collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that is left over is nobody's fault.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path) -> (Journal, Found) {
    Journal::open(path, VAT).expect("it opens")
}

/// The least that a record says: who has this shard.
fn lease(shard: u64) -> Record<'static> {
    Record::Lease { shard, epoch: Epoch(1), holder: VAT, is_sealed: false }
}

fn write(journal: &mut Journal, shards: impl IntoIterator<Item = u64>) -> Position {
    for shard in shards {
        journal.append(&lease(shard)).expect("it takes everything");
    }
    journal.commit().expect("the disk is well")
}

fn shards(image: &Image) -> Vec<u64> {
    assert!(image.leases.values().all(|lease| *lease == Lease { epoch: Epoch(1), holder: VAT, is_sealed: false }));
    image.leases.keys().copied().collect()
}

#[test]
fn what_was_committed_is_found_again_and_what_only_gathered_is_not() {
    let folder = Folder::new();
    let (mut journal, found) = open(&folder.0);
    assert!(found.image == Image::default());
    write(&mut journal, [1, 2]);
    let durable = write(&mut journal, [3]);
    journal.append(&lease(4)).expect("it takes everything");
    drop(journal);
    let (mut journal, found) = open(&folder.0);
    assert_eq!((shards(&found.image), found.image.position), (vec![1, 2, 3], durable));
    // A life later it goes on in a file of its own.
    write(&mut journal, [5]);
    drop(journal);
    assert_eq!(shards(&open(&folder.0).1.image), [1, 2, 3, 5]);
    assert!(folder.files("log").len() >= 2);
}

#[test]
fn one_owner_at_a_time() {
    let folder = Folder::new();
    let (journal, _) = open(&folder.0);
    assert!(matches!(Journal::open(&folder.0, VAT), Err(Failed::Owned)));
    drop(journal);
    open(&folder.0);
}

/// The file ends anywhere within its last group, as after a loss of power.
#[test]
fn an_end_that_was_torn_is_not_history() {
    let folder = Folder::new();
    let (mut journal, _) = open(&folder.0);
    write(&mut journal, [1]);
    let log = folder.files("log").remove(0);
    let kept = fs::metadata(&log).expect("it is there").len();
    write(&mut journal, [2, 3]);
    drop(journal);
    let whole = fs::read(&log).expect("it is there");
    // Each opening is flushed: not at every byte, but at all kinds of places.
    for end in (kept..whole.len() as u64).step_by(11) {
        let torn = Folder::new();
        fs::create_dir_all(&torn.0).expect("there is room");
        fs::write(torn.0.join(log.file_name().expect("it has one")), &whole[..end as usize]).expect("there is room");
        let (mut journal, found) = open(&torn.0);
        assert_eq!(shards(&found.image), [1], "{end} bytes");
        assert_eq!(found.notes.iter().filter(|note| matches!(note.what, What::Dropped(_))).count(), usize::from(end > kept));
        write(&mut journal, [9]);
        drop(journal);
        assert_eq!(shards(&open(&torn.0).1.image), [1, 9], "{end} bytes");
    }
}

#[test]
fn damage_before_what_was_committed_later_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let (mut journal, _) = open(&folder.0);
    write(&mut journal, [1]);
    let log = folder.files("log").remove(0);
    let middle = fs::metadata(&log).expect("it is there").len() as usize;
    write(&mut journal, [2]);
    write(&mut journal, [3]);
    drop(journal);
    let mut bytes = fs::read(&log).expect("it is there");
    bytes[middle + 50] ^= 1;
    fs::write(&log, &bytes).expect("there is room");
    assert!(matches!(Journal::open(&folder.0, VAT), Err(Failed::Refused(Refusal::Damaged { .. }))));
    assert_eq!(fs::read(&log).expect("it is there"), bytes);
    assert_eq!(folder.files("log").len(), 1);
}

#[test]
fn a_journal_that_is_lost_is_not_begun_anew() {
    let folder = Folder::new();
    let identity = open(&folder.0).0.identity();
    assert!(Journal::open(Store::at(&folder.0).expecting(identity), VAT).is_ok());
    for log in folder.files("log") {
        fs::remove_file(log).expect("it is there");
    }
    let lost = Journal::open(Store::at(&folder.0).expecting(identity), VAT);
    assert!(matches!(lost, Err(Failed::Refused(Refusal::Files(Unchained::Lost)))));
    let other = Folder::new();
    open(&other.0);
    let foreign = Journal::open(Store::at(&other.0).expecting(Identity([7; 16])), VAT);
    assert!(matches!(foreign, Err(Failed::Refused(Refusal::Files(Unchained::Foreign(_))))));
}

#[test]
fn a_compaction_keeps_what_the_log_said_and_two_ways_back() {
    let folder = Folder::new();
    let (mut journal, _) = open(&folder.0);
    for round in 0..5 {
        write(&mut journal, (0..100).map(|shard| round * 100 + shard));
        journal.compact(None).expect("the disk is well");
    }
    write(&mut journal, [1_000]);
    drop(journal);
    assert_eq!(folder.files("snapshot").len(), 2);
    assert!(folder.files("log").len() <= 3, "older logs are gone");
    let (_, found) = open(&folder.0);
    assert!(shards(&found.image).into_iter().eq((0..500).chain([1_000])));
    // The newest snapshot is damaged: the one before it serves.
    let newest = folder.files("snapshot").pop().expect("there are two");
    let length = fs::metadata(&newest).expect("it is there").len();
    fs::OpenOptions::new().write(true).open(&newest).and_then(|file| file.set_len(length / 2)).expect("it is there");
    let (_, found) = open(&folder.0);
    assert!(shards(&found.image).into_iter().eq((0..500).chain([1_000])));
}

#[test]
fn after_a_write_that_failed_nothing_is_taken_until_it_is_opened_again() {
    let folder = Folder::new();
    let (mut journal, _) = open(&folder.0);
    write(&mut journal, [1]);
    // Something stands where the next file would be.
    let log = folder.files("log").remove(0);
    let next = log.file_name().and_then(|name| name.to_str()).expect("it has one").replace("0.log", "1.log");
    fs::create_dir(folder.0.join(&next)).expect("there is room");
    assert!(matches!(journal.compact(None), Err(Failed::Io(_))));
    assert!(matches!(journal.append(&lease(2)), Err(Failed::Stopped(Refused::Broken))));
    assert!(matches!(journal.commit(), Err(Failed::Stopped(Refused::Broken))));
    drop(journal);
    fs::remove_dir(folder.0.join(&next)).expect("it is there");
    assert_eq!(shards(&open(&folder.0).1.image), [1]);
}

/// The lock is a name in the folder: who removes it lets another in, and the owner so far has to notice.
#[test]
fn an_owner_whose_lock_is_gone_acknowledges_nothing_more() {
    for is_replaced in [false, true] {
        let folder = Folder::new();
        let (mut old, _) = open(&folder.0);
        write(&mut old, [1]);
        fs::remove_file(folder.0.join("lock")).expect("it is there");
        let new = is_replaced.then(|| open(&folder.0));
        old.append(&lease(2)).expect("it has not looked yet");
        let failed = old.commit().expect_err("the lock is gone");
        assert!(matches!(failed, Failed::Stopped(Refused::Fenced)));
        assert_eq!(failed.to_string(), "the lock was taken away: somebody else may have this journal now");
        assert!(matches!(old.append(&lease(3)), Err(Failed::Stopped(Refused::Fenced))));
        assert!(matches!(old.commit(), Err(Failed::Stopped(Refused::Fenced))));
        // What the new owner found is what there is, whatever the old one wrote afterwards.
        if let Some((mut new, found)) = new {
            assert_eq!(shards(&found.image), [1]);
            write(&mut new, [4]);
            drop((old, new));
            assert_eq!(shards(&open(&folder.0).1.image), [1, 4]);
        }
    }
}

#[test]
fn an_owner_whose_lock_is_gone_deletes_nothing_either() {
    let folder = Folder::new();
    let (mut old, _) = open(&folder.0);
    write(&mut old, [1]);
    fs::remove_file(folder.0.join("lock")).expect("it is there");
    let before = folder.files("log");
    assert!(matches!(old.compact(None), Err(Failed::Stopped(Refused::Fenced))));
    assert!(before.iter().all(|log| log.exists()));
}
