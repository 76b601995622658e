//! Calls to a supervisor's table, and what it answers (semantics 12.7).
use super::{BadSpec, BadTree, ChildKind, ChildSpec, Question, Restart, Rung, SupervisorSpec};
use alloc::{boxed::Box, string::String, vec::Vec};
use peerd_vat::Reason;
use serde::{Deserialize, Serialize};

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
    /// Of a `SimpleOneForOne`: a child from the template, with these bytes appended to its arguments and the call's refs to its
    /// endowment. With a key its identity survives the supervisor's restart; without, it is new.
    StartDynamic {
        args: Vec<u8>,
        key: Option<String>,
    },
    /// The call's first ref instead of an id. Only a `SimpleOneForOne` knows its children so.
    TerminateRef,
    GetChildspecOfRef,
    /// Which callback wrote the specs.
    GetCallback,
    /// Runs the callback's init anew, over these arguments or those of the start, and takes over what it says (semantics 12.8).
    /// New arguments come with the call's refs.
    Upgrade(Option<Vec<u8>>),
    /// Answered `Started` with the running child's ref and all rights over it: whoever may end a child here may look into it, too.
    GetControl(String),
}

/// The answer to a `Request`. Refs are in the reply's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Ok,
    /// The ref is the first of the table.
    Started,
    /// The same, and what the child's init had to say: see `Cx::started_with`.
    StartedWith(Vec<u8>),
    /// The child's init said that it is not wanted.
    Ignored,
    /// Newest first. The refs of the running ones, in the same order.
    Children(Vec<ChildInfo>),
    Count(Count),
    Spec(Box<ChildSpec>),
    /// The behaviour's name.
    Callback(String),
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
    /// Not for a `SimpleOneForOne`.
    SimpleOneForOne,
    /// Only for a `SimpleOneForOne`.
    NoTemplate,
    StartFailed(Reason),
    /// Of `StartChild`: nothing is kept of the child, so here is what it was.
    ChildFailed(Reason, Box<ChildSpec>),
    BadSpec(BadSpec),
    /// An upgrade's, and nothing has changed.
    BadTree(BadTree),
    /// The callback's init failed during an upgrade.
    InitFailed(Reason),
    /// The request could not be read.
    Malformed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildInfo {
    /// Empty for a child of a `SimpleOneForOne`.
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
    /// Stopped by a decision; calls to it settle `parked` until it is restarted.
    Parked,
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

wire!(SupervisorSpec, Request, Answer, Announcement, Question, Rung);
