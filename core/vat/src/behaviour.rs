//! What an actor runs: a stateless object in a table, given one event and a `Cx` per turn.
use crate::{CallId, Crash, Cx, Reason, Ref, Settle, WatchId};
use alloc::{boxed::Box, vec::Vec};

/// The code of a kind of actor. Its state is bytes in the kernel's slab; this object holds none.
///
/// A turn that returns `Err` aborts: nothing it did happens, one report is written, and the incarnation ends with
/// `Reason::Crash`. A panic is a bug and ends the vat.
pub trait Behaviour: Send + Sync {
    /// Unique in its vat; what `spawn` names it by.
    fn name(&self) -> &'static str;

    /// Part of the behaviour's hash: raised when the meaning of its state changes.
    fn version(&self) -> u32 {
        1
    }

    /// The first turn. `cx.refs()` is the endowment. `cx.stop(Reason::Normal)` here means *ignore*: no start, no fault.
    /// `cx.defer()` here means *not ready yet*: it is called again, with the state, after the tag has changed, and whoever
    /// started this actor waits until then.
    fn init(&self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash>;

    fn turn(&self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash>;

    /// The last turn, when it stopped itself, or it traps exits and its parent told it to go. Not after an abort or a kill.
    fn terminate(&self, reason: &Reason, cx: &mut Cx<'_>) {
        let _ = (reason, cx);
    }
}

/// What a turn handles.
#[derive(Debug)]
pub enum Event<'a> {
    /// A message. `refs` is its table; `reply` is set for a call: answer it now, later, or hand it on.
    User {
        body: &'a [u8],
        refs: &'a [Ref],
        reply: Option<Ref>,
    },
    /// A call of this actor settled. Comes exactly once per call, unless it was cancelled.
    Reply {
        call: CallId,
        result: Result<Answer<'a>, Settle>,
    },
    /// A watched actor ended. The last word from it.
    Down {
        watch: WatchId,
        target: Ref,
        reason: Reason,
    },
    /// An exit signal, for an actor that traps exits.
    Exit {
        from: Ref,
        reason: Reason,
    },
    Timer {
        key: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    pub body: &'a [u8],
    pub refs: &'a [Ref],
}

/// How to start an actor.
#[derive(Clone, Copy, Debug)]
pub struct SpawnOptions<'a> {
    pub(crate) behaviour: &'a str,
    pub(crate) args: &'a [u8],
    pub(crate) refs: &'a [Ref],
    pub(crate) label: &'a str,
    pub(crate) link: bool,
    pub(crate) monitor: bool,
    pub(crate) identity: Identity<'a>,
    pub(crate) note: &'a str,
}

/// Which identity the new incarnation gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// A new one, gone when the actor ends.
    Fresh,
    /// The one derived from (this actor's identity, this id): made the first time, the same ever after, also when this actor
    /// was itself restarted. At its incarnation's end its queue waits for the next spawn or for `bury`.
    Kept(&'a str),
    /// The ended child behind this ref, whose identity was kept.
    Again(Ref),
}

impl<'a> SpawnOptions<'a> {
    #[must_use]
    pub const fn new(behaviour: &'a str, args: &'a [u8]) -> SpawnOptions<'a> {
        SpawnOptions { behaviour, args, refs: &[], label: "", link: false, monitor: false, identity: Identity::Fresh, note: "" }
    }

    /// The endowment: refs the child finds in `cx.refs()` at init.
    #[must_use]
    pub const fn refs(self, refs: &'a [Ref]) -> Self {
        SpawnOptions { refs, ..self }
    }

    /// A name for people. Nothing can be looked up by it.
    #[must_use]
    pub const fn label(self, label: &'a str) -> Self {
        SpawnOptions { label, ..self }
    }

    #[must_use]
    pub const fn linked(self) -> Self {
        SpawnOptions { link: true, ..self }
    }

    /// Watches the child's incarnation from before its first turn.
    #[must_use]
    pub const fn monitored(self) -> Self {
        SpawnOptions { monitor: true, ..self }
    }

    #[must_use]
    pub const fn identity(self, identity: Identity<'a>) -> Self {
        SpawnOptions { identity, ..self }
    }

    /// Why, for the transcript: `1 of 3 in 5 s`.
    #[must_use]
    pub const fn note(self, note: &'a str) -> Self {
        SpawnOptions { note, ..self }
    }
}

/// Where a turn came from in code: an index into the behaviour table.
pub(crate) type BehaviourId = u16;

/// The behaviours of a vat. Sorted by name, so that no order depends on who registered first.
#[derive(Default)]
pub struct Behaviours {
    // Invariant: sorted by name, names unique.
    table: Vec<Box<dyn Behaviour>>,
}

impl Behaviours {
    /// # Panics
    /// When two behaviours have one name: a bug in the host's wiring.
    #[must_use]
    pub fn new(mut table: Vec<Box<dyn Behaviour>>) -> Behaviours {
        table.sort_by_key(|behaviour| behaviour.name());
        assert!(table.windows(2).all(|pair| pair[0].name() != pair[1].name()), "two behaviours of one name");
        assert!(table.len() < usize::from(BehaviourId::MAX), "too many behaviours");
        Behaviours { table }
    }

    pub(crate) fn find(&self, name: &str) -> Option<BehaviourId> {
        self.table.binary_search_by_key(&name, |behaviour| behaviour.name()).ok().map(|at| at as BehaviourId)
    }

    pub(crate) fn get(&self, id: BehaviourId) -> &dyn Behaviour {
        &*self.table[usize::from(id)]
    }

    /// Empty for an actor that was started with a name that is not in the table.
    pub(crate) fn name(&self, id: BehaviourId) -> &'static str {
        self.table.get(usize::from(id)).map_or("", |behaviour| behaviour.name())
    }
}
