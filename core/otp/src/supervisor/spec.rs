//! What a supervisor is told: its flags and its children (semantics 12.1).
//!
//! ```text
//! SupervisorSpec::one_for_all()
//!     .intensity(3, 5_000)
//!     .child(ChildSpec::new("store", "store", args).shutdown(Shutdown::Ms(1_000)))
//!     .child(ChildSpec::new("view", "view", args).restart(Restart::Transient).significant(true))
//! ```
use alloc::{string::String, vec::Vec};
use peerd_vat::{Durability, Poison};
use serde::{Deserialize, Serialize};

/// Arguments of a supervisor. `encode` it into `SpawnOptions::new(supervisor::NAME, &bytes)` or a `ChildSpec`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupervisorSpec {
    pub strategy: Strategy,
    /// Restarts allowed within `period_ms`; one more and it gives up.
    pub intensity: u32,
    pub period_ms: u64,
    pub auto_shutdown: AutoShutdown,
    /// Started in this order, at every start of the supervisor. For `SimpleOneForOne` the one template.
    pub children: Vec<ChildSpec>,
    /// Which of the supervisor's refs is sent an `Announcement` and the child's ref at every start of a child.
    pub announce: Option<u32>,
}

impl Default for SupervisorSpec {
    fn default() -> SupervisorSpec {
        SupervisorSpec::new(Strategy::OneForOne)
    }
}

impl SupervisorSpec {
    #[must_use]
    pub const fn new(strategy: Strategy) -> SupervisorSpec {
        let auto_shutdown = AutoShutdown::Never;
        SupervisorSpec { strategy, intensity: 1, period_ms: 5_000, auto_shutdown, children: Vec::new(), announce: None }
    }

    #[must_use]
    pub const fn one_for_one() -> SupervisorSpec {
        SupervisorSpec::new(Strategy::OneForOne)
    }

    #[must_use]
    pub const fn one_for_all() -> SupervisorSpec {
        SupervisorSpec::new(Strategy::OneForAll)
    }

    #[must_use]
    pub const fn rest_for_one() -> SupervisorSpec {
        SupervisorSpec::new(Strategy::RestForOne)
    }

    /// Its children are started by `Request::StartDynamic`, each from this template.
    #[must_use]
    pub fn simple_one_for_one(template: ChildSpec) -> SupervisorSpec {
        SupervisorSpec::new(Strategy::SimpleOneForOne).child(template)
    }

    #[must_use]
    pub fn intensity(self, restarts: u32, period_ms: u64) -> SupervisorSpec {
        SupervisorSpec { intensity: restarts, period_ms, ..self }
    }

    #[must_use]
    pub fn auto_shutdown(self, auto_shutdown: AutoShutdown) -> SupervisorSpec {
        SupervisorSpec { auto_shutdown, ..self }
    }

    #[must_use]
    pub fn child(mut self, child: ChildSpec) -> SupervisorSpec {
        self.children.push(child);
        self
    }

    #[must_use]
    pub fn announce(self, at: u32) -> SupervisorSpec {
        SupervisorSpec { announce: Some(at), ..self }
    }
}

/// Who is restarted with a child that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    OneForOne,
    OneForAll,
    /// Those started after it.
    RestForOne,
    /// Any number of children of one kind, without ids and without order.
    SimpleOneForOne,
}

/// Whether the supervisor ends when significant children leave by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AutoShutdown {
    Never,
    AnySignificant,
    AllSignificant,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildSpec {
    /// Unique in its supervisor; with the supervisor's identity it makes the child's, which survives restarts of both.
    pub id: String,
    pub behaviour: String,
    pub args: Vec<u8>,
    /// Which of the refs that came with this spec (the supervisor's own, or those of the call) are its endowment. None: all.
    pub refs: Option<Vec<u32>>,
    pub restart: Restart,
    pub shutdown: Shutdown,
    pub kind: ChildKind,
    /// For people and tools only.
    pub modules: Modules,
    /// Counts for `AutoShutdown`.
    pub significant: bool,
    pub on_fault: OnFault,
    pub backoff: Option<Backoff>,
    pub replace: Replace,
    /// Of a durable child each start but the first goes on from its last commit, in later lives of the vat too: its init ran once.
    /// Under `SimpleOneForOne` such a child comes back by itself, outside of the supervisor, which has forgotten it.
    pub durability: Durability,
    /// What becomes of a message on which the turns of a durable child fail.
    pub poison: Poison,
}

