//! What a person may see of the actors.
use crate::{Activity, ActorId, Incarnation, Row, Vat, door::Door, refs::Key, slab::Handle, slots::Flags};

impl Vat {
    pub(crate) fn row(&self, key: Key) -> Row {
        let header = self.tables.slots.get(key).expect("a used slot");
        let life = self.tables.slots.life(key);
        let state = self.shown_state(key);
        let is_out = self.tables.slots.is_swapped_out(key);
        let turns = if is_out { self.tables.peek(key, |stored| stored.turns).unwrap_or_default() } else { header.turns };
        let lanes = self.door(key).map_or([Handle::NONE; 3], Door::lanes).map(|lane| self.tables.messages.measure(lane));
        let at_door = lanes.iter().fold((0, 0u32), |sum, lane| (sum.0 + lane.0, sum.1.saturating_add(lane.1)));
        let activity = match header.flags {
            flags if flags.has(Flags::BURIED) => Activity::Buried,
            flags if flags.has(Flags::PARKED) => Activity::Parked,
            flags if !flags.has(Flags::LIVE) => Activity::Ended,
            _ if self.is_held(key) => Activity::Faulted,
            _ if self.door(key).is_some_and(|door| door.is_suspended) => Activity::Suspended,
            flags if flags.has(Flags::DOOR) && !self.has_work_at_door(key) => Activity::Waiting,
            _ if header.mailbox.is_none() && at_door.0 == 0 => Activity::Waiting,
            _ => Activity::Runnable,
        };
        let ((queued, queued_bytes), (deferred, deferred_bytes)) =
            (self.tables.messages.measure(header.mailbox), self.tables.messages.measure(life.deferred));
        Row {
            id: ActorId(key),
            parent: self.tables.slots.parent(key).filter(|parent| self.tables.slots.get(*parent).is_some()).map(ActorId),
            label: self.tables.label_of(key),
            behaviour: self.tables.names.name(header.behaviour),
            state: activity,
            incarnation: Incarnation(header.incarnation),
            queued: queued + deferred + at_door.0,
            queued_bytes: queued_bytes.saturating_add(deferred_bytes).saturating_add(at_door.1),
            state_bytes: (state.len() + self.map_bytes(key)) as u32,
            turns: u64::from(turns),
            restarts: header.incarnation.saturating_sub(1),
            last_exit: life.rare.as_ref().and_then(|rare| rare.last_exit.clone()),
        }
    }
}
