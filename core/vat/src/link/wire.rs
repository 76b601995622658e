//! What is said through a link: frames, in the order of their numbers.
use crate::{Reason, Settle, VatId, refs::Key};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Raised when the meaning of a frame changes: vats of two versions don't greet.
pub(crate) const VERSION: u16 = 3;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Frame<'a> {
    /// The first frame of each side.
    Hello(Hello),
    /// From one actor to another. `from` without a key: from the vat itself.
    Word {
        from: Name,
        to: Name,
        rights: u8,
        #[serde(borrow)]
        word: Word<'a>,
    },
    /// This much more may be sent to `to`. Less than none when a connection begins and its mailbox still has old messages.
    Credit { to: Key, entries: i32, bytes: i64 },
    /// The sender has given back so many copies of its ref to this actor of the receiver.
    Returned { actor: Key, copies: u32 },
    /// To be carried to a vat that the receiver is connected to.
    Carry {
        to: VatId,
        #[serde(borrow)]
        piece: Piece<'a>,
    },
    /// Carried for a vat that the sender is connected to.
    Carried {
        from: VatId,
        #[serde(borrow)]
        piece: Piece<'a>,
    },
    /// The sender has lent its ref to this actor of the receiver to a third vat.
    Shared { actor: Key, with: VatId, rights: u8 },
    /// From one durable actor to another. It is sent again, over connections and lives of both vats, until it is acknowledged.
    Letter {
        id: LetterId,
        /// The one before it that is not acknowledged either.
        after: Option<LetterId>,
        from: Name,
        to: Key,
        rights: u8,
        #[serde(borrow)]
        body: &'a [u8],
        refs: Vec<Sent>,
    },
    /// Up to this one the receiver knows all letters, whatever becomes of it.
    Received { upto: LetterId },
    /// All letters that are not acknowledged: one is missing.
    Again,
}

/// The sending vat's epoch, and a number in it: they only rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct LetterId {
    pub epoch: u64,
    pub seq: u64,
}

/// Of a connection that a third vat carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Piece<'a> {
    Begin,
    Bytes(&'a [u8]),
    End,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub version: u16,
    pub vat: VatId,
    pub epoch: u64,
    /// Whom it takes the receiver for: the vat, and its newest epoch that it has met.
    pub to: VatId,
    pub met: Option<u64>,
    /// The number before its next frame's.
    pub said: u64,
    pub root: Option<Key>,
}

/// An actor as its own vat knows it: a sender's life, or the life that a ref is pinned to; 0 for whichever lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Name {
    pub key: Key,
    pub incarnation: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word<'a> {
    User {
        body: &'a [u8],
        refs: Vec<Sent>,
        call: Option<Call>,
        chain: Vec<Above>,
    },
    Answer {
        shot: Key,
        body: &'a [u8],
        refs: Vec<Sent>,
    },
    /// The holder of this reply ref has none any more.
    Failed {
        shot: Key,
        settle: Settle,
    },
    Link,
    /// Answered by `Unlinked`. What the receiver said of this link before that means nothing any more.
    Unlink {
        id: u64,
    },
    Unlinked {
        id: u64,
    },
    Monitor {
        watch: Key,
        identity: bool,
    },
    Demonitor {
        watch: Key,
    },
    Exit {
        reason: Reason,
        linked: bool,
    },
    Down {
        watch: Key,
        reason: Reason,
    },
    /// Of the kernel's side of an actor, asked as the kernel writes it.
    System {
        body: &'a [u8],
        call: Call,
    },
}

/// A call's reply ref: how its vat names it, and how many milliseconds it still waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub shot: Key,
    pub left_ms: u64,
}

/// A call that the sender of a message was handling, or one above that, innermost first: to tell that a call comes back to whom
/// it is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Above {
    pub vat: VatId,
    pub epoch: u64,
    pub shot: Key,
}

/// A ref in a message's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Sent {
    /// To an actor, a port or a facet of the sender.
    Mine { actor: Name, rights: u8 },
    /// To an actor of the receiver: it comes home.
    Yours { actor: Name, rights: u8 },
    /// To an actor of a third vat.
    Theirs { vat: VatId, epoch: u64, actor: Name, rights: u8 },
    /// To one answer. The sender passes it on if the call is not its own.
    Reply { call: Call, caller: Key },
    /// A ref that is dead already.
    Dead,
}
