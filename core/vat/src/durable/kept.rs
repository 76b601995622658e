//! Whom an owner keeps, over the lives of its vat: a volatile owner has another key each time, and is known by its place.
use crate::{
    MessageKind, Ref, Rights, Vat, Why,
    entry::{Envelope, Sender},
    refs::Key,
    slots::Flags,
};
use alloc::{boxed::Box, vec::Vec};
use serde::{Deserialize, Serialize};

/// Where an owner stands: the ids by which it and its owners are kept, down from a durable one or from the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The durable owner's number. None: the root.
    above: Option<u64>,
    ids: Vec<Box<str>>,
}

impl Place {
    /// That of a durable actor itself.
    pub fn durable_owner(&self) -> Option<Key> {
        self.above.filter(|_| self.ids.is_empty()).map(|above| Key::of_actor(peerd_journal::Actor(above)))
    }
}

impl Vat {
    /// None: it is volatile and gone with its life, or one of its owners is.
    pub(super) fn place(&self, owner: Key) -> Option<Place> {
        let (mut at, mut ids) = (owner, Vec::new());
        let above = loop {
            if self.is_known(at) {
                break Some(at.to_actor().0);
            }
            if self.root.is_some_and(|root| root.key == at) {
                break None;
            }
            let rare = self.tables.slots.life(at).rare.as_ref()?;
            if rare.kept_as.is_empty() {
                return None;
            }
            ids.push(rare.kept_as.clone());
            at = self.tables.slots.parent(at)?;
        };
        ids.reverse();
        Some(Place { above, ids })
    }

    /// This owner has just begun, the first time in its vat: what one of its place kept in an earlier epoch is its own again.
    pub(crate) fn adopt(&mut self, owner: Key) {
        if self.journal.as_ref().is_none_or(|journal| journal.orphans.is_empty()) || self.is_durable(owner) {
            return;
        }
        let Some(place) = self.place(owner) else { return };
        let orphans = self.journal.as_mut().and_then(|journal| journal.orphans.remove(&place)).unwrap_or_default();
        for (id, child) in orphans {
            self.adopt_as(owner, child, &id);
        }
    }

    /// A later life of a durable actor has begun: it has the state of the one before, or the init that waits in its mailbox.
    pub(crate) fn recover(&mut self, me: Key) {
        self.choose_code(me);
        let lasting = self.lasting(me).expect("it is durable");
        let (traps, tag) = (lasting.options().traps, lasting.has_begun().then_some(lasting.tag));
        self.tables.slots.get_mut(me).expect("it has just begun").flags.set(Flags::TRAPS, traps);
        self.wait_for_alarms(me);
        let Some(tag) = tag else { return };
        self.tables.slots.life_mut(me).tag = tag;
        let is_foreign = self.foreign(me).is_some();
        self.set_passive(me, !is_foreign);
        if is_foreign || self.behaviour_of(me).minds_recovery() {
            let first = self.tables.messages.write(&Envelope::new(Sender::HOST, MessageKind::Recovered, &[]));
            self.ledger.counters.sent += 1;
            self.queue_first(me, first);
        }
    }

    /// As if this owner had spawned each of them again.
    pub(crate) fn recover_children(&mut self, owner: Sender) {
        self.swap_in_children(owner.key);
        let children: Vec<Key> = self.tables.slots.kept(owner.key).filter(|child| self.tables.slots.recovers(*child)).collect();
        for child in children {
            let lasting = self.lasting(child).expect("it is durable");
            let (behaviour, is_over) = (lasting.behaviour, lasting.is_over);
            let options = lasting.options();
            let (faults, memory_max) = (options.faults, options.memory_max);
            self.tables.slots.rare_mut(child).owner_life = owner.incarnation;
            self.begin(child, Some(behaviour));
            self.catch_faults(owner, child, faults);
            self.cap(child, memory_max);
            self.recover(child);
            self.link(owner, Ref::actor(child, 0, Rights::ALL));
            self.link_kept(child);
            if is_over {
                // A journal that takes nothing any more has ended the vat already, or will.
                let _ = self.record_life(child);
            }
            if self.ledger.is_told() {
                self.tell_spawned(owner, child, Why::Unsaid);
            }
            self.wake(child);
        }
    }

    /// The links to its children that this durable owner asked for when it spawned them: its state knows no others.
    pub(crate) fn link_kept(&mut self, owner: Key) {
        let me = Sender { key: owner, incarnation: self.tables.slots.get(owner).map_or(0, |header| header.incarnation) };
        for child in self.living_children(owner) {
            if self.lasting(child).is_some_and(|lasting| lasting.turn > 0 && lasting.options().link) {
                self.link(me, Ref::actor(child, 0, Rights::ALL));
            }
        }
    }

    pub(super) fn adopt_as(&mut self, owner: Key, child: Key, id: &str) {
        self.tables.slots.life_mut(child).parent = Some(owner);
        self.tables.slots.keep_as(owner, child, id);
        self.tables.slots.adopt(owner, child);
        self.tables.slots.get_mut(child).expect("it came from the journal").flags.set(Flags::KEPT, true);
    }
}
