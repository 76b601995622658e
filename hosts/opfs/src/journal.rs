//! One vat's journal, as long as this Worker owns it.
use crate::{
    Trouble,
    folder::{Folder, Open},
    lock::Lock,
};
use peerd_journal::{
    Chain, Compaction, Epoch, File, Identity, Image, Note, Opening, Place, Position, Record, Recovered, Recovery, Step, Until, Vat, Writer,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    task::Waker,
};

pub struct Settings<'a> {
    /// Of the private file system.
    pub folder: &'a str,
    pub vat: Vat,
    /// The identity that the caller has kept, somewhere that is not lost with the files. None: there has never been a journal.
    pub expected: Option<Identity>,
    /// For a journal that has never been: random.
    pub fresh: Identity,
}

pub struct Opened {
    pub journal: Journal,
    /// What history came to, before this epoch.
    pub image: Image,
    /// What was found that is not history.
    pub notes: Vec<Note>,
}

pub struct Journal {
    // Invariant: none is borrowed across an await.
    log: RefCell<Open>,
    writer: RefCell<Writer>,
    chain: RefCell<Chain>,
    /// What ended it. Everything fails with the same from then on.
    trouble: RefCell<Option<Trouble>>,
    pub(crate) waker: Cell<Option<Waker>>,
    folder: Folder,
    vat_lock: Lock,
    epoch_lock: Lock,
}

impl Journal {
    /// Takes the vat from whoever owns it. When this returns, the opening of the new epoch is durable: keep the identity before
    /// anything that is appended is told to anybody.
    ///
    /// # Errors
    /// When nothing was opened. The old files are as they were.
    pub async fn open(settings: Settings<'_>) -> Result<Opened, Trouble> {
        let Settings { folder: path, vat, expected, fresh } = settings;
        let name = format!("peerd journal {path} {}", vat.0);
        let vat_lock = Lock::steal(&name).await?;
        let folder = Folder::of(path, vat).await?;
        let files = folder.open_all().await?;
        let found = recover(&files, vat, expected)?;
        let mut opening = found.opening(fresh, vat);
        let epoch_lock = own_epoch(&name, &mut opening).await?;
        let log = folder.create(opening.file).await?;
        let Recovered { image, mut chain, notes, codec, .. } = found;
        let writer = Writer::open(opening, codec);
        chain.opened(writer.header(), opening.before);
        let journal = Journal {
            log: RefCell::new(log),
            writer: RefCell::new(writer),
            chain: RefCell::new(chain),
            trouble: RefCell::new(None),
            waker: Cell::new(None),
            folder,
            vat_lock,
            epoch_lock,
        };
        journal.fly_after(&files).await?;
        Ok(Opened { journal, image, notes })
    }

