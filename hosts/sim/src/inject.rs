//! Crashes put into turns from outside: any behaviour can be made to fail in the middle of a day's work.
use peerd_vat::{Around, Behaviour, Crash, Cx, Rights, around};
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
        around(behaviour, Faulty { injector: self.clone() })
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
    injector: Injector,
}

impl Around for Faulty {
    fn init(&mut self, inner: &mut dyn Behaviour, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let reborn = cx.has_state();
        inner.init(args, cx)?;
        // So that the world has a ref with which it can kill. A deferred init comes by twice.
        if let (Some(book), false) = (cx.refs().first(), reborn) {
            cx.send_with(*book, HELLO, &[cx.me().lending(Rights::ALL)]);
        }
        self.injector.strike()
    }

    fn worked(&mut self) -> Result<(), Crash> {
        self.injector.strike()
    }
}
