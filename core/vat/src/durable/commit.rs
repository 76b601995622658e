//! The record of a turn, made before its effects: they are stamped with it.
use super::{
    BIRTH, Journal, Kept, Options,
    calls::{ABOUT, FAILED},
};
use crate::{
    Crash, Durability, MessageKind, Reason, Ref, Rights, Vat,
    behaviour::BehaviourId,
    entry::{Entry, Marks},
    refs::{Key, Kind, REF_BYTES},
    slab::Handle,
    step::Actor,
    turn::{Birth, Effect, Spawn},
};
use alloc::{borrow::Cow, boxed::Box, collections::BTreeSet, format, vec::Vec};
use core::mem;
use peerd_journal::{Change, Commit, Consumed, Id, Message, Origin, Position, RECORD_MAX, Record, Refused};

/// Limit: a state, or a map, of 16 MiB, and what says so; with what had gathered before it fits into a group.
const CHANGED_MAX: usize = 17 << 20;
/// Limit: with what it sends, spawns and handles. Leaves room for what stands around that.
const WHOLE_MAX: usize = RECORD_MAX - (4 << 20);

impl Vat {
    /// Writes down the turn that is about to commit. After an error it is dropped.
    pub(crate) fn record(&mut self, actor: Actor, handle: Handle) -> Result<(), Crash> {
        let Some(mut journal) = self.journal.take() else { return Ok(()) };
        let before = journal.writer.newest();
        let recorded = self.record_in(&mut journal, actor, handle);
        // Its children are written and it is not: nothing of that may ever be flushed.
        let is_half = recorded.is_err() && journal.writer.newest() != before;
        if is_half {
            journal.writer.failed();
        }
        self.journal = Some(journal);
        if is_half {
            self.break_off();
        }
        recorded
    }

    fn record_in(&mut self, journal: &mut Journal, actor: Actor, handle: Handle) -> Result<(), Crash> {
        let me = actor.key;
        journal.changes.clear();
        journal.sent.clear();
        journal.letters.clear();
        let (behaviour, deferred) = (self.tables.turn.becomes.flatten().unwrap_or(actor.behaviour), self.tables.turn.deferred);
        // What can be refused comes before the first record: those that belong to one turn must all be there.
        let (lies, changed) = self.state_in(journal, me, behaviour)?;
        let changed = changed + self.tables.turn.map.write(&mut journal.changes);
        let bytes = journal.changes.bytes();
        if bytes > CHANGED_MAX {
            return Err(Crash::new("too_large", format!("a turn that changes {bytes} bytes of its state; {CHANGED_MAX} are the most")));
        }
        let whole = bytes + self.sent_bytes(handle);
        if whole > WHOLE_MAX {
            return Err(Crash::new("too_large", format!("a turn whose record has {whole} bytes; {WHOLE_MAX} are the most")));
        }
        self.births_in(journal, me)?;
        self.upgrade_in(journal, actor, behaviour)?;
        let lasting = self.lasting(me).expect("the caller looked");
        let (turn, confirmed) = (lasting.turn + 1, lasting.durability == Durability::Durable);
        self.sends_in(journal, me, actor.incarnation, 1 + changed);
        self.calls_in(journal, handle);
        // The journal's may be that of a life whose state was given up.
        let tag = self.tables.turn.tag.unwrap_or_else(|| self.tables.slots.life(me).tag);
        if tag != self.lasting(me).expect("the caller looked").tag {
            journal.changes.push(Change::Tag(tag));
        }
        self.alarms_in(journal, me);
        let options = self.options_after(me, behaviour);
        if let Some(options) = &options {
            journal.changes.push(Change::Options(options));
        }
        let entry = self.tables.messages.entry(handle);
        let envelope = envelope(entry);
        let origin = if entry.from().actor_id().is_some() { Origin::Near } else { Origin::Host };
        let consumed = match (self.tables.messages.recorded(handle), entry.kind()) {
            (Some(id), _) => Consumed::Waiting(id),
            (None, MessageKind::User | MessageKind::Init) => Consumed::Inline { origin, message: written(me, entry, &envelope) },
            (None, MessageKind::Alarm) if !deferred => Consumed::Alarm { key: entry.about().expect("written with its key").word },
            (None, _) => Consumed::Nothing,
        };
        let (is_inline, is_known) = (matches!(consumed, Consumed::Inline { .. }), consumed != Consumed::Nothing);
        // What is in no record is set aside in memory only.
        if deferred && is_known {
            journal.changes.push(Change::Deferred);
        }
        let commit = Commit {
            actor: me.to_actor(),
            life: actor.incarnation,
            turn,
            now: self.wall().0,
            seed: self.chance(),
            is_confirmed: confirmed,
            consumed,
            changes: journal.changes.changes(),
        };
        let position = journal.writer.append(&Record::Commit(commit)).map_err(refused)?;
        for &(entry, index) in &journal.sent {
            self.tables.messages.record(entry, Id { position, index });
        }
        if deferred && is_inline {
            self.tables.messages.record(handle, Id { position, index: 0 });
        }
        self.confirm(me, position);
        self.keep_alarms(journal, me, position);
        let lasting = self.tables.slots.rare_mut(me).lasting.as_mut().expect("the caller looked");
        (lasting.turn, lasting.behaviour, lasting.foreign, lasting.is_blank) = (turn, behaviour, None, false);
        lasting.tag = tag;
        if let Some(options) = options {
            lasting.options = options;
        }
        self.keep_committed(journal, me, lies);
        Ok(())
    }

