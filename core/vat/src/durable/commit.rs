//! The record of a turn, made before its effects: they are stamped with it.
use super::{Journal, Options};
use crate::{
    Crash, Durability, MessageKind, Reason, Ref, Vat,
    entry::Entry,
    refs::{Key, Kind, REF_BYTES},
    slab::Handle,
    step::Actor,
    turn::Effect,
};
use alloc::{borrow::Cow, format, vec::Vec};
use peerd_journal::{Change, Commit, Consumed, Fate, Fault, Id, Message, Origin, Record, Refused, Rung};

impl Vat {
    /// Writes down the turn that is about to commit. After an error it is dropped.
    pub(crate) fn record(&mut self, actor: Actor, handle: Handle) -> Result<(), Crash> {
        let Some(mut journal) = self.journal.take() else { return Ok(()) };
        let recorded = self.record_in(&mut journal, actor, handle);
        self.journal = Some(journal);
        recorded
    }

    fn record_in(&mut self, journal: &mut Journal, actor: Actor, handle: Handle) -> Result<(), Crash> {
        let me = actor.key;
        if self.tables.turn.becomes.is_some() {
            return Err(Crash::new("durable", "a durable actor can't become another behaviour yet"));
        }
        journal.changes.clear();
        journal.sent.clear();
        let state = self.state_after(me);
        let lasting = self.lasting(me).expect("the caller looked");
        let (turn, confirmed) = (lasting.turn + 1, lasting.durability == Durability::Durable);
        if !lasting.is_born {
            let options = self.options_of(me);
            journal.changes.push(Change::Born { actor: me.to_actor(), code: self.code_in(journal, me), options: &options });
        }
        let first = 1 + u32::from(!lasting.is_born);
        let changed = state != lasting.state;
        if changed {
            journal.changes.push(Change::State(&state));
        }
        self.sends_in(journal, me, actor.incarnation, first + u32::from(changed));
        if let Some(tag) = self.tables.turn.tag {
            journal.changes.push(Change::Tag(tag));
        }
        if self.tables.turn.deferred {
            journal.changes.push(Change::Deferred);
        }
        let entry = self.tables.messages.entry(handle);
        let envelope = envelope(entry);
        let origin = if entry.from().actor_id().is_some() { Origin::Near } else { Origin::Host };
        let consumed = match (self.tables.messages.recorded(handle), entry.kind()) {
            (Some(id), _) => Consumed::Waiting(id),
            (None, MessageKind::User | MessageKind::Init) => Consumed::Inline { origin, message: written(me, entry, &envelope) },
            (None, _) => Consumed::Nothing,
        };
        let commit = Commit {
            actor: me.to_actor(),
            life: actor.incarnation,
            turn,
            now: self.ledger.now.0,
            seed: self.chance(),
            is_confirmed: confirmed,
            consumed,
            changes: journal.changes.changes(),
        };
        let position = journal.writer.append(&Record::Commit(commit)).map_err(refused)?;
        for &(entry, index) in &journal.sent {
            self.tables.messages.record(entry, Id { position, index });
        }
        if self.tables.turn.deferred && self.tables.messages.recorded(handle).is_none() {
            self.tables.messages.record(handle, Id { position, index: 0 });
        }
        if confirmed {
            self.gate.confirm(position);
        }
        let lasting = self.tables.slots.rare_mut(me).lasting.as_mut().expect("the caller looked");
        (lasting.turn, lasting.is_born) = (turn, true);
        if changed {
            lasting.state = state;
        }
        Ok(())
    }

    /// As this turn leaves it.
    fn state_after(&self, me: Key) -> Vec<u8> {
        let turn = &self.tables.turn;
        let mut state = Vec::new();
        match (turn.state_id, &turn.state) {
            (Some(id), _) => {
                let header = self.tables.slots.get(me).expect("it has just had a turn");
                self.behaviours[usize::from(header.behaviour)].encode(id, &mut state);
            }
            (None, Some(range)) => state.extend_from_slice(&turn.bytes[range.clone()]),
            (None, None) => self.encode_state(me, &mut state),
        }
        state
    }

