//! A vat's journal on this machine's files: what is appended gathers, and one write and one flush make all of it durable.
use crate::{
    Store,
    compactor::compact,
    folder::{Failed, Folder, Pen},
};
use peerd_journal::{Chain, Identity, Image, Note, Position, Record, Refused, Until, Vat, Writer};

/// A journal that is open. Nobody else opens it meanwhile.
///
/// After a failed write or flush it takes nothing more (what the file holds then is not known): drop it and open it again. Nor does it
/// when its lock file was removed or replaced: another may be the owner now, and has fixed where this one's history ends.
pub struct Journal {
    folder: Folder,
    pen: Pen,
    identity: Identity,
    writer: Writer,
    chain: Chain,
}

/// What was found.
pub struct Found {
    /// What all that counts folds to.
    pub image: Image,
    /// What lay there and does not count: ends that a crash has left, and the like.
    pub notes: Vec<Note>,
}

impl Journal {
    /// Opens what lies there, or begins a journal if nothing does and the store does not say which it must be.
    ///
    /// # Errors
    /// As they are named; nothing has changed then but that a folder may have been made.
    ///
    /// # Panics
    /// When the operating system has no randomness, of which a new journal takes its identity.
    pub fn open(store: impl Into<Store>, vat: Vat) -> Result<(Journal, Found), Failed> {
        let store = store.into();
        let folder = Folder::open(&store)?;
        let found = folder.recover(store.expected, vat, Until::End)?;
        let mut new = Identity::default();
        getrandom::fill(&mut new.0).expect("an operating system has randomness");
        let opening = found.opening(new, vat);
        let writer = Writer::open(opening, found.codec);
        let mut chain = found.chain;
        chain.opened(writer.header(), opening.before);
        let mut journal = Journal { folder, pen: Pen::default(), identity: opening.identity, writer, chain };
        journal.commit()?;
        Ok((journal, Found { image: found.image, notes: found.notes }))
    }

    /// Kept apart from the folder, it tells a lost journal from one that never was.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Gathers it. Not durable yet.
    ///
    /// # Errors
    /// `Stopped`: `Full`, commit first; the others are for good.
    pub fn append(&mut self, record: &Record<'_>) -> Result<Position, Failed> {
        self.writer.append(record).map_err(Failed::Stopped)
    }

    /// Makes all that has gathered durable. Returns up to where that is so.
    ///
    /// # Errors
    /// The system's, and `Stopped`: `Fenced` when the lock is gone. What had gathered is not history, and the journal takes nothing
    /// more.
    pub fn commit(&mut self) -> Result<Position, Failed> {
        while let Some(flight) = self.writer.flight() {
            if let Err(why) = self.pen.land(&self.folder, flight) {
                match why {
                    Failed::Stopped(_) => self.writer.fence(),
                    _ => self.writer.failed(),
                }
                return Err(why);
            }
            self.writer.landed();
        }
        // What had gathered when it stopped is not durable, also for who asks a second time.
        self.writer.stopped().map_or_else(|| Ok(self.writer.durable()), |why| Err(Failed::Stopped(why)))
    }

    /// Goes on in another file, folds what is before into a snapshot, and deletes what nobody needs any more: all files that are
    /// older than the older of two snapshots, and not needed to come back to `oldest`.
    ///
    /// # Errors
    /// As `commit`. One that comes after the other file was begun leaves everything as it was.
    pub fn compact(&mut self, oldest: Option<Position>) -> Result<(), Failed> {
        self.commit()?;
        let place = self.writer.roll().map_err(Failed::Stopped)?;
        self.commit()?;
        self.chain.opened(self.writer.header(), Some(place));
        let compacted = compact(&self.folder, &self.chain, self.writer.opening(), place, oldest);
        if matches!(compacted, Err(Failed::Stopped(Refused::Fenced))) {
            self.writer.fence();
        }
        let (compaction, _) = compacted?;
        compaction.done(&mut self.chain);
        Ok(())
    }
}
