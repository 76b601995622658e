//! Until when a shard may speak: set by who renews its lease, looked at by its thread right before something leaves.
use crate::clock::Clock;
use peerd_vat::Time;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

pub(crate) struct Gate {
    clock: Clock,
    until: AtomicU64,
}

impl Gate {
    pub fn new(clock: Clock, until: Option<Time>) -> Gate {
        Gate { clock, until: AtomicU64::new(until.map_or(0, |until| until.0)) }
    }

    /// None: not any more, or not as far as is known.
    pub fn set(&self, until: Option<Time>) {
        self.until.store(until.map_or(0, |until| until.0), SeqCst);
    }

    pub fn is_open(&self) -> bool {
        self.clock.now().0 < self.until.load(SeqCst)
    }
}
