//! Rest: an actor's state as bytes only, on request or after a while of idleness, taken up again before its next turn.
use crate::{Crash, Time, Vat, refs::Key, slots::Flags, state};
use alloc::vec::Vec;
use core::mem;

/// An actor that has had no message for this long rests. (Akka's default.)
pub const IDLE_MS: u64 = 120_000;
/// How many times within that it is looked whether anybody does.
const LOOKS: u64 = 4;

/// Limit: slots that one call of the vat looks at.
const SLICE: u32 = 1_024;

/// What was seen of each slot when it was last looked.
#[derive(Default)]
pub(crate) struct Idle {
    /// When the next look begins.
    next: Time,
    /// Where it goes on. 0: it is over.
    at: u32,
    seen: Vec<Seen>,
}

/// How many turns it had had, and since when, both as far as two bytes tell: who is taken for one that was there before, or is seen
/// again after hundreds of idle times, is put to rest too early or a look too late.
#[derive(Clone, Copy, Default)]
struct Seen {
    turns: u16,
    /// In parts of the idle time. 0: not seen yet.
    since: u16,
}

/// Of the idle time: how exactly it is told.
const PARTS: u64 = 64;

impl Vat {
    /// Between turns: nothing of it is left but bytes.
    pub(crate) fn passivate(&mut self, me: Key) -> Result<(), Crash> {
        let life = self.tables.slots.life(me);
        if !life.minted.is_empty() || self.door(me).is_some_and(|door| !door.waits.is_empty()) {
            return Err(Crash::new("passivate", "it awaits something"));
        }
        let header = self.tables.slots.get(me).expect("it lives");
        let Some(id) = header.state_id() else { return Ok(()) };
        if !self.behaviours[usize::from(header.behaviour)].can_rest(id) {
            return Err(Crash::new("passivate", "its state can't be let go now"));
        }
        let mut bytes = Vec::new();
        self.encode_state(me, &mut bytes)?;
        // What can't be taken up again must not be let go.
        let again = self.behaviour_of(me).decode(&bytes)?;
        let Some(again) = again else { return Err(Crash::new("passivate", "its state can't be encoded")) };
        self.behaviour_of(me).forget(again);
        self.forget_state(me);
        self.take_up(me, None, &bytes);
        self.move_committed(me, bytes);
        self.set_passive(me, true);
        Ok(())
    }

    pub(crate) fn activate(&mut self, me: Key) -> Result<(), Crash> {
        let header = self.tables.slots.get(me).expect("it lives");
        if !header.flags.has(Flags::PASSIVE) {
            return Ok(());
        }
        let bytes: Vec<u8> = state::read(&self.tables.states, header.state).into();
        let decoded = self.behaviour_of(me).decode(&bytes)?;
        self.forget_state(me);
        self.take_up(me, decoded, &bytes);
        self.move_committed(me, bytes);
        self.set_passive(me, false);
        Ok(())
    }

    pub(crate) fn set_passive(&mut self, me: Key, on: bool) {
        self.tables.slots.get_mut(me).expect("it lives").flags.set(Flags::PASSIVE, on);
    }

    /// Looks at everybody a few times within `Config::idle_ms`, at some in each call. Nothing is set to happen for it: a vat in which
    /// nothing happens needs no memory back.
    pub(crate) fn rest_idle(&mut self) {
        if self.idle.at == 0 {
            if self.ledger.now < self.idle.next {
                return;
            }
            self.idle.next = self.ledger.now.after((self.config.idle_ms / LOOKS).max(1));
        }
        let from = mem::take(&mut self.idle.at);
        let slice = self.tables.slots.keys_from(from).take_while(|key| key.index < from + SLICE);
        // Of the busy and of those that are put elsewhere already there is nothing to collect.
        let resting: Vec<Key> = slice.filter(|key| self.is_at_rest(*key)).collect();
        for me in resting {
            if self.has_been_idle(me) && self.passivate(me).is_ok() {
                self.swap_out(me);
            }
        }
        if self.tables.slots.has_from(from + SLICE) {
            self.idle.at = from + SLICE;
        }
    }

    /// It has had no turn for as long as it takes.
    fn has_been_idle(&mut self, me: Key) -> bool {
        let turns = self.tables.slots.get(me).expect("found by the caller").turns as u16;
        let (at, now, whole) = (me.index as usize, self.ledger.now.0.saturating_mul(PARTS), self.config.idle_ms.max(1));
        if self.idle.seen.len() <= at {
            self.idle.seen.resize(at + 1, Seen::default());
        }
        let seen = &mut self.idle.seen[at];
        if seen.since == 0 || seen.turns != turns {
            *seen = Seen { turns, since: (now.div_ceil(whole) as u16).max(1) };
            return false;
        }
        let parts = ((now / whole) as u16).wrapping_sub(seen.since);
        u64::from(parts) >= PARTS && parts < u16::MAX / 2
    }

    /// Nothing waits for it, and it has something that could be put elsewhere.
    pub(crate) fn is_at_rest(&self, me: Key) -> bool {
        let Some(header) = self.tables.slots.get(me) else { return false };
        let is_idle = header.mailbox.is_none() && !header.flags.has(Flags::READY);
        let is_up = header.flags.has(Flags::LIVE) && header.flags.has(Flags::SHELVED);
        is_idle && (is_up || self.may_swap_out(me))
    }
}
