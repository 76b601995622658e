//! The files of one vat, as long as this Worker owns them: found, written, flushed, and each time still its own.
use crate::{
    Trouble,
    folder::{Folder, Open},
    lock::Lock,
    slice::Slice,
};
use peerd_journal::{
    Chain, Codec, Compaction, Epoch, File, Flight, Identity, Keeping, Kept, Recovered, Recovery, Step, Until, Vat, Witness,
};
use std::{cell::RefCell, collections::BTreeMap};

/// Limit: milliseconds of reading at one go while nobody waits for a turn. A Worker that is silent for long is taken for hung.
pub const SILENT_MS: f64 = 200.0;

pub struct Settings<'a> {
    /// Of the private file system.
    pub folder: &'a str,
    pub vat: Vat,
    /// The identity that the caller has kept, somewhere that is not lost with the files. None: there has never been a journal.
    pub expected: Option<Identity>,
    /// For a journal that has never been: random.
    pub fresh: Identity,
    /// How much of the past is kept, where there is room.
    pub keeping: Keeping,
    /// What the journal is sealed with, from its beginning. None: it is not.
    pub codec: Option<&'a dyn Codec>,
    /// Less room than this is little: `FREE_MIN` bytes.
    pub free_min: u64,
}

/// In a browser 30 days of the past, 256 MiB or 128 logs, of which each opening reads the head.
pub const KEEPING: Keeping = Keeping { past_ms: 30 * 24 * 3_600_000, past_bytes: 256 << 20, past_files: 128, log_bytes: 4 << 20 };

pub struct Files {
    // Invariant: neither is borrowed across an await.
    log: RefCell<Open>,
    /// What was found, held open until our own epoch has begun.
    old: RefCell<BTreeMap<File, Open>>,
    folder: Folder,
    vat_lock: Lock,
    epoch_lock: Lock,
    codec: Option<Box<dyn Codec>>,
}

impl Files {
    /// Takes the vat from whoever owns it, and reads what lies there. Its epoch's log is made, and empty.
    pub async fn take(settings: &Settings<'_>) -> Result<(Files, Recovered), Trouble> {
        let name = format!("peerd journal {} {}", settings.folder, settings.vat.0);
        let vat_lock = Lock::steal(&name).await?;
        let folder = Folder::of(settings.folder, settings.vat).await?;
        let old = folder.open_all().await?;
        let mut found = recover(&old, settings).await?;
        let epoch_lock = own_epoch(&name, &mut found.epoch).await?;
        let log = folder.create(File::log(found.epoch, 0)).await?;
        // Whoever steals it from here on finds this file. One who stole it earlier may have written what was not read here, and an
        // opening would say that it never was.
        if !vat_lock.is_held_with(&epoch_lock).await? {
            return Err(Trouble::Fenced);
        }
        let codec = settings.codec.map(Codec::again);
        Ok((Files { log: RefCell::new(log), old: RefCell::new(old), folder, vat_lock, epoch_lock, codec }, found))
    }

    /// What they are sealed with, for who reads or writes them.
    pub fn codec(&self) -> Option<Box<dyn Codec>> {
        self.codec.as_ref().map(|codec| codec.again())
    }

    /// One write, one flush. Not durable yet: see `check`.
    pub fn write(&self, flight: &Flight<'_>) -> Result<(), Trouble> {
        if self.vat_lock.is_over() {
            return Err(Trouble::Fenced);
        }
        if let Some(before) = flight.flush_before {
            self.old.borrow().get(&before).map_or(Ok(()), Open::flush)?;
        }
        let log = self.log.borrow();
        log.write(flight)?;
        log.flush()
    }

    /// Only if the vat is still ours after a flush, what was flushed is durable. A file is deleted only if it is, too.
    pub async fn check(&self) -> Result<(), Trouble> {
        if !self.vat_lock.is_held_with(&self.epoch_lock).await? {
            return Err(Trouble::Fenced);
        }
        // The first time that this is said, the epoch has begun.
        self.old.take();
        Ok(())
    }

