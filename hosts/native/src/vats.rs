//! Several vats of one process, each on a thread of its own, joined by links: frames go from queue to queue.
use crate::{
    End, Handle, System,
    clock::{self, after},
    system::born,
};
use peerd_vat::{Behaviour, Config, VatId};
use std::{sync::Arc, time::Instant};

/// As many vats as there is work for cores. An actor lives in one of them and is known in any, see [`Handle::introduce`]; when a
/// vat ends, whoever watches or asks its actors from another is told `noconnection`.
///
/// Dropped, they end one after the other, the last first, each as a [`System`] does.
pub struct Vats {
    systems: Vec<System>,
}

impl Vats {
    /// Each with the supervisor and these behaviours.
    ///
    /// # Panics
    /// When two behaviours have one name, or there can be no more threads.
    #[must_use]
    pub fn new(count: u32, behaviours: impl Fn() -> Vec<Box<dyn Behaviour>>) -> Vats {
        Vats::with(Config { dead_letters: true, ..Config::default() }, count, behaviours)
    }

    /// # Panics
    /// As `new`.
    #[must_use]
    pub fn with(config: Config, count: u32, behaviours: impl Fn() -> Vec<Box<dyn Behaviour>>) -> Vats {
        let (ids, installation): (Vec<VatId>, _) = ((0..count).map(VatId).collect(), Arc::default());
        let others = |vat: VatId| ids.iter().copied().filter(|other| *other != vat).collect::<Vec<_>>();
        let mut engines: Vec<_> =
            ids.iter().map(|vat| born(Config { vat: *vat, ..config }, behaviours(), &others(*vat), &installation)).collect();
        let all: Vec<_> = engines.iter().map(|engine| Arc::clone(engine.shared())).collect();
        engines.iter_mut().for_each(|engine| engine.connect(&all));
        Vats { systems: engines.into_iter().map(System::start).collect() }
    }

    /// A way to each, in order.
    #[must_use]
    pub fn handles(&self) -> Vec<Handle> {
        self.systems.iter().map(System::handle).collect()
    }

    /// Ends all of them, the last first, within so many milliseconds altogether. How each ended, in order.
    pub fn shutdown(mut self, within_ms: u64) -> Vec<End> {
        let until = after(within_ms);
        let mut ends: Vec<End> = Vec::new();
        while let Some(system) = self.systems.pop() {
            ends.push(system.shutdown(left_ms(until)));
        }
        ends.reverse();
        ends
    }
}

fn left_ms(until: Option<Instant>) -> u64 {
    until.map_or(u64::MAX, |until| clock::left(until).map_or(0, |left| left.as_millis() as u64))
}

impl Drop for Vats {
    fn drop(&mut self) {
        while let Some(system) = self.systems.pop() {
            drop(system);
        }
    }
}
