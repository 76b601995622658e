//! Where a system's journal is, what must be true of it, and how much of the past it keeps.
use peerd_journal::{Codec, Identity, Keeping};
use peerd_seal::Key;
use peerd_vat::{Arm, Input};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A folder of this machine for `System::open`.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) path: PathBuf,
    pub(crate) expected: Option<Identity>,
    pub(crate) key: Option<Key>,
    pub(crate) waker: Option<Waker>,
    pub(crate) keeping: Keeping,
    pub(crate) swap: bool,
    /// Whoever has it is not asked: it hears of that after its next flush.
    pub(crate) is_stolen: bool,
}

impl Store {
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Store {
        Store { path: path.into(), expected: None, key: None, waker: None, keeping: Keeping::default(), swap: true, is_stolen: false }
    }

    /// Which journal it must be, for who has kept its identity (`Handle::journal`) elsewhere: then a folder that was emptied, or one
    /// with another journal, is a loss and is refused. Without this an empty folder is a journal that begins.
    #[must_use]
    pub fn expecting(self, identity: Identity) -> Store {
        Store { expected: Some(identity), ..self }
    }

    /// What is in its files is encrypted under this key (docs/journal.md, Sealed), which is kept nowhere: without it nothing of the
    /// journal can be read. A journal is sealed from its beginning or not at all; one that is not, or is under another key, is
    /// refused and stays as it is.
    #[must_use]
    pub fn sealed(self, key: [u8; Key::LENGTH]) -> Store {
        Store { key: Some(Key::new(key)), ..self }
    }

    /// Whoever starts this program when it is closed and an alarm is due: a timer of the system, say. `ask` is told the time of day at
    /// which that must be, in place of what it was told before, or that it need not be (None): before an earlier alarm is durable, and
    /// after a later one is. It runs on the vat's thread. After an error an alarm that waits for it is not set: the system ends, as it
    /// does when its disk is full.
    ///
    /// Without this, what came due while the program was closed rings when somebody opens it again.
    #[must_use]
    pub fn waker(self, ask: impl Fn(Option<SystemTime>) -> Result<(), String> + Send + Sync + 'static) -> Store {
        Store { waker: Some(Waker(Arc::new(ask))), ..self }
    }

    /// By who has a lease of it.
    pub(crate) fn stolen(self) -> Store {
        Store { is_stolen: true, ..self }
    }

    pub(crate) fn codec(&self) -> Option<Box<dyn Codec>> {
        self.key.map(Key::codec)
    }

    /// So far back one can go, and over so many bytes less far: 30 days and 1 GiB if nothing is said. With nothing kept there are two
    /// snapshots and the log after the older one.
    #[must_use]
    pub fn history(self, past: Duration, bytes: u64) -> Store {
        let past_ms = u64::try_from(past.as_millis()).unwrap_or(u64::MAX);
        Store { keeping: Keeping { past_ms, past_bytes: bytes, ..self.keeping }, ..self }
    }

    /// Actors that have been idle for long stay in memory, too. If nothing is said they are in a file of this folder meanwhile, which
    /// nobody reads after the system has gone; those of a sealed journal always stay.
    #[must_use]
    pub fn all_in_memory(self) -> Store {
        Store { swap: false, ..self }
    }

    /// A snapshot is made when the log is longer than the last one was, and than this: 8 MiB if nothing is said.
    #[must_use]
    pub fn compact_from(self, bytes: u64) -> Store {
        Store { keeping: Keeping { log_bytes: bytes, ..self.keeping }, ..self }
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

type Ask = dyn Fn(Option<SystemTime>) -> Result<(), String> + Send + Sync;

/// Starts this program when it is closed.
#[derive(Clone)]
pub(crate) struct Waker(Arc<Ask>);

impl Waker {
    pub fn ask(&self, arm: Arm) -> Input {
        let at = match arm {
            // Later than the machine's clock can say is never.
            Arm::At(due) => UNIX_EPOCH.checked_add(Duration::from_millis(due.0)),
            Arm::Never => None,
        };
        match (self.0)(at) {
            Ok(()) => Input::Armed,
            Err(why) => Input::NotArmed { why },
        }
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}
