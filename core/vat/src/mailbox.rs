//! Where messages are: cells in a table, each mailbox a circle of them known by its newest.
use crate::{
    durable::{Recorded, Tries},
    entry::{Cell, DATA, Entry, Envelope, Marks},
    paged::Paged,
    slab::{Handle, Slab, put_word},
};
use alloc::{collections::BTreeMap, vec::Vec};
use core::mem;

/// All messages of a vat.
#[derive(Default)]
pub(crate) struct Messages {
    cells: Paged<Cell>,
    /// The newest free cell; each leads to the one freed before it.
    free: Handle,
    /// The data that fit in no cell.
    blocks: Slab,
    live: u64,
    /// Of those that the journal has, which record brought it.
    recorded: BTreeMap<u32, Recorded>,
    /// Of those that turns have failed on, how often.
    tries: BTreeMap<u32, Tries>,
}

impl Messages {
    /// A cell to write a message into, or to `free`. Already a circle of one.
    #[inline]
    pub fn take(&mut self) -> (Handle, &mut Cell) {
        self.live += 1;
        let mut entry = self.free;
        if entry.is_none() {
            entry = self.grow();
        }
        let cell = &mut self.cells[entry.to_u32()];
        self.free = mem::replace(&mut cell.next, entry);
        (entry, cell)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> Handle {
        Handle::from_u32(self.cells.push())
    }

    pub fn write(&mut self, envelope: &Envelope<'_>) -> Handle {
        let length = envelope.data_length();
        let block = (length > DATA).then(|| self.blocks.take(length));
        let (entry, cell) = self.take();
        *cell = Cell { next: entry, ..envelope.cell() };
        let Some(block) = block else {
            envelope.write_data(&mut cell.data);
            return entry;
        };
        cell.marks = cell.marks.and(Marks::APART);
        put_word(&mut cell.data, 0, block.to_u32());
        envelope.write_data(self.blocks.block_mut(block));
        entry
    }

    /// That record brought this message.
    pub fn record(&mut self, entry: Handle, id: Recorded) {
        self.recorded.insert(entry.to_u32(), id);
    }

    pub fn recorded(&self, entry: Handle) -> Option<Recorded> {
        if self.recorded.is_empty() { None } else { self.recorded.get(&entry.to_u32()).copied() }
    }

    pub fn tries(&self, entry: Handle) -> Tries {
        self.tries.get(&entry.to_u32()).copied().unwrap_or_default()
    }

    pub fn set_tries(&mut self, entry: Handle, tries: Tries) {
        self.tries.insert(entry.to_u32(), tries);
    }

    #[inline]
    pub fn free(&mut self, entry: Handle) {
        if !self.recorded.is_empty() {
            self.recorded.remove(&entry.to_u32());
        }
        if !self.tries.is_empty() {
            self.tries.remove(&entry.to_u32());
        }
        let cell = &mut self.cells[entry.to_u32()];
        cell.next = self.free;
        self.free = entry;
        self.live -= 1;
        if let Some(block) = cell.block() {
            self.blocks.give_back(block);
        }
    }

    pub fn cell(&self, entry: Handle) -> &Cell {
        &self.cells[entry.to_u32()]
    }

    pub fn cell_mut(&mut self, entry: Handle) -> &mut Cell {
        &mut self.cells[entry.to_u32()]
    }

    pub fn entry(&self, entry: Handle) -> Entry<'_> {
        let cell = self.cell(entry);
        Entry { cell, data: cell.block().map_or(&cell.data, |block| self.blocks.block(block)) }
    }

    /// Takes the oldest one out of its mailbox and copies its body, if it is a plain one. With its sender's life.
    #[inline]
    pub fn pop_plain(&mut self, newest: &mut Handle, to: &mut Cell) -> Option<(Handle, u32)> {
        if newest.is_none() {
            return None;
        }
        let mut cell = &self.cells[newest.to_u32()];
        let oldest = cell.next;
        if oldest != *newest {
            cell = &self.cells[oldest.to_u32()];
        }
        if !cell.is_plain() {
            return None;
        }
        to.length = cell.length;
        cell.copy_data(cell.length as usize, to);
        let (second, life) = (cell.next, cell.from.incarnation);
        if oldest == *newest {
            *newest = Handle::NONE;
        } else {
            self.link(*newest, second);
        }
        Some((oldest, life))
    }

    /// `free` for what `pop_plain` took.
    #[inline]
    pub fn free_plain(&mut self, entry: Handle) {
        self.cells[entry.to_u32()].next = self.free;
        self.free = entry;
        self.live -= 1;
    }

    /// Copies the cell, and to `apart` the data that is not in it. Its weight.
    #[inline]
    pub fn copy(&self, entry: Handle, to: &mut Cell, apart: &mut Vec<u8>) -> usize {
        let cell = self.cell(entry);
        // Field by field as they were written: a wider read of what was just written in parts would wait for all of it.
        to.from = cell.from;
        (to.kind, to.marks, to.refs) = (cell.kind, cell.marks, cell.refs);
        to.length = cell.length;
        let length = cell.data_length();
        if let Some(block) = cell.block() {
            apart.clear();
            apart.extend_from_slice(&self.blocks.block(block)[..length]);
        } else {
            cell.copy_data(length, to);
        }
        cell.weight()
    }

    pub fn mark(&mut self, entry: Handle, marks: Marks) {
        let cell = &mut self.cells[entry.to_u32()];
        cell.marks = cell.marks.and(marks);
    }

