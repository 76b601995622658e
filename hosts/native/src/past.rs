//! The past of a running system: places one can come back to, actors as they were, all of it carried away in a file.
use crate::{Failed, Handle, engine::Engine, export, folder::Folder, inbox::Item};
use peerd::Addr;
use peerd_journal::{Actor, Bookmark, Identity, Image, Position, Until, Vat, image_of};
use peerd_vat::{Ref, Time};
use std::{
    fs,
    path::Path,
    sync::{Arc, Weak, mpsc},
    thread,
    time::{Duration, Instant},
};

/// What handles know of the journal of their system.
pub(crate) struct Past {
    pub identity: Identity,
    pub vat: Vat,
    /// Gone with the system: a handle that is left must not keep others from opening it again.
    pub folder: Weak<Folder>,
}

/// Who waits for a place to be durable looks this often.
const LOOK: Duration = Duration::from_millis(1);

impl Past {
    pub fn new(vat: &peerd_vat::Vat, folder: &Arc<Folder>) -> Past {
        let header = vat.writer().expect("a vat with a keeper has a journal").header();
        Past { identity: header.identity, vat: header.vat, folder: Arc::downgrade(folder) }
    }

    pub fn folder(&self) -> Result<Arc<Folder>, Failed> {
        self.folder.upgrade().ok_or(Failed::Ended)
    }
}

/// The past of a system that has a journal. All of these wait, and fail with `Ended` when the system has ended.
impl Handle {
    /// Which journal it is. Kept elsewhere, it tells a store that was lost from one that never was: `Store::expecting`.
    #[must_use]
    pub fn journal(&self) -> Option<Identity> {
        self.shared.past.as_ref().map(|past| past.identity)
    }

    /// The place where the journal is now: all is before it that this thread has heard of. Its text sorts as places do.
    ///
    /// # Errors
    /// `NoJournal`, `Ended`.
    pub fn bookmark(&self) -> Result<Bookmark, Failed> {
        let past = self.past()?;
        let position = self.tend(|engine, _| engine.vat.writer().map(peerd_journal::Writer::newest))?;
        Ok(Bookmark { identity: past.identity, position: position.unwrap_or_default() })
    }

    /// Waits until all before this place is durable. False: that did not come about in time.
    ///
    /// # Errors
    /// As `bookmark`, and `Bookmark` if it is another journal's.
    pub fn wait_for(&self, bookmark: Bookmark, within_ms: u64) -> Result<bool, Failed> {
        let position = self.of_this(bookmark)?;
        let until = Instant::now() + Duration::from_millis(within_ms);
        while self.tend(move |engine, _| engine.vat.writer().is_none_or(|writer| writer.durable() < position))? {
            if Instant::now() >= until {
                return Ok(false);
            }
            thread::sleep(LOOK);
        }
        Ok(true)
    }

    /// This actor becomes what it was at that place: its state, and what it had deferred. Its life ends with `restored`; its next one,
    /// which its supervisor or `keep` begins, or which begins at once if nobody has to, has that state. What waits for it still comes,
    /// and what it has sent stays sent. Returns the place that undoes this.
    ///
    /// # Errors
    /// As `wait_for`; `Refused` when so much of the past is not kept any more; `NotRestored`.
    pub fn restore<M>(&self, actor: Addr<M>, to: Bookmark) -> Result<Bookmark, Failed> {
        let position = self.of_this(to)?;
        self.tend(Engine::land)??;
        let found = self.past()?.folder()?.recover(Some(to.identity), self.past()?.vat, Until::Position(position))?;
        if found.image.position != position {
            return Err(Failed::Bookmark);
        }
        self.become_as(actor.as_ref(), found.image)
    }

    /// The same with what a file of `export` has of it.
    ///
    /// # Errors
    /// As `restore`, and `Export` if it is no export of this journal.
    pub fn restore_from<M>(&self, actor: Addr<M>, file: &Path) -> Result<Bookmark, Failed> {
        let (identity, _, image) = image_of(&fs::read(file)?, self.past()?.folder()?.codec()).ok_or(Failed::Export)?;
        if identity == self.past()?.identity { self.become_as(actor.as_ref(), image) } else { Err(Failed::Export) }
    }

    /// Writes all that the journal has now to a file, which must not be there yet: `import` makes a folder of it.
    ///
    /// # Errors
    /// As `bookmark`, and the system's.
    pub fn export(&self, to: &Path) -> Result<(), Failed> {
        self.export_only(to, None)
    }

    /// The same with this actor alone.
    ///
    /// # Errors
    /// As `export`; `Export` if the journal does not know it.
    pub fn export_actor<M>(&self, actor: Addr<M>, to: &Path) -> Result<(), Failed> {
        let id = actor.as_ref().actor_id().ok_or(Failed::Export)?;
        self.export_only(to, Some(peerd_vat::journal_name(id)))
    }

    fn export_only(&self, to: &Path, only: Option<Actor>) -> Result<(), Failed> {
        let past = self.past()?;
        self.tend(Engine::land)??;
        export::write(past.folder()?.recover(Some(past.identity), past.vat, Until::End)?, only, to)
    }

    fn become_as(&self, actor: Ref, image: Image) -> Result<Bookmark, Failed> {
        let identity = self.past()?.identity;
        let position = self.tend(move |engine, now| engine.restore(now, actor, &image))??;
        Ok(Bookmark { identity, position })
    }

    pub(crate) fn past(&self) -> Result<&Past, Failed> {
        self.shared.past.as_ref().ok_or(Failed::NoJournal)
    }

    pub(crate) fn of_this(&self, bookmark: Bookmark) -> Result<Position, Failed> {
        if bookmark.identity == self.past()?.identity { Ok(bookmark.position) } else { Err(Failed::Bookmark) }
    }

    /// On the vat's thread, in this one's order with what it sends.
    pub(crate) fn tend<T: Send + 'static>(&self, work: impl FnOnce(&mut Engine, Time) -> T + Send + 'static) -> Result<T, Failed> {
        let (say, heard) = mpsc::sync_channel(1);
        let work = move |engine: &mut Engine, now: Time| {
            // Nobody listens any more: it was done all the same.
            let _ = say.send(work(engine, now));
        };
        self.shared.inbox.push_always(Item::Tend(Box::new(work)));
        heard.recv().map_err(|_| Failed::Ended)
    }
}
