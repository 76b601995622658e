//! The outbox of the turn under way: everything it asked for, applied at commit or dropped whole.
use crate::{
    Durability, Poison, Reason, Ref, StateId, Time, Why, Words,
    behaviour::BehaviourId,
    door::Wait,
    durable::Setting,
    map::Patch,
    ready::Class,
    refs::{Key, Kind},
    slab::Handle,
};
use alloc::{borrow::Cow, collections::BTreeMap, vec::Vec};
use core::ops::Range;

/// One verb's effect. A message is written already and only waits to be sent; what is long or rare lies in the turn's lists,
/// by place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    Send {
        to: Ref,
        entry: Handle,
    },
    /// The same for a plain message to whoever lives under this key in this vat.
    Tell {
        to: Key,
        entry: Handle,
        weight: u32,
    },
    /// A user message that is about its one-shot, which is reserved.
    Call {
        to: Ref,
        entry: Handle,
    },
    Spawn {
        at: u32,
    },
    /// The same for most: an identity of its own that nobody keeps, and no other option than these.
    Bear {
        child: Key,
        init: Handle,
        behaviour: BehaviourId,
        class: Class,
        link: bool,
        monitor: Option<Key>,
    },
    Watch {
        target: Ref,
        node: Key,
        scope: Scope,
    },
    Unwatch {
        node: Key,
    },
    Demonitor {
        node: Key,
    },
    Link {
        to: Ref,
    },
    Unlink {
        to: Ref,
    },
    Trap(bool),
    Exit {
        to: Ref,
        reason: u32,
    },
    Timer {
        key: u64,
        due: Time,
    },
    CancelTimer {
        key: u64,
    },
    CancelCall {
        shot: Key,
    },
    RecoverChildren,
    Bury {
        child: Ref,
    },
    Forget {
        child: Ref,
    },
    ResumeChild {
        child: Ref,
    },
    FailChild {
        child: Ref,
    },
    Park {
        child: Ref,
    },
    Replace {
        child: Ref,
    },
    Facet {
        number: u32,
        target: Ref,
    },
    Revoke {
        facet: Ref,
    },
    Note {
        at: u32,
    },
}

const _: () = assert!(size_of::<Effect>() <= 32);

/// Where an actor puts an event of its own: both are before what has not been handled yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before what a change of the tag hands back.
    Next,
    /// After what was handed back or inserted and still waits.
    BeforeNew,
}

/// What a watch waits for the end of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Incarnation,
    Identity,
}

#[derive(Debug)]
pub(crate) struct Spawn {
    pub child: Key,
    pub birth: Birth,
    pub behaviour: Option<BehaviourId>,
    /// The behaviour's name, if there is none of that name.
    pub missing: Range<usize>,
    /// The message that its first turn handles.
    pub init: Handle,
    pub label: Range<usize>,
    pub kept_as: Range<usize>,
    pub why: Why,
    pub class: Class,
    pub memory_max: u32,
    pub faults: Option<u64>,
    pub durability: Durability,
    pub poison: Poison,
    pub link: bool,
    pub monitor: Option<Key>,
    /// The starter's call, which `init` is about.
    pub started: Option<Key>,
}

/// Whether the child's slot was reserved by this turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Birth {
    Fresh,
    /// First incarnation of a kept identity.
    Kept,
    Again,
    /// The same of one that is known by its id: who is parked stays so.
    Found,
}

impl Birth {
    pub const fn is_first(self) -> bool {
        matches!(self, Birth::Fresh | Birth::Kept)
    }
}

