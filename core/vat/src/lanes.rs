//! Which message is next where a mailbox is no plain queue: what passes a closed door, the priority lane, system messages.
use crate::{
    Crash, MessageKind, Open, Vat,
    door::{Door, Resume},
    entry::Marks,
    refs::Key,
    relations::Item,
    slab::Handle,
    slots::Flags,
};
use core::mem;

impl Vat {
    pub(crate) fn door(&self, me: Key) -> Option<&Door> {
        self.tables.slots.life(me).rare.as_ref()?.door.as_deref()
    }

    pub(crate) fn door_mut(&mut self, me: Key) -> &mut Door {
        self.tables.slots.rare_mut(me).door.get_or_insert_default()
    }

    /// The flag follows the door.
    pub(crate) fn mind_door(&mut self, me: Key) {
        let needed = self.door(me).is_some_and(|door| !door.is_needless());
        self.tables.slots.get_mut(me).expect("a used slot").flags.set(Flags::DOOR, needed);
    }

    /// At the tail of the list it belongs to. The entry has come, or all that were before it have gone.
    pub(crate) fn queue_at_door(&mut self, me: Key, handle: Handle) {
        let cell = self.tables.messages.cell(handle);
        let (kind, marks) = (cell.kind, cell.marks);
        let is_shut = self.door(me).is_some_and(Door::is_shut);
        let lane: fn(&mut Door) -> &mut Handle = if is_shut && kind.is_system() {
            |door| &mut door.system
        } else if self.may_pass(me, handle) {
            |door| &mut door.passing
        } else if marks.has(Marks::PRIORITY) {
            self.let_init_pass(me);
            |door| &mut door.priority
        } else {
            let header = self.tables.slots.get_mut(me).expect("it has a mailbox");
            return self.tables.messages.push_back(&mut header.mailbox, handle);
        };
        if self.tables.slots.life(me).ahead == handle {
            self.tables.slots.set_ahead(me, Handle::NONE);
        }
        let door = self.tables.slots.rare_mut(me).door.get_or_insert_default();
        self.tables.messages.push_back(lane(door), handle);
        self.tables.slots.get_mut(me).expect("it has a door").flags.set(Flags::DOOR, true);
    }

    /// Nothing comes before an actor's init, not even what was sent through a priority ref of an earlier life.
    fn let_init_pass(&mut self, me: Key) {
        let header = self.tables.slots.get_mut(me).expect("it has a mailbox");
        let Some(first) = self.tables.messages.oldest(header.mailbox) else { return };
        if self.tables.messages.cell(first).kind == MessageKind::Init {
            self.tables.messages.pop_front(&mut header.mailbox);
            let door = self.tables.slots.rare_mut(me).door.get_or_insert_default();
            self.tables.messages.push_back(&mut door.passing, first);
        }
    }

    /// Ahead of all: the first message of a life.
    pub(crate) fn queue_first(&mut self, me: Key, handle: Handle) {
        let header = self.tables.slots.get_mut(me).expect("it has just begun");
        if header.flags.has(Flags::DOOR) {
            let door = self.tables.slots.rare_mut(me).door.get_or_insert_default();
            self.tables.messages.push_front(&mut door.passing, handle);
        } else {
            self.tables.messages.push_front(&mut header.mailbox, handle);
        }
    }

    pub(crate) fn take_at_door(&mut self, me: Key) -> Option<Handle> {
        let door = self.tables.slots.rare_mut(me).door.get_or_insert_default();
        if door.is_suspended {
            return self.tables.messages.pop_front(&mut door.system);
        }
        let mut next = self.tables.messages.pop_front(&mut door.passing);
        if door.retry.is_some() {
            return next.or_else(|| self.tables.messages.pop_front(&mut door.system));
        }
        if next.is_none() && !door.is_closed() {
            next = self.tables.messages.pop_front(&mut door.priority);
            if door.is_needless() {
                self.tables.slots.get_mut(me).expect("it has a door").flags.set(Flags::DOOR, false);
            }
            if next.is_none() {
                next = self.tables.messages.pop_front(&mut self.tables.slots.get_mut(me).expect("it has a door").mailbox);
            }
        }
        next
    }

    pub(crate) fn has_work_at_door(&self, me: Key) -> bool {
        let Some(door) = self.door(me) else { return false };
        if door.is_shut() {
            return !door.system.is_none() || (!door.is_suspended && !door.passing.is_none());
        }
        let waits = || self.tables.slots.get(me).is_some_and(|header| !header.mailbox.is_none());
        !door.passing.is_none() || (!door.is_closed() && (!door.priority.is_none() || waits()))
    }

