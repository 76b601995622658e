//! What an actor runs: an object in a table, given one event and a `Cx` per turn.
use crate::{CallId, Class, Crash, Cx, Durability, Poison, Reason, Ref, Settle, StateId, Wall, WatchId, Why};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::{cell::Cell, fmt};
use serde::{Deserialize, Serialize};

/// The code of a kind of actor.
///
/// An actor's state is either bytes in the kernel's slab (`Cx::state`, `Cx::become_state`) or a value that this object keeps
/// on a `Shelf`, named to the kernel by `Cx::keep_at`. The value is changed in place: an aborted turn ends the incarnation,
/// and its state is forgotten with it.
///
/// A turn that returns `Err` aborts: nothing it asked for happens, one report is written, and the incarnation ends with
/// `Reason::Crash`. A panic is a bug and ends the vat.
pub trait Behaviour: Send {
    /// What `spawn` names it by. With its version unique in its vat; of several versions `spawn` starts the newest.
    fn name(&self) -> &'static str;

    /// Part of the behaviour's hash: raised when the meaning of its state changes.
    fn version(&self) -> u32 {
        1
    }

    /// What its state is made of, in words that are equal when it is. Part of the behaviour's hash: code that disagrees takes no state
    /// over, also of the same version. Empty: it does not say.
    fn schema(&self) -> String {
        String::new()
    }

    /// The first turn. `cx.refs()` is the endowment. `cx.stop(Reason::Normal)` here means *ignore*: no start, no fault.
    /// `cx.defer()` here means *not ready yet*: it is called again, with the state, after the tag has changed, and whoever
    /// started this actor waits until then.
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash>;

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash>;

    /// The same as `turn` with an `Event::User` that has no refs and is no call, which most are.
    #[inline]
    fn message(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.turn(Event::User { body, refs: &[], reply: None }, cx)
    }

    /// The first turn of a later life of a durable actor, with the state of its last commit: its calls, its timers and the bonds
    /// it made itself ended with the life before. Only of a behaviour that `minds_recovery`.
    fn recovered(&mut self, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let _ = cx;
        Ok(())
    }

    /// Whether later lives begin with `recovered`, and so with a turn; else they rest until something comes.
    fn minds_recovery(&self) -> bool {
        false
    }

    /// Whether the handler of this message may begin while another one awaits that is open to such (`Open::Shared`,
    /// `Open::Predicate`). An error rejects the message with it. It must depend on nothing but the body.
    fn interleaves(&self, body: &[u8]) -> Result<bool, Crash> {
        let _ = body;
        Ok(false)
    }

    /// The last turn, when it stopped itself, or it traps exits and its parent told it to go. Not after an abort or a kill.
    fn terminate(&mut self, reason: &Reason, cx: &mut Cx<'_>) {
        let _ = (reason, cx);
    }

    /// Appends this state as bytes: to look at, to rest as, to be written down. A durable turn whose state can't be encoded is dropped.
    fn encode(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        let _ = (id, to);
        Ok(())
    }

    /// Appends bytes in which all reply refs are that this state holds: the state, or less of it.
    fn encode_held(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        self.encode(id, to)
    }

    /// Of a state that is bytes in the slab: where in it refs may lie. What is elsewhere is taken for no ref, whatever it looks like.
    fn refs_in<'a>(&self, state: &'a [u8]) -> &'a [u8] {
        state
    }

    /// Whether this state can be let go as bytes now: what is on the shelf holds nothing that `encode` does not write.
    fn can_rest(&self, id: StateId) -> bool {
        let _ = id;
        true
    }

    /// Takes up a state from bytes that `encode` wrote: on the shelf if that is where this behaviour keeps its states. What can't
    /// be decoded is an error, and nothing has changed.
    fn decode(&mut self, state: &[u8]) -> Result<Option<StateId>, Crash> {
        let _ = state;
        Ok(None)
    }

    /// The first turn of this behaviour in an actor that ran `from` until now: makes its own state of that one's. A failure
    /// leaves the actor as it was, and whoever asked for the upgrade gets the error.
    fn migrate(&mut self, state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let _ = (state, extra, cx);
        Err(Crash::new("no_migration", format!("{} knows no state of {from}", self.name())))
    }

    /// The incarnation has ended: forget its state.
    fn forget(&mut self, id: StateId) {
        let _ = id;
    }
}

/// Most names are looked up from the same place again: then there is nothing to compare.
fn is_same(a: &str, b: &str) -> bool {
    core::ptr::eq(a, b) || a == b
}

/// Which code: what an actor's state is bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Code<'a> {
    pub name: &'a str,
    pub version: u32,
}

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", self.name, self.version)
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
        /// Of `WatchOptions`, 0 if none was given.
        tag: u64,
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
    /// An alarm that was due at this time of day. `missed`: ticks that won't be told, of one that comes again and again.
    Alarm {
        key: u64,
        due: Wall,
        missed: u64,
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
    pub(crate) why: Why,
    pub(crate) class: Class,
    pub(crate) memory_max: u32,
    pub(crate) faults: Option<u64>,
    pub(crate) durability: Durability,
    pub(crate) poison: Poison,
}

/// Which identity the new incarnation gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// A new one, gone when the actor ends.
    Fresh,
    /// The one derived from (this actor's identity, this id): made the first time, the same ever after, also when this actor
    /// was itself restarted. At its incarnation's end its queue waits for the next spawn or for `bury`.
    Kept(&'a str),
    /// A new one, kept as above but derived from nothing: only the ref leads to it again.
    Own,
    /// The ended child behind this ref, whose identity was kept.
    Again(Ref),
}

