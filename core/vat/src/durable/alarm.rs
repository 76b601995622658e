//! Alarms: times of day that an actor has its journal keep (semantics 11). They outlive crashes, rest and the vat.
//!
//! ```text
//! Cx::alarm ─▶ Change::Alarm ─▶ Own, Alarms ─▶ time ─▶ tick in the mailbox ─▶ turn: firing ─┬─▶ Consumed::Alarm: cleared
//!                                   ▲                    └▶ nobody lives: its next life    └─▶ dropped: rings again later
//!                                   └────────── a later life, another vat
//! ```
use super::{
    Journal,
    retry::{Blame, Tries},
};
use crate::{
    Cx, MessageKind, Time, Vat, Wall,
    entry::{About, Envelope, Sender},
    refs::Key,
    turn::Touched,
};
use alloc::collections::{BTreeMap, BTreeSet};
use peerd_journal::{Change, Every, Missed, Position};

/// Of a vat.
#[derive(Default)]
pub(crate) struct Alarms {
    pub clock: Clock,
    /// When it rings, the record that set it, whose it is and its key: equal times come in the order of the journal.
    // Invariant: for each entry there is the alarm, and it says that it rings then.
    waiting: BTreeSet<(Wall, Position, Key, u64)>,
    /// When it was due: those that were told and not handled yet, or can't be because nobody lives.
    // Invariant: an alarm that the journal has is in one of the two, unless its actor is parked.
    told: BTreeSet<(Wall, Position, Key, u64)>,
}

/// What the time of day was when it was said last.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clock {
    at: Time,
    wall: Wall,
    /// What it was when it was said first in this life of the vat.
    opened: Option<Wall>,
}

/// Of an actor, by key.
#[derive(Default)]
pub(crate) struct Own {
    set: BTreeMap<u64, Alarm>,
    /// The one that the turn under way handles: unset, unless that turn fails.
    firing: Option<(u64, Alarm, Tick)>,
}

impl Own {
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.firing.is_none()
    }
}

struct Alarm {
    what: Setting,
    /// The record that set it.
    set: Position,
    /// When it is to be told. None: it was told, or could not be because nobody lived.
    rings: Option<Wall>,
    tries: Tries,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setting {
    due: Wall,
    every: Option<Every>,
}

/// What a turn is told of an alarm.
#[derive(Clone, Copy)]
pub(crate) struct Tick {
    pub due: Wall,
    pub missed: u64,
}

/// alarm: the timer verb of durable actors
impl Cx<'_> {
    /// The time of day when this turn began, as the host knows it. It may go back; `now` does not.
    #[must_use]
    pub fn wall(&self) -> Wall {
        self.tables.alarms.clock.wall(self.now)
    }

    /// `Event::Alarm` at this time of day, or at once if it is over, in whatever life of this actor and of its vat. In place of an
    /// older one of this key. Of a volatile actor it is a fault.
    ///
    /// It takes effect once: the commit of the turn that handles it clears it. A turn that fails is tried again later.
    pub fn alarm(&mut self, key: u64, at: Wall) {
        self.change_alarm(key, Some(Setting { due: at, every: None }));
    }

    /// The same, again and again: each tick is due one period after the one before, whenever that was handled.
    pub fn alarm_every(&mut self, key: u64, first: Wall, every: Every) {
        self.change_alarm(key, Some(Setting { due: first, every: Some(every) }));
    }

    /// What was left of it in milliseconds; none if it rang, also if this turn handles it, or was not set.
    pub fn cancel_alarm(&mut self, key: u64) -> Option<u64> {
        let left = self.alarm_at(key).map(|due| due.since(self.wall())).filter(|left| *left > 0);
        self.change_alarm(key, None);
        left
    }

