//! A program: a tree of supervisors and workers whose behaviour is fixed beforehand, and what is done to it.
use peerd_otp::supervisor::{AutoShutdown, ChildKind, Restart, Shutdown, Strategy};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Parents before their children, siblings in start order. The first one is the top.
    pub nodes: Vec<Node>,
    pub steps: Vec<Step>,
}

/// A child spec and the script of who is started by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its path, `t.b.c`; behind a slash the variant, where one path has several specs.
    pub key: String,
    pub restart: Restart,
    pub shutdown: Shutdown,
    pub kind: ChildKind,
    pub significant: bool,
    pub body: Body,
    /// How each of its lives begins; the last one repeats.
    pub outcomes: Vec<Outcome>,
    /// Not in the tree from the beginning: for `start` and `upgrade`.
    pub dormant: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    Worker(Manner),
    Supervisor(Flags),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    pub strategy: Strategy,
    pub intensity: u32,
    pub period_s: u64,
    pub auto: AutoShutdown,
}

/// What a worker does when it is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Does not trap exits.
    Soft,
    /// The same, and unlinks itself from its supervisor.
    Unlinked,
    Quick,
    Slow,
    /// Exits with another, abnormal reason.
    Odd,
    /// Exits `normal`.
    Calm,
    Deaf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    Info,
    Ignore,
    Error,
    Crash,
    /// The start gives something that is no outcome.
    Value,
    LateOk,
    LateError,
}

impl Outcome {
    pub const fn runs(self) -> bool {
        matches!(self, Outcome::Ok | Outcome::Info | Outcome::LateOk)
    }

    pub const fn is_late(self) -> bool {
        matches!(self, Outcome::LateOk | Outcome::LateError)
    }
}

/// How long a slow worker takes to stop, and a late one to start.
pub const SLOW_MS: u64 = 120;
pub const LATE_MS: u64 = 90;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub act: Act,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Waits until nothing more happens.
    Settle,
    /// The next step follows at once.
    GoOn,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Starts the top, if it is gone.
    Up,
    /// The top's parent tells it to go.
    Shut,
    Advance(u64),
    /// A worker is told to end with this reason.
    End(String, Why),
    Kill(String),
    /// A stranger's exit signal.
    Exit(String, Why),
    /// Calls to a supervisor. The path is the child's; the supervisor is the one above.
    Start(String),
    Restart(String),
    Terminate(String),
    Delete(String),
    Spec(String),
    /// Of the simple supervisor of this path, a child of this number.
    New(String, u32),
    /// The supervisor, and whose ref.
    TerminateRef(String, String),
    SpecRef(String, String),
    /// The supervisor, and its new flags and children by id and variant. None: ignore.
    Upgrade(String, Option<(Flags, Vec<String>)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Normal,
    Shutdown,
    ShutdownX,
    Died,
    Crash,
    /// Of its own accord, as `exit(kill)`.
    Kill,
}

impl Node {
    pub fn path(&self) -> &str {
        path_of(&self.key)
    }

    pub fn id(&self) -> &str {
        id_of(self.path())
    }

    pub fn flags(&self) -> Option<&Flags> {
        match &self.body {
            Body::Supervisor(flags) => Some(flags),
            Body::Worker(_) => None,
        }
    }

    pub fn outcome(&self, life: u32) -> Outcome {
        self.outcomes[(life as usize).min(self.outcomes.len()) - 1]
    }
}

impl Program {
    pub fn node(&self, key: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.key == key)
    }

    pub fn flags(&self, path: &str) -> Option<&Flags> {
        self.node(path).and_then(Node::flags)
    }

    pub fn is_simple(&self, path: &str) -> bool {
        self.flags(path).is_some_and(|flags| flags.strategy == Strategy::SimpleOneForOne)
    }

    /// The keys of those that a supervisor starts with.
    pub fn children<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().filter(move |node| !node.dormant && node.key != TOP && above(node.path()) == path)
    }
}

pub const TOP: &str = "t";

pub fn path_of(key: &str) -> &str {
    key.split_once('/').map_or(key, |(path, _)| path)
}

/// The path of the supervisor.
pub fn above(path: &str) -> &str {
    path.rsplit_once('.').map_or("-", |(above, _)| above)
}

pub fn id_of(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, id)| id)
}
