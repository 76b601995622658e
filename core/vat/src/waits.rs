//! Awaits: a turn that names what it waits for closes the mailbox until that comes (semantics 10.2 and 10.3).
use crate::{
    ActorId, Crash, MessageKind, Open, Time, Vat, What,
    door::{Door, Resume, Wait},
    refs::Key,
    relations::Item,
    slab::Handle,
    slots::Flags,
};
use core::mem;

impl Vat {
    pub(crate) fn door(&self, me: Key) -> Option<&Door> {
        self.slots.life(me).rare.as_ref()?.door.as_deref()
    }

    pub(crate) fn door_mut(&mut self, me: Key) -> &mut Door {
        self.slots.rare_mut(me).door.get_or_insert_default()
    }

    /// The flag follows the door.
    pub(crate) fn mind_door(&mut self, me: Key) {
        let needed = self.door(me).is_some_and(|door| !door.is_needless());
        self.slots.get_mut(me).expect("a used slot").flags.set(Flags::DOOR, needed);
    }

    /// The turn about to commit asked for something it can't have.
    pub(crate) fn find_fault(&self, me: Key) -> Option<Crash> {
        if self.turn.read_only && (self.turn.state.is_some() || self.turn.tag.is_some()) {
            return Some(Crash::new("shared", "a shared handler wrote"));
        }
        let missing = self.turn.wait.resumes.iter().any(|resume| match *resume {
            Resume::Reply(shot) => self.shots.get(shot).is_none_or(|shot| shot.minter != me),
            Resume::Down(node) => !matches!(self.relations.get(node), Some(Item::Watching { watcher, .. }) if watcher == me),
            Resume::Timer(key) => self.keyed.get(me, key).is_none() && !self.turn.sets_timer(key),
        });
        missing.then(|| Crash::new("await", "it waits for what can't come"))
    }

