//! The table of actors: 32 bytes each, by index and generation, and what is bound to each life.
use crate::{
    Config, Reason, StateId,
    behaviour::BehaviourId,
    door::Door,
    durable::{Lasting, Own},
    faults::Faults,
    lives::Lives,
    map::Kept,
    paged::Paged,
    ready::Class,
    refs::Key,
    relations::List,
    siblings::{Children, Siblings},
    slab::Handle,
};
use alloc::{boxed::Box, collections::BTreeSet, sync::Arc};

/// An actor at rest. The generation counts identities of the slot, the incarnation lives of one identity.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Header {
    pub generation: u32,
    pub incarnation: u32,
    /// User messages, which count against the bound: those in the mailbox and what was deferred.
    pub load: Load,
    /// In a free slot: the next free one. Of one that is swapped out: its owner.
    pub state: Handle,
    /// The newest entry of the mailbox; its `next` is the oldest.
    pub mailbox: Handle,
    /// Of all its incarnations; stays at the most it can count. Of one that is swapped out: its place there.
    pub turns: u32,
    pub behaviour: BehaviourId,
    pub flags: Flags,
}

const _: () = assert!(size_of::<Header>() == 32);

/// How many and their bytes, in the two halves of one word. What was counted in is counted out with the same weight.
#[derive(Clone, Copy, Default)]
pub(crate) struct Load(u64);

impl Load {
    const fn of(weight: usize) -> u64 {
        1 | (weight as u64) << 32
    }

    #[inline]
    pub fn count_in(&mut self, weight: usize) {
        self.0 += Load::of(weight);
    }

    #[inline]
    pub fn count_out(&mut self, weight: usize) {
        self.0 -= Load::of(weight);
    }

