//! Starting and stopping a server from outside: whoever does it waits for an answer like for any other.
use crate::{registry, sys};
use alloc::string::String;
use peerd_vat::{Answer, CallId, Cx, Reason, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

/// A start under way. Keep it, and give it every reply event until it says what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Starting {
    actor: Ref,
    call: CallId,
    /// Where to look up who has the name.
    name: Option<(Ref, String)>,
    /// It is taken, and the call is the question by whom.
    taken: bool,
}

/// What came of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    Up(Ref),
    Ignored,
    /// Its name is taken, by this one.
    AlreadyStarted(Ref),
    /// It ended before it was ready. Its name is free again.
    Failed(Reason),
    /// It took too long and was killed.
    Timeout,
}

impl Starting {
    /// Spawns it, and waits this long for its init.
    pub fn begin(options: SpawnOptions<'_>, deadline_ms: u64, cx: &mut Cx<'_>) -> Starting {
        let (actor, call) = cx.start(options, deadline_ms);
        Starting { actor, call, name: None, taken: false }
    }

    /// The same for a server whose init takes this name (`Init::Named`): it settles as `AlreadyStarted` if another has it.
    pub fn begin_named(options: SpawnOptions<'_>, deadline_ms: u64, directory: Ref, name: &str, cx: &mut Cx<'_>) -> Starting {
        Starting { name: Some((directory, name.into())), ..Starting::begin(options, deadline_ms, cx) }
    }

    /// The ref is good from the beginning: what is sent to it arrives after its init.
    #[must_use]
    pub fn actor(&self) -> Ref {
        self.actor
    }

    /// None: this reply is not about the start, or it only leads to another question.
    pub fn settle(&mut self, call: CallId, result: &Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) -> Option<Started> {
        if call != self.call {
            return None;
        }
        let settle = match result {
            Ok(answer) if self.taken => {
                return Some(match registry::found(Ok(*answer)) {
                    Some(other) => Started::AlreadyStarted(other),
                    // It has ended since.
                    None => Started::Failed(Reason::ShutdownWith(registry::ALREADY_STARTED.into())),
                });
            }
            // What its init had to tell is in the answer's body.
            Ok(_) => return Some(Started::Up(self.actor)),
            Err(settle) => settle,
        };
        match (settle, &self.name) {
            (Settle::Exit(Reason::Normal), _) => Some(Started::Ignored),
            (Settle::Exit(Reason::ShutdownWith(why)), Some((directory, name))) if why == registry::ALREADY_STARTED => {
                self.call = registry::whereis(*directory, name, cx);
                self.taken = true;
                None
            }
            (Settle::Exit(reason), _) => Some(Started::Failed(reason.clone())),
            // Its init may still be going on: it must not come up unseen.
            (Settle::Timeout | Settle::Expired, _) => {
                cx.exit(self.actor, Reason::Kill);
                Some(Started::Timeout)
            }
            (Settle::Noproc, _) => Some(Started::Failed(Reason::Noproc)),
            (other, _) => Some(Started::Failed(Reason::Other(alloc::format!("{other}")))),
        }
    }
}

/// Asks a server to end with this reason, `terminate` included. Needs the control right. The call settles when it has ended:
/// read it with `stopped`. After a timeout it lives on, or ends later.
pub fn stop(server: Ref, reason: &Reason, deadline_ms: u64, cx: &mut Cx<'_>) -> CallId {
    sys::call(server, &sys::Request::Terminate(reason.clone()), deadline_ms, cx)
}

/// Whether it ended as it was asked to; and if not, how the call settled: `noproc`, `timeout`, `exit` with another reason.
pub fn stopped(result: Result<Answer<'_>, Settle>, asked: &Reason) -> Result<(), Settle> {
    match result {
        Err(Settle::Exit(reason)) if reason == *asked => Ok(()),
        Err(other) => Err(other),
        // Only what may not ask is answered at all.
        Ok(_) => Err(Settle::Revoked),
    }
}