    /// Of all that it sends and spawns, and of what it handles.
    fn sent_bytes(&self, handle: Handle) -> usize {
        let turn = &self.tables.turn;
        let sent = turn.effects.iter().filter_map(|effect| match *effect {
            Effect::Send { entry, .. } | Effect::Tell { entry, .. } | Effect::Call { entry, .. } => Some(entry),
            _ => None,
        });
        let entries = sent.chain(turn.spawns.iter().map(|spawn| spawn.init)).chain([handle]);
        entries
            .map(|entry| self.tables.messages.entry(entry))
            .map(|entry| entry.body().len() + usize::from(entry.cell.refs) * REF_BYTES)
            .sum()
    }

    /// What runs it from this turn on. If that is new, it is said before the turn, in the same group.
    fn upgrade_in(&self, journal: &mut Journal, actor: Actor, next: BehaviourId) -> Result<(), Crash> {
        let known = self.lasting(actor.key).expect("the caller looked");
        let from = known.foreign.as_ref().map_or_else(|| journal.hash(known.behaviour), |foreign| foreign.hash);
        let to = journal.code(self.tables.names.name(next), next);
        if from != to.hash {
            journal.writer.append(&Record::Upgrade { actor: actor.key.to_actor(), from, to }).map_err(refused)?;
        }
        Ok(())
    }

    /// If this turn changes them.
    fn options_after(&self, me: Key, behaviour: BehaviourId) -> Option<Box<[u8]>> {
        let lasting = self.lasting(me).expect("the caller looked");
        let last = |effect: &Effect| if let Effect::Trap(on) = effect { Some(*on) } else { None };
        let traps = self.tables.turn.effects.iter().rev().find_map(last);
        if traps.is_none() && behaviour == lasting.behaviour && lasting.foreign.is_none() && !lasting.is_blank {
            return None;
        }
        let known = lasting.options();
        let (traps, version) = (traps.unwrap_or(known.traps && !lasting.is_blank), self.tables.names.code(behaviour).version);
        (known.traps != traps || known.version != version).then(|| Options { traps, version, ..known }.encode())
    }

    /// What leaves from now on waits for this record of its own, unless it is one of the unconfirmed.
    pub(super) fn confirm(&mut self, me: Key, position: Position) {
        if self.lasting(me).is_some_and(|lasting| lasting.durability == Durability::Durable) {
            self.gate.confirm(position);
        }
    }

