//! Letters to one other vat that it has not acknowledged, and how far those from it are known.
use super::{credit::Window, wire::LetterId};
use crate::refs::Key;
use alloc::{collections::BTreeMap, vec::Vec};
use core::{mem, ops::Bound};

#[derive(Default)]
pub(crate) struct Outbox {
    letters: BTreeMap<LetterId, Vec<u8>>,
    /// The newest that has left through this connection.
    sent: Option<LetterId>,
    /// What may be under way besides: as with credits, one that is larger than what is left may go.
    window: Window,
    /// How many were posted in this life.
    posted: u64,
}

impl Outbox {
    /// One that an earlier life left.
    pub fn restore(&mut self, id: LetterId, letter: Vec<u8>) {
        self.letters.insert(id, letter);
    }

    pub fn post(&mut self, epoch: u64, letter: Vec<u8>) {
        self.posted += 1;
        self.letters.insert(LetterId { epoch, seq: self.posted }, letter);
    }

    pub fn posted(&self) -> u64 {
        self.posted
    }

    pub fn len(&self) -> usize {
        self.letters.len()
    }

    pub fn has_unsent(&self) -> bool {
        self.unsent().is_some()
    }

    fn unsent(&self) -> Option<LetterId> {
        let from = self.sent.map_or(Bound::Unbounded, Bound::Excluded);
        self.letters.range((from, Bound::Unbounded)).next().map(|(id, _)| *id)
    }

    /// The next one that may leave, and the one before it. It is to be put back with `sent`.
    pub fn take_next(&mut self) -> Option<(LetterId, Option<LetterId>, Vec<u8>)> {
        let id = self.unsent().filter(|_| self.window.is_open())?;
        let before = self.letters.range(..id).next_back().map(|(id, _)| *id);
        let letter = mem::take(self.letters.get_mut(&id)?);
        Some((id, before, letter))
    }

    pub fn sent(&mut self, id: LetterId, letter: Vec<u8>) {
        self.window.spend(letter.len());
        self.letters.insert(id, letter);
        self.sent = Some(id);
    }

    /// Whatever has left has to leave again.
    pub fn rewind(&mut self) {
        (self.sent, self.window) = (None, Window::FULL);
    }

    /// The letters that nobody has to send again.
    pub fn acknowledge(&mut self, upto: LetterId, epoch: u64) -> Result<Vec<Vec<u8>>, &'static str> {
        if upto > (LetterId { epoch, seq: self.posted }) {
            return Err("a letter acknowledged that was not posted");
        }
        let done: Vec<Vec<u8>> = self.letters.extract_if(..=upto, |_, _| true).map(|(_, letter)| letter).collect();
        done.iter().for_each(|letter| self.window.grant(1, letter.len() as i64));
        self.sent = self.sent.max(Some(upto));
        Ok(done)
    }
}

/// How far the letters of a vat are known here.
#[derive(Default)]
pub(crate) struct Inbox {
    pub newest: LetterId,
    pub missing: Missing,
    /// The sender has to be told.
    pub is_owed: bool,
}

/// What keeps the next letter from being taken.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Missing {
    #[default]
    Nothing,
    /// It did not come: it is to be asked for.
    Unasked,
    Asked,
    /// It came, and its receiver had no room for so much.
    Room {
        to: Key,
        weight: usize,
    },
}

impl Inbox {
    /// A connection begins with everything sent again.
    pub fn begin(&mut self) {
        (self.missing, self.is_owed) = (Missing::Nothing, false);
    }

    pub fn know(&mut self, id: LetterId) {
        (self.newest, self.missing, self.is_owed) = (id, Missing::Nothing, true);
    }

    /// One before it is not known.
    pub fn misses(&mut self) {
        if self.missing == Missing::Nothing {
            self.missing = Missing::Unasked;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::credit::WINDOW_ENTRIES;
    use alloc::vec;

    fn id(epoch: u64, seq: u64) -> LetterId {
        LetterId { epoch, seq }
    }

    fn leave(outbox: &mut Outbox) -> Vec<LetterId> {
        let mut left = Vec::new();
        while let Some((id, _, letter)) = outbox.take_next() {
            outbox.sent(id, letter);
            left.push(id);
        }
        left
    }

    #[test]
    fn letters_of_earlier_lives_leave_first_and_all_leave_again_until_acknowledged() {
        let mut outbox = Outbox::default();
        outbox.restore(id(1, 7), vec![1]);
        outbox.post(2, vec![2]);
        outbox.post(2, vec![3]);
        assert_eq!(leave(&mut outbox), [id(1, 7), id(2, 1), id(2, 2)]);
        assert_eq!(outbox.acknowledge(id(2, 1), 2), Ok(vec![vec![1], vec![2]]));
        outbox.rewind();
        assert_eq!(leave(&mut outbox), [id(2, 2)]);
        assert!(outbox.acknowledge(id(2, 3), 2).is_err());
    }

    #[test]
    fn no_more_than_a_window_is_under_way() {
        let mut outbox = Outbox::default();
        (0..WINDOW_ENTRIES + 9).for_each(|_| outbox.post(1, vec![0]));
        assert_eq!(leave(&mut outbox).len(), WINDOW_ENTRIES as usize);
        assert!(outbox.acknowledge(id(1, 3), 1).is_ok());
        assert_eq!(leave(&mut outbox).len(), 3);
    }
}
