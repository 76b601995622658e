//! What of a durable vat has landed, and the next vat that is made of it.
use peerd_journal::{Epoch, File, Identity, Recovered, Recovery, Refusal, Until};
use peerd_vat::{Behaviour, Config, Crash, Input, Outputs, Swap, Time, Vat, VatId};
use std::collections::BTreeMap;

const IDENTITY: Identity = Identity([7; 16]);

#[derive(Default)]
pub struct Disk(BTreeMap<File, Vec<u8>>);

/// Those that have been idle for long, of one life of a vat.
#[derive(Default)]
struct Swapped(Vec<u8>);

impl Swap for Swapped {
    fn write(&mut self, at: u64, bytes: &[u8]) -> bool {
        let (from, to) = (at as usize, at as usize + bytes.len());
        self.0.resize(self.0.len().max(to), 0);
        self.0[from..to].copy_from_slice(bytes);
        true
    }

    fn read(&self, at: u64, to: &mut [u8]) -> bool {
        let from = at as usize;
        to.copy_from_slice(&self.0[from..from + to.len()]);
        true
    }
}

impl Disk {
    pub fn open(&self, config: Config, behaviours: Vec<Box<dyn Behaviour>>) -> Result<Vat, Crash> {
        let found = self.recover(config.vat, Until::End).map_err(|why| Crash::new("journal", format!("{why:?}")))?;
        let mut vat = Vat::durable(config, behaviours, IDENTITY, found)?;
        vat.give_swap(Box::new(Swapped::default()));
        Ok(vat)
    }

    /// The same in the epoch of a lease.
    pub fn open_in(&self, epoch: u64, config: Config, behaviours: Vec<Box<dyn Behaviour>>) -> Result<Vat, String> {
        let mut found = self.recover(config.vat, Until::End).map_err(|why| format!("it does not open: {why:?}"))?;
        if found.epoch.0 > epoch {
            return Err(format!("epoch {epoch} is stale: the journal is at {}", found.epoch.0));
        }
        found.epoch = Epoch(epoch);
        let vat = Vat::durable(config, behaviours, IDENTITY, found);
        vat.map_err(|crash| format!("it does not come back: {crash:?}"))
    }

    pub fn recover(&self, vat: VatId, until: Until) -> Result<Recovered, Refusal> {
        let listing = self.0.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
        let mut recovery = Recovery::new(None, peerd_journal::Vat(vat.0), listing, until, None);
        while let Some(read) = recovery.read() {
            let bytes = &self.0[&read.file];
            let from = bytes.len().min(read.at as usize);
            recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
        }
        recovery.finish()
    }

    /// Writes and flushes all that has gathered. False: there was nothing.
    pub fn land(&mut self, vat: &mut Vat, now: Time, out: &mut Outputs) -> bool {
        let mut has_landed = false;
        while let Some(flight) = vat.flight() {
            self.0.entry(flight.file).or_default().extend_from_slice(flight.bytes);
            vat.handle(now, Input::Landed, out).expect("what has landed is always heard");
            has_landed = true;
        }
        has_landed
    }
}
