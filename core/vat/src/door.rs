//! What stands between an actor's mailbox and its turns: awaits that close it, suspension, the priority lane.
use crate::{MessageKind, entry::Entry, refs::Key, slab::Handle};
use alloc::vec::Vec;

/// What an outstanding await lets in (semantics 10.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Open {
    /// Nothing: everything waits until the await is over.
    #[default]
    Closed,
    /// This handler only reads, and so do those let in: the ones that `Behaviour::interleaves` names. A write in one is a fault.
    Shared,
    /// Messages whose call chain contains this actor.
    CallChain,
    /// Messages that `Behaviour::interleaves` names.
    Predicate,
    /// Every message.
    Reentrant,
}

/// What ends an await.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    Reply(Key),
    Timer(u64),
    Down(Key),
}

impl Resume {
    pub fn is(self, entry: Entry<'_>) -> bool {
        let about = |kind| entry.about().filter(|_| entry.kind() == kind);
        match self {
            Resume::Reply(shot) => about(MessageKind::Reply).is_some_and(|about| about.key == shot),
            Resume::Down(node) => about(MessageKind::Down).is_some_and(|about| about.key == node),
            Resume::Timer(key) => about(MessageKind::Timer).is_some_and(|about| about.word == key && about.key != Key::NONE),
        }
    }
}

/// One handler that awaits. Any of `resumes` ends it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wait {
    pub resumes: Vec<Resume>,
    pub open: Open,
    /// The call this handler is about to answer: the chain goes on from it.
    pub handling: Key,
    pub read_only: bool,
}

impl Wait {
    pub fn clear(&mut self) {
        self.resumes.clear();
        self.open = Open::Closed;
        self.handling = Key::NONE;
        self.read_only = false;
    }

    /// The call that it waits for, if nothing else can end it.
    pub fn only_call(&self) -> Option<Key> {
        match self.resumes[..] {
            [Resume::Reply(shot)] => Some(shot),
            _ => None,
        }
    }
}

/// Kept only for actors that have one of these things; `Flags::DOOR` says that it must be asked.
#[derive(Default)]
pub(crate) struct Door {
    /// Handlers that await, oldest first. Several only where the earlier ones let the later ones in.
    pub waits: Vec<Wait>,
    /// Only system messages are served.
    pub is_suspended: bool,
    /// The timer that ends the wait after a failed turn: until then what is at the head is not tried again.
    pub retry: Option<Key>,
    /// The newest entry that may be handled though the mailbox is closed.
    pub passing: Handle,
    /// While suspended: the newest system message.
    pub system: Handle,
    /// The newest message that came through a priority ref.
    pub priority: Handle,
}

impl Door {
    /// A reentrant handler that awaits closes nothing.
    pub fn is_closed(&self) -> bool {
        self.waits.iter().any(|wait| wait.open != Open::Reentrant)
    }

    /// Whether a plain mailbox would do.
    pub fn is_needless(&self) -> bool {
        self.waits.is_empty() && !self.is_shut() && self.lanes().iter().all(|lane| lane.is_none())
    }

    pub fn lanes(&self) -> [Handle; 3] {
        [self.passing, self.system, self.priority]
    }

    /// What can't come any more. A wait that has nothing else to wait for is over.
    pub fn forget(&mut self, gone: impl Fn(Resume) -> bool) {
        for wait in &mut self.waits {
            wait.resumes.retain(|resume| !gone(*resume));
        }
        self.waits.retain(|wait| !wait.resumes.is_empty());
    }

    pub fn resumed_by(&self, entry: Entry<'_>) -> Option<usize> {
        self.waits.iter().position(|wait| wait.resumes.iter().any(|resume| resume.is(entry)))
    }
}
