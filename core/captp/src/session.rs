//! One connection: who is at its other end, and the four tables of what each side may name.
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::auth::Proof;
use crate::dialect::Dialect;
use crate::framing::Framer;
use crate::io::{Conn, Flavour, Framing, Policy, Role, Time};
use crate::keys::{Id, Keys};
use crate::location::Location;
use crate::value::{Far, Promise, Ref};

/// A session, by a number that is never used for another.
pub(crate) type Sid = u64;

pub(crate) struct Session {
    pub conn: Conn,
    pub netlayer: usize,
    pub policy: Policy,
    pub role: Role,
    /// When it must be ready.
    pub until: Time,
    pub framer: Framer,
    /// How we write; `Either` until the first byte of theirs is there.
    pub framing: Framing,
    pub dialect: Dialect,
    pub flavour: Flavour,
    pub keys: Keys,
    pub stage: Stage,
    /// The designator that the channel has proven to be the other side's.
    pub proven: Option<String>,
    /// Where we dialled to.
    pub dialled: Option<Location>,
    pub exports: Exports,
    pub imports: BTreeMap<u64, Import>,
    pub questions: BTreeMap<u64, Promise>,
    pub question_next: u64,
    pub answers: BTreeMap<u64, Promise>,
    /// What to report as released: imports with their receipts, and questions.
    pub released: Vec<(u64, u64)>,
    pub answered: Vec<u64>,
    /// Counts that were used up by withdrawals here, each with the receiver's key if that is what it must be new for.
    pub counts: BTreeSet<(u64, Option<Id>)>,
    /// Written and not yet given to the host.
    pub out: Vec<u8>,
    pub dirty: bool,
    /// Given to the host and not yet written by it.
    pub unsent: usize,
    pub paused: bool,
    /// So much is unsent that nothing more is written: it ends before anything else is heard.
    pub choked: bool,
}

pub(crate) enum Stage {
    /// Before the hello: the netlayer's own proof.
    Proving(Proof),
    /// Ours is sent, or will be when theirs is there.
    Hello {
        sent: bool,
    },
    Ready(Them),
}

/// What a session that is ready knows of its other side and of itself.
pub(crate) struct Them {
    pub key: Id,
    pub location: Location,
    pub side: Id,
    pub our_side: Id,
    pub id: Id,
    /// Their bootstrap object: it needs no descriptor, so nothing is ever reported of it.
    pub bootstrap: Far,
    /// Found by location: claimed where that is believed, or proven.
    pub found: bool,
}

/// Something of ours that the peer can name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Bootstrap,
    /// Settles a promise; held until it did.
    Resolver(Promise),
    /// A resolver that has been used.
    Spent,
    Ref(Ref),
}

pub(crate) struct Export {
    pub target: Target,
    /// Descriptors of it that were written, less what was reported as released.
    pub count: u64,
}

/// Invariant: `by_ref` has exactly the positions of targets that are refs. Position 0 is the bootstrap object and is not in the tables.
pub(crate) struct Exports {
    pub by_position: BTreeMap<u64, Export>,
    pub by_ref: BTreeMap<Ref, u64>,
    next: u64,
}

/// Something of theirs that we can name.
pub(crate) struct Import {
    pub what: Ref,
    /// Descriptors of it that were received since it was last reported.
    pub receipts: u64,
}

impl Exports {
    pub fn new() -> Exports {
        Exports { by_position: BTreeMap::new(), by_ref: BTreeMap::new(), next: 1 }
    }

    pub fn target(&self, position: u64) -> Option<Target> {
        if position == 0 { Some(Target::Bootstrap) } else { self.by_position.get(&position).map(|export| export.target) }
    }

    /// The position to write for a reference, counted as written; and whether that is a new one.
    pub fn write(&mut self, reference: Ref) -> (u64, bool) {
        if let Some(position) = self.by_ref.get(&reference) {
            self.by_position.get_mut(position).expect("both tables agree").count += 1;
            return (*position, false);
        }
        let position = self.insert(Target::Ref(reference));
        self.by_ref.insert(reference, position);
        (position, true)
    }

    pub fn insert(&mut self, target: Target) -> u64 {
        let position = self.next;
        self.next += 1;
        self.by_position.insert(position, Export { target, count: 1 });
        position
    }

    /// The peer has let go of so many; what is now in nobody's hands. `None`: more than were ever sent.
    pub fn released(&mut self, position: u64, delta: u64) -> Option<Option<Target>> {
        let export = self.by_position.get_mut(&position)?;
        export.count = export.count.checked_sub(delta)?;
        if export.count > 0 {
            return Some(None);
        }
        let export = self.by_position.remove(&position)?;
        if let Target::Ref(reference) = export.target {
            self.by_ref.remove(&reference);
        }
        Some(Some(export.target))
    }
}

impl Session {
    pub fn them(&self) -> Option<&Them> {
        match &self.stage {
            Stage::Ready(them) => Some(them),
            Stage::Proving(_) | Stage::Hello { .. } => None,
        }
    }
}