    /// Messages written and not freed.
    pub fn live(&self) -> u64 {
        self.live
    }

    /// `push_back` for what has been in no mailbox yet.
    #[inline]
    pub fn push_new(&mut self, newest: &mut Handle, entry: Handle) {
        if newest.is_none() {
            *newest = entry;
        } else {
            self.push_back(newest, entry);
        }
    }

    #[inline]
    pub fn push_back(&mut self, newest: &mut Handle, entry: Handle) {
        let before = *newest;
        *newest = entry;
        if before.is_none() {
            return self.link(entry, entry);
        }
        let before = &mut self.cells[before.to_u32()].next;
        let oldest = mem::replace(before, entry);
        self.link(entry, oldest);
    }

    pub fn push_front(&mut self, newest: &mut Handle, entry: Handle) {
        if newest.is_none() {
            self.link(entry, entry);
            *newest = entry;
        } else {
            let oldest = self.next(*newest);
            self.link(entry, oldest);
            self.link(*newest, entry);
        }
    }

    pub fn oldest(&self, newest: Handle) -> Option<Handle> {
        (!newest.is_none()).then(|| self.next(newest))
    }

    pub fn pop_front(&mut self, newest: &mut Handle) -> Option<Handle> {
        if newest.is_none() {
            return None;
        }
        let oldest = self.next(*newest);
        if oldest == *newest {
            *newest = Handle::NONE;
        } else {
            let second = self.next(oldest);
            self.link(*newest, second);
        }
        Some(oldest)
    }

    /// Puts all of `first` before what `newest` has.
    pub fn splice_front(&mut self, newest: &mut Handle, first: Handle) {
        if first.is_none() {
            return;
        }
        if newest.is_none() {
            *newest = first;
        } else {
            let (oldest, oldest_of_first) = (self.next(*newest), self.next(first));
            self.link(first, oldest);
            self.link(*newest, oldest_of_first);
        }
    }

    /// Behind `at`, which is one of `newest`'s.
    pub fn insert_after(&mut self, newest: &mut Handle, at: Handle, entry: Handle) {
        let next = self.next(at);
        self.link(at, entry);
        self.link(entry, next);
        if at == *newest {
            *newest = entry;
        }
    }

    /// Entries and their bytes. Walks them: for people.
    pub fn measure(&self, newest: Handle) -> (u32, u32) {
        let (mut entries, mut bytes, mut at) = (0, 0u32, newest);
        while !at.is_none() {
            entries += 1;
            bytes = bytes.saturating_add(self.entry(at).length() as u32);
            at = self.next(at);
            if at == newest {
                break;
            }
        }
        (entries, bytes)
    }

    /// The entries of a queue, oldest first.
    pub fn handles(&self, newest: Handle) -> impl Iterator<Item = Handle> + '_ {
        let mut at = self.oldest(newest);
        core::iter::from_fn(move || {
            let entry = at?;
            at = (entry != newest).then(|| self.next(entry));
            Some(entry)
        })
    }

    fn next(&self, entry: Handle) -> Handle {
        self.cells[entry.to_u32()].next
    }

    fn link(&mut self, entry: Handle, next: Handle) {
        self.cells[entry.to_u32()].next = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageKind, entry::Sender};
    use alloc::{collections::VecDeque, vec::Vec};
    use proptest::prelude::*;

    fn drain(messages: &mut Messages, mut newest: Handle) -> Vec<u8> {
        let mut bodies = Vec::new();
        while let Some(entry) = messages.pop_front(&mut newest) {
            bodies.push(messages.entry(entry).body()[0]);
            messages.free(entry);
        }
        bodies
    }

    proptest! {
        #[test]
        fn a_mailbox_and_its_deferred_ones_behave_like_two_deques(script in proptest::collection::vec(0u8..6, 0..100)) {
            let mut messages = Messages::default();
            let (mut mailbox, mut deferred) = (Handle::NONE, Handle::NONE);
            let mut model: (VecDeque<u8>, VecDeque<u8>) = Default::default();
            for (n, what) in script.into_iter().enumerate() {
                let n = n as u8;
                match what {
                    0 | 1 => {
                        let entry = messages.write(&Envelope::new(Sender::HOST, MessageKind::User, &[n]));
                        messages.push_back(&mut mailbox, entry);
                        model.0.push_back(n);
                    }
                    2 => {
                        let entry = messages.write(&Envelope::new(Sender::HOST, MessageKind::User, &[n]));
                        messages.push_front(&mut mailbox, entry);
                        model.0.push_front(n);
                    }
                    3 | 4 => {
                        let entry = messages.pop_front(&mut mailbox);
                        prop_assert_eq!(entry.map(|entry| messages.entry(entry).body()[0]), model.0.front().copied());
                        if let (Some(entry), Some(n)) = (entry, model.0.pop_front()) {
                            messages.push_back(&mut deferred, entry);
                            model.1.push_back(n);
                        }
                    }
                    _ => {
                        messages.splice_front(&mut mailbox, core::mem::take(&mut deferred));
                        while let Some(n) = model.1.pop_back() {
                            model.0.push_front(n);
                        }
                    }
                }
            }
            prop_assert_eq!(drain(&mut messages, mailbox), Vec::from(model.0));
            prop_assert_eq!(drain(&mut messages, deferred), Vec::from(model.1));
            prop_assert_eq!(messages.live(), 0);
        }
    }
}
