//! Calls of durable actors over lives of their vat: one settlement for each, whatever is cut.
//!
//! A call is a bond of its caller until the settlement was handled. To a durable actor of the same vat it is a message in the
//! caller's commit, and its answer one in the commit of whoever answers. A later life of the vat has the same reply refs, with as
//! much time as the calls had when they were made; what nobody can answer any more settles `noconnection`: nobody knows what came
//! of it. That its caller awaits one closes no mailbox in a later life.
use super::{Journal, Letter, commit::refs_of};
use crate::{
    MessageKind, Ref, Rights, Settle, Time, Vat,
    entry::{Envelope, Marks, Sender},
    held::find_counted,
    refs::{Key, Kind},
    relations::Item,
    shots::Shot,
    slab::Handle,
    slots::generations,
    turn::Effect,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use peerd_journal::{Actor, Change, Durable, Fate, Fault, Id, Image, Record, Rung, Tried, Waiting};

/// Beside a message's kind: the first of its refs is the reply ref that it is about.
pub(super) const ABOUT: u8 = 0x80;
/// Beside the kind of a reply: its body says how the call failed.
pub(super) const FAILED: u8 = 0x40;

/// Before the milliseconds that it had, in a bond.
const CALL: u8 = 1;

/// At the commit.
impl Vat {
    /// It will wait in the mailbox of a durable actor.
    pub(super) fn is_call_kept(&self, me: Key, to: Ref, entry: Handle) -> bool {
        let written = self.tables.messages.entry(entry);
        let Some(about) = written.about().filter(|_| matches!(to.kind, Kind::Actor | Kind::Object) && !written.kind().is_system()) else {
            return false;
        };
        to.key != me && !self.is_parked(to) && !self.calls_back(about.key, to.key, written.body())
    }

    /// The durable actor of this vat that waits for this answer.
    pub(super) fn kept_caller(&self, to: Ref) -> Option<Key> {
        let shot = self.tables.shots.get(to.key).filter(|shot| to.rights.contain(Rights::SEND) && !shot.settled)?;
        self.is_known(shot.minter).then_some(shot.minter)
    }

    /// What it waits for from now on, and what no more. After all that has a place among the changes.
    pub(super) fn calls_in(&self, journal: &mut Journal, handle: Handle) {
        let handled = self.tables.messages.entry(handle);
        if handled.kind() == MessageKind::Reply && !self.tables.turn.deferred {
            handled.about().into_iter().for_each(|about| journal.changes.push(Change::Unbond { key: about.key.to_number() }));
        }
        self.tables.turn.spawns.iter().filter_map(|spawn| spawn.started).for_each(|shot| self.call_in(journal, shot));
        for effect in &self.tables.turn.effects {
            match *effect {
                Effect::Call { entry, .. } => {
                    let about = self.tables.messages.entry(entry).about().expect("a call is about its one-shot");
                    self.call_in(journal, about.key);
                }
                Effect::CancelCall { shot } => journal.changes.push(Change::Unbond { key: shot.to_number() }),
                _ => {}
            }
        }
    }

    fn call_in(&self, journal: &mut Journal, shot: Key) {
        let left = self.tables.shots.get(shot).map_or(u64::MAX, |shot| self.left(shot.deadline));
        let mut what = Vec::from([CALL]);
        what.extend_from_slice(&left.to_le_bytes());
        journal.changes.push(Change::Bond { key: shot.to_number(), what: &what });
    }
}

/// In the next life.
impl Vat {
    /// The reply refs of calls that were under way. False: no keys are left for this epoch. Before the mailboxes, and whatever else is
    /// bound to somebody.
    pub(super) fn restore_calls<'a>(
        &mut self,
        actors: impl Iterator<Item = (Key, &'a Durable)>,
        watches: impl Iterator<Item = (Key, Item)>,
    ) -> bool {
        let Some(generations) = generations(self.config.epoch) else { return false };
        self.tables.relations.begin(watches, generations);
        // A place that was used again is of a call that had been settled: the record of that was still to come.
        let mut calls: BTreeMap<u32, (Key, Shot)> = BTreeMap::new();
        for (key, shot) in actors.flat_map(|(caller, durable)| calls_of(caller, durable, self.ledger.now)) {
            if calls.get(&key.index).is_none_or(|(known, _)| known.generation < key.generation) {
                calls.insert(key.index, (key, shot));
            }
        }
        self.tables.shots.restore(calls.values().copied(), generations);
        calls.values().for_each(|(shot, _)| self.mint(*shot));
        true
    }

    /// Who can answer them: messages, states and letters that have their reply refs. Of the others nobody knows what came of them.
    pub(super) fn count_holders<'a>(&mut self, actors: impl Iterator<Item = (Key, &'a Durable)>, image: &Image) {
        let mut calls = Vec::new();
        for (me, durable) in actors {
            for waiting in durable.waiting.values() {
                let (about, refs) = about_of(waiting);
                if let Some(shot) = about.filter(|_| kind_of(waiting) == MessageKind::Reply) {
                    self.has_answer(shot);
                }
                self.carry(me, about.filter(|_| kind_of(waiting) != MessageKind::Reply), &refs);
            }
            // An object's state may lie in its actor's map.
            let behaviour = self.tables.slots.get(me).expect("restored before this").behaviour;
            let state = self.refs_in(behaviour, &durable.state);
            let bytes = core::iter::once(state).chain(durable.map.values().map(|value| &value[..]));
            let is_held = |held: &Ref| match held.kind {
                Kind::Object => held.key != me && self.is_known(held.key),
                _ => held.is_one_shot() && self.tables.shots.get(held.key).is_some(),
            };
            for held in bytes.flat_map(find_counted).filter(is_held).collect::<BTreeSet<Ref>>() {
                self.carry(me, None, &[held]);
                self.have(me, held);
            }
            calls.extend(calls_of(me, durable, Time::NEVER).map(|(shot, _)| shot));
        }
        for letter in image.outbox.values() {
            self.carry(Key::NONE, None, &Letter::of(letter).refs());
        }
        for shot in calls {
            if self.tables.shots.get(shot).is_some_and(|shot| shot.copies == 0) {
                self.settle_failed(Some(shot), &Settle::Noconnection);
            }
        }
    }

    fn has_answer(&mut self, shot: Key) {
        let due = self.tables.shots.open(shot).and_then(|shot| {
            shot.settled = true;
            shot.due.take()
        });
        due.into_iter().for_each(|due| self.timers.cancel(due));
    }

    /// A message that the journal has, as the mailbox has it.
    pub(super) fn waiting_entry(&mut self, waiting: &Waiting, marks: Marks) -> Handle {
        let from = Sender { key: Key::of_actor(waiting.from), incarnation: waiting.life };
        let (about, refs) = about_of(waiting);
        let marks = if waiting.kind & FAILED != 0 { marks.and(Marks::FAILED) } else { marks };
        let envelope = Envelope::new(from, kind_of(waiting), &waiting.body).refs(&refs).marked(marks);
        let Some(shot) = about else { return self.tables.messages.write(&envelope) };
        let deadline = self.tables.shots.get(shot).map_or(Time::NEVER, |shot| shot.deadline);
        let word = if kind_of(waiting) == MessageKind::Reply { 0 } else { deadline.0 };
        self.tables.messages.write(&envelope.about(shot, word))
    }
}

