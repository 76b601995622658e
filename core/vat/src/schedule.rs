//! Whose turn it is, and how many: slices of reductions, so that nobody waits longer than one slice for each who is ahead.
use crate::{Ran, Vat, ready::Class, refs::Key, slab::Handle, slots::Flags, step::Step};
use core::mem;

impl Vat {
    /// In line, if it lives, has something to handle and does not wait yet.
    pub(crate) fn wake(&mut self, key: Key) {
        let Some(header) = self.tables.slots.get_mut(key) else { return };
        let (flags, class) = (header.flags, header.flags.class());
        if !flags.has(Flags::LIVE) || flags.has(Flags::READY) {
            return;
        }
        let has_work = if flags.has(Flags::DOOR) { self.has_work_at_door(key) } else { !header.mailbox.is_none() };
        if has_work {
            self.tables.slots.get_mut(key).expect("found above").flags.set(Flags::READY, true);
            self.ready.push(class, key);
        }
    }

    pub(crate) fn run_ready(&mut self, fuel: u64) -> Ran {
        let mut ran = Ran { turns: 0, reductions: 0, idle: true };
        while ran.reductions < fuel && !self.is_full() && !self.broken {
            let Some((class, key)) = self.ready.pop() else { break };
            // An actor that ended and began again may stand in line twice: the flag says which place is good.
            let Some(header) = self.tables.slots.find_mut(key, Flags::READY, Flags::NONE) else { continue };
            let (newest, before) = (header.mailbox, ran.reductions);
            self.slice(key, class, newest, fuel, &mut ran);
            self.ready.charge(class, ran.reductions - before);
            self.line_up(key);
        }
        Ran { idle: self.ready.is_empty(), ..ran }
    }

    /// After its slice an actor stands in line again, at the end, if something waits for it.
    fn line_up(&mut self, key: Key) {
        let Some(header) = self.tables.slots.get_mut(key) else { return };
        if header.flags.is_open() && !header.mailbox.is_none() {
            return self.ready.push(header.flags.class(), key);
        }
        header.flags.set(Flags::READY, false);
        if header.flags.has(Flags::DOOR) {
            self.wake(key);
        }
    }

    /// Some messages of one actor: what waits for it now, not what it sends itself meanwhile. It stays marked as in line, so
    /// that this does not put it there twice.
    fn slice(&mut self, key: Key, class: Class, newest: Handle, fuel: u64, ran: &mut Ran) {
        let end = fuel.min(ran.reductions.saturating_add(u64::from(self.config.reductions_per_slice.max(1))));
        loop {
            match if self.plain_turn(key) || self.plain_init(key) { Step::Turned } else { self.step(key) } {
                Step::Turned => {
                    ran.turns += 1;
                    ran.reductions += 1 + u64::from(mem::take(&mut self.tables.turn.charged));
                }
                Step::PassedOver => {}
                Step::Empty => return,
            }
            if self.taken == newest || ran.reductions >= end || self.ready.is_urgent(class) || self.is_full() {
                return;
            }
        }
    }
}