    /// Whether this actor's turns are written down: then it may have alarms.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.tables.slots.life(self.me).rare.as_ref().is_some_and(|rare| rare.lasting.is_some())
    }

    /// When it is due, as this turn would leave it. The one that this turn handles reads as unset.
    #[must_use]
    pub fn alarm_at(&self, key: u64) -> Option<Wall> {
        match self.tables.turn.alarms.get(&key) {
            Some(wanted) => wanted.map(|what| what.due),
            None => self.tables.slots.alarms(self.me)?.set.get(&key).map(|alarm| alarm.what.due),
        }
    }

    fn change_alarm(&mut self, key: u64, wanted: Option<Setting>) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.alarms.insert(key, wanted);
    }
}

impl Vat {
    /// The time of day.
    pub(crate) fn wall(&self) -> Wall {
        self.tables.alarms.clock.wall(self.ledger.now)
    }

    /// A step of the time of day moves alarms and nothing else.
    pub(crate) fn set_clock(&mut self, wall: Wall) {
        let Clock { opened, .. } = self.tables.alarms.clock;
        self.tables.alarms.clock = Clock { at: self.ledger.now, wall, opened: opened.or(Some(wall)) };
        self.ring_alarms();
    }

    /// When the first alarm rings, by the vat's own clock.
    pub(crate) fn next_alarm(&self) -> Option<Time> {
        self.tables.alarms.first().map(|rings| self.tables.alarms.clock.when(rings))
    }

    pub(crate) fn ring_alarms(&mut self) {
        let now = self.wall();
        while self.tables.alarms.first().is_some_and(|rings| rings <= now) {
            let (_, _, me, key) = self.tables.alarms.waiting.pop_first().expect("looked at");
            self.ring_alarm(me, key, now);
        }
    }

    fn ring_alarm(&mut self, me: Key, key: u64, now: Wall) {
        let opened = self.tables.alarms.clock.opened.unwrap_or_default();
        let lives = self.tables.slots.is_live(me);
        let alarm = self.tables.slots.alarms_mut(me).and_then(|own| own.set.get_mut(&key)).expect("who goes takes their alarms out");
        alarm.rings = None;
        self.tables.alarms.told.insert((alarm.what.due, alarm.set, me, key));
        if !lives {
            return;
        }
        match alarm.tick(now, opened) {
            Ok(tick) => {
                let (set, incarnation) = (alarm.set, self.tables.slots.get(me).map_or(0, |header| header.incarnation));
                let (from, body) = (Sender { key: me, incarnation }, tick.to_bytes());
                let told = Key::from_bytes(set.0.to_le_bytes());
                self.enqueue(me, &Envelope::new(from, MessageKind::Alarm, &body).about(told, key));
            }
            Err(next) => {
                self.tables.alarms.told.remove(&(alarm.what.due, alarm.set, me, key));
                alarm.what.due = next;
                alarm.rings = Some(next);
                self.tables.alarms.waiting.insert((next, alarm.set, me, key));
            }
        }
    }

    /// A turn takes up this tick. False: the alarm was cancelled or set anew since.
    pub(crate) fn fire(&mut self, me: Key, about: About, tick: Tick) -> bool {
        let Some(own) = self.tables.slots.alarms_mut(me) else { return false };
        let told = Position(u64::from_le_bytes(about.key.to_bytes()));
        if own.set.get(&about.word).is_none_or(|alarm| alarm.set != told || alarm.rings.is_some()) {
            return false;
        }
        own.firing = own.set.remove(&about.word).map(|alarm| (about.word, alarm, tick));
        true
    }

    /// What the turn that is about to commit makes of its actor's alarms, among its changes and for `keep_alarms`.
    pub(super) fn alarms_in(&mut self, journal: &mut Journal, me: Key) {
        journal.alarms.clear();
        if self.tables.turn.deferred {
            // It stays set until it has been handled.
            self.put_back(me);
        }
        let own = self.tables.slots.alarms(me);
        for (&key, &wanted) in &self.tables.turn.alarms {
            let known = own.and_then(|own| own.set.get(&key)).map(|alarm| alarm.what);
            if wanted != known {
                journal.alarms.push((key, wanted));
            }
        }
        if let Some((key, alarm, tick)) = own.and_then(|own| own.firing.as_ref())
            && !self.tables.turn.alarms.contains_key(key)
            && let Some(next) = alarm.after(*tick)
        {
            journal.alarms.push((*key, Some(next)));
        }
        for &(key, wanted) in &journal.alarms {
            journal.changes.push(match wanted {
                Some(Setting { due, every }) => Change::Alarm { key, due: due.0, every },
                None => Change::Unset { key },
            });
        }
    }

