//! The files of one vat, as long as this Worker owns them: found, written, flushed, and each time still its own.
use crate::{
    Trouble,
    folder::{Folder, Open},
    lock::Lock,
    web,
};
use peerd_journal::{Chain, Compaction, Epoch, File, Flight, Identity, Recovered, Recovery, Step, Until, Vat};
use std::{cell::RefCell, collections::BTreeMap};

/// Limit: milliseconds of reading or writing at one go.
const SILENT_MS: f64 = 200.0;

pub struct Settings<'a> {
    /// Of the private file system.
    pub folder: &'a str,
    pub vat: Vat,
    /// The identity that the caller has kept, somewhere that is not lost with the files. None: there has never been a journal.
    pub expected: Option<Identity>,
    /// For a journal that has never been: random.
    pub fresh: Identity,
}

pub struct Files {
    // Invariant: neither is borrowed across an await.
    log: RefCell<Open>,
    /// What was found, held open until our own epoch has begun.
    old: RefCell<BTreeMap<File, Open>>,
    folder: Folder,
    vat_lock: Lock,
    epoch_lock: Lock,
}

impl Files {
    /// Takes the vat from whoever owns it, and reads what lies there. Its epoch's log is made, and empty.
    pub async fn take(settings: &Settings<'_>) -> Result<(Files, Recovered), Trouble> {
        let name = format!("peerd journal {} {}", settings.folder, settings.vat.0);
        let vat_lock = Lock::steal(&name).await?;
        let folder = Folder::of(settings.folder, settings.vat).await?;
        let old = folder.open_all().await?;
        let mut found = recover(&old, settings.vat, settings.expected).await?;
        let epoch_lock = own_epoch(&name, &mut found.epoch).await?;
        let log = folder.create(File::log(found.epoch, 0)).await?;
        // Whoever steals it from here on finds this file. One who stole it earlier may have written what was not read here, and an
        // opening would say that it never was.
        if !vat_lock.is_held_with(&epoch_lock).await? {
            return Err(Trouble::Fenced);
        }
        Ok((Files { log: RefCell::new(log), old: RefCell::new(old), folder, vat_lock, epoch_lock }, found))
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

    /// What was found, until our own epoch has begun.
    pub fn found(&self) -> usize {
        self.old.borrow().len()
    }

    /// Bytes of log that no snapshot has, and of the newest snapshot, when the vat was taken.
    pub fn unfolded(&self, chain: &Chain) -> Result<(u64, u64), Trouble> {
        let lengths = self.old.borrow().iter().map(|(file, open)| Ok((*file, open.length()?))).collect::<Result<Vec<_>, Trouble>>()?;
        Ok(chain.unfolded(lengths))
    }

    /// Writes a snapshot, then deletes what nobody needs. What fails leaves the old files.
    pub async fn compact(&self, compaction: &mut Compaction) -> Result<(), Trouble> {
        let (mut snapshot, mut heard) = (None, web::now());
        while let Some(step) = compaction.step()? {
            hear(&mut heard).await;
            match step {
                Step::Write(flight) => {
                    if snapshot.is_none() {
                        snapshot = Some(self.create(flight.file).await?);
                    }
                    snapshot.iter().try_for_each(|file| file.write(&flight))?;
                }
                Step::Flush(_) => snapshot.iter().try_for_each(Open::flush)?,
                // Whoever is reading it has it open, and then it can't be deleted.
                Step::Delete(file) => self.delete(file).await?,
            }
        }
        Ok(())
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

/// Lets the Worker hear its messages, from time to time: one that is silent is taken for hung.
async fn hear(heard: &mut f64) {
    if web::now() - *heard > SILENT_MS {
        web::pause(0).await;
        *heard = web::now();
    }
}

pub async fn recover(files: &BTreeMap<File, Open>, vat: Vat, expected: Option<Identity>) -> Result<Recovered, Trouble> {
    let lengths = files.iter().map(|(file, open)| Ok((*file, open.length()?))).collect::<Result<Vec<_>, Trouble>>()?;
    let mut recovery = Recovery::new(expected, vat, lengths, Until::End, None);
    let mut bytes = Vec::new();
    let mut heard = web::now();
    while let Some(read) = recovery.read() {
        hear(&mut heard).await;
        files[&read.file].read(read, &mut bytes)?;
        recovery.give(&bytes);
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
