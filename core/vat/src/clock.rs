//! Time passes: what is due becomes a message or ends a call.
use crate::{
    MessageKind, Time, Vat,
    entry::{Envelope, Sender},
    refs::Key,
    relations::Item,
    timers::Due,
};

impl Vat {
    /// The vat's clock never goes back, whatever the host's does.
    pub(crate) fn advance(&mut self, now: Time) {
        self.ledger.now = self.ledger.now.max(now);
        self.ring();
    }

    pub(crate) fn ring(&mut self) {
        while let Some(due) = self.timers.pop(self.ledger.now) {
            match due {
                Due::Timer { actor, node } => self.tick(actor, node),
                Due::Call { shot } => self.time_out(shot),
            }
        }
    }

    /// The timer's relation stays until the tick is handled: one that was set anew or cancelled meanwhile is known by its absence.
    pub(crate) fn tick(&mut self, actor: Key, node: Key) {
        let Some(Item::Timer { key, .. }) = self.relations.get(node) else { unreachable!("a timer is cancelled with its relation") };
        let incarnation = self.slots.get(actor).map_or(0, |header| header.incarnation);
        self.enqueue(actor, &Envelope::new(Sender { key: actor, incarnation }, MessageKind::Timer, &[]).about(node, key));
    }
}