    /// The record is written.
    pub(super) fn keep_alarms(&mut self, journal: &Journal, me: Key, set: Position) {
        let tables = &mut self.tables;
        if let Some((key, alarm, _)) = tables.slots.alarms_mut(me).and_then(|own| own.firing.take()) {
            tables.alarms.remove(&alarm, me, key);
        }
        for &(key, wanted) in &journal.alarms {
            let own = tables.slots.make_alarms(me);
            if let Some(known) = own.set.remove(&key) {
                tables.alarms.remove(&known, me, key);
            }
            if let Some(what) = wanted {
                own.set.insert(key, Alarm { what, set, rings: Some(what.due), tries: Tries::default() });
                tables.alarms.waiting.insert((what.due, set, me, key));
            }
        }
    }

    /// The turn does not clear the alarm that it handles.
    pub(super) fn put_back(&mut self, me: Key) {
        if let Some(own) = self.tables.slots.alarms_mut(me)
            && let Some((key, alarm, _)) = own.firing.take()
        {
            own.set.insert(key, alarm);
        }
    }

    /// A turn failed on this alarm, which it was told of: how often now, and how long to wait. None: it is set anew.
    pub(super) fn alarm_failed(&mut self, me: Key, key: u64, blame: Blame, random: u64) -> Option<(Tries, u64)> {
        self.put_back(me);
        let alarm = self.tables.slots.alarms_mut(me)?.set.get_mut(&key).filter(|alarm| alarm.rings.is_none())?;
        let ms = alarm.tries.failed(blame, random);
        Some((alarm.tries, ms))
    }

    pub(super) fn ring_again(&mut self, me: Key, key: u64, ms: u64) {
        self.ring_at(me, key, self.wall().after(ms));
    }

    fn ring_at(&mut self, me: Key, key: u64, rings: Wall) {
        if let Some(alarm) = self.tables.slots.alarms_mut(me).and_then(|own| own.set.get_mut(&key)) {
            self.tables.alarms.remove(alarm, me, key);
            alarm.rings = Some(rings);
            self.tables.alarms.waiting.insert((rings, alarm.set, me, key));
        }
    }

    /// So often has it failed that it is cleared, or waits for its next tick.
    pub(super) fn give_up_alarm(&mut self, me: Key, key: u64) {
        let Some(own) = self.tables.slots.alarms_mut(me) else { return };
        let Some(alarm) = own.set.get_mut(&key) else { return };
        self.tables.alarms.remove(alarm, me, key);
        let Some(every) = alarm.what.every else {
            own.set.remove(&key);
            return;
        };
        alarm.what.due = Wall(every.after(alarm.what.due.0, 1));
        alarm.tries = Tries::default();
        let next = alarm.what.due;
        self.ring_at(me, key, next);
    }

    /// A life begins: what came due while nobody lived or ran is told now.
    pub(crate) fn wait_for_alarms(&mut self, me: Key) {
        let Some(own) = self.tables.slots.alarms_mut(me) else { return };
        for (key, alarm) in own.set.iter_mut().filter(|(_, alarm)| alarm.rings.is_none()) {
            self.tables.alarms.remove(alarm, me, *key);
            alarm.rings = Some(alarm.what.due);
            self.tables.alarms.waiting.insert((alarm.what.due, alarm.set, me, *key));
        }
    }

    /// Parked, or gone: they don't ring.
    pub(crate) fn silence_alarms(&mut self, me: Key) {
        let Some(own) = self.tables.slots.alarms_mut(me) else { return };
        for (key, alarm) in &mut own.set {
            self.tables.alarms.remove(alarm, me, *key);
            alarm.rings = None;
        }
    }

