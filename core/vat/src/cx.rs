//! The seven verbs, as a behaviour sees them. All are buffered and happen at commit, in order, or not at all.
use crate::{
    CallId, Class, Identity, Incarnation, MessageKind, Reason, Ref, Rights, Settle, SpawnOptions, StateId, Time, WatchId, Words, Writer,
    behaviour::BehaviourId,
    door::{Open, Resume},
    entry::{DATA, Envelope, HEADER, Marks, Sender},
    monitor::Extra,
    refs::Key,
    relations::Item,
    shots::Shot,
    slab::Handle,
    state,
    tables::Tables,
    turn::{Birth, Effect, Place, Scope, Spawn, Touched},
};
use alloc::borrow::Cow;
use core::mem;

/// A call without another wish waits this long.
pub const CALL_MS: u64 = 5_000;
/// No deadline; for calls of near actors only. A far one then waits `CALL_MS`.
pub const INFINITY_MS: u64 = u64::MAX;

/// One turn of one actor.
pub struct Cx<'a> {
    pub(crate) tables: &'a mut Tables,
    pub(crate) state_id: Option<StateId>,
    pub(crate) refs: &'a [Ref],
    pub(crate) me: Key,
    pub(crate) incarnation: u32,
    /// Of whoever sent what this turn handles.
    pub(crate) from_life: u32,
    pub(crate) now: Time,
}

/// What an actor may always know.
impl<'a> Cx<'a> {
    /// This actor's identity, with all rights.
    #[must_use]
    pub fn me(&self) -> Ref {
        Ref::actor(self.me, 0, Rights::ALL)
    }

    /// The same ref for one life only: the one that lives now, or that this turn begins. Once that has ended it is broken for
    /// ever, whoever lives under the identity then. A far ref stays as it is.
    #[must_use]
    pub fn pinned(&self, to: Ref) -> Ref {
        let header = self.tables.slots.get(to.key).filter(|_| to.actor_id().is_some() && to.is_near() && !to.is_pinned());
        let begins = self.tables.turn.begins(to.key);
        header.map_or(to, |header| Ref { incarnation: header.incarnation + u32::from(begins), ..to })
    }

    /// This actor, with the right to send. What comes through it goes ahead of all that waits (EEP 76), in order among itself;
    /// between it and this actor's other refs there is no order.
    #[must_use]
    pub fn priority(&self) -> Ref {
        Ref { priority: true, ..Ref::actor(self.me, 0, Rights::SEND) }
    }

    /// Who spawned this actor, though it may have ended since. Carries no right but to be compared.
    #[must_use]
    pub fn parent(&self) -> Option<Ref> {
        self.tables.slots.parent(self.me).map(|key| Ref::actor(key, 0, Rights::NONE))
    }

    /// Which life of its sender the message comes from, to tell the words of two lives apart. 0: the host's, or none.
    #[must_use]
    pub fn sender_life(&self) -> Incarnation {
        Incarnation(self.from_life)
    }

    /// The turn's start, constant within it.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Seeded per turn: the same turn draws the same numbers.
    pub fn random(&mut self) -> u64 {
        self.tables.turn.next_random()
    }

    /// The refs that came with what this turn handles; at init the endowment. Store what you want to keep in the state.
    #[must_use]
    pub fn refs(&self) -> &'a [Ref] {
        self.refs
    }

    /// The state as this turn would commit it.
    #[must_use]
    #[inline]
    pub fn state(&self) -> &[u8] {
        match &self.tables.turn.state {
            Some(range) => &self.tables.turn.bytes[range.clone()],
            None => self.tables.slots.get(self.me).map_or(&[], |header| state::of(&self.tables.states, header)),
        }
    }

    /// False in the first turn; true when an init that was deferred comes back.
    #[must_use]
    pub fn has_state(&self) -> bool {
        self.state_id().is_some() || !self.state().is_empty()
    }

    /// Where this actor's state is on its behaviour's shelf, once `keep_at` has said so.
    #[must_use]
    pub fn state_id(&self) -> Option<StateId> {
        self.tables.turn.state_id.or(self.state_id)
    }

    /// This turn costs so many reductions more than the one that each costs: what makes a long turn count in its actor's slice.
    pub fn charge(&mut self, reductions: u32) {
        self.tables.turn.charged = self.tables.turn.charged.saturating_add(reductions);
    }

    /// The tag of the last committed `become_tag`, 0 at birth.
    #[must_use]
    pub fn tag(&self) -> u32 {
        self.tables.slots.life(self.me).tag
    }
}

