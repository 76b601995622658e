//! A state with the events and snapshots behind it.
use super::{
    Fold,
    log::{self, Snapshot},
    recovery::Progress,
};
use alloc::{format, vec::Vec};
use core::ops::{Deref, RangeBounds};
use peerd_vat::{Crash, Cx, NotPut};
use serde::{Deserialize, Serialize};

/// A state that only events change: commands read it, and `persist` makes the next one.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Sourced<F: Fold> {
    /// The number of the last event, whether or not it is still there.
    pub(super) highest: u64,
    /// Never there: what a snapshot and an event are made of, for the schema.
    kept: Option<(F, F::Event)>,
    #[serde(skip)]
    pub(super) progress: Progress<F>,
    /// Something came before the state was there.
    #[serde(skip)]
    pub(super) has_waiting: bool,
}

/// How often a state is written whole, and what goes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshots {
    /// 0: never by itself.
    every: u64,
    keep: usize,
    events: Older,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Older {
    Keep,
    Delete,
}

impl Snapshots {
    pub const NEVER: Snapshots = Snapshots { every: 0, keep: usize::MAX, events: Older::Keep };

    /// With every so many events; the newest two are kept.
    #[must_use]
    pub const fn every(events: u64) -> Snapshots {
        Snapshots { every: events, keep: 2, ..Snapshots::NEVER }
    }

    /// So many of the newest; at least one.
    #[must_use]
    pub const fn keep(self, keep: usize) -> Snapshots {
        Snapshots { keep: if keep == 0 { 1 } else { keep }, ..self }
    }

    /// The events that are in the oldest snapshot that is kept go with the older ones.
    #[must_use]
    pub const fn deleting_events(self) -> Snapshots {
        Snapshots { events: Older::Delete, ..self }
    }
}

impl<F: Fold> Deref for Sourced<F> {
    type Target = F;

    /// # Panics
    /// Never in a turn that its actor sees: before it is recovered, none comes through.
    fn deref(&self) -> &F {
        self.progress.state().expect("only who is recovered handles anything")
    }
}

impl<F: Fold> Sourced<F> {
    /// The first turn of its actor, with the state before any event.
    ///
    /// # Errors
    /// When this state can't be kept.
    pub fn begin(state: F, cx: &mut Cx<'_>) -> Result<Sourced<F>, Crash> {
        let sourced = Sourced { highest: 0, kept: None, progress: Progress::Ready(state), has_waiting: false };
        sourced.snapshot(cx)?;
        Ok(sourced)
    }

    /// The number of the last event there was.
    #[must_use]
    pub const fn highest(&self) -> u64 {
        self.highest
    }

    /// It is kept if this turn commits, and is in the state from here on. Returns its number.
    ///
    /// # Errors
    /// `encode` in its own words; `map` when it or the map has grown too large; what `apply` said. That event alone is rejected then:
    /// nothing has changed, and the turn may go on.
    pub fn persist(&mut self, event: F::Event, cx: &mut Cx<'_>) -> Result<u64, Crash> {
        let bytes = postcard::to_allocvec(&event).map_err(|why| Crash::new("encode", format!("an event: {why}")))?;
        let number = self.highest + 1;
        log::put_event(number, &bytes, cx).map_err(NotPut::crash)?;
        let state = self.progress.state_mut().expect("only who is recovered handles anything");
        if let Err(why) = state.apply(event) {
            log::delete_event(number, cx);
            return Err(why);
        }
        self.highest = number;
        if F::SNAPSHOTS.every > 0 && number.is_multiple_of(F::SNAPSHOTS.every) {
            match self.snapshot(cx) {
                Ok(()) => self.prune(cx),
                // Without it the next life begins from an older one.
                Err(why) => cx.report("snapshot", format!("not taken: {}", why.message)),
            }
        }
        Ok(number)
    }

