//! What a peer did that ends its session, and how it is told.
use peerd_syrup::Malformed;

/// Why a session is ended from our side. Each is counted by the host, by its text; none carries a word of what was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    NotSyrup,
    Malformed(Malformed),
    TooLong,
    /// A known record with other fields than it has.
    Shape(&'static str),
    UnknownOp,
    UnknownPosition,
    AnswerReused,
    TooMany(&'static str),
    /// A report of more than we ever sent.
    Overreleased,
    /// Before the session is ready.
    Hello(&'static str),
    SecondHello,
    Crossed,
    Duplicate,
    TooSlow,
    Unread,
}

impl Fault {
    pub fn text(self) -> &'static str {
        match self {
            Fault::NotSyrup => "no message begins like this",
            Fault::Malformed(why) => match why {
                Malformed::Short => "a message that ends too early",
                Malformed::Byte => "a byte that begins no value",
                Malformed::Number => "a number that is not canonical or too long",
                Malformed::Nan => "a NaN that is not the canonical one",
                Malformed::Utf8 => "a string that is not UTF-8",
                Malformed::Bracket => "brackets that do not match",
                Malformed::Keys => "keys that are repeated or not sorted",
                Malformed::Deep => "values nested too deeply",
                Malformed::Long => "too many values in one message",
                Malformed::Trailing => "bytes behind the message",
            },
            Fault::TooLong => "a message that is too long",
            Fault::Shape(what) | Fault::TooMany(what) | Fault::Hello(what) => what,
            Fault::UnknownOp => "an unknown operation",
            Fault::UnknownPosition => "a position that is not in use",
            Fault::AnswerReused => "an answer position that is in use",
            Fault::Overreleased => "more released than was sent",
            Fault::SecondHello => "a second op:start-session",
            Fault::Crossed => "crossed hellos: the other connection is kept",
            Fault::Duplicate => "there is a session with this peer already",
            Fault::TooSlow => "no session within the time allowed",
            Fault::Unread => "too much that was not read",
        }
    }
}

impl From<Malformed> for Fault {
    fn from(why: Malformed) -> Fault {
        Fault::Malformed(why)
    }
}