    /// Bytes of log that no snapshot has, and of the newest snapshot, when the vat was taken.
    pub fn unfolded(&self, chain: &Chain) -> Result<(u64, u64), Trouble> {
        Ok(chain.unfolded(lengths(&self.old.borrow())?))
    }

    /// Writes a snapshot, then deletes what nobody needs. What fails leaves the old files. Returns the snapshot's length.
    pub async fn compact(&self, compaction: &mut Compaction, slice: &mut Slice) -> Result<u64, Trouble> {
        let (mut snapshot, mut length) = (None, 0);
        while let Some(step) = compaction.step()? {
            slice.end().await?;
            match step {
                Step::Write(flight) => {
                    if snapshot.is_none() {
                        snapshot = Some(self.create(flight.file).await?);
                        slice.begin();
                    }
                    length = flight.at + flight.bytes.len() as u64;
                    // Flushed as it grows: all of it at once would take longer than a turn should wait.
                    snapshot.iter().try_for_each(|file| file.write(&flight).and_then(|()| file.flush()))?;
                }
                Step::Flush(_) => snapshot.iter().try_for_each(Open::flush)?,
                Step::Delete(file) => {
                    match self.delete(file).await {
                        // Whoever is reading it has it open. The next owner finds that nobody needs it.
                        Err(Trouble::Held(_)) => {}
                        done => done?,
                    }
                    slice.begin();
                }
            }
        }
        Ok(length)
    }

    /// All files, also to be read by others.
    pub async fn open_all(&self) -> Result<BTreeMap<File, Open>, Trouble> {
        self.folder.open_all().await
    }

    pub async fn kept(&self) -> Result<Vec<Kept>, Trouble> {
        self.folder.kept().await
    }

    pub async fn scratch(&self, epoch: Epoch) -> Result<Open, Trouble> {
        self.folder.scratch(epoch).await
    }

    pub async fn create(&self, file: File) -> Result<Open, Trouble> {
        self.folder.create(file).await
    }

    /// Goes on in another log.
    pub fn turn_to(&self, log: Open) {
        self.log.replace(log);
    }

    pub async fn delete(&self, file: File) -> Result<(), Trouble> {
        self.check().await?;
        self.folder.delete(file).await
    }
}

pub async fn recover(files: &BTreeMap<File, Open>, settings: &Settings<'_>) -> Result<Recovered, Trouble> {
    let codec = settings.codec.map(Codec::again);
    let recovery = Recovery::new(settings.expected, settings.vat, lengths(files)?, Until::End, codec);
    read(files, recovery, &mut (), &mut Slice::of(SILENT_MS)).await
}

pub fn lengths(files: &BTreeMap<File, Open>) -> Result<Vec<(File, u64)>, Trouble> {
    files.iter().map(|(file, open)| Ok((*file, open.length()?))).collect()
}

/// Reads what it asks for, to its end.
pub async fn read(
    files: &BTreeMap<File, Open>,
    mut recovery: Recovery,
    witness: &mut impl Witness,
    slice: &mut Slice,
) -> Result<Recovered, Trouble> {
    let mut bytes = Vec::new();
    slice.begin();
    while let Some(read) = recovery.read() {
        slice.end().await?;
        files[&read.file].read(read, &mut bytes)?;
        recovery.give_to(witness, &bytes);
    }
    Ok(recovery.finish()?)
}

/// An epoch whose files nobody else will ever write. One that stole the vat and lost it again, before it had written anything that
/// we could have seen, still holds the lock of his.
async fn own_epoch(name: &str, epoch: &mut Epoch) -> Result<Lock, Trouble> {
    loop {
        if let Some(lock) = Lock::if_free(&format!("{name} epoch {}", epoch.0)).await? {
            return Ok(lock);
        }
        *epoch = Epoch(epoch.0 + 1);
    }
}