/// send
impl Cx<'_> {
    pub fn send(&mut self, to: Ref, body: &[u8]) {
        self.send_with(to, body, &[]);
    }

    /// The same, for a body that is not written yet.
    #[inline]
    pub fn send_written(&mut self, to: Ref, write: impl FnOnce(&mut Writer<'_>)) {
        let sender = self.sender();
        let (entry, cell) = self.tables.messages.take();
        let mut writer = Writer::new(&mut cell.data, &mut self.tables.turn.large, &mut self.tables.turn.table);
        write(&mut writer);
        let length = writer.written();
        if length > DATA || !self.tables.turn.table.is_empty() || self.tables.turn.handling.generation != 0 || !to.is_plain() {
            let small = cell.data;
            return self.send_large(to, entry, &small[..length.min(DATA)]);
        }
        cell.make_plain(sender, length as u32);
        let weight = HEADER as u32 + length as u32;
        self.tables.turn.effects.push(Effect::Tell { to: to.key, entry, weight });
    }

    /// What does not fit in its cell, or is no plain message.
    #[cold]
    #[inline(never)]
    fn send_large(&mut self, to: Ref, entry: Handle, small: &[u8]) {
        self.tables.messages.free_plain(entry);
        let (mut large, mut refs) = (mem::take(&mut self.tables.turn.large), mem::take(&mut self.tables.turn.table));
        self.send_with(to, if large.is_empty() { small } else { &large }, &refs);
        large.clear();
        refs.clear();
        (self.tables.turn.large, self.tables.turn.table) = (large, refs);
    }

    /// Each of `refs` keeps send and watch, unless it says otherwise by `Ref::lending`.
    pub fn send_with(&mut self, to: Ref, body: &[u8], refs: &[Ref]) {
        if refs.is_empty() && body.len() <= DATA && self.tables.turn.handling == Key::NONE && to.is_plain() {
            return self.send_written(to, |writer| writer.bytes(body));
        }
        let (sender, cause) = (self.sender(), self.tables.turn.handling);
        let envelope = Envelope::new(sender, MessageKind::User, body).refs(self.tables.turn.lend_to(to, refs));
        let envelope = match to.is_one_shot() {
            true => Envelope { kind: MessageKind::Reply, ..envelope }.about(to.key, 0),
            false => envelope.cause(cause),
        };
        let entry = self.tables.messages.write(&envelope);
        self.tables.turn.effects.push(Effect::Send { to, entry });
    }

    /// A send with a one-shot ref and a timer: settles exactly once, as `Event::Reply`.
    pub fn call(&mut self, to: Ref, body: &[u8], refs: &[Ref], deadline_ms: u64) -> CallId {
        // What is far may be lost without a word: such a call always has an end.
        let endless = !to.is_near() && deadline_ms == INFINITY_MS;
        let deadline = self.deadline(if endless { CALL_MS } else { deadline_ms });
        let shot = self.tables.shots.reserve(Shot::new(self.me, deadline, self.tables.turn.handling));
        let envelope =
            Envelope::new(self.sender(), MessageKind::User, body).refs(self.tables.turn.lend_to(to, refs)).about(shot, deadline.0);
        let entry = self.tables.messages.write(&envelope);
        self.tables.turn.effects.push(Effect::Call { to, entry });
        CallId(shot)
    }

    /// Nobody waits any more: no reply event will come, not even one that is queued. A late answer only counts.
    pub fn cancel_call(&mut self, call: CallId) {
        self.tables.turn.effects.push(Effect::CancelCall { shot: call.0 });
    }

    /// Whether a settlement of this call of an earlier turn is still to come: not if it was called off, or ended with the life that made it.
    #[must_use]
    pub fn waits_for(&self, call: CallId) -> bool {
        self.tables.shots.get(call.0).is_some_and(|shot| shot.minter == self.me)
    }

    /// Answers a call. The second answer to one call only counts as late.
    pub fn reply(&mut self, to: Ref, body: &[u8], refs: &[Ref]) {
        self.send_with(to, body, refs);
    }

    /// Settles the call of this reply address so, in place of an answer: for whoever stands between a caller and whom it asked.
    pub fn refuse(&mut self, reply: Ref, settle: &Settle) {
        if !reply.is_one_shot() {
            return;
        }
        let body = postcard::to_allocvec(settle).expect("plain data encodes");
        let refused = Envelope::new(self.sender(), MessageKind::Reply, &body).about(reply.key, 0).marked(Marks::FAILED);
        let entry = self.tables.messages.write(&refused);
        self.tables.turn.effects.push(Effect::Send { to: reply, entry });
    }

    /// A word for people, through the vat's report port: `Output::Report`.
    pub fn report(&mut self, kind: impl Into<Cow<'static, str>>, text: impl Into<Words>) {
        self.tables.turn.effects.push(Effect::Note { at: self.tables.turn.notes.len() as u32 });
        self.tables.turn.listed = true;
        self.tables.turn.notes.push(Some((kind.into(), text.into())));
    }

    pub(crate) fn sender(&self) -> Sender {
        Sender { key: self.me, incarnation: self.incarnation }
    }

    pub(crate) fn deadline(&self, ms: u64) -> Time {
        self.now.after(ms).min(self.tables.turn.inherited.unwrap_or(Time::NEVER))
    }
}

