//! What the machine is told, and what it asks for.
use alloc::string::String;
use alloc::vec::Vec;

use crate::location::Location;
use crate::value::{Object, Promise, Ref, Resolver, Value};

/// Microseconds since 1970, as the host's clock says. One that goes back is taken to stand still.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Time(pub u64);

/// A connection, by the number that its host gave it. Not used again while the machine knows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Conn(pub u64);

/// An attempt to connect, by the machine's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Dial(pub u64);

/// Who began a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// We did, as [`Output::Dial`] asked.
    Dialled(Dial),
    Accepted,
}

/// Where messages begin and end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// A stream of records, one behind the other.
    Raw,
    /// A stream of byte arrays, each a record.
    Length,
    /// As the peer's first byte says. A dialler can't wait for it, and writes [`Framing::Length`].
    Either,
    /// Each [`Input::Bytes`] and each [`Output::Send`] is one message: WebSocket, MessagePort.
    Message,
}

/// What must be shown before the hello.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Auth {
    None,
    /// The acceptor signs what the dialler drew, with the key that its designator names. Ours is made of this seed.
    WebSocket {
        seed: [u8; 32],
    },
}

/// Whether a location that a peer claims is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// It is: for tests only.
    Claimed,
    /// Only where the channel proved it.
    Proven,
}

/// Whose habits a peer has. The wire does not say it; [`crate::Peer::probe`] asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavour {
    Unknown,
    Goblins,
    Endo,
    Peerd,
}

/// One way to reach others and be reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Netlayer {
    /// Ours: as others dial it, hint for hint.
    pub location: Location,
    pub policy: Policy,
    pub framing: Framing,
    pub auth: Auth,
    /// What a peer is taken for until it is known better.
    pub flavour: Flavour,
}

/// What the host says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input<'a> {
    /// A connection stands. `netlayer` is the place in the list given to [`crate::Peer::new`]; `proven` the designator that the channel
    /// itself has proven to belong to the other side, where one does (not that of [`Auth::WebSocket`]: the machine sees to that).
    Connected { conn: Conn, netlayer: usize, role: Role, proven: Option<String> },
    /// Of a stream: any piece. With [`Framing::Message`]: one message.
    Bytes { conn: Conn, bytes: &'a [u8] },
    /// So many bytes of what [`Output::Send`] brought are out of the host's hands.
    Written { conn: Conn, bytes: usize },
    /// The connection is gone. All that was read from it must be told before, and this before a new connection of the same peer.
    Closed { conn: Conn },
    /// The connection asked for can't be made.
    NotConnected { dial: Dial },
    /// Only that time has passed.
    Tick,
}

/// What the host must do, in this order.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    Send {
        conn: Conn,
        bytes: Vec<u8>,
    },
    /// Connect, then say [`Input::Connected`] or [`Input::NotConnected`].
    Dial {
        dial: Dial,
        netlayer: usize,
        location: Location,
    },
    /// Write what was to be sent, then close. Nothing more is said of this connection, nor need be.
    Close {
        conn: Conn,
        why: String,
    },
    /// Read no more from it for now: too much is unsent.
    Pause {
        conn: Conn,
    },
    Resume {
        conn: Conn,
    },
    /// Both hellos were exchanged and are in order.
    Ready {
        conn: Conn,
        location: Location,
        proven: bool,
    },
    /// A session that was ready is over; all that depended on it has been settled.
    Ended {
        conn: Conn,
    },
    /// A call of a local object; by whom: a session, or ourselves. Calls of one object come in the order they were made through each ref.
    /// `answer`, if somebody wants to know, is settled with [`crate::Peer::settle`], in any later turn.
    Deliver {
        from: Option<Conn>,
        to: Object,
        args: Vec<Value>,
        answer: Option<Resolver>,
    },
    /// What [`crate::Peer::listen`] asked for: never a promise that is still open.
    Settled {
        promise: Promise,
        outcome: Outcome,
    },
    /// The machine holds this object no longer: no peer has it, nothing that waits mentions it.
    Dropped {
        object: Object,
    },
}

/// How a promise ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// With a value; given to [`crate::Peer::settle`] it may be a promise, which is then followed.
    Fulfilled(Value),
    Broken(Reason),
}

/// Why a promise is broken.
#[derive(Clone, PartialEq, Debug)]
pub enum Reason {
    /// The session that it depended on is over. Enliven the sturdyref again.
    Disconnected,
    /// The machine's: a call of what can't be called, a queue that is full, a dial that failed.
    Machine(&'static str),
    /// Whoever had to settle it said so. To others it goes as it is if it is a short `Text`; whoever breaks a promise leaves out paths, traces
    /// and names of other parties.
    Told(Value),
}

/// A part of what a promise will be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// A field of a struct.
    Field(String),
    /// An item of a list, from zero.
    Index(u64),
    /// What a value with this tag has in it.
    Untag(String),
}

/// Why a request of ours is not even begun. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// A ref, promise, resolver or connection that does not exist, or no longer.
    Unknown,
    /// The peer on the other side can't read such a value.
    NotPortable(&'static str),
    /// The message would be longer than any peer takes.
    TooLong,
    /// A table is full: try again when something was answered or released.
    Full(&'static str),
    /// No netlayer reaches that location.
    Unreachable,
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Outcome {
        Outcome::Fulfilled(value)
    }
}

impl From<Ref> for Value {
    fn from(reference: Ref) -> Value {
        Value::Ref(reference)
    }
}