    /// What it sends to durable actors. The rest is lost with the vat.
    fn sends_in(&self, journal: &mut Journal, me: Key, life: u32, mut index: u32) {
        for effect in &self.tables.turn.effects {
            let (to, entry) = match *effect {
                Effect::Tell { to, entry, .. } => (to, entry),
                Effect::Send { to, entry } if to.kind == Kind::Actor && self.may_send(to, entry) => (to.key, entry),
                _ => continue,
            };
            if !self.lasting(to).is_some_and(|lasting| lasting.is_born) {
                continue;
            }
            let written_entry = self.tables.messages.entry(entry);
            let envelope = envelope(written_entry);
            let message = written(to, written_entry, &envelope);
            journal.changes.push(Change::Sent(Message { from: me.to_actor(), life, ..message }));
            journal.sent.push((entry, index));
            index += 1;
        }
    }

    /// An incarnation of a durable actor is over.
    pub(crate) fn record_end(&mut self, me: Key, life: u32, reason: &Reason, is_kept: bool) {
        if !self.lasting(me).is_some_and(|lasting| lasting.is_born) {
            return;
        }
        let Some(mut journal) = self.journal.take() else { return };
        let reason = self.encode(reason);
        let end = Record::End { actor: me.to_actor(), life, is_buried: !is_kept, reason: &reason };
        // A journal that takes nothing any more has ended the vat already, or will.
        if let Ok(position) = journal.writer.append(&end) {
            self.gate.confirm(position);
        }
        self.scratch = reason;
        self.journal = Some(journal);
    }

    /// What a turn that failed had at hand will not be handled again.
    pub(crate) fn record_fault(&mut self, me: Key, life: u32, handle: Handle, reason: &Reason) {
        let Some(input) = self.tables.messages.recorded(handle) else { return };
        let Some(mut journal) = self.journal.take() else { return };
        let reason = self.encode(reason);
        let (rung, fate) = (Rung::Restart, Fate::Dropped);
        let fault = Fault { actor: me.to_actor(), life, input: Some(input), attempt: 1, rung, fate, reason: &reason };
        if let Ok(position) = journal.writer.append(&Record::Fault(fault)) {
            self.gate.confirm(position);
        }
        self.scratch = reason;
        self.journal = Some(journal);
    }

    fn options_of(&self, me: Key) -> Vec<u8> {
        let rare = self.tables.slots.life(me).rare.as_ref().expect("a durable actor has these");
        let header = self.tables.slots.get(me).expect("it has just had a turn");
        let by_root = self.root.is_some_and(|root| self.tables.slots.parent(me) == Some(root.key));
        let options = Options {
            durability: rare.lasting.as_ref().expect("a durable actor has these").durability,
            class: header.flags.class(),
            label: Cow::Borrowed(&rare.label),
            kept_as: (by_root && !rare.kept_as.is_empty()).then_some(Cow::Borrowed(&*rare.kept_as)),
        };
        postcard::to_allocvec(&options).expect("plain data encodes")
    }

    fn code_in(&self, journal: &Journal, me: Key) -> peerd_journal::Code<'static> {
        let header = self.tables.slots.get(me).expect("it has just had a turn");
        journal.code(self.tables.names.name(header.behaviour), header.behaviour)
    }
}

/// The refs beside the body.
pub(super) fn envelope(entry: Entry<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(usize::from(entry.cell.refs) * REF_BYTES);
    entry.refs().for_each(|item| bytes.extend_from_slice(&item.to_bytes()));
    bytes
}

pub(super) fn refs_of(envelope: &[u8]) -> Vec<Ref> {
    envelope.chunks_exact(REF_BYTES).filter_map(Ref::from_bytes).collect()
}

fn written<'a>(to: Key, entry: Entry<'a>, envelope: &'a [u8]) -> Message<'a> {
    let from = entry.from();
    Message { to: to.to_actor(), from: from.key.to_actor(), life: from.incarnation, kind: entry.kind() as u8, envelope, body: entry.body() }
}

fn refused(why: Refused) -> Crash {
    Crash::new("journal", format!("not written down: {why:?}"))
}
