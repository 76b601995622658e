//! One vat's journal, as long as this Worker owns it.
use crate::{Settings, Trouble, files::Files, slice::Slice};
use peerd_journal::{Chain, Compaction, Epoch, File, Identity, Image, Note, Opening, Place, Position, Record, Recovered, Writer};
use std::{
    cell::{Cell, RefCell},
    task::Waker,
};

pub struct Opened {
    pub journal: Journal,
    /// What history came to, before this epoch.
    pub image: Image,
    /// What was found that is not history.
    pub notes: Vec<Note>,
}

pub struct Journal {
    // Invariant: none is borrowed across an await.
    writer: RefCell<Writer>,
    chain: RefCell<Chain>,
    /// What ended it. Everything fails with the same from then on.
    trouble: RefCell<Option<Trouble>>,
    pub(crate) waker: Cell<Option<Waker>>,
    files: Files,
}

impl Journal {
    /// Takes the vat from whoever owns it. When this returns, the opening of the new epoch is durable: keep the identity before
    /// anything that is appended is told to anybody.
    ///
    /// # Errors
    /// When nothing was opened. The old files are as they were.
    pub async fn open(settings: Settings<'_>) -> Result<Opened, Trouble> {
        let (files, found) = Files::take(&settings).await?;
        let opening = found.opening(settings.fresh, settings.vat);
        let Recovered { image, mut chain, notes, codec, .. } = found;
        let writer = Writer::open(opening, codec);
        chain.opened(writer.header(), opening.before);
        let journal = Journal {
            writer: RefCell::new(writer),
            chain: RefCell::new(chain),
            trouble: RefCell::new(None),
            waker: Cell::new(None),
            files,
        };
        journal.fly().await?;
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
        self.works()?;
        match self.write() {
            Ok(true) => {}
            Ok(false) => return Ok(self.durable()),
            Err(why) => return Err(self.ended(why)),
        }
        match self.files.check().await {
            Ok(()) => Ok(self.writer.borrow_mut().landed()),
            Err(why) => Err(self.ended(why)),
        }
    }

    /// False: there was nothing to write.
    fn write(&self) -> Result<bool, Trouble> {
        match self.writer.borrow_mut().flight() {
            Some(flight) => self.files.write(&flight).map(|()| true),
            None => Ok(false),
        }
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
        let next = self.files.create(File::log(epoch, number + 1)).await?;
        let place = self.writer.borrow_mut().roll()?;
        self.files.turn_to(next);
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
        let mut compaction = Compaction::new(image, place, &self.opening(), &self.chain.borrow(), oldest, self.files.codec());
        self.files.compact(&mut compaction, &mut Slice::short()).await?;
        compaction.done(&mut self.chain.borrow_mut());
        Ok(())
    }
}