    pub const fn entries(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    pub const fn bytes(self) -> u64 {
        self.0 >> 32
    }

    /// Whether the mailbox's bound admits one more of this weight.
    #[inline]
    pub const fn has_room(self, weight: usize, config: &Config) -> bool {
        self.entries() < config.mailbox_entries_max && self.bytes() + weight as u64 <= config.mailbox_bytes_max as u64
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flags(u16);

impl Flags {
    pub const NONE: Flags = Flags(0);
    /// The slot is taken.
    pub const USED: Flags = Flags(1);
    /// And nothing more is said: of class normal.
    pub const NEW: Flags = Flags(Flags::USED.0 | (Class::Normal as u16) << 10);
    /// An incarnation lives.
    pub const LIVE: Flags = Flags(2);
    /// In the run queue.
    pub const READY: Flags = Flags(4);
    pub const TRAPS: Flags = Flags(8);
    /// The identity outlives its incarnations, until its owner forgets it.
    pub const KEPT: Flags = Flags(16);
    /// Ended, and its owner decided against a restart.
    pub const BURIED: Flags = Flags(32);
    /// `state` is the id of a value on the behaviour's shelf.
    pub const SHELVED: Flags = Flags(64);
    /// It should answer calls of others: `Life::held` is not empty, or was not a turn ago.
    pub const HOLDS: Flags = Flags(128);
    /// `Life::ahead` leads to an entry of its mailbox.
    pub const AHEAD: Flags = Flags(256);
    /// Its mailbox is no plain queue: see `Door`.
    pub const DOOR: Flags = Flags(512);

    /// Its turns have more to see to: `Rare::faults` or `Rare::memory_max`.
    pub const MINDED: Flags = Flags(32_768);
    /// Ended, and its owner put off the decision.
    pub const PARKED: Flags = Flags(16_384);

    /// Stands for an actor of another vat. Never lives.
    pub const FAR: Flags = Flags(4096);

    /// Its state rests as bytes and is taken up before the next turn.
    pub const PASSIVE: Flags = Flags(8192);

    /// Its turns have more to see to, before or at commit.
    pub const UNUSUAL: Flags = Flags(Flags::DOOR.0 | Flags::AHEAD.0 | Flags::PASSIVE.0 | Flags::HOLDS.0 | Flags::MINDED.0);

    /// Two bits: the scheduling class, by its number.
    const CLASS: u16 = 1024 | 2048;

    pub const fn has(self, flag: Flags) -> bool {
        self.0 & flag.0 != 0
    }

    /// Something is to be seen to before a turn.
    pub const fn is_special(self) -> bool {
        self.0 & (Flags::DOOR.0 | Flags::AHEAD.0 | Flags::PASSIVE.0) != 0
    }

    /// Its commit has more to see to than what it sends.
    pub const fn commits_more(self) -> bool {
        self.0 & (Flags::HOLDS.0 | Flags::MINDED.0) != 0
    }

    /// Alive, with a plain mailbox: what comes can be appended.
    pub const fn is_open(self) -> bool {
        self.0 & (Flags::LIVE.0 | Flags::DOOR.0) == Flags::LIVE.0
    }

    pub fn set(&mut self, flag: Flags, on: bool) {
        if on { self.0 |= flag.0 } else { self.0 &= !flag.0 }
    }

    /// Of a new slot: alive and in line.
    pub fn be_born(&mut self, class: Class) {
        *self = Flags(Flags::USED.0 | Flags::LIVE.0 | Flags::READY.0 | (class as u16) << 10);
    }

    #[inline]
    pub const fn class(self) -> Class {
        match (self.0 & Flags::CLASS) >> 10 {
            0 => Class::Low,
            1 => Class::Normal,
            2 => Class::High,
            _ => Class::Max,
        }
    }

    pub fn set_class(&mut self, class: Class) {
        self.0 = self.0 & !Flags::CLASS | (class as u16) << 10;
    }
}

/// What most turns never look at.
pub(crate) struct Life {
    pub parent: Option<Key>,
    /// Links and watches, both directions.
    pub edges: List,
    pub timers: List,
    /// One-shots it waits for.
    pub minted: List,
    /// One-shots it should answer.
    pub held: List,
    /// The newest deferred entry; its `next` is the oldest.
    pub deferred: Handle,
    /// The last mailbox entry that was handed back or inserted: what is behind it is new.
    pub ahead: Handle,
    pub tag: u32,
    pub rare: Option<Box<Rare>>,
}

/// What few actors have.
#[derive(Default)]
pub(crate) struct Rare {
    pub label: Arc<str>,
    /// The id under which its parent keeps its identity, and its place among those the parent keeps.
    pub kept_as: Box<str>,
    pub siblings: Siblings,
    /// The owner's incarnation that started it last; 0: none since it came from the journal.
    pub owner_life: u32,
    /// Children whose identities this identity keeps.
    pub children: Children,
    pub last_exit: Option<Reason>,
    pub door: Option<Box<Door>>,
    /// Bytes of its state and its mailbox, 0 for no bound of its own.
    pub memory_max: u32,
    pub faults: Option<Box<Faults>>,
    pub lasting: Option<Box<Lasting>>,
    pub map: Option<Box<Kept>>,
}

impl Rare {
    /// Nothing of it is needed while its actor is out of memory.
    pub fn may_swap_out(&self) -> bool {
        self.children.is_empty() && self.door.is_none() && self.faults.as_ref().is_none_or(|faults| !faults.is_held())
    }
}

impl Life {
    /// Nothing is bound to it, not even to an owner.
    pub const BLANK: Life = Life {
        parent: None,
        edges: List::EMPTY,
        timers: List::EMPTY,
        minted: List::EMPTY,
        held: List::EMPTY,
        deferred: Handle::NONE,
        ahead: Handle::NONE,
        tag: 0,
        rare: None,
    };

    pub fn is_blank(&self) -> bool {
        self.is_simple() && self.parent.is_none() && self.edges.is_empty() && self.ahead.is_none() && self.tag == 0
    }

    /// It has nothing but its bonds.
    pub fn is_simple(&self) -> bool {
        let idle = self.timers.is_empty() && self.minted.is_empty() && self.held.is_empty();
        idle && self.deferred.is_none() && self.rare.is_none()
    }
}

/// Generations of this epoch, in all tables whose keys outlive it: behind the first, up to the second. None: there are none left.
pub(crate) fn generations(epoch: u64) -> Option<(u32, u32)> {
    let last = epoch.checked_mul(KEYS_AN_EPOCH).and_then(|last| u32::try_from(last).ok())?;
    Some((last - KEYS_AN_EPOCH as u32, last))
}

/// Identities of one slot in an epoch of a vat with a journal; then the slot is retired. Limit: so such a vat has 1,048,575 epochs.
const KEYS_AN_EPOCH: u64 = 1 << 12;

pub(crate) struct Slots {
    headers: Paged<Header>,
    /// By the same number as the header.
    lives: Lives,
    /// The newest free slot.
    free: Handle,
    /// Hash of owner and id, place of the child: found without a walk over all that the owner keeps.
    kept: BTreeSet<(u32, u32)>,
    /// New slots begin behind this generation, and end with the other.
    before: u32,
    last: u32,
}

impl Default for Slots {
    fn default() -> Slots {
        Slots { headers: Paged::default(), lives: Lives::default(), free: Handle::NONE, kept: BTreeSet::new(), before: 0, last: u32::MAX }
    }
}

impl Slots {
    /// A slot for an actor that does not live yet.
    pub fn reserve(&mut self) -> Key {
        let index = if self.free.is_none() {
            self.grow()
        } else {
            let index = self.free.to_u32();
            self.free = self.headers[index].state;
            index
        };
        let header = &mut self.headers[index];
        *header = Header { generation: header.generation + 1, flags: Flags::NEW, ..Header::default() };
        Key { index, generation: header.generation }
    }

    fn grow(&mut self) -> u32 {
        let index = self.headers.push();
        self.lives.grow_to(index);
        self.headers[index].generation = self.before;
        index
    }

    /// In an empty table: takes the slots of what an earlier epoch left. All other keys of this epoch are ones that no other
    /// epoch gives out. False: there are none left for it.
    pub fn restore(&mut self, keys: impl Iterator<Item = Key>, epoch: u64) -> bool {
        let Some(range) = generations(epoch) else { return false };
        (self.before, self.last) = range;
        for key in keys {
            while self.headers.len() <= key.index {
                self.grow();
            }
            let header = &mut self.headers[key.index];
            *header = Header { generation: key.generation, flags: Flags::NEW, ..Header::default() };
        }
        for index in (0..self.headers.len()).rev() {
            let header = &mut self.headers[index];
            if !header.flags.has(Flags::USED) {
                header.state = self.free;
                self.free = Handle::from_u32(index);
            }
        }
        true
    }

    /// Frees the slot. A slot whose generations are used up is retired: it costs its bytes per wrap.
    pub fn release(&mut self, key: Key) {
        let (next, last) = (self.free, self.last);
        if let (Some(rare), Some(owner)) = (&self.lives.get(key.index).rare, self.parent(key))
            && !rare.kept_as.is_empty()
        {
            self.kept.remove(&(hash(owner, &rare.kept_as), key.index));
        }
        let Some(header) = self.get_mut(key) else { return };
        header.flags = Flags::default();
        if key.generation < last {
            header.state = next;
            self.free = Handle::from_u32(key.index);
        }
        *self.lives.get_mut(key.index) = Life::BLANK;
    }

    /// One that these flags are set of and these are not. None of a free slot's is set.
    #[inline]
    pub fn find_mut(&mut self, key: Key, set: Flags, unset: Flags) -> Option<&mut Header> {
        let header = self.headers.get_mut(key.index)?;
        (header.generation == key.generation && header.flags.0 & (set.0 | unset.0) == set.0).then_some(header)
    }

    #[inline]
    pub fn get(&self, key: Key) -> Option<&Header> {
        self.headers.get(key.index).filter(|header| header.generation == key.generation && header.flags.has(Flags::USED))
    }

    #[inline]
    pub fn get_mut(&mut self, key: Key) -> Option<&mut Header> {
        self.headers.get_mut(key.index).filter(|header| header.generation == key.generation && header.flags.has(Flags::USED))
    }

    /// The actor's life, for a key known to be in use.
    pub fn life(&self, key: Key) -> &Life {
        debug_assert!(self.get(key).is_some(), "a used slot");
        self.lives.get(key.index)
    }

    pub fn life_mut(&mut self, key: Key) -> &mut Life {
        debug_assert!(self.get(key).is_some(), "a used slot");
        self.lives.get_mut(key.index)
    }

    /// Nothing is bound to it from now on.
    pub fn bare(&mut self, key: Key) {
        *self.life_mut(key) = Life::BLANK;
        self.lives.give_back(key.index);
    }

    /// `entry` is the last of its mailbox that is not new; none of them is left if it is none.
    pub fn set_ahead(&mut self, key: Key, entry: Handle) {
        self.life_mut(key).ahead = entry;
        if let Some(header) = self.get_mut(key) {
            header.flags.set(Flags::AHEAD, !entry.is_none());
        }
    }

    pub fn rare_mut(&mut self, key: Key) -> &mut Rare {
        debug_assert!(!self.is_swapped_out(key), "what it has is brought back first");
        self.life_mut(key).rare.get_or_insert_default()
    }

    pub fn map(&self, key: Key) -> Option<&Kept> {
        self.life(key).rare.as_ref()?.map.as_deref()
    }

    pub fn alarms(&self, key: Key) -> Option<&Own> {
        self.get(key)?;
        self.life(key).rare.as_ref()?.lasting.as_ref()?.alarms.as_deref()
    }

    pub fn alarms_mut(&mut self, key: Key) -> Option<&mut Own> {
        self.get(key)?;
        self.life_mut(key).rare.as_mut()?.lasting.as_mut()?.alarms.as_deref_mut()
    }

    /// Of a durable actor.
    pub fn make_alarms(&mut self, key: Key) -> &mut Own {
        self.rare_mut(key).lasting.as_mut().expect("it is durable").alarms.get_or_insert_default()
    }

    /// The key of whoever is in this slot now.
    pub fn key_at(&self, index: u32) -> Key {
        Key { index, generation: self.headers[index].generation }
    }

    pub fn is_live(&self, key: Key) -> bool {
        self.get(key).is_some_and(|header| header.flags.has(Flags::LIVE))
    }

    pub fn is_far(&self, key: Key) -> bool {
        self.get(key).is_some_and(|header| header.flags.has(Flags::FAR))
    }

    /// Nobody lives there, and the next life needs nothing that is not there.
    pub fn recovers(&self, key: Key) -> bool {
        let rests =
            |flags: Flags| flags.has(Flags::KEPT) && ![Flags::LIVE, Flags::BURIED, Flags::PARKED].iter().any(|flag| flags.has(*flag));
        let is_whole = |rare: &Rare| rare.lasting.as_ref().is_some_and(|lasting| lasting.is_whole());
        self.get(key).is_some_and(|header| rests(header.flags)) && self.life(key).rare.as_deref().is_some_and(is_whole)
    }

    pub fn is_kept_by(&self, key: Key, owner: Key) -> bool {
        self.get(key).is_some_and(|header| header.flags.has(Flags::KEPT)) && self.parent(key) == Some(owner)
    }

    /// Under which its owner keeps it, unless it is out of memory.
    pub fn id(&self, key: Key) -> &str {
        self.life(key).rare.as_ref().map_or("", |rare| &rare.kept_as)
    }

    pub fn parent(&self, key: Key) -> Option<Key> {
        let header = self.get(key)?;
        self.life(key).parent.or_else(|| self.is_swapped_out(key).then(|| self.key_at(header.state.to_u32())))
    }

    /// Its name for people.
    pub fn label(&self, key: Key) -> &str {
        self.life(key).rare.as_ref().map_or("", |rare| &rare.label)
    }

    /// The same, for a report.
    pub fn shared_label(&self, key: Key) -> Arc<str> {
        self.life(key).rare.as_ref().map(|rare| rare.label.clone()).unwrap_or_default()
    }

    /// Whom `owner` may keep under this id: those whose hashes are the same.
    pub fn kept_as(&self, owner: Key, id: &str) -> impl Iterator<Item = Key> + '_ {
        let hash = hash(owner, id);
        let all = self.kept.range((hash, 0)..=(hash, u32::MAX)).map(|(_, child)| self.key_at(*child));
        all.filter(move |child| self.parent(*child) == Some(owner))
    }

    /// From now on it is found under the id, if it has one, until `release`.
    pub fn keep_as(&mut self, owner: Key, child: Key, id: &str) {
        self.rare_mut(child).kept_as = id.into();
        if !id.is_empty() {
            self.kept.insert((hash(owner, id), child.index));
        }
    }

    /// All used slots, in order of place.
    pub fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.keys_from(0)
    }

    pub fn has_from(&self, at: u32) -> bool {
        at < self.headers.len()
    }

    pub fn keys_from(&self, from: u32) -> impl Iterator<Item = Key> + '_ {
        (from..self.headers.len())
            .map(|index| (index, &self.headers[index]))
            .filter(|(_, header)| header.flags.has(Flags::USED))
            .map(|(index, header)| Key { index, generation: header.generation })
    }
}

