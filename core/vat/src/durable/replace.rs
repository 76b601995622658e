//! The rung that gives up a durable actor's state: it is named in the journal, and the next life begins as the first did.
use crate::{Cx, Reason, Ref, Vat, refs::Key, state, turn::Effect};
use alloc::vec::Vec;
use peerd_journal::{Fate, Fault, Record, Rung, Tried};

/// For the owner of children.
impl Cx<'_> {
    /// The ended child's state and map are no more, and its next life begins with an init (semantics 13). What is queued for it stays, and
    /// so do its alarms. Of a volatile child nothing is left to give up.
    pub fn replace(&mut self, child: Ref) {
        self.tables.turn.effects.push(Effect::Replace { child });
    }
}

impl Vat {
    pub(crate) fn replace(&mut self, me: Key, child: Ref) {
        let Some(child) = self.ended_child(me, child).filter(|child| self.is_known(*child)) else { return };
        let Some(header) = self.tables.slots.get_mut(child) else { return };
        let life = header.incarnation;
        state::clear(&mut self.tables.states, &mut header.state);
        let rare = self.tables.slots.rare_mut(child);
        rare.map = None;
        let last_exit = rare.last_exit.clone().unwrap_or(Reason::Noproc);
        if let Some(lasting) = &mut rare.lasting {
            (lasting.state, lasting.is_blank) = (Vec::new(), true);
        }
        let reason = self.encode(&last_exit);
        let (rung, input, fate) = (Rung::Replace, Tried::Nothing, Fate::Kept);
        let fault = Fault { actor: child.to_actor(), life, input, attempt: 0, rung, fate, reason: &reason };
        self.note(child, &Record::Fault(fault));
        self.scratch = reason;
    }
}
