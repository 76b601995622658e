//! Turns that are made to fail, so that a test sees what its actors do about it.
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use peerd_vat::{Around, Behaviour, Crash, around};

/// Which behaviours fail in their next turn.
#[derive(Default)]
pub(crate) struct Faults {
    armed: Vec<(&'static str, Arc<AtomicBool>)>,
}

impl Faults {
    pub fn wrap(&mut self, inner: Box<dyn Behaviour>) -> Box<dyn Behaviour> {
        let armed = Arc::new(AtomicBool::new(false));
        self.armed.push((inner.name(), Arc::clone(&armed)));
        around(inner, Fallible { armed })
    }

    /// False: no such behaviour was wrapped.
    pub fn arm(&self, name: &str) -> bool {
        let found = self.armed.iter().find(|(known, _)| *known == name);
        found.inspect(|(_, armed)| armed.store(true, Relaxed)).is_some()
    }
}

struct Fallible {
    armed: Arc<AtomicBool>,
}

impl Around for Fallible {
    fn worked(&mut self) -> Result<(), Crash> {
        if self.armed.swap(false, Relaxed) { Err(Crash::new("injected", "a fault of the test")) } else { Ok(()) }
    }
}
