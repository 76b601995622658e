//! Keeps the files of a vat's journal: writes and flushes what its durable actors leave, and has snapshots made of it.
use crate::{
    Failed, Store,
    compactor::{Compactor, oldest},
    folder::{Folder, Pen},
    swap::SwapFile,
};
use peerd_journal::{Chain, Identity, Recovered, Until, Vat};
use peerd_vat::{Flight, Input};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// While the vat is busy, what its turns leave gathers for so long: one flush is for all of it.
const WINDOW: Duration = Duration::from_millis(2);

pub(crate) struct Keeper {
    folder: Arc<Folder>,
    store: Store,
    pen: Pen,
    flushed: Instant,
    chain: Chain,
    /// Bytes of log that no snapshot has yet.
    log: u64,
    /// Of the newest one.
    snapshot: u64,
    compactor: Option<Compactor>,
}

impl Keeper {
    /// With what lies there, and the identity of a journal that begins only now.
    pub fn open(store: Store, vat: Vat) -> Result<(Keeper, Recovered, Identity), Failed> {
        let folder = Arc::new(Folder::open(&store)?);
        let found = folder.recover(store.expected, vat, Until::End)?;
        let mut new = Identity::default();
        getrandom::fill(&mut new.0).expect("an operating system has randomness");
        let (log, snapshot) = found.chain.unfolded(folder.files()?);
        let (chain, flushed) = (found.chain.clone(), Instant::now());
        Ok((Keeper { folder, store, pen: Pen::default(), flushed, chain, log, snapshot, compactor: None }, found, new))
    }

    /// For actors that have been idle for long, unless all are to stay in memory. It would not be sealed.
    pub fn swap(&self) -> Result<Option<SwapFile>, Failed> {
        let is_open = self.store.swap && self.store.codec().is_none();
        is_open.then(|| SwapFile::open(&self.store.path)).transpose()
    }

    /// Others read its files while it writes them.
    pub const fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }

    /// The vat has its writer: in this file, after what was found.
    pub fn begin(&mut self, vat: &mut peerd_vat::Vat) {
        if self.store.waker.is_some() {
            vat.rely_on_wakes();
        }
        let writer = vat.writer().expect("a vat with a keeper has a journal");
        self.chain.opened(writer.header(), writer.opening().before);
    }

    /// Tells whoever starts this program when that must be, if it has changed.
    pub fn arm(&self, vat: &mut peerd_vat::Vat) -> Option<Input> {
        let waker = self.store.waker.as_ref()?;
        vat.arm().map(|arm| waker.ask(arm))
    }

    /// Whether it is time.
    pub fn is_due(&self, is_busy: bool) -> bool {
        !is_busy || self.flushed.elapsed() >= WINDOW
    }

    pub fn land(&mut self, flight: Flight<'_>) -> Result<(), Failed> {
        self.pen.land(&self.folder, flight)?;
        self.log += flight.bytes.len() as u64;
        self.flushed = Instant::now();
        Ok(())
    }

    /// A snapshot is worth its bytes. Asked when all has landed.
    pub fn wants_snapshot(&self) -> bool {
        self.compactor.is_none() && self.store.keeping.wants_snapshot(self.log, self.snapshot)
    }

    /// The vat has rolled, and the new file's opening has landed: a thread of its own folds what is before it.
    pub fn compact(&mut self, vat: &peerd_vat::Vat) {
        let writer = vat.writer().expect("a vat with a keeper has a journal");
        let Some(place) = writer.opening().before else { return };
        self.chain.opened(writer.header(), Some(place));
        let oldest = oldest(&self.folder, &self.chain, &self.store.keeping);
        self.log = 0;
        self.compactor = Some(Compactor::start(Arc::clone(&self.folder), self.chain.clone(), *writer.opening(), place, oldest));
    }

    /// Takes in what the thread has done, when it is done. One that could not do it has left the old files, and is followed by another
    /// when the log has grown by as much again.
    pub fn review(&mut self) {
        if let Some(done) = self.compactor.take_if(|compactor| compactor.is_done())
            && let Ok((compaction, bytes)) = done.join()
        {
            compaction.done(&mut self.chain);
            self.snapshot = bytes;
        }
    }
}

impl Drop for Keeper {
    /// Whoever opens the files next finds nobody at work in them.
    fn drop(&mut self) {
        if let Some(compactor) = self.compactor.take() {
            drop(compactor.join());
        }
        self.folder.leave();
    }
}