impl<'a> SpawnOptions<'a> {
    #[must_use]
    pub const fn new(behaviour: &'a str, args: &'a [u8]) -> SpawnOptions<'a> {
        SpawnOptions {
            behaviour,
            args,
            refs: &[],
            label: "",
            link: false,
            monitor: false,
            identity: Identity::Fresh,
            why: Why::Unsaid,
            class: Class::Normal,
            memory_max: 0,
            faults: None,
            durability: Durability::Volatile,
            poison: Poison::Retry,
        }
    }

    /// Its turns are written down, and it outlives its vat. Started again by its owner it goes on from its last committed state,
    /// without an init.
    #[must_use]
    pub const fn durability(self, durability: Durability) -> Self {
        SpawnOptions { durability, ..self }
    }

    /// It asks for nothing but a class and bonds.
    pub(crate) fn is_plain(&self) -> bool {
        let named = !self.label.is_empty() || self.why != Why::Unsaid;
        self.durability == Durability::Volatile
            && matches!(self.identity, Identity::Fresh)
            && !named
            && self.memory_max == 0
            && self.faults.is_none()
    }

    /// Other arguments than those it was made with.
    #[must_use]
    pub const fn args(self, args: &'a [u8]) -> Self {
        SpawnOptions { args, ..self }
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

    /// How its turns stand to those of others. Holds for this incarnation.
    #[must_use]
    pub const fn class(self, class: Class) -> Self {
        SpawnOptions { class, ..self }
    }

    /// The incarnation ends `killed` after a turn that leaves more bytes than that in its state and its mailbox.
    #[must_use]
    pub const fn memory_max(self, bytes: u32) -> Self {
        SpawnOptions { memory_max: bytes, ..self }
    }

    /// When one of its turns fails it does not end but is held, its mailbox closed, and nobody is told but its parent, by this
    /// timer: see `Cx::fault`. Its state is encoded before each turn, to be had back. A failed init ends it as ever.
    #[must_use]
    pub const fn holds_faults(self, timer: u64) -> Self {
        SpawnOptions { faults: Some(timer), ..self }
    }

    #[must_use]
    pub const fn why(self, why: Why) -> Self {
        SpawnOptions { why, ..self }
    }
}

/// Where a turn came from in code: an index into the behaviour table.
pub(crate) type BehaviourId = u16;

/// The behaviours of a vat by name, apart from their code, which is busy while a turn looks another one up.
#[derive(Default)]
pub(crate) struct Names {
    /// By their id, which is theirs for good.
    codes: Vec<Code<'static>>,
    // Invariant: all of them, each once, in order of their codes.
    sorted: Vec<BehaviourId>,
    /// Where a name of this length and end was found last: most spawns in a row are of few behaviours. Past the end if none was.
    guesses: [Cell<BehaviourId>; GUESSES],
}

const GUESSES: usize = 8;

impl Names {
    /// Sorts the table too, so that no order depends on who registered first.
    ///
    /// # Panics
    /// When two behaviours have one name and version: a bug in the host's wiring.
    pub fn of(table: &mut [Box<dyn Behaviour>]) -> Names {
        table.sort_by_key(|behaviour| code(&**behaviour));
        let mut names = Names { guesses: [const { Cell::new(BehaviourId::MAX) }; GUESSES], ..Names::default() };
        for behaviour in table {
            assert!(names.add(&**behaviour), "two behaviours of one name and version, or too many of them");
        }
        names
    }

    /// Under the next id. False: it is there already, or there is no room for more.
    pub fn add(&mut self, behaviour: &dyn Behaviour) -> bool {
        let added = code(behaviour);
        let Err(at) = self.place(added) else { return false };
        // The last number is what an actor has whose code is not in the table.
        let Some(id) = BehaviourId::try_from(self.codes.len()).ok().filter(|id| *id < BehaviourId::MAX) else { return false };
        self.codes.push(added);
        self.sorted.insert(at, id);
        // It may be the newest of its name now.
        self.guesses = [const { Cell::new(BehaviourId::MAX) }; GUESSES];
        true
    }

    /// The newest version of it.
    pub fn find(&self, name: &str) -> Option<BehaviourId> {
        let last = name.as_bytes().last().copied().unwrap_or_default();
        let guess = &self.guesses[(name.len() ^ usize::from(last)) % GUESSES];
        if self.codes.get(usize::from(guess.get())).is_some_and(|code| is_same(code.name, name)) {
            return Some(guess.get());
        }
        let after = self.sorted.partition_point(|id| self.name(*id) <= name);
        let found = after.checked_sub(1).map(|at| self.sorted[at]).filter(|id| self.name(*id) == name)?;
        guess.set(found);
        Some(found)
    }

    pub fn find_code(&self, code: Code<'_>) -> Option<BehaviourId> {
        self.place(code).ok().map(|at| self.sorted[at])
    }

    /// Empty for an actor that was started with a name that is not in the table.
    pub fn name(&self, id: BehaviourId) -> &'static str {
        self.code(id).name
    }

    pub fn code(&self, id: BehaviourId) -> Code<'static> {
        self.codes.get(usize::from(id)).copied().unwrap_or_default()
    }

    fn place(&self, code: Code<'_>) -> Result<usize, usize> {
        self.sorted.binary_search_by(|id| self.code(*id).cmp(&code))
    }
}

fn code(behaviour: &dyn Behaviour) -> Code<'static> {
    Code { name: behaviour.name(), version: behaviour.version() }
}
