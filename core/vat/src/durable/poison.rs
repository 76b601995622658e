//! Poison (semantics 13): what a durable actor's turn failed on stays where it was, is tried again, and in the end parks the actor.
//!
//! The message is the kernel's business, the incarnation is its owner's: it ends, or is held, as that of any actor does.
use super::{BIRTH, Blame, commit::written, retry::Tries};
use crate::{
    DeadClass, MessageKind, Reason, Settle, SpawnOptions, Vat, door::Door, entry::Marks, refs::Key, slab::Handle, slots::Flags,
    step::Actor, timers::Due, turn::mix,
};
use peerd_journal::{Fate, Fault, Id, Origin, Record, Rung, Tried};
use serde::{Deserialize, Serialize};

/// What becomes of a message or an alarm on which a durable actor's turn has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Poison {
    /// Tried again after 2 s, then twice as long each time, and nothing behind it meanwhile. The sixth failure parks the actor.
    #[default]
    Retry,
    /// The same, but the failure of this number makes it a dead letter, and the actor goes on. 1: at once, as of a volatile actor.
    Skip(u32),
}

/// What a failed turn leads to besides the end of its incarnation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its message is a dead letter.
    Dropped,
    /// It stays at the head, and is tried again after so many milliseconds.
    Again(u64),
    /// It stays, and so does the actor, until its owner says otherwise.
    Parked,
    /// An alarm, which sees to itself.
    Alarm,
}

impl SpawnOptions<'_> {
    /// Of a durable actor.
    #[must_use]
    pub const fn poison(self, poison: Poison) -> Self {
        SpawnOptions { poison, ..self }
    }
}

impl Vat {
    /// A turn has failed: the journal knows it, if it knows the actor.
    pub(crate) fn judge(&mut self, actor: Actor, handle: Handle, reason: &Reason, blame: Blame) -> Verdict {
        let me = actor.key;
        let Some(poison) = self.lasting(me).filter(|lasting| lasting.turn >= BIRTH).map(|lasting| lasting.options().poison) else {
            return Verdict::Dropped;
        };
        if self.current.kind == MessageKind::Alarm {
            return self.judge_alarm(actor, poison, reason, blame);
        }
        let known = self.tables.messages.recorded(handle);
        if !self.can_stay(me, handle) {
            if let Some(id) = known {
                self.record_fault(actor, Tried::Waiting(id), 1, Rung::Restart, Fate::Dropped, reason);
            }
            return Verdict::Dropped;
        }
        let mut tries = self.tables.messages.tries(handle);
        let ms = tries.failed(blame, mix(self.chance()));
        let (rung, fate) = self.decide(me, tries, poison);
        if blame == Blame::Actor {
            // What no record brought is written down now: else a crash of the vat would make it a first try again.
            let Some(id) = known.or_else(|| self.write_down(me, handle, fate)) else { return Verdict::Dropped };
            self.record_fault(actor, Tried::Waiting(id), tries.counted, rung, fate, reason);
        }
        self.tables.messages.set_tries(handle, tries);
        match (rung, fate) {
            (_, Fate::Dropped) => Verdict::Dropped,
            (Rung::Park, _) => Verdict::Parked,
            _ => Verdict::Again(ms),
        }
    }

    fn judge_alarm(&mut self, actor: Actor, poison: Poison, reason: &Reason, blame: Blame) -> Verdict {
        let me = actor.key;
        let key = self.current().about().expect("written with its key").word;
        let random = mix(self.chance());
        let Some((tries, ms)) = self.alarm_failed(me, key, blame, random) else { return Verdict::Alarm };
        let (rung, fate) = self.decide(me, tries, poison);
        if blame == Blame::Actor {
            self.record_fault(actor, Tried::Alarm { key }, tries.counted, rung, fate, reason);
        }
        match (rung, fate) {
            (_, Fate::Dropped) => self.give_up_alarm(me, key),
            (Rung::Park, _) => return Verdict::Parked,
            _ => self.ring_again(me, key, ms),
        }
        Verdict::Alarm
    }

    fn decide(&self, me: Key, tries: Tries, poison: Poison) -> (Rung, Fate) {
        let rung = if self.may_hold(me) { Rung::Resume } else { Rung::Restart };
        match poison {
            Poison::Skip(most) if tries.counted >= most => (rung, Fate::Dropped),
            Poison::Skip(_) => (rung, Fate::Kept),
            Poison::Retry if tries.is_over() => (Rung::Park, Fate::Kept),
            Poison::Retry => (rung, Fate::Kept),
        }
    }

