//! A program: objects with storage and an alarm, what their handlers do, and who is called when.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub objects: Vec<Object>,
    pub handlers: Vec<Handler>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub name: char,
    /// The handlers that its alarm plays, run by run; none after the last.
    pub alarm: Vec<usize>,
}

/// What one message, or one run of an alarm, does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handler {
    /// Each is over, durable and its sends are handled before the next one begins.
    pub segments: Vec<Segment>,
    pub end: End,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    pub kind: Kind,
    pub ops: Vec<Op>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    #[default]
    Plain,
    Transaction(Fate),
    /// Of synchronous calls only.
    Synchronous(Fate),
}

/// How a transaction ends. What threw is caught, and the handler goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    Commit,
    Throw,
    Rollback,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    #[default]
    Answer,
    /// The caller is told of an error; what was done stays.
    Throw,
    /// The object's life is over, and the last segment never happened.
    Abort,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    pub act: Act,
    pub manner: Manner,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Get(String),
    GetMany(Vec<String>),
    Put(String, String),
    PutMany(Vec<(String, String)>),
    Delete(String),
    DeleteMany(Vec<String>),
    List(Range),
    DeleteAll,
    SetAlarm(When),
    GetAlarm,
    DeleteAlarm,
    /// This number goes out to the world.
    Out(u32),
    /// Another object is to play a handler.
    Tell(char, usize),
}

/// Options that change when things happen in workerd, and never what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    #[default]
    Plain,
    Awaited,
    Unconfirmed,
    NoCache,
    Concurrent,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub start: Option<String>,
    pub after: Option<String>,
    pub end: Option<String>,
    pub prefix: Option<String>,
    pub limit: Option<usize>,
    pub reverse: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Past,
    Now,
    /// In so few milliseconds that the step waits for it.
    Soon,
    /// Hours after the program's begin: not in this program's time.
    Far(u32),
}

pub const SOON_MS: u64 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The object plays the handler, and all that this leads to at once is waited for.
    Call(char, usize),
    /// All objects lose what they have in memory.
    Restart,
    /// Until no alarm is to be tried again.
    Wait,
}

impl Act {
    pub const fn writes(&self) -> bool {
        match self {
            Act::Put(..) | Act::PutMany(_) | Act::Delete(_) | Act::DeleteMany(_) | Act::DeleteAll => true,
            Act::SetAlarm(_) | Act::DeleteAlarm => true,
            Act::Get(_) | Act::GetMany(_) | Act::List(_) | Act::GetAlarm | Act::Out(_) | Act::Tell(..) => false,
        }
    }
}

impl Program {
    /// The handlers of an object's alarm.
    pub fn alarm(&self, who: char) -> &[usize] {
        self.objects.iter().find(|object| object.name == who).map_or(&[], |object| &object.alarm)
    }
}

impl End {
    pub const fn word(self) -> &'static str {
        match self {
            End::Answer => "ok",
            End::Throw => "throw",
            End::Abort => "abort",
        }
    }
}

impl Kind {
    /// What it did is undone.
    pub const fn is_undone(self) -> bool {
        matches!(self, Kind::Transaction(Fate::Throw | Fate::Rollback) | Kind::Synchronous(Fate::Throw | Fate::Rollback))
    }
}

impl When {
    pub const fn is_due(self) -> bool {
        !matches!(self, When::Far(_))
    }
}
