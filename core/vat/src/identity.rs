//! What outlives an incarnation: identities their owners keep, bury and forget.
use crate::{
    ActorId, DeadClass, Reason, Ref, Settle, Vat,
    entry::Sender,
    refs::Key,
    relations::Item,
    slots::{Flags, Load},
    turn::Scope,
};
use alloc::{vec, vec::Vec};

impl Vat {
    /// The owner decided against a restart. Nothing happens while the child lives.
    pub(crate) fn bury(&mut self, me: Key, child: Ref) {
        if let Some(child) = self.ended_child(me, child) {
            self.set_tombstone(child);
        }
    }

    pub(crate) fn forget(&mut self, me: Key, child: Ref) {
        let Some(child) = self.ended_child(me, child) else { return };
        self.tables.slots.disown(me, child);
        self.set_tombstone(child);
        self.release(child, true);
    }

    /// An actor whose identity nobody keeps is gone with its one incarnation.
    pub(crate) fn vanish(&mut self, me: Sender, reason: &Reason) {
        self.tell_identity_watchers(me, reason);
        let is_root = self.root.is_some_and(|root| root.key == me.key);
        self.release(me.key, !is_root && !self.is_over());
    }

    /// The root has ended: that of the next epoch keeps again whom this one kept, and theirs are what they left them.
    pub(crate) fn is_over(&self) -> bool {
        self.root.is_none()
    }

    pub(crate) fn ended_child(&mut self, me: Key, child: Ref) -> Option<Key> {
        let ActorId(child) = child.actor_id()?;
        let flags = self.tables.slots.get(child)?.flags;
        let is_ours = flags.has(Flags::KEPT) && !flags.has(Flags::LIVE) && self.tables.slots.parent(child) == Some(me);
        if is_ours {
            self.swap_in(child);
        }
        is_ours.then_some(child)
    }

    /// Its init is done: what an earlier life of this owner kept and this one has not started does not come back, unless the journal
    /// has it: then it waits until it is asked for.
    pub(crate) fn bury_left_out(&mut self, me: Sender) {
        for child in self.ended_children(me.key) {
            let started_by = self.tables.slots.rare_mut(child).owner_life;
            if started_by != 0 && started_by != me.incarnation && !self.is_known(child) {
                self.set_tombstone(child);
            }
        }
    }

    fn ended_children(&self, owner: Key) -> Vec<Key> {
        self.tables.slots.kept(owner).filter(|child| !self.tables.slots.is_live(*child)).collect()
    }

    pub(crate) fn living_children(&self, owner: Key) -> Vec<Key> {
        self.tables.slots.kept(owner).filter(|child| self.tables.slots.is_live(*child)).collect()
    }

    /// And on those it keeps: nobody is left to decide about them.
    fn set_tombstone(&mut self, child: Key) {
        let mut doomed = vec![child];
        while let Some(child) = doomed.pop() {
            doomed.extend(self.ended_children(child));
            self.bury_one(child);
        }
    }

    fn bury_one(&mut self, child: Key) {
        let header = self.tables.slots.get_mut(child).expect("checked by the caller");
        if header.flags.has(Flags::BURIED) {
            return;
        }
        header.flags.set(Flags::BURIED, true);
        let from = Sender { key: child, incarnation: header.incarnation };
        self.clear_door(child);
        // What ends with its owner has not been decided against: the root of the next epoch may keep it again.
        let is_decided = self.tables.slots.parent(child).is_some_and(|owner| self.tables.slots.is_live(owner));
        if is_decided {
            self.drop_alarms(child);
        } else {
            self.leave_alarms(child);
        }
        let header = self.tables.slots.get_mut(child).expect("checked by the caller");
        let mut waiting = core::mem::take(&mut header.mailbox);
        header.load = Load::default();
        while let Some(entry) = self.tables.messages.pop_front(&mut waiting) {
            self.discard(child, entry, DeadClass::Noproc, &Settle::Noproc);
        }
        let reason = self.tables.slots.rare_mut(child).last_exit.clone().unwrap_or(Reason::Noproc);
        if self.journal.is_some() && is_decided {
            self.record_end(child, from.incarnation, &reason, false);
        }
        self.tell_identity_watchers(from, &reason);
    }

    pub(crate) fn tell_identity_watchers(&mut self, from: Sender, reason: &Reason) {
        while let Some((node, item)) = self.tables.relations.first(self.tables.slots.life(from.key).edges) {
            self.tables.relations.remove(&mut self.tables.slots.life_mut(from.key).edges, node);
            match item {
                Item::Watched { watcher, twin, scope: Scope::Identity } => self.down_to(from, watcher, twin, reason),
                _ => unreachable!("the rest ended with the incarnation"),
            }
        }
    }

    /// Frees the slot, and with it the identities it kept, those it keeps through them included: for good if the journal is to forget
    /// whom it knows of them.
    fn release(&mut self, key: Key, is_for_good: bool) {
        let mut owners: Vec<Key> = Vec::new();
        let mut next = Some(key);
        while let Some(owner) = next.take().or_else(|| owners.pop()) {
            while let Some(slot) = self.tables.slots.eldest(owner) {
                self.tables.slots.disown(owner, slot);
                let header = self.tables.slots.get_mut(slot).expect("a kept child has its slot");
                if header.flags.has(Flags::LIVE) {
                    // An orphan: it keeps its life, and its identity ends with that.
                    header.flags.set(Flags::KEPT, false);
                } else {
                    self.set_tombstone(slot);
                    owners.push(slot);
                }
            }
            self.ledger.unwatch(ActorId(owner));
            if is_for_good {
                self.drop_alarms(owner);
                if self.is_known(owner) {
                    self.record_forgotten(owner);
                }
            }
            self.forget_state(owner);
            self.leave_alarms(owner);
            self.tables.objects.forget(owner);
            self.tables.slots.release(owner);
        }
    }
}
