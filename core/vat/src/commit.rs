//! A turn that ended well takes place: its outbox in order, then its state, then what it received and did not keep.
use crate::{
    ActorId, Last, MessageKind, Reason, Ref, Said, Settle, Vat, What,
    entry::{Envelope, Marks, Sender},
    held::counted,
    refs::Key,
    settle::Outcome,
    slab::Handle,
    slots::Flags,
    state,
    step::Actor,
    told::last_event,
    turn::{Effect, Place, Touched},
};
use alloc::{string::ToString, vec::Vec};
use core::mem;

impl Vat {
    pub(crate) fn commit(&mut self, actor: Actor, handle: Handle) {
        let me = actor.sender();
        self.committing = Some(me.key);
        self.apply_all(me);
        // A call is to be answered, an init to be told of, and some refs' holders are counted.
        let asked = match self.current.kind {
            MessageKind::User => self.current.marks.has(Marks::ABOUT),
            kind => kind == MessageKind::Init,
        } || counted(&self.refs).next().is_some();
        if self.tables.turn.touched == Touched::NOTHING && !asked && !actor.flags.commits_more() {
            self.ledger.fact(Some(ActorId(me.key)), || What::Committed);
            self.handled(me.key, handle);
        } else if self.commit_rest(me, handle) {
            return;
        }
        self.committing = None;
        if let Some(death) = self.postponed.take() {
            self.end(death.actor, death.reason, Last { event: death.said, ..Last::default() });
        }
    }

    /// All that most turns have not: a new state or tag, calls and refs that came with the message, an end. True if it ended.
    fn commit_rest(&mut self, me: Sender, handle: Handle) -> bool {
        let state_changed = self.keep_state(me.key);
        self.ledger.fact(Some(ActorId(me.key)), || What::Committed);
        let entry = self.current();
        let (kind, about) = (entry.kind(), entry.about());
        self.received.clear();
        self.received.extend(about.filter(|_| kind == MessageKind::User).map(|about| Ref::one_shot(about.key)));
        self.received.extend(counted(&self.refs));
        let deferred = self.tables.turn.deferred;
        let tag = self.tables.turn.tag.filter(|tag| *tag != self.tables.slots.life(me.key).tag);
        // A deferred init is not done: whoever started this actor waits until it comes back and commits, or until the actor ends.
        let started = about.filter(|_| kind == MessageKind::Init && !deferred).map(|about| about.key);
        if deferred {
            self.received.clear();
            self.set_aside(me.key, handle);
        }
        if let Some(reason) = self.tables.turn.stop.take() {
            self.stop(me, handle, started, deferred, reason);
            return true;
        }
        if let Some(started) = started.filter(|started| self.tables.shots.open(*started).is_some()) {
            let info = self.tables.turn.info.take().map_or_else(Vec::new, |info| self.tables.turn.bytes[info].to_vec());
            self.settle(started, me, Outcome::Answer { body: &info, refs: &[] });
        }
        if kind == MessageKind::Init && !deferred {
            self.bury_left_out(me);
        }
        self.review_held(me.key, state_changed);
        if !self.tables.turn.wait.resumes.is_empty() {
            self.close_mailbox(me.key);
        }
        if !deferred {
            self.handled(me.key, handle);
        }
        if let Some(tag) = tag {
            self.tables.slots.life_mut(me.key).tag = tag;
            self.retry_deferred(me.key);
        }
        self.insert_own(me);
        self.weigh(me);
        false
    }

    /// The turn is committed; the incarnation ends. An init that stops is not followed by a last turn.
    fn stop(&mut self, me: Sender, handle: Handle, started: Option<Key>, deferred: bool, reason: Reason) {
        // Only a report tells it.
        let last = if reason.is_orderly() { Last::default() } else { last_event(self.current()) };
        if self.current.kind != MessageKind::Init {
            self.terminate(me, &reason);
        }
        let settle = Settle::Exit(reason.clone());
        let received = mem::take(&mut self.received);
        for held in received.iter().copied().chain(started.map(Ref::one_shot)) {
            self.drop_ref(held, &settle);
        }
        self.received = received;
        if !deferred {
            self.handled(me.key, handle);
        }
        self.committing = None;
        // It stopped before any signal could end it.
        self.postponed = None;
        self.end(me.key, reason, last);
    }

    pub(crate) fn handled(&mut self, me: Key, handle: Handle) {
        self.ledger.counters.handled += 1;
        self.free_entry(me, handle);
    }

    /// Nothing refers to the written message any more.
    pub(crate) fn free_entry(&mut self, me: Key, handle: Handle) {
        if self.tables.messages.cell(handle).marks.has(Marks::FAR) {
            let entry = self.tables.messages.entry(handle);
            self.links.consumed(me, entry.from().key, entry.body().len());
        }
        self.tables.messages.free(handle);
    }

    pub(crate) fn keep_state(&mut self, me: Key) -> bool {
        self.keep_map(me);
        if let Some(Some(next)) = self.tables.turn.becomes.take() {
            self.become_behaviour(me, next);
        }
        if let Some(id) = self.tables.turn.state_id.take() {
            self.tables.slots.get_mut(me).expect("it has just had a turn").keep_at(id);
            return true;
        }
        let Some(range) = self.tables.turn.state.take() else { return false };
        let header = self.tables.slots.get_mut(me).expect("it has just had a turn");
        state::write(&mut self.tables.states, &mut header.state, &self.tables.turn.bytes[range]);
        true
    }