    /// Whether it is a message that a later turn, of this life or of the next, can handle. A caller who waits is told at once instead:
    /// nothing of the turn has happened, and it may call again.
    fn can_stay(&self, me: Key, handle: Handle) -> bool {
        let entry = self.tables.messages.entry(handle);
        let is_call = entry.about().is_some_and(|about| self.tables.shots.get(about.key).is_some());
        let flags = self.tables.slots.get(me).expect("it has just had a turn").flags;
        let goes_on = (flags.has(Flags::KEPT) && !entry.marks().has(Marks::PINNED)) || self.may_hold(me);
        entry.kind() == MessageKind::User && !is_call && goes_on
    }

    /// None: it is not to be kept, or the journal takes nothing.
    fn write_down(&mut self, me: Key, handle: Handle, fate: Fate) -> Option<Id> {
        if fate == Fate::Dropped {
            return None;
        }
        let entry = self.tables.messages.entry(handle);
        let envelope = super::commit::envelope(entry);
        let origin = if entry.from().actor_id().is_some() { Origin::Near } else { Origin::Host };
        let admitted = Record::Admit { origin, message: written(me, entry, &envelope) };
        let position = self.journal.as_mut()?.writer.append(&admitted).ok()?;
        let id = Id { position, index: 0 };
        self.tables.messages.record(handle, id);
        Some(id)
    }

    fn record_fault(&mut self, actor: Actor, input: Tried, attempt: u32, rung: Rung, fate: Fate, reason: &Reason) {
        let reason = self.encode(reason);
        let fault = Fault { actor: actor.key.to_actor(), life: actor.incarnation, input, attempt, rung, fate, reason: &reason };
        self.note(actor.key, &Record::Fault(fault));
        self.scratch = reason;
    }

    /// Back to where it was taken from.
    pub(crate) fn put_first(&mut self, me: Key, handle: Handle) {
        let cell = self.tables.messages.cell(handle);
        let (weight, is_priority) = (cell.weight(), cell.marks.has(Marks::PRIORITY));
        let header = self.tables.slots.get_mut(me).expect("it has just had a turn");
        header.load.count_in(weight);
        if is_priority {
            let door = self.tables.slots.rare_mut(me).door.get_or_insert_default();
            self.tables.messages.push_front(&mut door.priority, handle);
            self.mind_door(me);
        } else {
            self.tables.messages.push_front(&mut header.mailbox, handle);
        }
    }

    /// Whoever lives under this identity handles nothing for so long.
    pub(crate) fn back_off(&mut self, me: Key, ms: u64) {
        if self.tables.slots.get(me).is_none() {
            return;
        }
        let retry = self.timers.set(self.ledger.now.after(ms), Due::Retry { actor: me });
        if let Some(before) = self.door_mut(me).retry.replace(retry) {
            self.timers.cancel(before);
        }
        self.sort_at_door(me);
        self.wake(me);
    }

    pub(crate) fn retry(&mut self, me: Key) {
        self.door_mut(me).retry = None;
        self.sort_at_door(me);
        self.wake(me);
    }

    /// After its end: nothing runs until its owner says so.
    pub(crate) fn stay_parked(&mut self, me: Key) {
        if let Some(header) = self.tables.slots.get_mut(me) {
            header.flags.set(Flags::PARKED, true);
            self.silence_alarms(me);
        }
    }

    /// Its owner parks it: so it stays in later lives of the vat.
    pub(crate) fn record_park(&mut self, me: Key) {
        if self.lasting(me).is_none_or(|lasting| lasting.turn < BIRTH) {
            return;
        }
        let life = self.tables.slots.get(me).map_or(0, |header| header.incarnation);
        let fault =
            Fault { actor: me.to_actor(), life, input: Tried::Nothing, attempt: 0, rung: Rung::Park, fate: Fate::Kept, reason: &[] };
        self.note(me, &Record::Fault(fault));
        self.silence_alarms(me);
    }

    /// Parked by its journal, not for want of its code: to be asked for by its id is not enough to begin again.
    pub(crate) fn is_left_parked(&self, me: Key) -> bool {
        let is_parked = self.tables.slots.get(me).is_some_and(|header| header.flags.has(Flags::PARKED));
        is_parked && self.lasting(me).is_some_and(|lasting| lasting.turn >= BIRTH && lasting.foreign.is_none())
    }

    /// What becomes of the message of a turn that failed.
    pub(crate) fn dispose(&mut self, me: Key, handle: Handle, verdict: Verdict, reason: &Reason) {
        match verdict {
            Verdict::Again(_) => self.put_first(me, handle),
            Verdict::Parked if self.current.kind == MessageKind::User => self.put_first(me, handle),
            Verdict::Alarm | Verdict::Parked | Verdict::Dropped => {
                let class = if self.current.kind == MessageKind::Alarm { DeadClass::Cancelled } else { DeadClass::Crashed };
                self.discard(me, handle, class, &Settle::Exit(reason.clone()));
            }
        }
    }
}

impl Door {
    /// Only system messages are served, and what passes a closed door if nobody has suspended it.
    pub const fn is_shut(&self) -> bool {
        self.is_suspended || self.retry.is_some()
    }
}