    /// What it sends to durable actors. The rest is lost with the vat.
    fn sends_in(&self, journal: &mut Journal, me: Key, life: u32, mut index: u32) {
        let mut answered = BTreeSet::new();
        for effect in &self.tables.turn.effects {
            let (to, entry) = match *effect {
                Effect::Tell { to, entry, .. } => (Ref::actor(to, 0, Rights::SEND), entry),
                Effect::Send { to, entry } if matches!(to.kind, Kind::Actor | Kind::Object) => (to, entry),
                Effect::Call { to, entry } if self.is_call_kept(me, to, entry) => (to, entry),
                Effect::Send { to, entry } if to.kind == Kind::OneShot => {
                    // Of two answers the second is late.
                    let Some(caller) = self.kept_caller(to).filter(|_| answered.insert(to.key)) else { continue };
                    index += self.sent_in(journal, me, life, caller, entry, index);
                    continue;
                }
                Effect::Send { to, entry } if to.kind == Kind::Lasting => {
                    index += u32::from(self.letter_in(journal, self.sender(me), to, entry, index));
                    continue;
                }
                _ => continue,
            };
            // One that this turn spawns has no life yet, and room: it is born before this is sent.
            let has_been = self.tables.slots.get(to.key).is_some_and(|header| header.incarnation > 0);
            let is_refused = has_been && !self.may_send(to, entry);
            let to = to.key;
            if is_refused || !self.is_known(to) {
                continue;
            }
            index += self.sent_in(journal, me, life, to, entry, index);
        }
    }

    /// Returns how many changes that is.
    fn sent_in(&self, journal: &mut Journal, me: Key, life: u32, to: Key, entry: Handle, index: u32) -> u32 {
        let sent = self.tables.messages.entry(entry);
        let envelope = envelope(sent);
        let message = written(to, sent, &envelope);
        journal.changes.push(Change::Sent(Message { from: me.to_actor(), life, ..message }));
        journal.sent.push((entry, index));
        1
    }

    /// An incarnation of a durable actor is over.
    pub(crate) fn record_end(&mut self, me: Key, life: u32, reason: &Reason, is_kept: bool) {
        if !self.is_known(me) {
            return;
        }
        let reason = self.encode(reason);
        self.note(me, &Record::End { actor: me.to_actor(), life, is_buried: !is_kept, reason: &reason });
        self.tables.slots.rare_mut(me).lasting.as_mut().expect("the journal knows it").is_over = true;
        self.scratch = reason;
    }

    /// An identity is over, and all that was kept for it.
    pub(crate) fn record_forgotten(&mut self, me: Key) {
        self.note(me, &Record::Forget { actor: me.to_actor() });
    }

    /// A record that is no turn's, and that this vat can't go on without.
    pub(super) fn note(&mut self, me: Key, record: &Record<'_>) -> Option<Position> {
        let journal = self.journal.as_mut()?;
        match journal.writer.append(record) {
            Ok(position) => {
                self.confirm(me, position);
                Some(position)
            }
            Err(_) => {
                journal.writer.failed();
                self.break_off();
                None
            }
        }
    }