    /// Buried: none of them is set any more.
    pub(crate) fn drop_alarms(&mut self, me: Key) {
        self.silence_alarms(me);
        if let Some(own) = self.tables.slots.alarms_mut(me) {
            own.set.clear();
        }
    }

    /// Nobody has decided that it ends: they don't ring in this life of the vat, and are there in the next.
    pub(crate) fn leave_alarms(&mut self, me: Key) {
        let Some(own) = self.tables.slots.alarms_mut(me) else { return };
        for (key, alarm) in core::mem::take(&mut own.set) {
            self.tables.alarms.remove(&alarm, me, key);
            self.tables.alarms.told.insert((alarm.what.due, alarm.set, me, key));
        }
    }

    /// As the journal has them.
    pub(super) fn restore_alarms(&mut self, me: Key, found: impl Iterator<Item = (u64, peerd_journal::Alarm)>) {
        for (key, peerd_journal::Alarm { due, set, every, attempts }) in found {
            let what = Setting { due: Wall(due), every };
            self.tables.alarms.told.insert((what.due, set, me, key));
            self.tables.slots.make_alarms(me).set.insert(key, Alarm { what, set, rings: None, tries: Tries::of(attempts) });
        }
    }
}

impl Alarm {
    /// Err: nothing is told of what is due, and the next one is then.
    fn tick(&self, now: Wall, opened: Wall) -> Result<Tick, Wall> {
        let due = self.what.due;
        let Some(every) = self.what.every else { return Ok(Tick { due, missed: 0 }) };
        let behind = every.behind(due.0, now.0);
        match every.missed {
            Missed::Coalesce => Ok(Tick { due, missed: behind }),
            Missed::Skip if behind > 0 || due < opened => Err(Wall(every.after(due.0, behind + 1))),
            Missed::Skip => Ok(Tick { due, missed: 0 }),
            Missed::Each(most) => {
                let passed = (behind + 1).saturating_sub(u64::from(most.max(1)));
                Ok(Tick { due: Wall(every.after(due.0, passed)), missed: passed })
            }
        }
    }

    /// What it is set to when this tick was handled.
    fn after(&self, tick: Tick) -> Option<Setting> {
        let every = self.what.every?;
        let ticks = if every.missed == Missed::Coalesce { tick.missed + 1 } else { 1 };
        Some(Setting { due: Wall(every.after(tick.due.0, ticks)), every: self.what.every })
    }
}

impl Tick {
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.due.0.to_le_bytes());
        bytes[8..].copy_from_slice(&self.missed.to_le_bytes());
        bytes
    }

    pub fn of_bytes(bytes: &[u8]) -> Tick {
        let number = |at: usize| u64::from_le_bytes(*bytes[at..].first_chunk().expect("written by the kernel"));
        Tick { due: Wall(number(0)), missed: number(8) }
    }
}

impl Alarms {
    pub fn first(&self) -> Option<Wall> {
        self.waiting.first().map(|(rings, ..)| *rings)
    }

    /// The first that is still to come, also of those that nobody lives for; or else one that is over, and not handled yet.
    pub fn next(&self, now: Wall) -> Option<Wall> {
        let later = (now.after(1), Position(0), Key::from_bytes([0; 8]), 0);
        let to_come = [self.waiting.range(later..).next(), self.told.range(later..).next()];
        let at = |entry: &(Wall, Position, Key, u64)| entry.0;
        to_come.into_iter().flatten().map(at).min().or_else(|| self.told.first().map(at)).or_else(|| self.first())
    }

    fn remove(&mut self, alarm: &Alarm, me: Key, key: u64) {
        match alarm.rings {
            Some(rings) => self.waiting.remove(&(rings, alarm.set, me, key)),
            None => self.told.remove(&(alarm.what.due, alarm.set, me, key)),
        };
    }
}

impl Clock {
    pub const fn wall(self, now: Time) -> Wall {
        self.wall.after(now.since(self.at))
    }

    const fn when(self, wall: Wall) -> Time {
        self.at.after(wall.since(self.wall))
    }
}
