//! What JavaScript is told, in JSON: the head of a turn, reasons, reports.
use peerd_vat::{Reason, Report, Said, Settle};
use serde::Serialize;
use serde_json::{Value, json};

/// What a turn handles, besides the state and the message. Numbers are places in the table.
#[derive(Default, Serialize)]
pub struct Head {
    /// `start`, `message`, `reply`, `down`, `exit`, `timer`.
    pub kind: &'static str,
    pub me: u32,
    pub now: u64,
    pub seed: u32,
    pub tag: u32,
    pub marks: u32,
    /// None before the first turn has committed one.
    pub state: Option<Vec<u32>>,
    pub refs: Vec<u32>,
    /// Where a call is answered.
    pub reply: Option<u32>,
    /// The call or watch this is about.
    pub mark: Option<u32>,
    /// Whose down or exit this is.
    pub who: Option<u32>,
    pub reason: Option<Value>,
    /// Why a call failed.
    pub failed: Option<Value>,
    /// A timer's.
    pub key: Option<u64>,
}

pub fn reason(reason: &Reason) -> Value {
    match reason {
        Reason::Crash(crash) => json!({"type": "crash", "kind": crash.kind, "message": crash.message}),
        Reason::ShutdownWith(text) => json!({"type": "shutdown", "message": text}),
        Reason::Other(text) => json!({"type": "other", "message": text}),
        Reason::Normal | Reason::Shutdown | Reason::Kill | Reason::Killed | Reason::Noproc | Reason::Noconnection => {
            json!({"type": reason.to_string()})
        }
    }
}

pub fn settle(settle: &Settle) -> Value {
    match settle {
        Settle::Exit(why) => json!({"type": "exit", "reason": reason(why)}),
        other => json!({"type": other.to_string()}),
    }
}

/// A word of one's own is a reason too.
pub fn to_reason(text: &str) -> Reason {
    match text {
        "normal" => Reason::Normal,
        "shutdown" => Reason::Shutdown,
        "kill" => Reason::Kill,
        other => Reason::Other(other.into()),
    }
}

pub fn report(report: &Report) -> Value {
    let (what, message) = match &report.what {
        Said::Crashed { reason: why, last } => (reason(why), last.event.to_string()),
        Said::Note { kind, text } => (json!({"type": kind}), text.to_string()),
    };
    json!({"time": report.time.0, "actor": report.actor.to_string(), "label": report.label, "behaviour": report.behaviour, "what": what, "message": message})
}