/// spawn
impl Cx<'_> {
    /// The ref is valid at once; what is sent to it arrives after the child's init. Carries all rights.
    pub fn spawn(&mut self, options: SpawnOptions<'_>) -> Ref {
        self.spawn_with(options, None)
    }

    /// The same, and a call that settles when the child's init has committed (an empty answer), or with its reason.
    pub fn start(&mut self, options: SpawnOptions<'_>, deadline_ms: u64) -> (Ref, CallId) {
        let deadline = self.deadline(deadline_ms);
        let shot = self.tables.shots.reserve(Shot::new(self.me, deadline, self.tables.turn.handling));
        (self.spawn_with(options, Some(shot)), CallId(shot))
    }

    /// With no option, and for arguments that are not written yet.
    #[inline]
    pub fn spawn_written(&mut self, behaviour: &str, write: impl FnOnce(&mut Writer<'_>)) -> Ref {
        let Tables { turn, messages, .. } = &mut *self.tables;
        let (init, cell) = messages.take();
        let mut writer = Writer::new(&mut cell.data, &mut turn.large, &mut turn.table);
        write(&mut writer);
        let length = writer.written();
        self.spawn_small(behaviour, init, length)
    }

    /// Whose arguments lie in this cell already, as far as they fit.
    fn spawn_small(&mut self, behaviour: &str, init: Handle, length: usize) -> Ref {
        let sender = self.sender();
        let Tables { turn, messages, names, .. } = &mut *self.tables;
        let cell = messages.cell_mut(init);
        let Some(id) = names.find(behaviour).filter(|_| cell.make_init(sender, length, &turn.table)) else {
            return self.spawn_large(behaviour, init, length);
        };
        turn.table.clear();
        self.bear(init, id, Class::Normal, false, false)
    }

    #[cold]
    #[inline(never)]
    fn spawn_large(&mut self, behaviour: &str, init: Handle, length: usize) -> Ref {
        let small = self.tables.messages.cell(init).data;
        self.tables.messages.free_plain(init);
        let (mut large, mut refs) = (mem::take(&mut self.tables.turn.large), mem::take(&mut self.tables.turn.table));
        let args = if large.is_empty() { &small[..length] } else { &large };
        let child = self.spawn(SpawnOptions::new(behaviour, args).refs(&refs));
        large.clear();
        refs.clear();
        (self.tables.turn.large, self.tables.turn.table) = (large, refs);
        child
    }

    fn bear(&mut self, init: Handle, behaviour: BehaviourId, class: Class, link: bool, monitor: bool) -> Ref {
        let child = self.tables.slots.reserve();
        let target = Ref::actor(child, 0, Rights::ALL);
        let monitor = monitor.then(|| self.tables.relations.reserve(Item::Watching { watcher: self.me, target, twin: None }));
        self.tables.turn.effects.push(Effect::Bear { child, init, behaviour, class, link, monitor });
        target
    }

    fn spawn_with(&mut self, options: SpawnOptions<'_>, started: Option<Key>) -> Ref {
        let behaviour = self.tables.names.find(options.behaviour);
        let mut init = Envelope::new(self.sender(), MessageKind::Init, options.args).refs(self.tables.turn.lend(options.refs));
        if let Some(started) = started {
            init = init.about(started, 0);
        }
        let init = self.tables.messages.write(&init);
        if let (Some(behaviour), None, true) = (behaviour, started, options.is_plain()) {
            return self.bear(init, behaviour, options.class, options.link, options.monitor);
        }
        let (child, birth, kept_as) = match options.identity {
            Identity::Fresh => (self.tables.slots.reserve(), Birth::Fresh, ""),
            Identity::Own => (self.tables.slots.reserve(), Birth::Kept, ""),
            Identity::Kept(id) => match self.kept(id) {
                Some(child) => (child, Birth::Found, ""),
                None => (self.tables.slots.reserve(), Birth::Kept, id),
            },
            Identity::Again(child) if child.actor_id().is_some_and(|id| self.tables.slots.parent(id.0) == Some(self.me)) => {
                (child.key, Birth::Again, "")
            }
            // Not a child whose identity this actor keeps: it gets one of its own.
            Identity::Again(_) => (self.tables.slots.reserve(), Birth::Fresh, ""),
        };
        let child_ref = Ref::actor(child, 0, Rights::ALL);
        let monitor =
            options.monitor.then(|| self.tables.relations.reserve(Item::Watching { watcher: self.me, target: child_ref, twin: None }));
        let spawn = Spawn {
            child,
            birth,
            behaviour,
            missing: self.tables.turn.keep(if behaviour.is_some() { b"" } else { options.behaviour.as_bytes() }),
            init,
            label: self.tables.turn.keep(options.label.as_bytes()),
            kept_as: self.tables.turn.keep(kept_as.as_bytes()),
            why: options.why,
            class: options.class,
            memory_max: options.memory_max,
            faults: options.faults,
            durability: options.durability,
            poison: options.poison,
            link: options.link,
            monitor,
            started,
        };
        self.tables.turn.effects.push(Effect::Spawn { at: self.tables.turn.spawns.len() as u32 });
        self.tables.turn.listed = true;
        self.tables.turn.spawns.push(spawn);
        child_ref
    }

    /// The child kept under `id`: committed, or spawned earlier in this turn.
    fn kept(&self, id: &str) -> Option<Key> {
        let is_kept = |spawn: &&Spawn| spawn.birth == Birth::Kept && &self.tables.turn.bytes[spawn.kept_as.clone()] == id.as_bytes();
        let buffered = self.tables.turn.spawns.iter().find(is_kept).map(|spawn| spawn.child);
        buffered.or_else(|| self.tables.kept_child(self.me, id))
    }
}

