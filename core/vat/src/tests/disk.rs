//! What a vat's host has written and flushed: another vat begins with it.
use crate::VatId;
use alloc::{collections::BTreeMap, vec::Vec};
use peerd_journal::{File, Recovery, Until};

/// What has landed.
#[derive(Clone, Default)]
pub(crate) struct Disk(pub BTreeMap<File, Vec<u8>>);

impl Disk {
    pub fn recover(&self, vat: VatId) -> peerd_journal::Recovered {
        self.recover_until(vat, Until::End)
    }

    pub fn recover_until(&self, vat: VatId, until: Until) -> peerd_journal::Recovered {
        let listing = self.0.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
        let mut recovery = Recovery::new(None, peerd_journal::Vat(vat.0), listing, until, None);
        while let Some(read) = recovery.read() {
            let bytes = &self.0[&read.file];
            let from = bytes.len().min(read.at as usize);
            recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
        }
        recovery.finish().expect("only whole flights are on this disk")
    }
}
