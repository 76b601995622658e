//! Passivated actors out of memory: what an idle durable actor has lies in a slower memory of the host's, and is back before anybody
//! needs it. The journal knows nothing of that, nor does anybody else: the actor lives, and its refs are good.
//!
//! ```text
//! idle ─▶ rest (bytes) ─▶ swap out: one block in `Swap`; here remain its header and a hash of its id
//! a message, a signal, its owner's end, a new bond ─▶ swap in: as it was
//! ```
mod blocks;
mod found;
mod stored;

use crate::{
    Vat,
    refs::Key,
    relations::Item,
    slab::Handle,
    slots::{Flags, Slots},
    tables::Tables,
};
use alloc::{boxed::Box, string::String, vec, vec::Vec};
pub(crate) use blocks::Place;
use blocks::{Blocks, HEAD, head, length_of};
use found::Found;
use stored::Stored;
pub(crate) use stored::StoredLasting;

/// A memory of the host's that is slower than its own, a file say. What is written is read back as it was, or not at all; nobody
/// reads it after this vat has gone.
pub trait Swap: Send {
    /// False: there is no room, or it can't be written. The actor stays.
    fn write(&mut self, at: u64, bytes: &[u8]) -> bool;

    /// False: it can't be had back. A vat that loses an actor so writes nothing more; its journal has all there was.
    fn read(&self, at: u64, to: &mut [u8]) -> bool;
}

/// Of a vat that has one.
pub(crate) struct Space {
    swap: Box<dyn Swap>,
    blocks: Blocks,
    /// How many are there.
    count: u32,
    buffer: Vec<u8>,
    found: Found,
}

impl Vat {
    /// From now on durable actors that have been idle for long leave memory.
    pub fn give_swap(&mut self, swap: Box<dyn Swap>) {
        self.tables.swap = Some(Box::new(Space { swap, blocks: Blocks::default(), count: 0, buffer: Vec::new(), found: Found::default() }));
    }

    /// Memory is short: all who may be swapped out are, however short their rest.
    pub fn shrink(&mut self) {
        let all: Vec<Key> = self.tables.slots.keys().filter(|key| self.is_at_rest(*key)).collect();
        for me in all {
            if self.passivate(me).is_ok() {
                self.swap_out(me);
            }
        }
    }

    /// How many actors are out of memory.
    #[must_use]
    pub fn swapped_out(&self) -> u32 {
        self.tables.swap.as_ref().map_or(0, |space| space.count)
    }

    /// If nothing but its state and its owner's link is bound to it. Its state is bytes.
    pub(crate) fn swap_out(&mut self, me: Key) {
        if self.takes_nothing() || !self.may_swap_out(me) {
            return;
        }
        let is_linked = !self.tables.slots.life(me).edges.is_empty();
        let state = self.shown_state(me);
        let Some(place) = self.tables.put_out(me, &state, is_linked) else { return };
        let owner = self.tables.slots.parent(me).expect("looked at by `may_swap_out`");
        if is_linked {
            self.cut_link(owner, me);
        }
        self.forget_state(me);
        self.tables.slots.let_out(owner, me, place);
    }

    pub(crate) fn may_swap_out(&self, me: Key) -> bool {
        if self.tables.swap.is_none() {
            return false;
        }
        let Some(header) = self.tables.slots.get(me) else { return false };
        let (flags, life) = (header.flags, self.tables.slots.life(me));
        if !flags.has(Flags::MINDED) || life.rare.is_none() {
            return false;
        }
        let busy = [Flags::READY, Flags::DOOR, Flags::AHEAD, Flags::FAR, Flags::PARKED, Flags::BURIED, Flags::SHELVED];
        let is_free = header.mailbox.is_none()
            && header.load.entries() == 0
            && life.timers.is_empty()
            && life.minted.is_empty()
            && life.held.is_empty()
            && life.deferred.is_none();
        let is_stored = life.rare.as_ref().is_some_and(|rare| {
            let lasts = rare.lasting.as_ref().is_some_and(|lasting| lasting.may_swap_out());
            lasts && rare.may_swap_out()
        });
        let has_owner = life.parent.is_some_and(|owner| self.tables.slots.is_live(owner));
        // A remembered one is kept, and has no life yet.
        let stands = flags.has(Flags::LIVE) || flags.has(Flags::KEPT);
        let fits = is_free && is_stored && has_owner && stands && !busy.iter().any(|flag| flags.has(*flag));
        fits && self.is_bound_to_owner_at_most(me)
    }

    fn is_bound_to_owner_at_most(&self, me: Key) -> bool {
        let life = self.tables.slots.life(me);
        let mut edges = self.tables.relations.iter(life.edges);
        let first = edges.next();
        let is_owner = first.is_none_or(|(_, item)| matches!(item, Item::Link { peer, .. } if Some(peer) == life.parent));
        is_owner && edges.next().is_none()
    }

    /// Back in memory, if it was out. After a failure the vat is broken.
    pub(crate) fn swap_in(&mut self, me: Key) {
        if self.tables.swap.is_some() && self.tables.slots.is_swapped_out(me) {
            self.swap_back(me);
        }
    }

    #[cold]
    fn swap_back(&mut self, me: Key) {
        let fetched = self.tables.fetch(me);
        let stored = fetched.as_ref().and_then(|(bytes, place)| Some((Stored::decode(bytes)?, *place)));
        let owner = self.tables.slots.parent(me).expect("one that is out has an owner");
        self.tables.slots.take_in(owner, me, stored.as_ref().map_or((0, 0), |(stored, _)| (stored.turns, stored.tag)));
        let Some((stored, place)) = stored else { return self.break_off() };
        self.take_up(me, None, stored.state);
        let is_linked = stored.is_linked;
        stored.restore(self.tables.slots.rare_mut(me));
        self.tables.free_place(place);
        if is_linked && self.find_link(owner, me).is_none() {
            self.join(owner, me);
        }
    }