/// Fowler, Noll and Vo's, folded. Who finds two ids of one hash slows down nobody but their own supervisor.
fn hash(owner: Key, id: &str) -> u32 {
    let bytes = owner.to_bytes().into_iter().chain(id.bytes());
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    (hash ^ hash >> 32) as u32
}

impl Header {
    pub fn keep_at(&mut self, StateId(at): StateId) {
        self.state = Handle::from_u32(at);
        self.flags.set(Flags::SHELVED, true);
    }

    pub fn state_id(&self) -> Option<StateId> {
        self.flags.has(Flags::SHELVED).then(|| StateId(self.state.to_u32()))
    }

    pub fn count_turn(&mut self) {
        self.turns = self.turns.saturating_add(1);
    }
}

impl Default for Header {
    fn default() -> Header {
        Header {
            generation: 0,
            incarnation: 0,
            load: Load::default(),
            state: Handle::NONE,
            mailbox: Handle::NONE,
            turns: 0,
            behaviour: BehaviourId::MAX,
            flags: Flags::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_at_its_last_generation_is_retired() {
        let mut slots = Slots::default();
        let first = slots.reserve();
        slots.headers[0].generation = u32::MAX;
        let last = slots.key_at(0);
        slots.release(last);
        assert!(slots.get(last).is_none() && slots.get(first).is_none());
        assert_eq!(slots.reserve().index, 1);
        assert_eq!(slots.headers.len(), 2);
    }

    #[test]
    fn an_epoch_gives_out_no_key_of_another() {
        let mut slots = Slots::default();
        assert!(slots.restore([Key { index: 1, generation: 7 }].into_iter(), 2));
        let (mut first, mut keys) = (slots.reserve(), 1);
        let begin = first;
        while first.index == begin.index {
            slots.release(first);
            first = slots.reserve();
            keys += 1;
        }
        assert_eq!((begin.generation, keys - 1), (KEYS_AN_EPOCH as u32 + 1, KEYS_AN_EPOCH));
        assert!(!Slots::default().restore(core::iter::empty(), 1 << 20), "a loud end, not a key a second time");
    }

    #[test]
    fn a_freed_slot_is_used_again_under_another_key() {
        let mut slots = Slots::default();
        let first = slots.reserve();
        slots.release(first);
        let second = slots.reserve();
        assert_eq!(first.index, second.index);
        assert!(slots.get(first).is_none() && slots.get(second).is_some());
        assert_eq!(slots.headers.len(), 1);
    }
}
