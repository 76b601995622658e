//! The model of one mailbox: a queue, what was set aside, and the bounds. It knows nothing of slots, slabs or schedules.
use std::collections::{BTreeSet, VecDeque};

pub(super) struct Queue {
    entries_max: usize,
    bytes_max: usize,
    waiting: VecDeque<Letter>,
    deferred: VecDeque<Letter>,
    /// What the reader of this life has deferred once already.
    pub seen: BTreeSet<u8>,
    tag: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub id: u8,
    pub length: usize,
    /// Not handled from this time on.
    pub until: u64,
    /// Whether there was room for it can't be told from outside.
    pub perhaps: bool,
}

/// What an entry may cost beside its body, at most.
const OVERHEAD_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Surely,
    Perhaps,
    None,
}

impl Queue {
    pub fn new(entries_max: usize, bytes_max: usize) -> Queue {
        let (waiting, deferred) = (VecDeque::new(), VecDeque::new());
        Queue { entries_max, bytes_max, waiting, deferred, seen: BTreeSet::new(), tag: 0 }
    }

    pub fn len(&self) -> usize {
        self.waiting.len() + self.deferred.len()
    }

    /// What has expired may be gone already.
    pub fn room(&self, length: usize, now: u64) -> Room {
        let all = self.waiting.iter().chain(&self.deferred);
        let sure = all.clone().filter(|letter| letter.until > now && !letter.perhaps);
        let size = |count: usize, bodies: usize| (count, bodies + length);
        let least = size(sure.clone().count(), sure.map(|letter| letter.length).sum());
        let most = size(self.len(), all.map(|letter| letter.length + OVERHEAD_MAX).sum::<usize>() + OVERHEAD_MAX);
        if least.0 >= self.entries_max || least.1 > self.bytes_max {
            Room::None
        } else if most.0 < self.entries_max && most.1 <= self.bytes_max {
            Room::Surely
        } else {
            Room::Perhaps
        }
    }

    pub fn put(&mut self, letter: Letter) {
        self.waiting.push_back(letter);
    }

    /// The reader has this one in hand. Err: it is not this one's turn.
    pub fn take(&mut self, id: u8, now: u64) -> Result<Letter, String> {
        while let Some(first) = self.waiting.pop_front() {
            let gone = first.until <= now || (first.perhaps && first.id != id);
            if gone {
                continue;
            }
            return if first.id == id {
                Ok(Letter { perhaps: false, ..first })
            } else {
                Err(format!("{id} was handled before {}", first.id))
            };
        }
        Err(format!("{id} was handled, which does not wait"))
    }

    pub fn set_aside(&mut self, letter: Letter) {
        self.deferred.push_back(letter);
    }

    /// Another tag: what was set aside comes first, the oldest before all.
    pub fn retag(&mut self, tag: u32) {
        if tag != self.tag {
            self.tag = tag;
            self.retry();
        }
    }

    fn retry(&mut self) {
        while let Some(letter) = self.deferred.pop_back() {
            self.waiting.push_front(letter);
        }
    }

    pub fn tag(&self) -> u32 {
        self.tag
    }

    /// The reader's life is over; what waits is for its next one.
    pub fn end(&mut self) {
        self.retry();
        self.seen.clear();
        self.tag = 0;
    }

    pub fn bury(&mut self) {
        self.waiting.clear();
    }

    /// All that may still be handled is gone through: what is left has expired, or is set aside.
    pub fn idle(&mut self, now: u64) -> Result<(), String> {
        self.waiting.retain(|letter| letter.until > now && !letter.perhaps);
        self.waiting.front().map_or(Ok(()), |first| Err(format!("{} waits, and nobody does anything", first.id)))
    }
}