    /// All whom this owner keeps.
    pub(crate) fn swap_in_children(&mut self, owner: Key) {
        if self.tables.slots.has_swapped_out(owner) {
            let children: Vec<Key> = self.tables.slots.swapped_out_of(owner, 0).collect();
            children.into_iter().for_each(|child| self.swap_in(child));
        }
    }
}

impl Tables {
    /// None: there is no room.
    fn put_out(&mut self, me: Key, state: &[u8], is_linked: bool) -> Option<Place> {
        let space = self.swap.as_mut()?;
        let rare = self.slots.life(me).rare.as_ref()?;
        space.buffer.clear();
        space.buffer.extend_from_slice(&[0; HEAD]);
        let header = self.slots.get(me)?;
        Stored::of(rare, state, is_linked, header.turns, self.slots.life(me).tag)?.encode(&mut space.buffer);
        let (place, size) = space.blocks.take(space.buffer.len())?;
        let head = head(me, space.buffer.len());
        space.buffer[..HEAD].copy_from_slice(&head);
        // The whole block, so that it can be read whole.
        space.buffer.resize(size, 0);
        if !space.swap.write(place.at(), &space.buffer) {
            space.blocks.give_back(place);
            return None;
        }
        space.count += 1;
        Some(place)
    }

    fn fetch(&self, me: Key) -> Option<(Vec<u8>, Place)> {
        let (space, place) = (self.swap.as_ref()?, self.slots.swapped_out(me)?);
        if let Some(block) = space.found.take(place) {
            return Some((block, place));
        }
        let mut block = vec![0; place.size()];
        if !space.swap.read(place.at(), &mut block) {
            return None;
        }
        let length = length_of(&block, me)?;
        block.truncate(length);
        block.drain(..HEAD);
        Some((block, place))
    }

    fn free_place(&mut self, place: Place) {
        let space = self.swap.as_mut().expect("something was there");
        space.found.take(place);
        space.blocks.give_back(place);
        space.count -= 1;
    }

    /// Of an actor that is out, to look at.
    pub(crate) fn peek<R>(&self, me: Key, look: impl FnOnce(&Stored<'_>) -> R) -> Option<R> {
        let (bytes, _) = self.fetch(me)?;
        Stored::decode(&bytes).map(|stored| look(&stored))
    }

    /// The one that `owner` keeps under this id, in memory or not.
    pub(crate) fn kept_child(&self, owner: Key, id: &str) -> Option<Key> {
        self.slots.kept_as(owner, id).find(|child| self.has_id(*child, id))
    }

    fn has_id(&self, child: Key, id: &str) -> bool {
        if self.slots.is_swapped_out(child) {
            return self.find_as(child, id).unwrap_or(false);
        }
        self.slots.id(child) == id
    }

    fn find_as(&self, child: Key, id: &str) -> Option<bool> {
        let (bytes, place) = self.fetch(child)?;
        let is_it = Stored::decode(&bytes)?.kept_as == id;
        if is_it {
            self.swap.as_ref()?.found.keep(place, bytes);
        }
        Some(is_it)
    }

    /// Under which its owner keeps it.
    pub(crate) fn id_of(&self, child: Key) -> String {
        if self.slots.is_swapped_out(child) {
            return self.peek(child, |stored| stored.kept_as.into()).unwrap_or_default();
        }
        self.slots.id(child).into()
    }

    pub(crate) fn label_of(&self, key: Key) -> String {
        if self.slots.is_swapped_out(key) {
            return self.peek(key, |stored| stored.label.into()).unwrap_or_default();
        }
        self.slots.label(key).into()
    }
}

impl Slots {
    /// Where what it has lies, if it is out of memory. What has more to see to has it in `rare`, unless that is out.
    pub fn swapped_out(&self, key: Key) -> Option<Place> {
        let header = self.get(key)?;
        (header.flags.has(Flags::MINDED) && self.life(key).rare.is_none()).then_some(Place(header.turns))
    }

    pub fn is_swapped_out(&self, key: Key) -> bool {
        self.swapped_out(key).is_some()
    }

    fn let_out(&mut self, owner: Key, me: Key, place: Place) {
        self.disown(owner, me);
        self.count_swapped_out(owner, 1);
        self.bare(me);
        let header = self.get_mut(me).expect("it has its slot");
        (header.state, header.turns) = (Handle::from_u32(owner.index), place.0);
        let is_live = header.flags.has(Flags::LIVE);
        header.flags.set(Flags::PASSIVE, is_live);
        header.flags.set(Flags::MINDED, true);
        header.flags.set(Flags::HOLDS, false);
    }

    fn take_in(&mut self, owner: Key, me: Key, (turns, tag): (u32, u32)) {
        let header = self.get_mut(me).expect("it has its slot");
        (header.state, header.turns) = (Handle::NONE, turns);
        // What others have bound to it meanwhile stays.
        let life = self.life_mut(me);
        (life.parent, life.rare, life.tag) = (Some(owner), Some(Box::default()), tag);
        self.count_swapped_out(owner, -1);
        // One that nobody keeps is not among those that are kept: it leaves its slot when it ends.
        if self.get(me).is_some_and(|header| header.flags.has(Flags::KEPT)) {
            self.adopt(owner, me);
        }
    }

    /// In order of place, from this one on.
    pub fn swapped_out_of(&self, owner: Key, from: u32) -> impl Iterator<Item = Key> + '_ {
        self.keys_from(from).filter(move |key| self.parent(*key) == Some(owner) && self.is_swapped_out(*key))
    }
}