/// watch: monitors, links, and what an exit signal does here
impl Cx<'_> {
    /// One down when the incarnation that lives now (or the one the ref is pinned to) ends; at once, `noproc`, if none does.
    pub fn watch(&mut self, target: Ref) -> WatchId {
        self.watch_as(target, Scope::Incarnation)
    }

    /// One down when the identity is gone or buried; silent over restarts.
    pub fn watch_identity(&mut self, target: Ref) -> WatchId {
        self.watch_as(target, Scope::Identity)
    }

    pub(crate) fn watch_as(&mut self, target: Ref, scope: Scope) -> WatchId {
        let node = self.tables.relations.reserve(Item::Watching { watcher: self.me, target, twin: None });
        self.tables.turn.effects.push(Effect::Watch { target, node, scope });
        WatchId(node)
    }

    /// Demonitor with flush: after this turn no down of this watch arrives, not even a queued one.
    pub fn unwatch(&mut self, watch: WatchId) {
        self.tables.turn.effects.push(Effect::Unwatch { node: watch.0 });
    }

    pub fn link(&mut self, to: Ref) {
        self.tables.turn.effects.push(Effect::Link { to });
    }

    pub fn unlink(&mut self, to: Ref) {
        self.tables.turn.effects.push(Effect::Unlink { to });
    }

    /// Exit signals become `Event::Exit`.
    pub fn trap_exits(&mut self, on: bool) {
        self.tables.turn.effects.push(Effect::Trap(on));
    }
}

