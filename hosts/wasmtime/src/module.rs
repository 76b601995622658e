//! A class's code: rewritten once, compiled for quick turns at once and for slow ones when the first comes. Classes that differ in how their
//! memory is before a turn, and in nothing else, share it.
use crate::{machine, quick};
use peerd_guest::{Limits, Refused, Report, costs, rewrite};
use peerd_metered::{Outcome, Product};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// A module that may run. Clones are one.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    hash: [u8; 32],
    code: Arc<Code>,
    /// Its memory before a turn. None: as it is after instantiation.
    image: Option<Vec<u8>>,
}

struct Code {
    report: Report,
    trap: wasmtime::Module,
    yielding: Vec<u8>,
    compiled: OnceLock<Result<wasmtime::Module, String>>,
}

/// Why a source is no module that may run.
#[derive(Debug)]
pub enum NotLoaded {
    /// It is not what a guest may be.
    Refused(Refused),
    /// Wasmtime would not compile what passed the verifier.
    Engine(String),
}

impl fmt::Display for NotLoaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotLoaded::Refused(why) => why.fmt(f),
            NotLoaded::Engine(why) => write!(f, "wasmtime: {why}"),
        }
    }
}

impl std::error::Error for NotLoaded {}

impl Module {
    /// # Errors
    /// As the enum says; nothing of it has run.
    pub fn load(source: &[u8], limits: &Limits) -> Result<Module, NotLoaded> {
        let rewritten = rewrite(source, limits).map_err(NotLoaded::Refused)?;
        let trap = wasmtime::Module::new(machine::quick_engine(), &rewritten.trap).map_err(|why| NotLoaded::Engine(why.to_string()))?;
        let code = Code { report: rewritten.report, trap, yielding: rewritten.yielding, compiled: OnceLock::new() };
        Ok(Module(Arc::new(Inner { hash: hash(source, limits), code: Arc::new(code), image: None })))
    }

    /// A class of the same code whose memory is, before each turn, what it is after one with this message and an empty state; and what that
    /// turn left. The message is part of its hash.
    ///
    /// # Errors
    /// When the turn ends in another way, or has changed what is not memory.
    pub fn prepared(&self, message: &[u8]) -> Result<(Module, Product), (Outcome, Product)> {
        let mut product = Product::default();
        let image = quick::after(self, message, &mut product).map_err(|outcome| (outcome, std::mem::take(&mut product)))?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"peerd guest 1, prepared");
        hasher.update(&self.0.hash);
        hasher.update(message);
        let inner = Inner { hash: *hasher.finalize().as_bytes(), code: self.0.code.clone(), image: Some(image) };
        Ok((Module(Arc::new(inner)), product))
    }

    /// Of the source, its limits and the table of costs: all that makes it behave as it does. For `peerd_metered::Class`.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash
    }

    #[must_use]
    pub fn report(&self) -> &Report {
        &self.0.code.report
    }

    pub(crate) fn image(&self) -> Option<&[u8]> {
        self.0.image.as_deref()
    }

    pub(crate) fn trap(&self) -> &wasmtime::Module {
        &self.0.code.trap
    }

    pub(crate) fn yielding(&self) -> Result<&wasmtime::Module, String> {
        let compile = || wasmtime::Module::new(machine::slow_engine(), &self.0.code.yielding).map_err(|why| why.to_string());
        self.0.code.compiled.get_or_init(compile).as_ref().map_err(String::clone)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("report", self.report()).finish_non_exhaustive()
    }
}

fn hash(source: &[u8], limits: &Limits) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"peerd guest 1");
    hasher.update(&costs::VERSION.to_le_bytes());
    hasher.update(&limits.to_bytes());
    hasher.update(source);
    *hasher.finalize().as_bytes()
}
