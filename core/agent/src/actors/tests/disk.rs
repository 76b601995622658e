//! A disk for the vat's journal, in memory: what has landed on it is there for the next life.
use super::super::behaviours;
use alloc::{collections::BTreeMap, vec::Vec};
use peerd_journal::{File, Identity, Recovery, Until};
use peerd_vat::{Config, Input, Outputs, Time, Vat, VatId};

#[derive(Clone, Default)]
pub struct Disk(BTreeMap<File, Vec<u8>>);

impl Disk {
    /// The next life of the vat whose journal this is.
    pub fn open(&self) -> Vat {
        let listing = self.0.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
        let mut recovery = Recovery::new(None, peerd_journal::Vat(1), listing, Until::End, None);
        while let Some(read) = recovery.read() {
            let bytes = &self.0[&read.file];
            let from = bytes.len().min(read.at as usize);
            recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
        }
        let found = recovery.finish().expect("only whole flights are on this disk");
        let config = Config { vat: VatId(1), ..Config::default() };
        Vat::durable(config, behaviours(), Identity([9; 16]), found).expect("the same code")
    }

    /// Writes what has gathered; false: nothing had.
    pub fn write(&mut self, vat: &mut Vat) -> bool {
        let Some(flight) = vat.flight() else { return false };
        self.0.entry(flight.file).or_default().extend_from_slice(flight.bytes);
        true
    }

    /// The same, and the vat hears of it.
    pub fn land(&mut self, vat: &mut Vat, now: Time, out: &mut Outputs) -> bool {
        let is_written = self.write(vat);
        if is_written {
            vat.handle(now, Input::Landed, out).expect("taken");
        }
        is_written
    }
}
