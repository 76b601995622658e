//! What happened, one fact at a time: the input of the transcript and of the checkers.
use crate::{ActorId, DeadClass, Reason, Ref, Time};
use alloc::{string::String, vec::Vec};

/// One line of the transcript. `actor` none is the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub time: Time,
    pub actor: Option<ActorId>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// `actor` spawned `child`, or started its next incarnation.
    Spawned { child: ActorId, incarnation: u32, behaviour: &'static str, label: String, note: String },
    /// `actor`'s turn put this in its outbox, and the turn committed.
    Sent { to: Ref, kind: MessageKind, text: Vec<u8> },
    /// `actor` began a turn with this.
    Received { from: Option<ActorId>, kind: MessageKind, text: Vec<u8>, incarnation: u32 },
    /// The turn ended well.
    Committed,
    /// Until what that turn awaits has come, `actor` handles nothing else.
    Closed,
    /// The turn failed and was dropped.
    Aborted { reason: Reason },
    /// And the incarnation did not end with it, but waits for its owner's decision.
    Held,
    /// The incarnation ended.
    Ended { incarnation: u32, reason: Reason },
    /// A message of `actor` will not be handled.
    Dead { class: DeadClass, to: Ref, kind: MessageKind, text: Vec<u8> },
    /// A library's word.
    Note { kind: String, text: String },
}

/// Semantics 5.1, as far as it is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MessageKind {
    Init,
    User,
    Reply,
    Down,
    Exit,
    Timer,
    /// Acts at admission: from now on only system messages are served.
    Suspend,
    /// Acts at admission, too.
    Resume,
    /// To look into an actor or to change what is in it.
    System,
    Upgrade,
    Passivate,
    Activate,
    /// A later life of a durable actor begins.
    Recovered,
    /// Of durable actors only.
    Alarm,
}

impl MessageKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MessageKind::Init => "init",
            MessageKind::User => "user",
            MessageKind::Reply => "reply",
            MessageKind::Down => "down",
            MessageKind::Exit => "exit",
            MessageKind::Timer => "timer",
            MessageKind::Alarm => "alarm",
            MessageKind::Suspend => "suspend",
            MessageKind::Resume => "resume",
            MessageKind::System => "system",
            MessageKind::Upgrade => "upgrade",
            MessageKind::Passivate => "passivate",
            MessageKind::Activate => "activate",
            MessageKind::Recovered => "recovered",
        }
    }

    /// Served though the actor is suspended.
    #[must_use]
    pub const fn is_system(self) -> bool {
        match self {
            MessageKind::Init | MessageKind::Recovered | MessageKind::User | MessageKind::Reply => false,
            MessageKind::Down | MessageKind::Exit | MessageKind::Timer | MessageKind::Alarm => false,
            MessageKind::Suspend | MessageKind::Resume | MessageKind::System => true,
            MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => true,
        }
    }
}
