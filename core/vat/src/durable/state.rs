//! The committed state of a durable actor, in memory once: in its slot while it is bytes, in `Lasting` while its behaviour has it on
//! a shelf and changes it in place.
use super::Journal;
use crate::{Crash, Vat, behaviour::BehaviourId, refs::Key, slots::Flags, state};
use alloc::vec::Vec;
use core::mem;
use peerd_journal::Change;

/// Where a turn leaves the state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    /// Where it was, untouched.
    Still,
    /// In the turn's bytes, from where its commit takes it to the slot.
    InSlot,
    /// On a shelf. Encoded it is in `Journal::state`.
    OnShelf,
}

impl Vat {
    /// Says the state that this turn leaves, if it is another one. How many changes that are.
    pub(super) fn state_in(&self, journal: &mut Journal, me: Key, behaviour: BehaviourId) -> Result<(Lies, u32), Crash> {
        let turn = &self.tables.turn;
        let kept_at = self.tables.slots.get(me).expect("it has just had a turn").state_id();
        let (lies, state) = match (turn.state_id.or(kept_at.filter(|_| turn.state.is_none())), &turn.state) {
            (Some(id), _) => {
                journal.state.clear();
                self.behaviours[usize::from(behaviour)].encode(id, &mut journal.state)?;
                (Lies::OnShelf, &journal.state[..])
            }
            (None, Some(range)) => (Lies::InSlot, &turn.bytes[range.clone()]),
            (None, None) => return Ok((Lies::Still, 0)),
        };
        let changed = state != self.committed(me);
        if changed {
            journal.changes.push(Change::State(state));
        }
        Ok((lies, u32::from(changed)))
    }

    /// The record of the turn is appended.
    pub(super) fn keep_committed(&mut self, journal: &Journal, me: Key, lies: Lies) {
        let committed = &mut self.tables.slots.rare_mut(me).lasting.as_mut().expect("the caller looked").state;
        match lies {
            Lies::Still => {}
            Lies::InSlot => *committed = Vec::new(),
            // Not swapped: the journal's has the room of the largest of all states.
            Lies::OnShelf => {
                committed.clear();
                committed.extend_from_slice(&journal.state);
            }
        }
    }

    fn committed(&self, me: Key) -> &[u8] {
        match self.lasting(me) {
            Some(lasting) if self.is_shelved(me) => &lasting.state,
            _ => state::of(&self.tables.states, self.tables.slots.get(me).expect("the caller found the slot")),
        }
    }

    /// Not by a turn. While it is on a shelf this is what stays when the incarnation has ended.
    pub(super) fn set_committed(&mut self, me: Key, state: &[u8]) {
        if self.is_shelved(me) {
            self.tables.slots.rare_mut(me).lasting.as_mut().expect("it is durable").state = state.into();
        } else {
            self.take_up(me, None, state);
        }
    }

    /// A state at rest has gone on a shelf, or has come from one.
    pub(crate) fn move_committed(&mut self, me: Key, bytes: Vec<u8>) {
        let is_shelved = self.is_shelved(me);
        if let Some(lasting) = self.tables.slots.life_mut(me).rare.as_mut().and_then(|rare| rare.lasting.as_mut()) {
            lasting.state = if is_shelved { bytes } else { Vec::new() };
        }
    }

    /// The incarnation has ended: of a durable actor what is committed stays, as bytes.
    pub(crate) fn lay_down(&mut self, me: Key) {
        if !self.is_durable(me) {
            self.forget_state(me);
        } else if self.is_shelved(me) {
            let committed = mem::take(&mut self.tables.slots.rare_mut(me).lasting.as_mut().expect("it is durable").state);
            self.forget_state(me);
            self.take_up(me, None, &committed);
        }
    }

    fn is_shelved(&self, me: Key) -> bool {
        self.tables.slots.get(me).is_some_and(|header| header.flags.has(Flags::SHELVED))
    }
}