/// timer
impl Cx<'_> {
    /// Sets the timer of this key, in place of an older one, which then never arrives.
    pub fn timer(&mut self, key: u64, after_ms: u64) {
        self.tables.turn.effects.push(Effect::Timer { key, due: self.now.after(after_ms) });
    }

    /// What was left of it in milliseconds; none if it fired, also if its tick is queued, or was not set.
    pub fn cancel_timer(&mut self, key: u64) -> Option<u64> {
        let left = self.due(key).filter(|due| *due > self.now).map(|due| due.since(self.now));
        self.tables.turn.effects.push(Effect::CancelTimer { key });
        left
    }

    /// As this turn would leave it.
    fn due(&self, key: u64) -> Option<Time> {
        for effect in self.tables.turn.effects.iter().rev() {
            match *effect {
                Effect::Timer { key: set, due } if set == key => return Some(due),
                Effect::CancelTimer { key: cancelled } if cancelled == key => return None,
                _ => {}
            }
        }
        match self.tables.relations.get(self.tables.keyed.get(self.me, key)?)? {
            Item::Timer { at, .. } => Some(at),
            _ => None,
        }
    }
}

/// await: the turn ends and commits, and the mailbox is closed until what it names comes
impl Cx<'_> {
    /// Until this call settles, nothing else is handled: not other messages, ticks, downs or trapped exits. Exit signals that
    /// are not trapped act as ever. Of several things awaited by one turn the first to come ends the await.
    ///
    /// Naming what can't come (an unknown call, a timer that is not set) is a fault.
    pub fn await_reply(&mut self, call: CallId) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.wait.resumes.push(Resume::Reply(call.0));
    }

    /// The same, for the timer of this key.
    pub fn await_timer(&mut self, key: u64) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.wait.resumes.push(Resume::Timer(key));
    }

    /// The same, for the down of this watch.
    pub fn await_down(&mut self, watch: WatchId) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.wait.resumes.push(Resume::Down(watch.0));
    }

    /// What may be handled while this turn's await is outstanding.
    pub fn open(&mut self, open: Open) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.wait.open = open;
        self.tables.turn.read_only |= open == Open::Shared;
    }

    /// Whether this turn must not write, being part of a shared handler.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.tables.turn.read_only
    }
}

