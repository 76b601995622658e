//! Whose turn it is: a queue of actors that have something to handle.
use crate::{Ran, Vat, refs::Key, slots::Flags, step::Step};

impl Vat {
    /// In line, if it lives, has something to handle and does not wait yet.
    pub(crate) fn wake(&mut self, key: Key) {
        let Some(header) = self.slots.get_mut(key) else { return };
        let flags = header.flags;
        if !flags.has(Flags::LIVE) || flags.has(Flags::READY) {
            return;
        }
        let has_work = if flags.has(Flags::DOOR) { self.has_work_at_door(key) } else { !header.mailbox.is_none() };
        if has_work {
            self.slots.get_mut(key).expect("found above").flags.set(Flags::READY, true);
            self.ready.push_back(key);
        }
    }

    pub(crate) fn run_ready(&mut self, fuel: u64) -> Ran {
        let mut turns = 0;
        while turns < fuel {
            let Some(key) = self.ready.pop_front() else { break };
            // An actor that ended and began again may stand in line twice: the flag says which place is good.
            if self.slots.get(key).is_none_or(|header| !header.flags.has(Flags::READY)) {
                continue;
            }
            turns += self.slice(key, fuel - turns);
            if let Some(header) = self.slots.get_mut(key) {
                header.flags.set(Flags::READY, false);
            }
            self.wake(key);
        }
        Ran { turns, idle: self.ready.is_empty() }
    }

    /// Some messages of one actor. It stays marked as in line, so that what it sends itself does not put it there twice.
    fn slice(&mut self, key: Key, fuel: u64) -> u64 {
        let mut turns = 0;
        for _ in 0..self.config.messages_per_slice.max(1) {
            if turns == fuel || !self.slots.is_live(key) {
                break;
            }
            match self.step(key) {
                Step::Turned => turns += 1,
                Step::PassedOver => {}
                Step::Empty => break,
            }
        }
        turns
    }
}