    /// The turn is committed and waits.
    pub(crate) fn close_mailbox(&mut self, me: Key) {
        let mut wait = Wait { handling: self.turn.handling, read_only: self.turn.read_only, ..mem::take(&mut self.turn.wait) };
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
            Resume::Reply(shot) => self.shots.get(shot).is_some(),
            Resume::Down(node) => self.relations.get(node).is_some(),
            Resume::Timer(key) => self.keyed.get(me, key).is_some(),
        }
    }

    /// What was named will not come: called off by a handler that was let in.
    pub(crate) fn call_off(&mut self, me: Key, resume: Resume) {
        if !self.slots.get(me).is_some_and(|header| header.flags.has(Flags::DOOR)) {
            return;
        }
        let door = self.door_mut(me);
        for wait in &mut door.waits {
            wait.resumes.retain(|named| *named != resume);
        }
        let before = door.waits.len();
        door.waits.retain(|wait| !wait.resumes.is_empty());
        if door.waits.len() != before {
            self.sort_at_door(me);
            self.wake(me);
        }
    }

    /// A turn begins behind the door: it takes up an awaiting handler where that was, or was let in meanwhile.
    pub(crate) fn pass(&mut self, me: Key, handle: Handle) {
        self.turn.touched = true;
        let entry = self.messages.entry(handle);
        let Some(door) = self.door(me) else { return };
        let Some(at) = door.resumed_by(entry) else {
            self.turn.read_only = door.waits.iter().any(|wait| wait.open == Open::Shared);
            return;
        };
        let wait = self.door_mut(me).waits.remove(at);
        self.turn.handling = wait.handling;
        self.turn.read_only = wait.read_only;
        self.turn.inherited = self.shots.get(wait.handling).map(|shot| shot.deadline).filter(|at| *at != Time::NEVER);
        self.sort_at_door(me);
    }

    /// Passing or waiting: decided anew for everything, after the waits have changed.
    pub(crate) fn sort_at_door(&mut self, me: Key) {
        let passing = mem::take(&mut self.door_mut(me).passing);
        let header = self.slots.get_mut(me).expect("it has a door");
        self.messages.splice_front(&mut header.mailbox, passing);
        if self.door(me).is_some_and(Door::is_closed) {
            let mut all = mem::take(&mut self.slots.get_mut(me).expect("it has a door").mailbox);
            while let Some(handle) = self.messages.pop_front(&mut all) {
                self.queue_at_door(me, handle);
            }
        }
        self.mind_door(me);
    }

    /// At the tail of the list it belongs to.
    pub(crate) fn queue_at_door(&mut self, me: Key, handle: Handle) {
        if self.may_pass(me, handle) {
            if self.slots.life(me).ahead == handle {
                self.slots.set_ahead(me, Handle::NONE);
            }
            let mut passing = mem::take(&mut self.door_mut(me).passing);
            self.messages.push_back(&mut passing, handle);
            self.door_mut(me).passing = passing;
        } else {
            let header = self.slots.get_mut(me).expect("it has a door");
            self.messages.push_back(&mut header.mailbox, handle);
        }
    }

    fn may_pass(&self, me: Key, handle: Handle) -> bool {
        let entry = self.messages.entry(handle);
        let Some(door) = self.door(me).filter(|door| door.is_closed()) else { return false };
        if door.resumed_by(entry).is_some() {
            return true;
        }
        let chain = match entry.about() {
            Some(about) if entry.kind() == MessageKind::User => self.shots.get(about.key).map_or(Key::NONE, |shot| shot.parent),
            _ => entry.cause(),
        };
        door.waits.iter().all(|wait| self.lets_in(me, wait.open, entry.kind(), entry.body(), chain))
    }

    /// A message that `Behaviour::interleaves` fails on passes too: to be rejected.
    pub(crate) fn lets_in(&self, me: Key, open: Open, kind: MessageKind, body: &[u8], chain: Key) -> bool {
        let is_user = kind == MessageKind::User;
        match open {
            Open::Closed => false,
            Open::Reentrant => true,
            Open::CallChain => is_user && self.is_in_chain(me, chain),
            Open::Shared | Open::Predicate => is_user && self.interleaves(me, body) != Ok(false),
        }
    }

    fn interleaves(&self, me: Key, body: &[u8]) -> Result<bool, Crash> {
        let header = self.slots.get(me).expect("it has a door");
        self.behaviours[usize::from(header.behaviour)].interleaves(body)
    }

    /// The predicate threw: its error is what the sender gets.
    pub(crate) fn rejected(&self, me: Key, handle: Handle) -> Option<Crash> {
        if !self.slots.get(me)?.flags.has(Flags::DOOR) {
            return None;
        }
        let entry = self.messages.entry(handle);
        let asks = self.door(me)?.waits.iter().any(|wait| matches!(wait.open, Open::Shared | Open::Predicate));
        if asks && entry.kind() == MessageKind::User { self.interleaves(me, entry.body()).err() } else { None }
    }

    pub(crate) fn take_at_door(&mut self, me: Key) -> Option<Handle> {
        let mut passing = mem::take(&mut self.door_mut(me).passing);
        let next = self.messages.pop_front(&mut passing);
        let door = self.door_mut(me);
        door.passing = passing;
        if next.is_some() || door.is_closed() {
            return next;
        }
        let header = self.slots.get_mut(me).expect("it has a door");
        self.messages.pop_front(&mut header.mailbox)
    }

    pub(crate) fn has_work_at_door(&self, me: Key) -> bool {
        let Some(door) = self.door(me) else { return false };
        !door.passing.is_none() || (!door.is_closed() && self.slots.get(me).is_some_and(|header| !header.mailbox.is_none()))
    }

    /// At a death: no wait is left, and everything is in the mailbox.
    pub(crate) fn clear_door(&mut self, me: Key) {
        if !self.slots.get(me).is_some_and(|header| header.flags.has(Flags::DOOR)) {
            return;
        }
        self.door_mut(me).waits.clear();
        self.sort_at_door(me);
    }
}
