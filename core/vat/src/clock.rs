//! Time passes: what is due becomes a message or ends a call.
use crate::{
    MessageKind, Time, Vat,
    door::Resume,
    entry::{Envelope, Sender},
    refs::Key,
    relations::Item,
    timers::Due,
};

impl Vat {
    /// The vat's clock never goes back, whatever the host's does.
    pub(crate) fn advance(&mut self, now: Time) {
        self.ledger.now = self.ledger.now.max(now);
        self.rest_idle();
        self.ring();
        self.ring_alarms();
    }

    pub(crate) fn ring(&mut self) {
        while let Some(due) = self.timers.pop(self.ledger.now) {
            match due {
                Due::Timer { actor, node } => self.tick(actor, node),
                Due::Retry { actor } => self.retry(actor),
                Due::Call { shot } => self.time_out(shot),
            }
        }
    }

    pub(crate) fn set_timer(&mut self, me: Key, key: u64, due: Time) {
        self.unset_timer(me, key);
        let node = self.tables.relations.push(&mut self.tables.slots.life_mut(me).timers, Item::Timer { key, due: Key::NONE, at: due });
        self.tables.keyed.set(me, key, node);
        if due <= self.ledger.now {
            self.tick(me, node);
        } else {
            let waiting = self.timers.set(due, Due::Timer { actor: me, node });
            self.tables.relations.set(node, Item::Timer { key, due: waiting, at: due });
        }
    }

    /// Also one whose tick is queued already.
    pub(crate) fn cancel_timer(&mut self, me: Key, key: u64) {
        self.unset_timer(me, key);
        self.call_off(me, Resume::Timer(key));
    }

    fn unset_timer(&mut self, me: Key, key: u64) {
        if let Some(node) = self.tables.keyed.get(me, key) {
            self.remove_timer(me, node);
        }
    }

    /// False if it was set anew, cancelled or handled before.
    pub(crate) fn remove_timer(&mut self, me: Key, node: Key) -> bool {
        let Some(Item::Timer { key, due, .. }) = self.tables.relations.remove(&mut self.tables.slots.life_mut(me).timers, node) else {
            return false;
        };
        self.tables.keyed.remove(me, key);
        self.timers.cancel(due);
        true
    }

    /// The timer's relation stays until the tick is handled: one that was set anew or cancelled meanwhile is known by its absence.
    pub(crate) fn tick(&mut self, actor: Key, node: Key) {
        let Some(Item::Timer { key, .. }) = self.tables.relations.get(node) else { unreachable!("a timer is cancelled with its relation") };
        let incarnation = self.tables.slots.get(actor).map_or(0, |header| header.incarnation);
        self.enqueue(actor, &Envelope::new(Sender { key: actor, incarnation }, MessageKind::Timer, &[]).about(node, key));
    }
}
