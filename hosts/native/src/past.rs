//! What handles know of the journal of their system.
use crate::{Handle, folder::Folder};
use peerd_journal::{Identity, Vat};
use std::sync::{Arc, Weak};

pub(crate) struct Past {
    pub identity: Identity,
    pub vat: Vat,
    /// Gone with the system: a handle that is left must not keep others from opening it again.
    pub folder: Weak<Folder>,
}

impl Past {
    pub fn new(vat: &peerd_vat::Vat, folder: &Arc<Folder>) -> Past {
        let header = vat.writer().expect("a vat with a keeper has a journal").header();
        Past { identity: header.identity, vat: header.vat, folder: Arc::downgrade(folder) }
    }
}

/// The journal of a system that has one. Those without answer None, or `NoJournal`.
impl Handle {
    /// Which journal it is. Kept elsewhere, it tells a store that was lost from one that never was: `Store::expecting`.
    #[must_use]
    pub fn journal(&self) -> Option<Identity> {
        self.shared.past.as_ref().map(|past| past.identity)
    }
}
