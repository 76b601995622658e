//! What crosses the vat's edge: one input enum, one output enum, and what a person may see.
use crate::{ActorId, Fact, Handled, Incarnation, PortId, Reason, Ref, Settle, Time, VatId, Wall, Words};
use alloc::{borrow::Cow, string::String, sync::Arc, vec::Vec};

/// What a host may tell the vat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Starts the root actor; `refs` is all the authority it will ever be endowed with.
    Boot { behaviour: String, args: Vec<u8>, refs: Vec<Ref> },
    /// Randomness from outside. `Cx::random` is a function of it and of the turn.
    Entropy { seed: u64 },
    /// The time of day is this now: to be said before `Boot`, and when it was set. Until then it is that of the vat's own clock.
    Clock { wall: Wall },
    /// A message to an actor whose ref was handed out through a port, as were those in `refs`.
    Message { to: Ref, body: Vec<u8>, refs: Vec<Ref> },
    /// The answer to a call of a port. `to` is its `reply`.
    Reply { to: Ref, body: Vec<u8> },
    /// A call of a port that will not be answered.
    Fail { to: Ref, settle: Settle },
    /// The operator's hand: an exit signal, unlinked. Needs a ref with the control right.
    Exit { to: Ref, reason: Reason },
    /// There is a connection to this vat, whose root the greeting names: boot first. Nothing is said before both have greeted.
    LinkUp { vat: VatId },
    /// What came through it: any piece of the stream of bytes, in order.
    Link { vat: VatId, bytes: Vec<u8> },
    /// It was lost. Nothing more that came through it is brought in after this.
    LinkDown { vat: VatId },
    /// The bytes that `Vat::flight` gave are written and flushed.
    Landed,
    /// They are not: the vat is broken, see `Refused::Broken`.
    FlushFailed { why: String },
    /// The host will be started when `Vat::arm` said, and not when it was asked to before.
    Armed,
    /// It won't. If what can't be undone waits for that, the vat is broken.
    NotArmed { why: String },
    /// It was started, or reminded, as it was asked.
    Woken,
}

/// An input the vat would not take, given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The actor's mailbox is full.
    Full(Input),
    /// The journal failed, or was closed by `Vat::seal`; until reopened this vat neither commits nor speaks.
    Broken(Input),
    /// `Boot` names a behaviour that is not in the table.
    NoBehaviour(Input),
}

/// What the vat asks of its host. A host obeys and decides nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A send (`reply` none) or call through a port, released by the gate. The host answers a call by `Input::Reply` or `Fail`.
    Port { port: PortId, from: Ref, reply: Option<Ref>, body: Vec<u8>, refs: Vec<Ref>, deadline: Option<Time> },
    /// A call through a port that nobody waits for any more (cancelled, timed out, its caller ended). The host may stop work on it.
    Dropped { port: PortId, reply: Ref },
    /// Through the connection to this vat, in order, released by the gate.
    Link { vat: VatId, bytes: Vec<u8> },
    /// What came through it can't be from a vat of this installation: the host cuts it and says nothing more of it.
    LinkClosed { vat: VatId, why: &'static str },
    /// For people: a crash, or a supervisor's word.
    Report(Report),
    /// Nothing vanishes silently. Only when `Config::dead_letters` is on.
    DeadLetter(DeadLetter),
    /// The root actor ended.
    Ended { reason: Reason },
    /// What happened, as the transcript tells it. Only when `Config::trace` is on.
    Trace(Fact),
}

pub type Outputs = Vec<Output>;

/// What a `run` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    pub turns: u64,
    /// One for each turn, and what turns charged themselves.
    pub reductions: u64,
    /// Nothing more to do until an input or `wake_at`.
    pub idle: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub time: Time,
    pub actor: ActorId,
    pub incarnation: Incarnation,
    pub label: Arc<str>,
    pub behaviour: &'static str,
    pub what: Said,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// An abnormal end.
    Crashed { reason: Reason, last: Last },
    /// A library's word, such as `reached_max_restart_intensity`.
    Note { kind: Cow<'static, str>, text: Words },
}

/// What is known of an abnormal end besides its reason. Neither body nor state: they may be secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Last {
    pub event: Handled,
    /// Who waited for the answer, if that was a call.
    pub caller: Option<ActorId>,
    /// What an aborted turn had asked for, and what was dropped with it.
    pub discarded: u32,
    /// Of the encoded state, as it was at the end: to tell whether two crashes found the same.
    pub state_bytes: u32,
    pub state_hash: u64,
}

/// A message that will not be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub time: Time,
    pub class: DeadClass,
    /// None: from the host.
    pub from: Option<ActorId>,
    pub to: Ref,
    /// Bytes of the whole body.
    pub length: u32,
    /// Its beginning, for people.
    pub head: Arc<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DeadClass {
    Noproc,
    Expired,
    Overloaded,
    Crashed,
    LateReply,
    Revoked,
    VatBroken,
    Cancelled,
}

impl DeadClass {
    pub const ALL: [DeadClass; 8] = [
        DeadClass::Noproc,
        DeadClass::Expired,
        DeadClass::Overloaded,
        DeadClass::Crashed,
        DeadClass::LateReply,
        DeadClass::Revoked,
        DeadClass::VatBroken,
        DeadClass::Cancelled,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DeadClass::Noproc => "noproc",
            DeadClass::Expired => "expired",
            DeadClass::Overloaded => "overloaded",
            DeadClass::Crashed => "crashed",
            DeadClass::LateReply => "late_reply",
            DeadClass::Revoked => "revoked",
            DeadClass::VatBroken => "vat_broken",
            DeadClass::Cancelled => "cancelled",
        }
    }
}

/// Exact for ever. `sent = handled + dead + in flight`, at any time between calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Everything that was ever under way: messages, replies, signals, ticks.
    pub sent: u64,
    /// Given to a turn, acted on at admission, or handed to the host.
    pub handled: u64,
    /// By `DeadClass`.
    pub dead: [u64; DeadClass::ALL.len()],
    /// Waiting in mailboxes, deferred, or held by the gate.
    pub in_flight: u64,
    pub turns: u64,
    pub aborted: u64,
    pub spawned: u64,
    pub ended: u64,
}

impl Counters {
    #[must_use]
    pub fn dead_total(&self) -> u64 {
        self.dead.iter().sum()
    }

    #[must_use]
    pub fn balance(&self) -> bool {
        self.sent == self.handled + self.dead_total() + self.in_flight
    }
}

/// One actor, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: ActorId,
    pub parent: Option<ActorId>,
    pub label: String,
    pub behaviour: &'static str,
    pub state: Activity,
    pub incarnation: Incarnation,
    /// Entries in the mailbox, deferred ones included.
    pub queued: u32,
    pub queued_bytes: u32,
    pub state_bytes: u32,
    pub turns: u64,
    /// Lives after the first.
    pub restarts: u32,
    pub last_exit: Option<Reason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Something is queued for it.
    Runnable,
    Waiting,
    /// Only system messages are served.
    Suspended,
    /// Its turn failed, and its owner has still to decide what becomes of it.
    Faulted,
    /// Ended, its owner put off the decision.
    Parked,
    /// Ended, its identity kept for a restart its supervisor has not decided on.
    Ended,
    /// Ended for good unless its owner starts it again.
    Buried,
}

impl Activity {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Activity::Runnable => "runnable",
            Activity::Waiting => "waiting",
            Activity::Suspended => "suspended",
            Activity::Faulted => "faulted",
            Activity::Parked => "parked",
            Activity::Ended => "ended",
            Activity::Buried => "buried",
        }
    }
}