/// become, defer, stop
impl Cx<'_> {
    pub fn become_state(&mut self, state: &[u8]) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.state = Some(self.tables.turn.keep(state));
    }

    /// The state is this value on the behaviour's shelf. Said once, at init; if the turn aborts, the kernel has it
    /// forgotten.
    pub fn keep_at(&mut self, id: StateId) {
        self.tables.turn.touch(Touched::STATE_ID);
        self.tables.turn.state_id = Some(id);
    }

    /// The behaviour of this name handles the next message, from the state that this turn commits as bytes (or from the
    /// present one's bytes). A name that is not in the table is a fault.
    pub fn become_behaviour(&mut self, name: &str) {
        self.tables.turn.becomes = Some(self.tables.names.find(name));
        self.tables.turn.touch(Touched::MORE);
    }

    /// A tag different from the committed one makes everything deferred be handled again, before the rest of the mailbox.
    pub fn become_tag(&mut self, tag: u32) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.tag = Some(tag);
    }

    /// Sets this message aside until the tag changes. The turn's other effects commit.
    pub fn defer(&mut self) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.deferred = true;
    }

    /// A `Event::Timer` of this key for this actor, ahead of its mailbox. Several in one place keep their order. It can be
    /// deferred like any event, and not be cancelled: it is no timer, it only comes as one, because nobody else can send one.
    pub fn insert(&mut self, key: u64, place: Place) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.inserted.push((key, place));
    }

    /// At init: a word for whoever started this actor and waits until it is ready.
    pub fn started_with(&mut self, info: &[u8]) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.info = Some(self.tables.turn.keep(info));
    }

    /// Commits this turn, then ends the incarnation.
    pub fn stop(&mut self, reason: Reason) {
        self.tables.turn.touch(Touched::STOP);
        self.tables.turn.stop = Some(reason);
    }

    /// An exit signal (semantics 7.2). `Reason::Kill` can't be trapped. Needs the control right.
    pub fn exit(&mut self, to: Ref, reason: Reason) {
        self.tables.turn.effects.push(Effect::Exit { to, reason: self.tables.turn.reasons.len() as u32 });
        self.tables.turn.listed = true;
        self.tables.turn.reasons.push(reason);
    }

    /// Decides against a restart of an ended child whose identity was kept: what waits for it becomes dead letters, and it
    /// answers `noproc` until its parent spawns it again.
    pub fn bury(&mut self, child: Ref) {
        self.tables.turn.effects.push(Effect::Bury { child });
    }

    /// Gives up the identity of an ended child. Its refs are dead for ever.
    pub fn forget(&mut self, child: Ref) {
        self.tables.turn.effects.push(Effect::Forget { child });
    }
}

/// Gives back what the aborted turn had reserved.
pub(crate) fn abort(tables: &mut Tables) {
    let Tables { turn, slots, relations, shots, messages, .. } = tables;
    for spawn in turn.spawns.drain(..) {
        if spawn.birth.is_first() {
            slots.release(spawn.child);
        }
        if let Some(node) = spawn.monitor {
            relations.release(node);
        }
        if let Some(shot) = spawn.started {
            shots.release(shot);
        }
        messages.free(spawn.init);
    }
    for effect in turn.effects.drain(..) {
        match effect {
            Effect::Send { entry, .. } | Effect::Tell { entry, .. } => messages.free(entry),
            Effect::Call { entry, .. } => {
                let about = messages.entry(entry).about().expect("a call is about its one-shot");
                shots.release(about.key);
                messages.free(entry);
            }
            Effect::Watch { node, .. } => {
                if let Some(shot) = relations.extra(node).and_then(Extra::alias) {
                    shots.release(shot);
                }
                relations.release(node);
            }
            Effect::Bear { child, init, monitor, .. } => {
                slots.release(child);
                messages.free(init);
                if let Some(node) = monitor {
                    relations.release(node);
                }
            }
            Effect::Spawn { .. }
            | Effect::Unwatch { .. }
            | Effect::Demonitor { .. }
            | Effect::Link { .. }
            | Effect::Unlink { .. }
            | Effect::Trap(_)
            | Effect::Exit { .. }
            | Effect::Timer { .. }
            | Effect::CancelTimer { .. }
            | Effect::CancelCall { .. }
            | Effect::ResumeChild { .. }
            | Effect::FailChild { .. }
            | Effect::Park { .. }
            | Effect::Replace { .. }
            | Effect::Facet { .. }
            | Effect::Revoke { .. }
            | Effect::RecoverChildren
            | Effect::Bury { .. }
            | Effect::Forget { .. }
            | Effect::Note { .. } => {}
        }
    }
}
