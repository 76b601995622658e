//! Writes and flushes what a vat's durable actors leave behind.
use crate::{
    Failed,
    folder::{Folder, Pen},
};
use peerd_journal::{Identity, Recovered, Until, Vat};
use peerd_vat::Flight;
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// While the vat is busy, what its turns leave gathers for so long: one flush is for all of it.
const WINDOW: Duration = Duration::from_millis(2);

pub(crate) struct Keeper {
    folder: Folder,
    pen: Pen,
    flushed: Instant,
}

impl Keeper {
    /// With what lies there, and the identity of a journal that begins only now.
    pub fn open(path: &Path, vat: Vat) -> Result<(Keeper, Recovered, Identity), Failed> {
        let folder = Folder::open(path)?;
        let found = folder.recover(None, vat, Until::End)?;
        let mut new = Identity::default();
        getrandom::fill(&mut new.0).expect("an operating system has randomness");
        Ok((Keeper { folder, pen: Pen::default(), flushed: Instant::now() }, found, new))
    }

    /// Whether it is time.
    pub fn is_due(&self, is_busy: bool) -> bool {
        !is_busy || self.flushed.elapsed() >= WINDOW
    }

    pub fn land(&mut self, flight: Flight<'_>) -> Result<(), Failed> {
        self.pen.land(&self.folder, flight)?;
        self.flushed = Instant::now();
        Ok(())
    }
}
