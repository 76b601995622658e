//! An actor's state at rest: its length, then its bytes, in one block.
use crate::{
    Behaviour, Crash, Vat,
    behaviour::BehaviourId,
    refs::Key,
    slab::{Handle, Slab, put_word, word},
    slots::{Flags, Header},
};
use alloc::{boxed::Box, vec::Vec};

const LENGTH: usize = 4;

/// Empty for a state that its behaviour keeps.
#[inline]
pub(crate) fn of<'a>(states: &'a Slab, header: &Header) -> &'a [u8] {
    if header.flags.has(Flags::SHELVED) { &[] } else { read(states, header.state) }
}

impl Vat {
    /// The code of an actor that has had a turn.
    pub(crate) fn behaviour_of(&mut self, me: Key) -> &mut Box<dyn Behaviour> {
        let header = self.tables.slots.get(me).expect("the caller found the slot");
        &mut self.behaviours[usize::from(header.behaviour)]
    }

    pub(crate) fn encode_state(&self, me: Key, to: &mut Vec<u8>) -> Result<(), Crash> {
        let header = self.tables.slots.get(me).expect("the caller found the slot");
        match header.state_id() {
            Some(id) => self.behaviours[usize::from(header.behaviour)].encode(id, to)?,
            None => to.extend_from_slice(read(&self.tables.states, header.state)),
        }
        Ok(())
    }

    /// To look at: empty if it can't be had, or encoded.
    pub(crate) fn shown_state(&self, me: Key) -> Vec<u8> {
        if self.tables.slots.is_swapped_out(me) {
            return self.tables.peek(me, |stored| stored.state.into()).unwrap_or_default();
        }
        let mut state = Vec::new();
        self.encode_state(me, &mut state).map_or_else(|_| Vec::new(), |()| state)
    }

    /// As much of it as holds all its reply refs.
    pub(crate) fn encode_held(&self, me: Key, to: &mut Vec<u8>) -> Result<(), Crash> {
        let header = self.tables.slots.get(me).expect("the caller found the slot");
        match header.state_id() {
            Some(id) => self.behaviours[usize::from(header.behaviour)].encode_held(id, to)?,
            None => to.extend_from_slice(self.refs_in(header.behaviour, read(&self.tables.states, header.state))),
        }
        Ok(())
    }

    /// The part of a state as bytes that may have refs.
    pub(crate) fn refs_in<'a>(&self, behaviour: BehaviourId, state: &'a [u8]) -> &'a [u8] {
        self.behaviours.get(usize::from(behaviour)).map_or(state, |behaviour| behaviour.refs_in(state))
    }

    /// The incarnation has ended.
    pub(crate) fn forget_state(&mut self, me: Key) {
        let header = self.tables.slots.get_mut(me).expect("the caller found the slot");
        if let Some(id) = header.state_id() {
            header.flags.set(Flags::SHELVED, false);
            header.state = Handle::NONE;
            self.behaviours[usize::from(header.behaviour)].forget(id);
        } else {
            clear(&mut self.tables.states, &mut header.state);
        }
    }
}

#[inline]
pub(crate) fn read(states: &Slab, handle: Handle) -> &[u8] {
    if handle.is_none() {
        return &[];
    }
    let block = states.block(handle);
    &block[LENGTH..LENGTH + word(block, 0) as usize]
}

/// In place when the block fits, so that a state which keeps its size costs a copy and no more.
pub(crate) fn write(states: &mut Slab, handle: &mut Handle, state: &[u8]) {
    if state.is_empty() {
        return clear(states, handle);
    }
    let needed = LENGTH + state.len();
    if !handle.is_none() {
        let size = states.block(*handle).len();
        if needed > size || needed < size / 4 {
            clear(states, handle);
        }
    }
    if handle.is_none() {
        *handle = states.take(needed);
    }
    let block = states.block_mut(*handle);
    put_word(block, 0, u32::try_from(state.len()).expect("a state is shorter than 4 GiB"));
    block[LENGTH..needed].copy_from_slice(state);
}

pub(crate) fn clear(states: &mut Slab, handle: &mut Handle) {
    if !handle.is_none() {
        states.give_back(core::mem::take(handle));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_state_is_what_was_last_written() {
        let (mut states, mut handle) = (Slab::default(), Handle::NONE);
        for length in [0, 5, 12, 13, 300, 100_000, 70_000, 90, 3, 0] {
            write(&mut states, &mut handle, &vec![length as u8; length]);
            assert_eq!(read(&states, handle), vec![length as u8; length]);
        }
        assert!(handle.is_none());
    }
}
