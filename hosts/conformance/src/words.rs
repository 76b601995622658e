//! Reasons as the cases write them.
use crate::text::term;
use peerd_vat::{Crash, Reason, Settle};

/// `normal`, `shutdown(x)`, `crash(kind, message)`, or any other term.
#[must_use]
pub fn reason(word: &str) -> Reason {
    match term(word) {
        ("normal", _) | ("", _) => Reason::Normal,
        ("shutdown", "") => Reason::Shutdown,
        ("shutdown", with) => Reason::ShutdownWith(with.into()),
        ("kill", _) => Reason::Kill,
        ("killed", _) => Reason::Killed,
        ("noproc", _) => Reason::Noproc,
        ("noconnection", _) => Reason::Noconnection,
        ("crash", message) => Reason::Crash(Crash::new("crash", message)),
        _ => Reason::Other(word.into()),
    }
}

/// A crash is told as `kind(message)`, the way a library's own reasons look.
#[must_use]
pub fn told(reason: &Reason) -> String {
    match reason {
        Reason::Crash(crash) if crash.message.is_empty() => crash.kind.to_string(),
        Reason::Crash(crash) => format!("{}({})", crash.kind, crash.message),
        other => format!("{other}"),
    }
}

#[must_use]
pub fn settled(settle: &Settle) -> String {
    match settle {
        Settle::Exit(reason) => format!("exit({})", told(reason)),
        other => format!("{other}"),
    }
}