    /// Nothing is written down any more.
    pub(crate) fn takes_nothing(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.writer.stopped().is_some() || journal.writer.gathered() >= RECORD_MAX)
    }

    /// The durable children that this turn spawns are in the journal before it, in the same group: it may send to them.
    fn births_in(&mut self, journal: &mut Journal, me: Key) -> Result<(), Crash> {
        let (spawns, bytes) = (mem::take(&mut self.tables.turn.spawns), mem::take(&mut self.tables.turn.bytes));
        let mut born = Ok(());
        for spawn in spawns.iter().filter(|spawn| spawn.birth.is_first() && spawn.behaviour.is_some()) {
            self.last(spawn.child, spawn.durability);
            born = born.and_then(|()| self.birth_in(journal, me, spawn, &bytes));
        }
        (self.tables.turn.spawns, self.tables.turn.bytes) = (spawns, bytes);
        born
    }

    /// A durable actor begins: the journal knows it from now on, and its init waits there.
    pub(crate) fn record_birth(&mut self, parent: Key, spawn: &Spawn, bytes: &[u8]) -> Result<(), Crash> {
        let Some(mut journal) = self.journal.take() else { return Ok(()) };
        let born = self.birth_in(&mut journal, parent, spawn, bytes);
        self.journal = Some(journal);
        born
    }

    fn birth_in(&mut self, journal: &mut Journal, parent: Key, spawn: &Spawn, bytes: &[u8]) -> Result<(), Crash> {
        let (child, Some(behaviour)) = (spawn.child, spawn.behaviour) else { return Ok(()) };
        if self.lasting(child).is_none_or(|lasting| lasting.turn > 0) {
            return Ok(());
        }
        let text = |range: &core::ops::Range<usize>| core::str::from_utf8(&bytes[range.clone()]).expect("kept from a str");
        let id = text(&spawn.kept_as);
        let by = if spawn.birth == Birth::Fresh { None } else { self.place(parent) };
        // What a volatile owner keeps under no id it can't name again.
        let by = by.filter(|by| !id.is_empty() || by.durable_owner().is_some());
        let options = Options {
            durability: spawn.durability,
            class: spawn.class,
            label: Cow::Borrowed(text(&spawn.label)),
            kept: by.map(|by| Kept { by, id: Cow::Borrowed(id) }),
            link: spawn.link,
            memory_max: spawn.memory_max,
            faults: spawn.faults,
            poison: spawn.poison,
            version: self.tables.names.code(behaviour).version,
            traps: false,
        }
        .encode();
        let code = journal.code(self.tables.names.name(behaviour), behaviour);
        let init = self.tables.messages.entry(spawn.init);
        let envelope = envelope(init);
        let born = Change::Born { actor: child.to_actor(), code, options: &options };
        let first = [born, Change::Sent(written(child, init, &envelope))].into_iter().collect::<peerd_journal::List>();
        let commit = Commit {
            actor: child.to_actor(),
            life: 1,
            turn: BIRTH,
            now: self.wall().0,
            seed: 0,
            is_confirmed: spawn.durability == Durability::Durable,
            consumed: Consumed::Nothing,
            changes: first.changes(),
        };
        let position = journal.writer.append(&Record::Commit(commit)).map_err(refused)?;
        self.tables.messages.record(spawn.init, Id { position, index: 2 });
        self.confirm(child, position);
        let lasting = self.tables.slots.rare_mut(child).lasting.as_mut().expect("looked at above");
        (lasting.turn, lasting.options, lasting.behaviour) = (BIRTH, options, behaviour);
        Ok(())
    }
}

/// The refs beside the body, behind the reply ref that the message is about.
pub(super) fn envelope(entry: Entry<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(usize::from(entry.cell.refs) * REF_BYTES);
    let about = entry.about().map(|about| Ref::one_shot(about.key));
    about.into_iter().chain(entry.refs()).for_each(|item| bytes.extend_from_slice(&item.to_bytes()));
    bytes
}

pub(super) fn refs_of(envelope: &[u8]) -> Vec<Ref> {
    envelope.chunks_exact(REF_BYTES).filter_map(Ref::from_bytes).collect()
}

pub(super) fn written<'a>(to: Key, entry: Entry<'a>, envelope: &'a [u8]) -> Message<'a> {
    let from = entry.from();
    let failed = if entry.marks().has(Marks::FAILED) { FAILED } else { 0 };
    let kind = entry.kind() as u8 | if entry.about().is_some() { ABOUT } else { 0 } | failed;
    Message { to: to.to_actor(), from: from.key.to_actor(), life: from.incarnation, kind, envelope, body: entry.body() }
}

pub(super) fn refused(why: Refused) -> Crash {
    Crash::new("journal", format!("not written down: {why:?}"))
}
