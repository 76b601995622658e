//! Why an actor ended, why a turn failed, how a call settled.
use alloc::{string::String, sync::Arc};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Why an incarnation ended (semantics 7.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    Normal,
    Shutdown,
    ShutdownWith(String),
    /// Only an actor that itself ended with `kill`; sent as an unlinked signal it becomes `Killed`.
    Kill,
    Killed,
    Noproc,
    Noconnection,
    Crash(Crash),
    /// Any term a library chose to exit with.
    Other(String),
}

impl Reason {
    /// Orderly = no crash report, and a transient child is not restarted.
    #[must_use]
    pub const fn is_orderly(&self) -> bool {
        match self {
            Reason::Normal | Reason::Shutdown | Reason::ShutdownWith(_) => true,
            Reason::Kill | Reason::Killed | Reason::Noproc | Reason::Noconnection | Reason::Crash(_) | Reason::Other(_) => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Normal => f.write_str("normal"),
            Reason::Shutdown => f.write_str("shutdown"),
            Reason::ShutdownWith(why) => write!(f, "shutdown({why})"),
            Reason::Kill => f.write_str("kill"),
            Reason::Killed => f.write_str("killed"),
            Reason::Noproc => f.write_str("noproc"),
            Reason::Noconnection => f.write_str("noconnection"),
            Reason::Crash(crash) => crash.fmt(f),
            Reason::Other(term) => f.write_str(term),
        }
    }
}

/// A failed turn, returned by the behaviour: what its supervisor is told. Its texts are shared: callers and readers of reports
/// are told, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// A short word to tell crashes apart by: `bad_args`, `decode`, `invariant`.
    pub kind: Arc<str>,
    pub message: Arc<str>,
}

impl Crash {
    #[must_use]
    pub fn new(kind: &str, message: impl Into<Arc<str>>) -> Crash {
        Crash { kind: kind.into(), message: message.into() }
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crashed {:?}", self.message)
    }
}

/// How a call settled when it was not answered (semantics 10.1). `Timeout` means unknown outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settle {
    Timeout,
    Noproc,
    Noconnection,
    /// The actor that held the call ended.
    Exit(Reason),
    /// The actor that held the call let it drop.
    Noreply,
    Overloaded,
    Deadlock,
    CallingSelf,
    /// The ref lacked the right, or its facet was revoked.
    Revoked,
    Parked,
    Expired,
}

impl fmt::Display for Settle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Settle::Timeout => "timeout",
            Settle::Noproc => "noproc",
            Settle::Noconnection => "noconnection",
            Settle::Exit(reason) => return write!(f, "exit({reason})"),
            Settle::Noreply => "noreply",
            Settle::Overloaded => "overloaded",
            Settle::Deadlock => "deadlock",
            Settle::CallingSelf => "calling_self",
            Settle::Revoked => "revoked",
            Settle::Parked => "parked",
            Settle::Expired => "expired",
        })
    }
}
