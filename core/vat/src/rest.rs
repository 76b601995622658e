//! Rest: an actor's state as bytes only, on request or after a while of idleness, taken up again before its next turn.
use crate::{Crash, Time, Vat, refs::Key, slots::Flags, state};
use alloc::vec::Vec;

/// An actor that has had no message for this long rests. (Akka's default.)
pub const IDLE_MS: u64 = 120_000;
/// How many times within that it is looked whether anybody does.
const LOOKS: u64 = 4;

/// What was seen of each slot when it was last looked.
#[derive(Default)]
pub(crate) struct Idle {
    next: Time,
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    generation: u32,
    turns: u32,
    since: Time,
}

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

    /// Looks at whoever has a state on a shelf, a few times within `Config::idle_ms`. Nothing is set to happen for it: a vat
    /// in which nothing happens needs no memory back.
    pub(crate) fn rest_idle(&mut self) {
        let (now, idle_ms) = (self.ledger.now, self.config.idle_ms);
        if now < self.idle.next {
            return;
        }
        self.idle.next = now.after((idle_ms / LOOKS).max(1));
        let shelved: Vec<Key> = self.tables.slots.keys().filter(|key| self.is_up(*key)).collect();
        for me in shelved {
            let turns = self.tables.slots.get(me).expect("found above").turns;
            let at = me.index as usize;
            if self.idle.seen.len() <= at {
                self.idle.seen.resize(at + 1, Seen::default());
            }
            let seen = &mut self.idle.seen[at];
            if seen.generation != me.generation || seen.turns != turns {
                *seen = Seen { generation: me.generation, turns, since: now };
            } else if now.since(seen.since) >= idle_ms {
                // Who can't rest now is asked again at the next look.
                drop(self.passivate(me));
            }
        }
    }

    /// Its state is on a shelf and nothing waits for it.
    fn is_up(&self, me: Key) -> bool {
        self.tables.slots.get(me).is_some_and(|header| {
            header.flags.has(Flags::LIVE) && header.flags.has(Flags::SHELVED) && header.mailbox.is_none() && !header.flags.has(Flags::READY)
        })
    }
}