    /// Still in flight: it counts in the mailbox's bound as before.
    fn set_aside(&mut self, me: Key, handle: Handle) {
        self.tables.messages.mark(handle, Marks::SEEN);
        if self.current.kind == MessageKind::User {
            self.tables.slots.get_mut(me).expect("it has just had a turn").load.count_in(self.current.weight());
        }
        self.tables.messages.push_back(&mut self.tables.slots.life_mut(me).deferred, handle);
    }

    /// Oldest first, before the rest of the mailbox.
    pub(crate) fn retry_deferred(&mut self, me: Key) {
        let deferred = mem::take(&mut self.tables.slots.life_mut(me).deferred);
        if deferred.is_none() {
            return;
        }
        if self.tables.slots.life(me).ahead.is_none() {
            self.tables.slots.set_ahead(me, deferred);
        }
        let header = self.tables.slots.get_mut(me).expect("it has a life");
        self.tables.messages.splice_front(&mut header.mailbox, deferred);
        self.wake(me);
    }

    fn insert_own(&mut self, me: Sender) {
        let mut inserted = mem::take(&mut self.tables.turn.inserted);
        for (key, _) in inserted.iter().filter(|(_, place)| *place == Place::BeforeNew) {
            let entry = self.own_event(me, *key);
            let ahead = self.tables.slots.life(me.key).ahead;
            self.tables.slots.set_ahead(me.key, entry);
            let mailbox = &mut self.tables.slots.get_mut(me.key).expect("it has just had a turn").mailbox;
            if ahead.is_none() {
                self.tables.messages.push_front(mailbox, entry);
            } else {
                self.tables.messages.insert_after(mailbox, ahead, entry);
            }
        }
        for (key, _) in inserted.iter().rev().filter(|(_, place)| *place == Place::Next) {
            let entry = self.own_event(me, *key);
            let mailbox = &mut self.tables.slots.get_mut(me.key).expect("it has just had a turn").mailbox;
            self.tables.messages.push_front(mailbox, entry);
            if self.tables.slots.life(me.key).ahead.is_none() {
                self.tables.slots.set_ahead(me.key, entry);
            }
        }
        if !inserted.is_empty() {
            self.wake(me.key);
            inserted.clear();
        }
        self.tables.turn.inserted = inserted;
    }

    /// Marked as seen: there is no timer to look up.
    fn own_event(&mut self, me: Sender, key: u64) -> Handle {
        self.ledger.counters.sent += 1;
        self.tables.messages.write(&Envelope::new(me, MessageKind::Timer, &[]).about(Key::NONE, key).marked(Marks::SEEN))
    }

    pub(crate) fn apply_all(&mut self, me: Sender) {
        let mut at = 0;
        while at < self.tables.turn.effects.len() {
            at += self.tell_all(me, at);
            if let Some(effect) = self.tables.turn.effects.get(at).copied() {
                self.apply(me, effect);
                at += 1;
            }
        }
        self.tables.turn.effects.clear();
    }

    fn apply(&mut self, me: Sender, effect: Effect) {
        match effect {
            Effect::Send { to, entry } => self.send(me, to, entry),
            Effect::Tell { .. } | Effect::Bear { .. } => unreachable!("the plain ones are done"),
            Effect::Call { to, entry } => self.send_call(me, to, entry),
            Effect::Spawn { at } => {
                let (spawns, bytes) = (mem::take(&mut self.tables.turn.spawns), mem::take(&mut self.tables.turn.bytes));
                self.spawn(me, &spawns[at as usize], &bytes);
                (self.tables.turn.spawns, self.tables.turn.bytes) = (spawns, bytes);
            }
            Effect::Watch { target, node, scope } => self.watch(me.key, node, target, scope),
            Effect::Demonitor { node } => self.demonitor(me.key, node),
            Effect::Unwatch { node } => self.unwatch(me.key, node),
            Effect::Link { to } => self.link(me, to),
            Effect::Unlink { to } => self.unlink(me.key, to),
            Effect::Trap(on) => {
                let header = self.tables.slots.get_mut(me.key).expect("it has just had a turn");
                header.flags.set(Flags::TRAPS, on);
            }
            Effect::Exit { to, reason } => {
                let reason = self.tables.turn.reasons[reason as usize].clone();
                self.exit(me, to, reason);
                self.settle_deaths();
            }
            Effect::Timer { key, due } => self.set_timer(me.key, key, due),
            Effect::CancelTimer { key } => self.cancel_timer(me.key, key),
            Effect::CancelCall { shot } => self.cancel_call(me.key, shot),
            Effect::RecoverChildren => self.recover_children(me),
            Effect::Bury { child } => self.bury(me.key, child),
            Effect::Forget { child } => self.forget(me.key, child),
            Effect::ResumeChild { child } => self.resume_child(me.key, child),
            Effect::FailChild { child } => self.fail_child(me.key, child),
            Effect::Park { child } => self.park(me.key, child),
            Effect::Replace { child } => self.replace(me.key, child),
            Effect::Facet { number, target } => self.make_facet(Some(me), number, target),
            Effect::Revoke { facet } => self.revoke(me.key, facet),
            Effect::Note { at } => {
                let (kind, text) = self.tables.turn.notes[at as usize].take().expect("each is told once");
                self.ledger.fact(Some(ActorId(me.key)), || What::Note { kind: kind.clone().into_owned(), text: text.to_string() });
                self.report(me.key, Said::Note { kind, text });
            }
        }
    }
}
