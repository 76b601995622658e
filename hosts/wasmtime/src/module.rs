//! A class's code: rewritten once, compiled for quick turns at once and for slow ones when the first comes.
use crate::machine;
use peerd_guest::{Limits, Refused, Report, costs, rewrite};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// A module that may run. Clones are one.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    hash: [u8; 32],
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
        let inner =
            Inner { hash: hash(source, limits), report: rewritten.report, trap, yielding: rewritten.yielding, compiled: OnceLock::new() };
        Ok(Module(Arc::new(inner)))
    }

    /// Of the source, its limits and the table of costs: all that makes it behave as it does. For `peerd_metered::Class`.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash
    }

    #[must_use]
    pub fn report(&self) -> &Report {
        &self.0.report
    }

    pub(crate) fn trap(&self) -> &wasmtime::Module {
        &self.0.trap
    }

    pub(crate) fn yielding(&self) -> Result<&wasmtime::Module, String> {
        let compile = || wasmtime::Module::new(machine::slow_engine(), &self.0.yielding).map_err(|why| why.to_string());
        self.0.compiled.get_or_init(compile).as_ref().map_err(String::clone)
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