    /// Decided anew, after the door has changed. Walks the mailbox only if something in it may have to leave.
    pub(crate) fn sort_at_door(&mut self, me: Key) {
        let is_sorted = self.door(me).is_none_or(|door| door.lanes().iter().all(|lane| lane.is_none()));
        if is_sorted && !self.must_walk(me) {
            return self.mind_door(me);
        }
        let door = self.tables.slots.rare_mut(me).door.get_or_insert_default();
        let mut gone = mem::take(&mut door.passing);
        let system = mem::take(&mut door.system);
        self.tables.messages.splice_front(&mut gone, system);
        let (mut first, mut rest) = (Handle::NONE, Handle::NONE);
        while let Some(handle) = self.tables.messages.pop_front(&mut gone) {
            let list = if self.tables.messages.cell(handle).marks.has(Marks::PRIORITY) { &mut first } else { &mut rest };
            self.tables.messages.push_back(list, handle);
        }
        let door = self.tables.slots.rare_mut(me).door.get_or_insert_default();
        self.tables.messages.splice_front(&mut door.priority, first);
        let header = self.tables.slots.get_mut(me).expect("it has a door");
        self.tables.messages.splice_front(&mut header.mailbox, rest);
        if self.must_walk(me) {
            let mut all = mem::take(&mut self.tables.slots.get_mut(me).expect("it has a door").mailbox);
            let priority = mem::take(&mut self.door_mut(me).priority);
            self.tables.messages.splice_front(&mut all, priority);
            while let Some(handle) = self.tables.messages.pop_front(&mut all) {
                self.queue_at_door(me, handle);
            }
        }
        self.mind_door(me);
    }

    fn must_walk(&self, me: Key) -> bool {
        let Some(door) = self.door(me) else { return false };
        let lets_in = door.is_closed() && door.waits.iter().all(|wait| wait.open != Open::Closed);
        lets_in || door.is_shut() || door.waits.iter().flat_map(|wait| &wait.resumes).any(|resume| self.has_come(me, *resume))
    }

    /// It is in the mailbox already.
    fn has_come(&self, me: Key, resume: Resume) -> bool {
        match resume {
            Resume::Reply(shot) => self.tables.shots.get(shot).is_some_and(|shot| shot.settled),
            Resume::Down(node) => matches!(self.tables.relations.get(node), Some(Item::Watching { twin: None, .. })),
            Resume::Timer(key) => match self.tables.keyed.get(me, key).and_then(|node| self.tables.relations.get(node)) {
                Some(Item::Timer { due, .. }) => !self.timers.is_set(due),
                _ => false,
            },
        }
    }

    /// Whether it may be handled though the mailbox is closed.
    fn may_pass(&self, me: Key, handle: Handle) -> bool {
        let Some(door) = self.door(me).filter(|door| !door.waits.is_empty()) else { return false };
        let entry = self.tables.messages.entry(handle);
        if door.resumed_by(entry).is_some() {
            return true;
        }
        let chain = match entry.about() {
            Some(about) if entry.kind() == MessageKind::User => self.tables.shots.get(about.key).map_or(Key::NONE, |shot| shot.parent),
            _ => entry.cause(),
        };
        door.is_closed() && door.waits.iter().all(|wait| self.lets_in(me, wait.open, entry.kind(), entry.body(), chain))
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

    pub(crate) fn interleaves(&self, me: Key, body: &[u8]) -> Result<bool, Crash> {
        let header = self.tables.slots.get(me).expect("it has a door");
        self.behaviours[usize::from(header.behaviour)].interleaves(body)
    }

    /// The life is over: no wait and no suspension is left, and everything is in the mailbox.
    pub(crate) fn clear_door(&mut self, me: Key) {
        if !self.tables.slots.get(me).is_some_and(|header| header.flags.has(Flags::DOOR)) {
            return;
        }
        let door = self.door_mut(me);
        door.waits.clear();
        door.is_suspended = false;
        let retry = door.retry.take();
        retry.into_iter().for_each(|retry| self.timers.cancel(retry));
        self.sort_at_door(me);
        let priority = mem::take(&mut self.door_mut(me).priority);
        let header = self.tables.slots.get_mut(me).expect("it has a door");
        self.tables.messages.splice_front(&mut header.mailbox, priority);
        self.mind_door(me);
    }
}
