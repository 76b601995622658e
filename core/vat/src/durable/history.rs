//! What a host that keeps the journal's files asks of the vat besides flights.
use crate::Vat;
use peerd_journal::{Place, Refused, Writer};

impl Vat {
    /// What writes the journal, to look at: which file, up to where, what of it is durable. None: this vat has no journal.
    #[must_use]
    pub fn writer(&self) -> Option<&Writer> {
        self.journal.as_ref().map(|journal| &journal.writer)
    }

    /// Goes on in another file, between two calls of `run`. Returns where the one before ends: of what is before that place a snapshot
    /// may be made (`peerd_journal::Compaction`) once the next flight has landed.
    ///
    /// # Errors
    /// `Busy` unless all that has gathered has landed, and why nothing is written any more.
    pub fn roll(&mut self) -> Result<Place, Refused> {
        self.journal.as_mut().map_or(Err(Refused::Busy), |journal| journal.writer.roll())
    }
}
