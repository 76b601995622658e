//! Crashes put into turns from outside: any behaviour can be made to fail in the middle of a day's work.
use peerd_vat::{Behaviour, Code, Crash, Cx, Event, Reason, Rights, StateId};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// What everybody in a world says at birth, with a ref to itself.
pub(crate) const HELLO: &[u8] = b"hello";

/// Shared by a world and its behaviours. Counts down the turns to the next injected crash.
#[derive(Clone, Default)]
pub struct Injector {
    /// 0: none is coming.
    turns_left: Arc<AtomicU64>,
    /// The same, to the next panic.
    panic_left: Arc<AtomicU64>,
    panicked: Arc<AtomicBool>,
}

impl Injector {
    /// The `turns`-th turn from now fails, after it has done all its work.
    pub fn crash_in(&self, turns: u64) {
        self.turns_left.store(turns, Relaxed);
    }

    /// The `turns`-th turn from now is a bug: whatever it and the others of its run have to say, the worker ends with it.
    pub fn panic_in(&self, turns: u64) {
        self.panic_left.store(turns, Relaxed);
    }

    /// Since it was last asked.
    #[must_use]
    pub fn has_panicked(&self) -> bool {
        self.panicked.swap(false, Relaxed)
    }

    pub fn heal(&self) {
        self.turns_left.store(0, Relaxed);
        self.panic_left.store(0, Relaxed);
    }

    #[must_use]
    pub fn wrap(&self, behaviour: Box<dyn Behaviour>) -> Box<dyn Behaviour> {
        Box::new(Faulty { inner: behaviour, injector: self.clone() })
    }

    fn strike(&self) -> Result<(), Crash> {
        if counts_out(&self.panic_left) {
            self.panicked.store(true, Relaxed);
            return Err(Crash::new("panic", "panic"));
        }
        if counts_out(&self.turns_left) { Err(Crash::new("injected", "injected")) } else { Ok(()) }
    }
}

/// One less, and this was the last one.
fn counts_out(left: &AtomicU64) -> bool {
    let turns = left.load(Relaxed);
    left.store(turns.saturating_sub(1), Relaxed);
    turns == 1
}

struct Faulty {
    inner: Box<dyn Behaviour>,
    injector: Injector,
}

impl Behaviour for Faulty {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn version(&self) -> u32 {
        self.inner.version()
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let reborn = cx.has_state();
        self.inner.init(args, cx)?;
        // So that the world has a ref with which it can kill. A deferred init comes by twice.
        if let (Some(book), false) = (cx.refs().first(), reborn) {
            cx.send_with(*book, HELLO, &[cx.me().lending(Rights::ALL)]);
        }
        self.injector.strike()
    }

    // Why after the turn's work: an outbox that is full must be dropped, not one that is empty.
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.turn(event, cx)?;
        self.injector.strike()
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

    fn interleaves(&self, body: &[u8]) -> Result<bool, Crash> {
        self.inner.interleaves(body)
    }

    fn forget(&mut self, id: StateId) {
        self.inner.forget(id);
    }
}
