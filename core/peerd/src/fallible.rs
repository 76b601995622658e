//! Turns that are made to fail, so that a test sees what its actors do about it.
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use peerd_vat::{Behaviour, Code, Crash, Cx, Event, Reason, StateId};

/// Which behaviours fail in their next turn.
#[derive(Default)]
pub(crate) struct Faults {
    armed: Vec<(&'static str, Arc<AtomicBool>)>,
}

impl Faults {
    pub fn wrap(&mut self, inner: Box<dyn Behaviour>) -> Box<dyn Behaviour> {
        let armed = Arc::new(AtomicBool::new(false));
        self.armed.push((inner.name(), Arc::clone(&armed)));
        Box::new(Fallible { inner, armed })
    }

    /// False: no such behaviour was wrapped.
    pub fn arm(&self, name: &str) -> bool {
        let found = self.armed.iter().find(|(known, _)| *known == name);
        found.inspect(|(_, armed)| armed.store(true, Relaxed)).is_some()
    }
}

struct Fallible {
    inner: Box<dyn Behaviour>,
    armed: Arc<AtomicBool>,
}

impl Behaviour for Fallible {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn version(&self) -> u32 {
        self.inner.version()
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.init(args, cx)
    }

    // After the turn's work: an outbox that is full must be dropped, not one that is empty.
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.turn(event, cx)?;
        if self.armed.swap(false, Relaxed) { Err(Crash::new("injected", "a fault of the test")) } else { Ok(()) }
    }

    fn interleaves(&self, body: &[u8]) -> Result<bool, Crash> {
        self.inner.interleaves(body)
    }

    fn terminate(&mut self, reason: &Reason, cx: &mut Cx<'_>) {
        self.inner.terminate(reason, cx);
    }

    fn encode(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        self.inner.encode(id, to)
    }

    fn encode_held(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        self.inner.encode_held(id, to)
    }

    fn can_rest(&self, id: StateId) -> bool {
        self.inner.can_rest(id)
    }

    fn decode(&mut self, state: &[u8]) -> Result<Option<StateId>, Crash> {
        self.inner.decode(state)
    }

    fn migrate(&mut self, state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.migrate(state, from, extra, cx)
    }

    fn forget(&mut self, id: StateId) {
        self.inner.forget(id);
    }
}
