//! Where a system's journal is, what must be true of it, and how much of the past it keeps.
use peerd_journal::Identity;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How long one can go back (semantics 16).
const HISTORY: Duration = Duration::from_hours(30 * 24);
/// Limit: what of that is over so many bytes goes first.
const HISTORY_BYTES: u64 = 1 << 30;
/// A log that is shorter costs less than its snapshot would.
const LOG_BYTES: u64 = 8 << 20;

/// A folder of this machine for `System::open`.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) path: PathBuf,
    pub(crate) expected: Option<Identity>,
    pub(crate) history: Duration,
    pub(crate) history_bytes: u64,
    pub(crate) log_bytes: u64,
}

impl Store {
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Store {
        Store { path: path.into(), expected: None, history: HISTORY, history_bytes: HISTORY_BYTES, log_bytes: LOG_BYTES }
    }

    /// Which journal it must be, for who has kept its identity (`Handle::journal`) elsewhere: then a folder that was emptied, or one
    /// with another journal, is a loss and is refused. Without this an empty folder is a journal that begins.
    #[must_use]
    pub fn expecting(self, identity: Identity) -> Store {
        Store { expected: Some(identity), ..self }
    }

    /// So far back one can go, and over so many bytes less far: 30 days and 1 GiB if nothing is said. With nothing kept there are two
    /// snapshots and the log after the older one.
    #[must_use]
    pub fn history(self, past: Duration, bytes: u64) -> Store {
        Store { history: past, history_bytes: bytes, ..self }
    }

    /// A snapshot is made when the log is longer than the last one was, and than this: 8 MiB if nothing is said.
    #[must_use]
    pub fn compact_from(self, bytes: u64) -> Store {
        Store { log_bytes: bytes, ..self }
    }
}

impl From<&Path> for Store {
    fn from(path: &Path) -> Store {
        Store::at(path)
    }
}

impl From<&PathBuf> for Store {
    fn from(path: &PathBuf) -> Store {
        Store::at(path)
    }
}
