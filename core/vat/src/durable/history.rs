//! What a host that keeps the journal's files asks of the vat besides flights: another file, an actor as it was.
use super::{BIRTH, Options};
use crate::{
    ActorId, DeadClass, Durability, Last, Outputs, Reason, Ref, Rights, Settle, Time, Vat, entry::Marks, map::Kept, refs::Key, slots::Flags,
};
use alloc::string::String;
use core::mem;
use peerd_journal::{
    Alarm, Change, Commit, Consumed, Durable, Id, Image, List, Place, Position, Record, Refused, Standing, Waiting, Writer,
};

/// What the journal calls an actor.
#[must_use]
pub fn journal_name(actor: ActorId) -> peerd_journal::Actor {
    actor.0.to_actor()
}

/// What people call an actor, of the options that the journal keeps.
#[must_use]
pub fn journal_label(options: &[u8]) -> Option<String> {
    postcard::from_bytes::<Options<'_>>(options).ok().map(|options| options.label.into_owned())
}

/// Why an actor stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRestored {
    /// It is no durable actor of this vat, its init has not committed yet, or the ref does not control it.
    Unknown,
    /// It was not there at that place, or its init had not committed.
    NotThere,
    /// Its state of that place was written by other code.
    Code,
    /// The journal does not take it.
    Journal(Refused),
}

impl Vat {
    /// What writes the journal, to look at: which file, up to where, what of it is durable. None: this vat has no journal.
    #[must_use]
    pub fn writer(&self) -> Option<&Writer> {
        self.journal.as_ref().map(|journal| &journal.writer)
    }

    /// Goes on in another file, between two calls of `run`. Returns where the one before ends: of what is before that place a snapshot
    /// may be made (`peerd_journal::Compaction`) once the next flight has landed.
    ///
    /// # Errors
    /// `Busy` unless all that has gathered has landed, and why nothing is written any more.
    pub fn roll(&mut self) -> Result<Place, Refused> {
        self.journal.as_mut().map_or(Err(Refused::Busy), |journal| journal.writer.roll())
    }

    /// The whole power over a durable actor of this vat, for the host that keeps its journal. None: it is not there.
    #[must_use]
    pub fn durable_ref(&self, actor: peerd_journal::Actor) -> Option<Ref> {
        let key = Key::of_actor(actor);
        self.lasting(key).and_then(|_| self.tables.slots.get(key)).map(|slot| Ref::actor(key, slot.incarnation, Rights::ALL))
    }

    /// The actor becomes what it was in `past`, which is the fold up to some place (semantics 16): its state, its alarms, what it had deferred. Its
    /// incarnation ends with `restored`; the next, which its owner begins if it is kept, and which begins at once if it is not, has that
    /// state. What waits for it stays, and what it has sent stays sent. It is one more record: nothing before it is lost.
    ///
    /// Returns the place that undoes it.
    ///
    /// # Errors
    /// As they are named: nothing has happened then.
    pub fn restore_actor(&mut self, now: Time, actor: Ref, past: &Image, out: &mut Outputs) -> Result<Position, NotRestored> {
        mem::swap(&mut self.ledger.out, out);
        self.advance(now);
        let restored = self.restore_to(actor, past);
        self.settle_deaths();
        self.flush_links();
        mem::swap(&mut self.ledger.out, out);
        restored
    }

    fn restore_to(&mut self, actor: Ref, past: &Image) -> Result<Position, NotRestored> {
        let me = actor.key;
        self.swap_in(me);
        let is_known = actor.actor_id().is_some()
            && actor.rights.contain(Rights::CONTROL)
            && self.lasting(me).is_some_and(|lasting| lasting.turn > BIRTH);
        if !is_known || self.broken {
            return Err(NotRestored::Unknown);
        }
        let target = past.actors.get(&me.to_actor()).filter(|target| target.turn > BIRTH && target.standing != Standing::Buried);
        let target = target.ok_or(NotRestored::NotThere)?;
        let behaviour = self.tables.slots.get(me).expect("found above").behaviour;
        if self.journal.as_ref().is_none_or(|journal| journal.hashes.get(usize::from(behaviour)) != Some(&target.hash)) {
            return Err(NotRestored::Code);
        }
        let (undo, position) = self.record_restore(me, target, past.position).map_err(NotRestored::Journal)?;
        self.confirm(me, position);
        let rare = self.tables.slots.rare_mut(me);
        rare.map = Kept::of(target.map.clone());
        let lasting = rare.lasting.as_mut().expect("looked at above");
        (lasting.tag, lasting.is_blank) = (target.tag, false);
        self.set_committed(me, &target.state);
        self.drop_deferred(me);
        self.drop_alarms(me);
        self.restore_alarms(me, target.alarms.iter().map(|(key, alarm)| (*key, Alarm { set: position, attempts: 0, ..*alarm })));
        let flags = self.tables.slots.get(me).expect("found above").flags;
        if flags.has(Flags::LIVE) {
            // As one whose identity is kept: it is not over.
            self.set_kept(me, true);
            self.end(me, Reason::Other(RESTORED.into()), Last::default());
        }
        for (index, waiting) in deferred(target) {
            let entry = self.waiting_entry(waiting, Marks::default());
            self.tables.messages.record(entry, Id { position, index });
            self.put(me, entry);
        }
        if flags.has(Flags::LIVE) && !flags.has(Flags::KEPT) {
            self.set_kept(me, false);
            self.live_again(me).map_err(NotRestored::Journal)?;
        }
        Ok(undo)
    }