/// Answers to calls that no record knows any more, because they were called off or their caller's life ended: they are dropped.
pub(super) fn late_answers(image: &Image) -> Vec<Record<'static>> {
    let late = |actor: Actor, life: u32, input: Id| {
        let (rung, fate) = (Rung::Resume, Fate::Dropped);
        Record::Fault(Fault { actor, life, input: Tried::Waiting(input), attempt: 0, rung, fate, reason: &[] })
    };
    let of = |(actor, durable): (&Actor, &Durable)| {
        let waiting = durable.waiting.iter().filter(|(_, waiting)| is_late(durable, waiting));
        waiting.map(|(id, _)| late(*actor, durable.life, *id)).collect::<Vec<_>>()
    };
    image.actors.iter().flat_map(of).collect()
}

pub(super) fn is_late(durable: &Durable, waiting: &Waiting) -> bool {
    let is_awaited = |shot: Key| durable.bonds.contains_key(&shot.to_number());
    kind_of(waiting) == MessageKind::Reply && !about_of(waiting).0.is_some_and(is_awaited)
}

fn calls_of(minter: Key, durable: &Durable, now: Time) -> impl Iterator<Item = (Key, Shot)> {
    let call = move |(key, what): (&u64, &Vec<u8>)| {
        let (tag, left) = what.split_first()?;
        let left = u64::from_le_bytes(left.try_into().ok().filter(|_| *tag == CALL)?);
        let deadline = if left == u64::MAX { Time::NEVER } else { now.after(left) };
        Some((Key::from_bytes(key.to_le_bytes()), Shot::new(minter, deadline, Key::NONE)))
    };
    durable.bonds.iter().filter_map(call)
}

fn kind_of(waiting: &Waiting) -> MessageKind {
    const INIT: u8 = MessageKind::Init as u8;
    const REPLY: u8 = MessageKind::Reply as u8;
    match waiting.kind & !(ABOUT | FAILED) {
        INIT => MessageKind::Init,
        REPLY => MessageKind::Reply,
        _ => MessageKind::User,
    }
}

fn about_of(waiting: &Waiting) -> (Option<Key>, Vec<Ref>) {
    let mut refs = refs_of(&waiting.envelope);
    let is_about = waiting.kind & ABOUT != 0 && !refs.is_empty();
    (is_about.then(|| refs.remove(0).key), refs)
}

impl Key {
    fn to_number(self) -> u64 {
        u64::from_le_bytes(self.to_bytes())
    }
}
