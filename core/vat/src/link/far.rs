//! Stand-ins: one slot per actor of another vat that somebody here knows, until nobody does.
use super::{credit::Window, post::Waiting, wire::Name};
use crate::{
    Ref, Vat, VatId,
    refs::{Key, Kind},
    slots::Flags,
};
use alloc::{
    collections::{BTreeMap, VecDeque, btree_map::Entry},
    format,
    vec::Vec,
};

/// An actor of another vat.
pub(crate) struct Far {
    pub vat: VatId,
    pub epoch: u64,
    /// As its vat knows it; `Key::NONE` for the vat itself, which is never forgotten.
    pub key: Key,
    /// Messages and actors that have a ref to it, and words under way from it.
    pub copies: u32,
    /// The turn whose new state was last found to have one.
    pub seen: u64,
    /// How often its vat, or a third one, has lent it to this one: what is given back.
    pub lent: u32,
    pub window: Window,
    /// It is durable, and stands for whoever names it so in the life of its vat that was met last.
    pub is_lasting: bool,
    /// For a credit, or for the greeting.
    pub waiting: VecDeque<Waiting>,
}

#[derive(Default)]
pub(crate) struct Fars {
    fars: BTreeMap<Key, Far>,
    names: BTreeMap<(VatId, u64, Key), Key>,
    /// Those that may be known by nobody any more.
    idle: Vec<Key>,
    waiting: u64,
}

impl Fars {
    pub fn get(&self, far: Key) -> Option<&Far> {
        self.fars.get(&far)
    }

    pub fn get_mut(&mut self, far: Key) -> Option<&mut Far> {
        self.fars.get_mut(&far)
    }

    pub fn find(&self, vat: VatId, epoch: u64, key: Key) -> Option<Key> {
        self.names.get(&(vat, epoch, key)).copied()
    }

    /// In order of their slots.
    pub fn of(&self, vat: VatId) -> Vec<Key> {
        self.fars.iter().filter(|(_, far)| far.vat == vat).map(|(key, _)| *key).collect()
    }

    /// This vat is met in a new life: what waits for durable actors waits for them in that.
    pub fn renew(&mut self, vat: VatId, epoch: u64) {
        for (slot, far) in self.fars.iter_mut().filter(|(_, far)| far.vat == vat && far.is_lasting && far.epoch != epoch) {
            if let Entry::Vacant(place) = self.names.entry((vat, epoch, far.key)) {
                place.insert(*slot);
                self.names.remove(&(vat, far.epoch, far.key));
                far.epoch = epoch;
            }
        }
    }

    pub fn may_be_idle(&mut self, far: Key) {
        self.idle.push(far);
    }

    pub fn waiting(&self) -> u64 {
        self.waiting
    }

    pub fn wait(&mut self, far: Key, waiting: Waiting) {
        if let Some(far) = self.fars.get_mut(&far) {
            self.waiting += u64::from(waiting.is_counted());
            far.waiting.push_back(waiting);
        }
    }

    pub fn next_waiting(&mut self, far: Key) -> Option<Waiting> {
        let waiting = self.fars.get_mut(&far)?.waiting.pop_front()?;
        self.waiting -= u64::from(waiting.is_counted());
        Some(waiting)
    }
}

impl Vat {
    /// The slot that stands for this actor of `vat`.
    pub(crate) fn stand_in(&mut self, vat: VatId, epoch: u64, key: Key) -> Key {
        if let Some(known) = self.links.fars.find(vat, epoch, key) {
            return known;
        }
        let slot = self.tables.slots.reserve();
        let header = self.tables.slots.get_mut(slot).expect("just reserved");
        header.flags.set(Flags::FAR, true);
        self.tables.slots.rare_mut(slot).label = format!("{} of vat {}", crate::ActorId(key), vat.0).into();
        let far = Far { vat, epoch, key, copies: 0, seen: 0, lent: 0, window: Window::FULL, is_lasting: false, waiting: VecDeque::new() };
        self.links.fars.fars.insert(slot, far);
        self.links.fars.names.insert((vat, epoch, key), slot);
        slot
    }

    /// Forgets the stand-ins that nothing here refers to, and gives back what was lent. One whose window is not whole stays:
    /// a new one would have a new window.
    pub(crate) fn forget_idle(&mut self) {
        while let Some(key) = self.links.fars.idle.pop() {
            let Some(far) = self.links.fars.get(key) else { continue };
            let life = self.tables.slots.life(key);
            let is_bound = !life.edges.is_empty() || !life.minted.is_empty() || self.links.bonds.is_unlinking(key);
            let is_used = far.copies > 0 || !far.waiting.is_empty() || far.window != Window::FULL || far.key == Key::NONE;
            if is_bound || is_used {
                continue;
            }
            let (vat, epoch, actor, lent) = (far.vat, far.epoch, far.key, far.lent);
            self.links.fars.fars.remove(&key);
            self.links.fars.names.remove(&(vat, epoch, actor));
            self.tables.slots.release(key);
            if lent > 0 && self.links.is_met(vat, epoch) {
                self.say(vat, &super::wire::Frame::Returned { actor, copies: lent });
            }
        }
    }

    /// The stand-in of a durable actor in the life of its vat that was met last.
    pub(crate) fn stand_in_now(&mut self, to: Ref) -> Ref {
        let vat = to.vat();
        let epoch = self.links.peers.get(&vat).and_then(|peer| peer.epoch).unwrap_or_default();
        let key = self.stand_in(vat, epoch, to.key);
        if let Some(far) = self.links.fars.get_mut(key) {
            far.is_lasting = true;
        }
        self.links.fars.may_be_idle(key);
        Ref { priority: to.priority, lends: to.lends, ..Ref::far(key, 0, to.rights) }
    }

    /// A ref as those have it who hold one to the same.
    pub(crate) fn as_held(&self, item: Ref) -> Ref {
        match self.links.fars.get(item.key) {
            Some(far) if far.is_lasting && item.kind == Kind::Far && !item.is_pinned() => {
                Ref { priority: item.priority, lends: item.lends, ..Ref::lasting(far.vat, far.key, item.rights) }
            }
            _ => item,
        }
    }

    pub(crate) fn far_name(&self, key: Key, incarnation: u32) -> Option<(VatId, u64, Name)> {
        let far = self.links.fars.get(key)?;
        Some((far.vat, far.epoch, Name { key: far.key, incarnation }))
    }
}
