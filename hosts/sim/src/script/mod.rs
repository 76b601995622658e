//! A play as data: a tree of actors, and what is done to them, step by step. A seed draws it; what fails is cut down.
//!
//! ```text
//! seed ─▶ draw ─▶ Script { tree, steps } ─▶ play: faults ─▶ heal: everything must work ─▶ verdict
//!                    ▲                                                                      │failed
//!                    └── shrink: fewer faults, fewer stimuli, fewer actors ◀────────────────┘
//! ```
mod draw;
mod heal;
mod play;
mod shrink;
mod tree;

pub use draw::Scale;
pub use shrink::shrink;
pub use tree::{Inside, Node};

use crate::{cast::Begin, fault::Fault};
use peerd_otp::supervisor::Request;
use peerd_vat::{Config, Reason};
use std::fmt;

#[derive(Clone, Debug)]
pub struct Script {
    pub top: Node,
    pub steps: Vec<Step>,
    /// Turns of one run.
    pub fuel: u64,
    pub room: Room,
    /// Some supervisors ask somebody about faults.
    pub counsel: bool,
}

/// How much a mailbox takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Ample,
    Scarce,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Fault(Fault),
    Tell {
        who: String,
        text: String,
    },
    Meet {
        who: String,
        whom: String,
    },
    Call {
        to: String,
        request: Request,
    },
    Exit {
        who: String,
        reason: Reason,
    },
    /// How its next starts go.
    Begin {
        who: String,
        begin: Begin,
    },
    Turns(u64),
    Settle,
    Pass {
        ms: u64,
    },
}

impl Script {
    #[must_use]
    pub fn config(&self) -> Config {
        match self.room {
            Room::Ample => Config::default(),
            Room::Scarce => Config { mailbox_entries_max: 24, mailbox_bytes_max: 64 << 10, ..Config::default() },
        }
    }

    #[must_use]
    pub fn faults(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Fault(_))).count()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Fault(fault) => write!(f, "fault {fault}"),
            Step::Tell { who, text } => write!(f, "tell {who} {text}"),
            Step::Meet { who, whom } => write!(f, "meet {who} {whom}"),
            Step::Call { to, request } => write!(f, "call {to} {}", crate::words::asked(request)),
            Step::Exit { who, reason } => write!(f, "exit {who} {reason}"),
            Step::Begin { who, begin } => write!(f, "begin {who} {begin:?}"),
            Step::Turns(turns) => write!(f, "turns {turns}"),
            Step::Settle => f.write_str("settle"),
            Step::Pass { ms } => write!(f, "pass {ms} ms"),
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    fuel {}, room {:?}", self.fuel, self.room)?;
        self.top.write(f, 1)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "    {step}"))
    }
}
