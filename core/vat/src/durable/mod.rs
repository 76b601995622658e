//! Durable actors: what their turns leave in the journal, and how they come back from it.
//!
//! ```text
//! turn ─▶ record ─▶ Writer ─▶ Flight ─▶ host writes and flushes ─▶ Landed ─▶ gate
//!          └▶ then its effects, stamped with it
//! Recovered ─▶ slots under the same keys, states as bytes, mailboxes ─▶ their next lives
//! ```
mod alarm;
mod calls;
mod commit;
pub mod deeds;
mod foreign;
mod history;
mod kept;
mod map;
mod outbox;
mod poison;
mod replace;
mod restore;
mod retry;
mod seal;
mod state;
mod wake;

use crate::{Class, Config, Crash, Durability, Vat, VatId, behaviour::BehaviourId, refs::Key, slab::Handle, swap::StoredLasting};
use alloc::{borrow::Cow, boxed::Box, collections::VecDeque, vec::Vec};
use commit::refused;
use kept::Place;
use peerd_journal::{Actor, Code, Hash, Id, Identity, Opening, Record, Recovered, Writer};
use restore::Orphans;
use serde::{Deserialize, Serialize};

pub(crate) use alarm::{Alarms, Own, Setting, Tick};
pub(crate) use foreign::Foreign;
pub use history::{NotRestored, journal_label, journal_name};
pub(crate) use outbox::Letter;
pub use peerd_journal::{Every, Flight, Missed, Position};
pub use poison::Poison;
pub(crate) use poison::Verdict;
pub(crate) use retry::{Blame, Tries};
pub use seal::NotSealed;
pub use wake::Arm;
use wake::Wake;

/// The journal of a vat that has one.
pub(crate) struct Journal {
    pub writer: Writer,
    changes: peerd_journal::List,
    /// Messages of the turn at hand that go to durable actors, and which of its changes each is.
    sent: Vec<(Handle, u32)>,
    /// Of the turn at hand, and for which vats.
    letters: VecDeque<(VatId, Vec<u8>)>,
    /// Of the turn at hand, if a behaviour has it on its shelf.
    state: Vec<u8>,
    /// Alarms that the turn at hand sets or unsets.
    alarms: Vec<(u64, Option<Setting>)>,
    /// By behaviour.
    hashes: Vec<Hash>,
    /// Whom volatile owners kept that have not come back yet.
    orphans: Orphans,
    /// None: nobody starts the host.
    wake: Option<Wake>,
    /// Its last record is written.
    is_sealed: bool,
}

/// Limit: what may gather between two flights before turns wait for the next.
const GATHERED_MAX: usize = 8 << 20;

/// What a durable actor has beside others.
pub(crate) struct Lasting {
    pub durability: Durability,
    /// What runs it, as the journal has it, unless that is not in the table.
    behaviour: BehaviourId,
    foreign: Option<Box<Foreign>>,
    /// Its newest turn that was recorded, over all its lives. 0: the journal does not know it.
    pub turn: u64,
    /// Its tag after that.
    pub tag: u32,
    /// Its state after that while it is on a shelf.
    pub state: Vec<u8>,
    /// As the journal has them.
    options: Box<[u8]>,
    /// Its state was given up, and no turn has left another since.
    is_blank: bool,
    /// What other vats may have been lent of its rights, in any life.
    pub lent: u8,
    /// The journal knows that its last life is over, and of no later one.
    pub is_over: bool,
    /// Its life went on over an orderly end of its vat, and its volatile owner has not begun again yet.
    is_ownerless: bool,
    /// None: it has never set any.
    pub alarms: Option<Box<Own>>,
}

/// The record of its birth counts as its first turn: only after that its init has committed.
pub(crate) const BIRTH: u64 = 1;

impl Lasting {
    const fn has_begun(&self) -> bool {
        self.turn > BIRTH && !self.is_blank
    }

    fn options(&self) -> Options<'_> {
        postcard::from_bytes(&self.options).expect("encoded here, or read when it came back")
    }
}

/// What the journal keeps of how an actor was spawned, and of what outlives its incarnations.
#[derive(Serialize, Deserialize)]
struct Options<'a> {
    durability: Durability,
    class: Class,
    #[serde(borrow)]
    label: Cow<'a, str>,
    #[serde(borrow)]
    kept: Option<Kept<'a>>,
    link: bool,
    memory_max: u32,
    faults: Option<u64>,
    poison: Poison,
    /// Of its behaviour.
    version: u32,
    /// It traps exits, as its newest turn left it.
    traps: bool,
}

impl Options<'_> {
    fn encode(&self) -> Box<[u8]> {
        postcard::to_allocvec(self).expect("plain data encodes").into()
    }
}

/// By whom an actor's identity is kept.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    by: Place,
    /// Empty: only a ref leads to it.
    #[serde(borrow)]
    id: Cow<'a, str>,
}