    /// Returns the place before the record, and its own.
    fn record_restore(&mut self, me: Key, target: &Durable, to: Position) -> Result<(Position, Position), Refused> {
        let journal = self.journal.as_mut().ok_or(Refused::Broken)?;
        let undo = journal.writer.newest();
        let mut changes: List = (!target.state.is_empty()).then_some(Change::State(&target.state)).into_iter().collect();
        target.map.iter().for_each(|(key, value)| changes.push(Change::Put { key, value }));
        target.alarms.iter().for_each(|(&key, alarm)| changes.push(Change::Alarm { key, due: alarm.due, every: alarm.every }));
        changes.push(Change::Tag(target.tag));
        deferred(target).for_each(|(_, waiting)| changes.push(Change::Sent(waiting.message(me.to_actor()))));
        let restore = Record::Restore { actor: me.to_actor(), to, changes: changes.changes() };
        Ok((undo, journal.writer.append(&restore)?))
    }

    /// What it had set aside is of the time that is undone.
    fn drop_deferred(&mut self, me: Key) {
        let mut deferred = mem::take(&mut self.tables.slots.life_mut(me).deferred);
        while let Some(handle) = self.tables.messages.pop_front(&mut deferred) {
            let weight = self.tables.messages.cell(handle).weight();
            self.tables.slots.get_mut(me).expect("it has a life").load.count_out(weight);
            self.discard(me, handle, DeadClass::Cancelled, &Settle::Exit(Reason::Other(RESTORED.into())));
        }
    }

    /// The next life of one that nobody starts.
    fn live_again(&mut self, me: Key) -> Result<(), Refused> {
        let behaviour = self.tables.slots.get(me).expect("it has its slot").behaviour;
        self.begin(me, Some(behaviour));
        self.recover(me);
        self.link_kept(me);
        self.wake(me);
        self.record_life(me)
    }

    /// A life begins after one that the journal knows to be over, or parked: without it the journal would have no life of it.
    pub(crate) fn record_life(&mut self, me: Key) -> Result<(), Refused> {
        let life = self.tables.slots.get(me).expect("it has just begun").incarnation;
        let lasting = self.tables.slots.rare_mut(me).lasting.as_mut().expect("it is durable");
        lasting.turn += 1;
        lasting.is_over = false;
        let (turn, is_confirmed) = (lasting.turn, lasting.durability == Durability::Durable);
        let (changes, now) = (List::default(), self.wall().0);
        let begun = Commit {
            actor: me.to_actor(),
            life,
            turn,
            now,
            seed: 0,
            is_confirmed,
            consumed: Consumed::Nothing,
            changes: changes.changes(),
        };
        let journal = self.journal.as_mut().expect("it has just written");
        let position = journal.writer.append(&Record::Commit(begun))?;
        self.confirm(me, position);
        Ok(())
    }

    fn set_kept(&mut self, me: Key, on: bool) {
        self.tables.slots.get_mut(me).expect("found by the caller").flags.set(Flags::KEPT, on);
    }
}

const RESTORED: &str = "restored";

/// What it had set aside, each with its place among the changes of the record that brings it back.
fn deferred(target: &Durable) -> impl Iterator<Item = (u32, &Waiting)> {
    let before = usize::from(!target.state.is_empty()) + target.map.len() + target.alarms.len() + 1;
    (before as u32 + 1..).zip(target.waiting.values().filter(|waiting| waiting.is_deferred))
}
