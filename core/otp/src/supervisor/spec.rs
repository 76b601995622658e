//! What a supervisor is told: its flags, its children, and calls to its table.
use alloc::{string::String, vec::Vec};
use peerd_vat::Reason;
use serde::{Deserialize, Serialize};

/// Arguments of a supervisor. `encode` it into `SpawnOptions::new(supervisor::NAME, &bytes)` or a `ChildSpec`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupervisorSpec {
    pub strategy: Strategy,
    /// Restarts allowed within `period_ms`; one more and it gives up.
    pub intensity: u32,
    pub period_ms: u64,
    /// Started in this order, at every start of the supervisor.
    pub children: Vec<ChildSpec>,
    /// Which of the supervisor's refs is sent an `Announcement` and the child's ref at every start of a child.
    pub announce: Option<u32>,
}

impl Default for SupervisorSpec {
    fn default() -> SupervisorSpec {
        SupervisorSpec { strategy: Strategy::OneForOne, intensity: 1, period_ms: 5_000, children: Vec::new(), announce: None }
    }
}

/// Who is restarted with a child that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    OneForOne,
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
}

impl ChildSpec {
    /// A permanent worker with 5 s to stop. A behaviour named like the supervisor's is a supervisor and may take for ever.
    #[must_use]
    pub fn new(id: &str, behaviour: &str, args: Vec<u8>) -> ChildSpec {
        let (shutdown, kind) = match behaviour {
            super::NAME => (Shutdown::Infinity, ChildKind::Supervisor),
            _ => (Shutdown::Ms(SHUTDOWN_MS), ChildKind::Worker),
        };
        ChildSpec { id: id.into(), behaviour: behaviour.into(), args, refs: None, restart: Restart::Permanent, shutdown, kind }
    }

    #[must_use]
    pub fn restart(self, restart: Restart) -> ChildSpec {
        ChildSpec { restart, ..self }
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

/// A call to a supervisor: `cx.call(supervisor, &request.encode(), &refs, ms)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The call's refs are the child's endowment. Answered `Started` with the child's ref. A start that has not settled at the
    /// call's deadline is undone.
    StartChild(ChildSpec),
    TerminateChild(String),
    RestartChild(String),
    DeleteChild(String),
    GetChildspec(String),
    WhichChildren,
    CountChildren,
}

/// The answer to a `Request`. Refs are in the reply's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Ok,
    /// The ref is the first of the table.
    Started,
    /// The child's init said that it is not wanted.
    Ignored,
    /// Newest first. The refs of the running ones, in the same order.
    Children(Vec<ChildInfo>),
    Count(Count),
    Spec(ChildSpec),
    Error(Failure),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// The ref is the first of the table.
    AlreadyStarted,
    AlreadyPresent,
    Running,
    Restarting,
    NotFound,
    StartFailed(Reason),
    /// The request could not be read.
    Malformed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildInfo {
    pub id: String,
    pub state: ChildState,
    pub kind: ChildKind,
    pub behaviour: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChildState {
    Running,
    Restarting,
    Stopped,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub specs: u32,
    pub active: u32,
    pub supervisors: u32,
    pub workers: u32,
}

/// Sent to the announce ref; the child's ref is the first of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    pub id: String,
    /// 0 at the first start.
    pub restarts: u32,
}

impl Request {
    /// The bytes of a `StartChild` of an ordinary child. Its endowment is all refs of the call.
    #[must_use]
    pub fn start(id: &str, behaviour: &str, args: Vec<u8>, restart: Restart) -> Vec<u8> {
        Request::StartChild(ChildSpec::new(id, behaviour, args).restart(restart)).encode()
    }

    #[must_use]
    pub fn terminate(id: &str) -> Vec<u8> {
        Request::TerminateChild(id.into()).encode()
    }

    #[must_use]
    pub fn delete(id: &str) -> Vec<u8> {
        Request::DeleteChild(id.into()).encode()
    }
}

macro_rules! wire {
    ($($type:ty),*) => {$(
        impl $type {
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                postcard::to_allocvec(self).expect("a plain value always encodes")
            }

            /// None: malformed bytes.
            #[must_use]
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                postcard::from_bytes(bytes).ok()
            }
        }
    )*};
}

wire!(SupervisorSpec, Request, Answer, Announcement);
