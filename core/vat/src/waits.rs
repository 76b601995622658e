//! Awaits: a turn that names what it waits for closes the mailbox until that comes (semantics 10.2 and 10.3).
use crate::{
    ActorId, Crash, MessageKind, Open, Time, Vat, What,
    door::{Resume, Wait},
    refs::Key,
    relations::Item,
    slab::Handle,
    slots::Flags,
    step::current,
    turn::Touched,
};
use core::mem;

impl Vat {
    /// The turn about to commit asked for something it can't have.
    pub(crate) fn find_fault(&mut self, me: Key) -> Option<Crash> {
        if self.tables.turn.read_only && self.has_written(me) {
            return Some(Crash::new("shared", "a shared handler wrote"));
        }
        let missing = self.tables.turn.wait.resumes.iter().any(|resume| match *resume {
            Resume::Reply(shot) => self.tables.shots.get(shot).is_none_or(|shot| shot.minter != me),
            Resume::Down(node) => !matches!(self.tables.relations.get(node), Some(Item::Watching { watcher, .. }) if watcher == me),
            Resume::Timer(key) => self.tables.keyed.get(me, key).is_none() && !self.tables.turn.sets_timer(key),
        });
        if missing {
            return Some(Crash::new("await", "it waits for what can't come"));
        }
        if !self.tables.turn.alarms.is_empty() && !self.is_durable(me) {
            return Some(Crash::new("alarm", "only a durable actor has alarms"));
        }
        self.prepare_become(me).err()
    }

    fn has_written(&self, me: Key) -> bool {
        let turn = &self.tables.turn;
        if turn.state.is_some() || !turn.map.is_empty() || turn.tag.is_some() || turn.becomes.is_some() || !turn.alarms.is_empty() {
            return true;
        }
        let Some(before) = &self.tables.turn.before else { return false };
        *before != self.shown_state(me)
    }

    /// The turn is committed and waits.
    pub(crate) fn close_mailbox(&mut self, me: Key) {
        let mut wait =
            Wait { handling: self.tables.turn.handling, read_only: self.tables.turn.read_only, ..mem::take(&mut self.tables.turn.wait) };
        // The turn itself may have called off what it named.
        wait.resumes.retain(|resume| self.can_come(me, *resume));
        if wait.resumes.is_empty() {
            return;
        }
        let only = wait.only_call();
        if wait.open == Open::Closed {
            self.ledger.fact(Some(ActorId(me)), || What::Closed);
        }
        self.door_mut(me).waits.push(wait);
        self.sort_at_door(me);
        if let Some(shot) = only {
            self.break_cycle(me, shot);
        }
    }

    fn can_come(&self, me: Key, resume: Resume) -> bool {
        match resume {
            Resume::Reply(shot) => self.tables.shots.get(shot).is_some(),
            Resume::Down(node) => self.tables.relations.get(node).is_some(),
            Resume::Timer(key) => self.tables.keyed.get(me, key).is_some(),
        }
    }

    /// What was named will not come: called off by a handler that was let in.
    pub(crate) fn call_off(&mut self, me: Key, resume: Resume) {
        if !self.tables.slots.get(me).is_some_and(|header| header.flags.has(Flags::DOOR)) {
            return;
        }
        let door = self.door_mut(me);
        let before = door.waits.len();
        door.forget(|named| named == resume);
        if door.waits.len() != before {
            self.sort_at_door(me);
            self.wake(me);
        }
    }

    /// A turn begins behind the door: it takes up an awaiting handler where that was, or was let in meanwhile.
    pub(crate) fn pass(&mut self, me: Key, handle: Handle) {
        self.tables.turn.touch(Touched::MORE);
        let entry = self.tables.messages.entry(handle);
        let Some(door) = self.door(me) else { return };
        let Some(at) = door.resumed_by(entry) else {
            self.tables.turn.read_only = door.waits.iter().any(|wait| wait.open == Open::Shared);
            return self.remember_state(me);
        };
        let entry = current(&self.current, &self.apart);
        let door = self.tables.slots.rare_mut(me).door.get_or_insert_default();
        let wait = door.waits.remove(at);
        // The room for what a turn names is kept.
        self.tables.turn.wait.resumes = wait.resumes;
        self.tables.turn.wait.resumes.clear();
        // Two that named the same timer are over together.
        door.forget(|resume| resume.is(entry));
        self.tables.turn.handling = wait.handling;
        self.tables.turn.read_only = wait.read_only;
        self.tables.turn.inherited = self.tables.shots.get(wait.handling).map(|shot| shot.deadline).filter(|at| *at != Time::NEVER);
        self.sort_at_door(me);
        self.remember_state(me);
    }

    /// A value on a shelf is changed in place: whether it was is only seen by comparing.
    fn remember_state(&mut self, me: Key) {
        if self.tables.turn.read_only && self.tables.slots.get(me).is_some_and(|header| header.state_id().is_some()) {
            self.tables.turn.before = Some(self.shown_state(me));
        }
    }

    /// Before a turn of an actor with a door. The error is what the sender gets: its predicate threw.
    pub(crate) fn ready_at_door(&self, me: Key, handle: Handle) -> Result<(), Crash> {
        let entry = self.tables.messages.entry(handle);
        let asks = self.door(me).is_some_and(|door| door.waits.iter().any(|wait| matches!(wait.open, Open::Shared | Open::Predicate)));
        if asks && entry.kind() == MessageKind::User { self.interleaves(me, entry.body()).map(|_| ()) } else { Ok(()) }
    }
}