    #[must_use]
    pub fn identity(&self) -> Identity {
        self.writer.borrow().header().identity
    }

    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.writer.borrow().header().file.epoch
    }

    /// What the file at hand began with: the image follows it with an `Open` record at `newest`.
    #[must_use]
    pub fn opening(&self) -> Opening {
        *self.writer.borrow().opening()
    }

    #[must_use]
    pub fn newest(&self) -> Position {
        self.writer.borrow().newest()
    }

    #[must_use]
    pub fn durable(&self) -> Position {
        self.writer.borrow().durable()
    }

    /// Bytes that wait for a flight.
    #[must_use]
    pub fn gathered(&self) -> usize {
        self.writer.borrow().gathered()
    }

    #[must_use]
    pub fn has_flight(&self) -> bool {
        self.writer.borrow().has_flight()
    }

    /// # Errors
    /// When it was not appended.
    pub fn append(&self, record: &Record<'_>) -> Result<Position, Trouble> {
        self.works()?;
        let position = self.writer.borrow_mut().append(record)?;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
        Ok(position)
    }

    /// Writes and flushes all that has gathered as one group, and returns what is durable. While a flight is under way a second
    /// call does nothing.
    ///
    /// # Errors
    /// The journal has ended: what had not landed never happened.
    pub async fn fly(&self) -> Result<Position, Trouble> {
        self.fly_after(&BTreeMap::new()).await
    }

    async fn fly_after(&self, old: &BTreeMap<File, Open>) -> Result<Position, Trouble> {
        self.works()?;
        match self.write(old) {
            Ok(true) => {}
            Ok(false) => return Ok(self.durable()),
            Err(why) => return Err(self.ended(why)),
        }
        match self.is_ours().await {
            Ok(()) => Ok(self.writer.borrow_mut().landed()),
            Err(why) => Err(self.ended(why)),
        }
    }

    /// False: there was nothing to write.
    fn write(&self, old: &BTreeMap<File, Open>) -> Result<bool, Trouble> {
        if self.vat_lock.is_over() {
            return Err(Trouble::Fenced);
        }
        let mut writer = self.writer.borrow_mut();
        let Some(flight) = writer.flight() else { return Ok(false) };
        if let Some(before) = flight.flush_before.and_then(|file| old.get(&file)) {
            before.flush()?;
        }
        let log = self.log.borrow();
        log.write(&flight)?;
        log.flush()?;
        Ok(true)
    }

    async fn is_ours(&self) -> Result<(), Trouble> {
        if self.vat_lock.is_held_with(&self.epoch_lock).await? { Ok(()) } else { Err(Trouble::Fenced) }
    }

    fn works(&self) -> Result<(), Trouble> {
        self.trouble.borrow().clone().map_or(Ok(()), Err)
    }

    fn ended(&self, why: Trouble) -> Trouble {
        match why {
            Trouble::Fenced => self.writer.borrow_mut().fence(),
            _ => self.writer.borrow_mut().failed(),
        }
        self.trouble.borrow_mut().get_or_insert(why).clone()
    }

    /// Goes on in another file. Returns where the one at hand ended, for `compact`; the next record of the vat's image is the new
    /// file's opening.
    ///
    /// # Errors
    /// `Busy` unless everything is durable: nothing has happened then.
    pub async fn roll(&self) -> Result<Place, Trouble> {
        let File { epoch, number, .. } = self.opening().file;
        // Made before, because a flight may follow at once. Without an opening it is nothing to whoever finds it.
        let next = self.folder.create(File::log(epoch, number + 1)).await?;
        let place = self.writer.borrow_mut().roll()?;
        self.log.replace(next);
        self.chain.borrow_mut().opened(self.writer.borrow().header(), Some(place));
        self.fly().await?;
        Ok(place)
    }

    /// Writes a snapshot beside the log, of `image`, which is the fold up to `place`; then deletes what nobody needs. `oldest` is
    /// the oldest position that somebody may want to come back to.
    ///
    /// # Errors
    /// There may be no snapshot, or old files may be left. The log goes on.
    pub async fn compact(&self, image: Image, place: Place, oldest: Option<Position>) -> Result<(), Trouble> {
        let mut compaction = Compaction::new(image, place, &self.opening(), &self.chain.borrow(), oldest, None);
        let mut snapshot = None;
        while let Some(step) = compaction.step()? {
            match step {
                Step::Write(flight) => {
                    if snapshot.is_none() {
                        snapshot = Some(self.folder.create(flight.file).await?);
                    }
                    snapshot.iter().try_for_each(|file| file.write(&flight))?;
                }
                Step::Flush(_) => snapshot.iter().try_for_each(Open::flush)?,
                Step::Delete(file) => {
                    // Whoever is reading it has it open, and then it can't be deleted.
                    self.is_ours().await?;
                    self.folder.delete(file).await?;
                }
            }
        }
        compaction.done(&mut self.chain.borrow_mut());
        Ok(())
    }
}

fn recover(files: &BTreeMap<File, Open>, vat: Vat, expected: Option<Identity>) -> Result<Recovered, Trouble> {
    let lengths = files.iter().map(|(file, open)| Ok((*file, open.length()?))).collect::<Result<Vec<_>, Trouble>>()?;
    let mut recovery = Recovery::new(expected, vat, lengths, Until::End, None);
    let mut bytes = Vec::new();
    while let Some(read) = recovery.read() {
        files[&read.file].read(read, &mut bytes)?;
        recovery.give(&bytes);
    }
    Ok(recovery.finish()?)
}

/// An epoch whose files nobody else will ever write. One that stole the vat and lost it again, before it had written anything that
/// we could have seen, still holds the lock of his.
async fn own_epoch(name: &str, opening: &mut Opening) -> Result<Lock, Trouble> {
    loop {
        let epoch = &mut opening.file.epoch;
        if let Some(lock) = Lock::if_free(&format!("{name} epoch {}", epoch.0)).await? {
            return Ok(lock);
        }
        *epoch = Epoch(epoch.0 + 1);
    }
}
