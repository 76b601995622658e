//! What system messages answer with.
use crate::{Code, Row, Time};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// An actor as the kernel knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub label: String,
    pub behaviour: String,
    pub version: u32,
    pub incarnation: u32,
    /// `runnable`, `waiting` or `suspended`.
    pub activity: String,
    pub tag: u32,
    pub turns: u64,
    pub queued: u32,
    pub queued_bytes: u32,
    pub state_bytes: u32,
}

impl Status {
    pub(crate) fn of(row: &Row, code: Code<'_>, tag: u32) -> Status {
        Status {
            label: row.label.clone(),
            behaviour: code.name.into(),
            version: code.version,
            incarnation: row.incarnation.0,
            activity: row.state.name().into(),
            tag,
            turns: row.turns,
            queued: row.queued,
            queued_bytes: row.queued_bytes,
            state_bytes: row.state_bytes,
        }
    }
}

/// What an actor did since `since`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    pub since: Time,
    pub received: u64,
    pub sent: u64,
    pub spawned: u64,
}

/// One event in an actor's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub time: Time,
    pub text: String,
}