impl ChildSpec {
    /// A permanent worker with 5 s to stop. A behaviour named like the supervisor's is a supervisor and may take for ever.
    #[must_use]
    pub fn new(id: &str, behaviour: &str, args: Vec<u8>) -> ChildSpec {
        let worker = ChildSpec {
            id: id.into(),
            behaviour: behaviour.into(),
            args,
            refs: None,
            restart: Restart::Permanent,
            shutdown: Shutdown::Ms(SHUTDOWN_MS),
            kind: ChildKind::Worker,
            modules: Modules::Listed(Vec::from([behaviour.into()])),
            significant: false,
            on_fault: OnFault::End,
            backoff: None,
            replace: Replace::Forbidden,
            durability: Durability::Volatile,
            poison: Poison::Retry,
        };
        if behaviour == super::NAME { worker.supervisor() } else { worker }
    }

    #[must_use]
    pub fn durability(self, durability: Durability) -> ChildSpec {
        ChildSpec { durability, ..self }
    }

    #[must_use]
    pub fn poison(self, poison: Poison) -> ChildSpec {
        ChildSpec { poison, ..self }
    }

    #[must_use]
    pub fn restart(self, restart: Restart) -> ChildSpec {
        ChildSpec { restart, ..self }
    }

    #[must_use]
    pub fn shutdown(self, shutdown: Shutdown) -> ChildSpec {
        ChildSpec { shutdown, ..self }
    }

    /// It is one: counted as such, and it may take for ever to stop.
    #[must_use]
    pub fn supervisor(self) -> ChildSpec {
        ChildSpec { kind: ChildKind::Supervisor, shutdown: Shutdown::Infinity, ..self }
    }

    #[must_use]
    pub fn significant(self, significant: bool) -> ChildSpec {
        ChildSpec { significant, ..self }
    }

    /// Which of the spec's refs it is endowed with.
    #[must_use]
    pub fn refs(self, refs: &[u32]) -> ChildSpec {
        ChildSpec { refs: Some(refs.to_vec()), ..self }
    }

    #[must_use]
    pub fn modules(self, modules: Modules) -> ChildSpec {
        ChildSpec { modules, ..self }
    }

    #[must_use]
    pub fn on_fault(self, on_fault: OnFault) -> ChildSpec {
        ChildSpec { on_fault, ..self }
    }

    #[must_use]
    pub fn backoff(self, backoff: Backoff) -> ChildSpec {
        ChildSpec { backoff: Some(backoff), ..self }
    }

    #[must_use]
    pub fn replace(self, replace: Replace) -> ChildSpec {
        ChildSpec { replace, ..self }
    }
}

/// How long a worker may take to stop when its spec says nothing else.
pub const SHUTDOWN_MS: u64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Restart {
    Permanent,
    /// Restarted only after an abnormal exit.
    Transient,
    /// Never restarted; its spec is forgotten as soon as it runs.
    Temporary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shutdown {
    BrutalKill,
    /// `exit(shutdown)`, this long, then kill.
    Ms(u64),
    Infinity,
}

/// Counted apart; nothing else depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChildKind {
    Worker,
    Supervisor,
}

/// Which code a child runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Modules {
    Dynamic,
    Listed(Vec<String>),
}

/// What becomes of a child whose turn fails (semantics 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFault {
    /// It ends, as in OTP.
    End,
    /// It goes on with the state it had before the turn, at most so often within the window; then it ends.
    Resume { max: u32, window_ms: u64 },
    /// It is held until this one of the spec's refs, called with a `Question`, answers with a `Rung`, or is late.
    Ask { decider: u32, deadline_ms: u64 },
}

/// A restart waits `min` · 2ⁿ ms, at most `max`, lengthened at random by up to `jitter_percent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    pub min_ms: u64,
    pub max_ms: u64,
    pub jitter_percent: u32,
    /// So long without a fault, and n is 0 again.
    pub reset_after_ms: u64,
}

impl Backoff {
    /// Without jitter; forgotten after (min + max) / 2 without a fault.
    #[must_use]
    pub const fn new(min_ms: u64, max_ms: u64) -> Backoff {
        Backoff { min_ms, max_ms, jitter_percent: 0, reset_after_ms: min_ms.midpoint(max_ms) }
    }

    #[must_use]
    pub const fn jitter(self, percent: u32) -> Backoff {
        Backoff { jitter_percent: percent, ..self }
    }
}

/// Whether a decider may throw away the child's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Replace {
    Forbidden,
    Allowed,
}
