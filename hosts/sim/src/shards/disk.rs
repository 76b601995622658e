//! A shard's files, where every host can reach them. Nothing keeps a host that was an owner from writing on in its own file.
use peerd_journal::{File, Flight, Identity, Image, Recovered, Recovery, Until};
use std::collections::BTreeMap;

pub(crate) const IDENTITY: Identity = Identity([7; 16]);

#[derive(Default)]
pub(crate) struct Disk {
    files: BTreeMap<File, Vec<u8>>,
}

impl Disk {
    /// Written, and not flushed yet. Returns where the file ended before.
    pub fn write(&mut self, flight: Flight<'_>) -> (File, usize) {
        let file = self.files.entry(flight.file).or_default();
        let end = file.len();
        file.extend_from_slice(flight.bytes);
        (flight.file, end)
    }

    /// Its writer died before the flush: so much of it is there.
    pub fn tear(&mut self, file: File, length: usize) {
        if let Some(file) = self.files.get_mut(&file) {
            file.truncate(length);
        }
    }

    pub fn recover(&self, vat: u32) -> Result<Recovered, String> {
        let listing = self.files.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
        let mut recovery = Recovery::new(None, peerd_journal::Vat(vat), listing, Until::End, None);
        while let Some(read) = recovery.read() {
            let bytes = &self.files[&read.file];
            let from = bytes.len().min(read.at as usize);
            recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
        }
        recovery.finish().map_err(|why| format!("{why:?}"))
    }

    pub fn image(&self, vat: u32) -> Result<Image, String> {
        Ok(self.recover(vat)?.image)
    }
}