    /// The events that are there, in order of their numbers, from both ends.
    pub fn events(&self, numbers: impl RangeBounds<u64>, cx: &Cx<'_>) -> impl DoubleEndedIterator<Item = Result<(u64, F::Event), Crash>> {
        log::events(&numbers, cx).map(|(number, event)| Ok((number, event_of::<F>(number, event)?)))
    }

    /// Deletes the events up to this number. A snapshot is taken first if there is none that has all of them in it.
    ///
    /// # Errors
    /// When that can't be taken; nothing has changed then.
    pub fn delete_events(&mut self, to: u64, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let to = to.min(self.highest);
        if log::snapshots(cx).last().is_none_or(|newest| newest.number < to) {
            self.snapshot(cx)?;
        }
        log::delete_events(to, cx);
        self.drop_origin(cx);
        Ok(())
    }

    /// Writes the state whole, under the number of the last event, in place of one of that number.
    ///
    /// # Errors
    /// `encode` in its own words, `map` when it does not fit; what was there is there still.
    pub fn snapshot(&self, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let state = postcard::to_allocvec(&**self).map_err(|why| Crash::new("encode", format!("a snapshot: {why}")))?;
        log::put_snapshot(self.highest, &state, cx).map_err(NotPut::crash)
    }

    /// In order of their numbers.
    #[must_use]
    pub fn snapshots(&self, cx: &Cx<'_>) -> Vec<Snapshot> {
        log::snapshots(cx).into_iter().filter(|snapshot| snapshot.number > 0).collect()
    }

    /// What was written under this number. None: nothing was, or it is gone.
    ///
    /// # Errors
    /// `decode` when it is no such state.
    pub fn state_at(&self, number: u64, cx: &Cx<'_>) -> Result<Option<F>, Crash> {
        log::snapshot(number, cx).map(|state| state_of(number, &state)).transpose()
    }

    /// Deletes those that are picked, except one that a later life could not do without.
    pub fn delete_snapshots(&mut self, is_picked: impl Fn(&Snapshot) -> bool, cx: &mut Cx<'_>) {
        let goes = |snapshot: &Snapshot| snapshot.number > 0 && is_picked(snapshot);
        let needed = self.before_events(cx);
        let all = log::snapshots(cx);
        // From one of these and the events behind it the state can be made.
        let stays = all.iter().any(|snapshot| snapshot.number >= needed && !goes(snapshot));
        let spared = all.last().filter(|_| !stays).map(|newest| newest.number);
        for snapshot in all.iter().filter(|snapshot| goes(snapshot) && Some(snapshot.number) != spared) {
            log::delete_snapshot(snapshot.number, cx);
        }
    }

    /// After one has been taken.
    fn prune(&mut self, cx: &mut Cx<'_>) {
        let Snapshots { keep, events, .. } = F::SNAPSHOTS;
        let all = self.snapshots(cx);
        let Some(oldest) = all.get(all.len().saturating_sub(keep)).map(|snapshot| snapshot.number) else { return };
        all.iter().filter(|snapshot| snapshot.number < oldest).for_each(|snapshot| log::delete_snapshot(snapshot.number, cx));
        if events == Older::Delete {
            log::delete_events(oldest, cx);
            self.drop_origin(cx);
        }
    }

    /// The number before that of the first event that is there.
    fn before_events(&self, cx: &Cx<'_>) -> u64 {
        log::events(&.., cx).next().map_or(self.highest, |(first, _)| first - 1)
    }

    /// The state before all events is of no use without the first of them.
    fn drop_origin(&self, cx: &mut Cx<'_>) {
        if self.before_events(cx) > 0 {
            log::delete_snapshot(0, cx);
        }
    }
}

pub(super) fn event_of<F: Fold>(number: u64, bytes: &[u8]) -> Result<F::Event, Crash> {
    crate::message::decode(bytes).ok_or_else(|| Crash::new("decode", format!("event {number} is of another type")))
}

pub(super) fn state_of<F: Fold>(number: u64, bytes: &[u8]) -> Result<F, Crash> {
    crate::message::decode(bytes).ok_or_else(|| Crash::new("decode", format!("snapshot {number} is of another type")))
}