impl Vat {
    /// A vat whose durable actors outlive it. `found` is what recovery found in the files of the vat; `identity` names a journal
    /// that begins only now. Durable actors that nobody has to spawn go on by themselves, those that the root keeps when it
    /// spawns them again: before that, boot.
    ///
    /// # Errors
    /// `epoch` after the last, or when the records of the kernel can't be read. An actor whose code is not in the table waits for
    /// `migrate` of the newest of its name.
    pub fn durable(
        config: Config,
        behaviours: Vec<Box<dyn crate::Behaviour>>,
        identity: Identity,
        mut found: Recovered,
    ) -> Result<Vat, Crash> {
        let config = Config { epoch: found.epoch.0, ..config };
        let mut vat = Vat::new(config, behaviours);
        let opening: Opening = found.opening(identity, peerd_journal::Vat(config.vat.0));
        let codec = found.codec.take();
        let hashes: Vec<Hash> = vat.behaviours.iter().map(|behaviour| code_hash(&**behaviour)).collect();
        let (orphans, gone) = vat.come_back(&found.image, &hashes)?;
        let late = calls::late_answers(&found.image);
        vat.take_maps(&mut found.image);
        let mut writer = Writer::open(opening, codec);
        // Of some of these nothing is known after the next.
        for late in late {
            writer.append(&late).map_err(refused)?;
        }
        for actor in gone {
            writer.append(&Record::Forget { actor }).map_err(refused)?;
        }
        // Nobody hears of this epoch before it is one: the next owner would take its number again.
        vat.gate.confirm(writer.newest());
        let changes = peerd_journal::List::default();
        let (sent, letters, alarms, state) = (Vec::new(), VecDeque::new(), Vec::new(), Vec::new());
        vat.journal =
            Some(Box::new(Journal { writer, changes, sent, letters, state, alarms, hashes, orphans, wake: None, is_sealed: false }));
        Ok(vat)
    }

    /// Bytes to write and to flush now; then say `Input::Landed` or `Input::FlushFailed`. None while there are none, or while the
    /// last ones are under way, or wait for `arm`. To be asked between two calls of `run`, as often as the host wants to flush.
    pub fn flight(&mut self) -> Option<Flight<'_>> {
        if !self.may_fly() {
            return None;
        }
        self.journal.as_mut()?.writer.flight()
    }

    /// Bytes that wait for a flight: for a host that flushes by size.
    #[must_use]
    pub fn gathered(&self) -> usize {
        self.journal.as_ref().map_or(0, |journal| journal.writer.gathered())
    }

    /// So much has gathered that no turn runs before a flight has taken it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.writer.gathered() >= GATHERED_MAX)
    }

    /// Its init has committed, in this life or an earlier one.
    pub(crate) fn has_begun(&self, me: Key) -> bool {
        self.lasting(me).is_some_and(Lasting::has_begun)
    }

    /// To the journal.
    pub(crate) fn is_known(&self, me: Key) -> bool {
        self.tables.slots.is_swapped_out(me) || self.lasting(me).is_some_and(|lasting| lasting.turn > 0)
    }

    pub(crate) fn is_durable(&self, me: Key) -> bool {
        self.tables.slots.is_swapped_out(me) || self.lasting(me).is_some()
    }

    /// None for one that is out of memory: see `swap_in`.
    pub(crate) fn lasting(&self, me: Key) -> Option<&Lasting> {
        self.tables.slots.get(me)?;
        self.tables.slots.life(me).rare.as_ref()?.lasting.as_deref()
    }
}

/// Of the name, the version and the state's schema: never of a build.
fn code_hash(behaviour: &dyn crate::Behaviour) -> Hash {
    let mut bytes = Vec::from(behaviour.name().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&behaviour.version().to_le_bytes());
    bytes.extend_from_slice(behaviour.schema().as_bytes());
    Hash::of(&bytes)
}

impl Lasting {
    /// Of one that the journal does not know yet.
    pub fn new(durability: Durability) -> Lasting {
        Lasting {
            durability,
            behaviour: 0,
            foreign: None,
            turn: 0,
            tag: 0,
            state: Vec::new(),
            options: Box::default(),
            is_blank: false,
            lent: 0,
            is_over: false,
            is_ownerless: false,
            alarms: None,
        }
    }

    /// What it has more than `StoredLasting` keeps, it has not.
    pub fn may_swap_out(&self) -> bool {
        let is_quiet = self.alarms.as_ref().is_none_or(|alarms| alarms.is_empty()) && self.state.is_empty();
        self.is_whole() && self.lent == 0 && is_quiet && !self.is_ownerless
    }

    /// Its init has committed, and what runs it is in the table.
    pub const fn is_whole(&self) -> bool {
        self.has_begun() && self.foreign.is_none()
    }

    pub fn stored(&self) -> StoredLasting<'_> {
        let Lasting { durability, behaviour, turn, tag, ref options, is_over, .. } = *self;
        StoredLasting { durability, behaviour, turn, tag, options, is_over }
    }

    pub fn of(stored: &StoredLasting<'_>) -> Lasting {
        let StoredLasting { durability, behaviour, turn, tag, options, is_over } = *stored;
        Lasting { behaviour, turn, tag, options: options.into(), is_over, ..Lasting::new(durability) }
    }
}

impl Journal {
    /// One more is in the table.
    pub fn know(&mut self, behaviour: &dyn crate::Behaviour) {
        self.hashes.push(code_hash(behaviour));
    }

    fn hash(&self, id: BehaviourId) -> Hash {
        self.hashes[usize::from(id)]
    }

    fn code<'a>(&self, name: &'a str, id: BehaviourId) -> Code<'a> {
        Code { name, hash: self.hash(id) }
    }
}

impl Key {
    pub(crate) fn to_actor(self) -> Actor {
        Actor(u64::from_le_bytes(self.to_bytes()))
    }

    pub(crate) fn of_actor(actor: Actor) -> Key {
        Key::from_bytes(actor.0.to_le_bytes())
    }
}

/// Which record brought a message.
pub(crate) type Recorded = Id;
