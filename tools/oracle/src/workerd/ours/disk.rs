//! The files of one vat, in memory.
use peerd_journal::{File, Identity, Recovered, Recovery, Until, Vat};
use peerd_vat::Flight;
use std::collections::BTreeMap;

pub const VAT: Vat = Vat(1);
pub const IDENTITY: Identity = Identity([7; 16]);

#[derive(Default)]
pub struct Disk(BTreeMap<File, Vec<u8>>);

impl Disk {
    pub fn write(&mut self, flight: &Flight<'_>) {
        let file = self.0.entry(flight.file).or_default();
        assert_eq!(file.len() as u64, flight.at, "a log is only appended to");
        file.extend_from_slice(flight.bytes);
    }

    pub fn recover(&self) -> Recovered {
        let listing = self.0.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
        let known = (!self.0.is_empty()).then_some(IDENTITY);
        let mut recovery = Recovery::new(known, VAT, listing, Until::End, None);
        while let Some(read) = recovery.read() {
            let bytes = &self.0[&read.file];
            let from = bytes.len().min(read.at as usize);
            recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
        }
        recovery.finish().expect("only whole flights are on this disk")
    }
}