/// Reused from turn to turn, so that a warm kernel allocates nothing.
#[derive(Default)]
pub(crate) struct Turn {
    pub effects: Vec<Effect>,
    pub spawns: Vec<Spawn>,
    pub reasons: Vec<Reason>,
    pub notes: Vec<Option<(Cow<'static, str>, Words)>>,
    /// The new state, and the texts of spawns.
    pub bytes: Vec<u8>,
    /// Refs about to be written into a message, with what is lent of their rights.
    pub lent: Vec<Ref>,
    /// What a message that is being written has too much of for its cell. Empty between two.
    pub large: Vec<u8>,
    pub table: Vec<Ref>,
    /// Some list from `spawns` to `bytes` is not empty.
    pub listed: bool,
    /// Which of the fields from here to `read_only` are set. What most turns do, sending, sets none.
    pub touched: Touched,
    /// The state to commit, if it changed.
    pub state: Option<Range<usize>>,
    /// Where its behaviour put it, if this turn did.
    pub state_id: Option<StateId>,
    pub map: Patch,
    pub tag: Option<u32>,
    pub deferred: bool,
    /// Alarms to set and to unset.
    pub alarms: BTreeMap<u64, Option<Setting>>,
    /// Timer events of its own, by key.
    pub inserted: Vec<(u64, Place)>,
    pub stop: Option<Reason>,
    /// What whoever started this actor is told with its readiness.
    pub info: Option<Range<usize>>,
    /// The behaviour of the next turn, if there is one of the name asked for.
    pub becomes: Option<Option<BehaviourId>>,
    /// Of a turn that must not write: the state before it, where that is a value.
    pub before: Option<Vec<u8>>,
    /// Deadline of the call being handled: calls made in this turn end no later.
    pub inherited: Option<Time>,
    /// The object that the message being handled is for.
    pub object: Option<u32>,
    /// The call being handled, for the chain of calls made in this turn.
    pub handling: Key,
    /// What this turn awaits, if it does.
    pub wait: Wait,
    /// Of a shared handler: it must not write.
    pub read_only: bool,
    /// Reductions beyond the one that a turn costs.
    pub charged: u32,
    pub random: u64,
}

/// What a turn did beyond its outbox.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Touched(u8);

impl Touched {
    pub const NOTHING: Touched = Touched(0);
    /// `Turn::state_id` alone.
    pub const STATE_ID: Touched = Touched(1);
    /// `Turn::stop` alone.
    pub const STOP: Touched = Touched(2);
    /// Anything else.
    pub const MORE: Touched = Touched(4);

    pub const fn and(self, more: Touched) -> Touched {
        Touched(self.0 | more.0)
    }
}

/// Limit: what one unusually large turn may leave allocated.
const BYTES_KEPT_MAX: usize = 1 << 20;

impl Turn {
    /// Ready for a turn that handles a call, which its own calls are part of.
    pub fn begin(&mut self, random: u64, inherited: Option<Time>, handling: Key) {
        self.end();
        self.inherited = inherited;
        self.handling = handling;
        self.random = random;
    }

    /// Ready for the next turn that handles none. What it charged is still to be read.
    #[inline]
    pub fn end(&mut self) {
        debug_assert!(self.effects.is_empty(), "applied or dropped");
        if self.touched != Touched::NOTHING {
            self.reset();
        }
        if self.listed {
            self.clear();
        }
        self.inherited = None;
        self.object = None;
        self.handling = Key::NONE;
    }

    fn clear(&mut self) {
        self.listed = false;
        self.spawns.clear();
        self.reasons.clear();
        self.notes.clear();
        self.bytes.clear();
        self.bytes.shrink_to(BYTES_KEPT_MAX);
    }

    fn reset(&mut self) {
        self.touched = Touched::NOTHING;
        self.state = None;
        self.state_id = None;
        self.map.reset();
        self.tag = None;
        self.deferred = false;
        self.alarms.clear();
        self.inserted.clear();
        self.stop = None;
        self.info = None;
        self.becomes = None;
        self.before = None;
        self.read_only = false;
        self.wait.clear();
    }

    /// It neither awaits nor only reads nor sets an alarm nor becomes something else: nothing about it can be refused.
    pub fn is_plain(&self) -> bool {
        self.wait.resumes.is_empty() && !self.read_only && self.alarms.is_empty() && self.becomes.is_none()
    }

    pub fn touch(&mut self, what: Touched) {
        self.touched = self.touched.and(what);
    }

    /// Whether this turn begins the life of `child`.
    pub fn begins(&self, child: Key) -> bool {
        let bears = |effect: &Effect| matches!(effect, Effect::Bear { child: born, .. } if *born == child);
        self.spawns.iter().any(|spawn| spawn.child == child) || self.effects.iter().any(bears)
    }

    pub fn sets_timer(&self, key: u64) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Timer { key: set, .. } if *set == key))
    }

    pub fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        if bytes.is_empty() {
            return 0..0;
        }
        self.listed = true;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// Refs as they arrive: with what is lent of their rights.
    pub fn lend(&mut self, refs: &[Ref]) -> &[Ref] {
        if refs.is_empty() {
            return &[];
        }
        self.lent.clear();
        self.lent.extend(refs.iter().map(|lent| lent.lent()));
        &self.lent
    }

    /// The same of a message to this ref, with its address if it is an object's.
    pub fn lend_to(&mut self, to: Ref, refs: &[Ref]) -> &[Ref] {
        if to.kind != Kind::Object {
            return self.lend(refs);
        }
        self.lend(refs);
        if refs.is_empty() {
            self.lent.clear();
        }
        self.lent.push(to.as_address());
        &self.lent
    }

    /// Splitmix64: the stream of one turn, from its seed.
    pub fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.random)
    }
}

pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
