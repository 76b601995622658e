//! An actor whose turn failed and whose owner decides what becomes of it (semantics 13): held, resumed, ended, parked.
use crate::{ActorId, Cx, Last, Reason, Ref, Said, Vat, What, entry::Sender, refs::Key, signals::Death, slots::Flags, turn::Effect};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Of an actor that is held when its turn fails.
#[derive(Serialize, Deserialize)]
pub(crate) struct Faults {
    /// Who decides, and by which of its timers it is told.
    owner: Sender,
    timer: u64,
    /// Why the last turn failed, and what is known of it, until the decision.
    #[serde(skip)]
    held: Option<(Reason, Last)>,
}

impl Faults {
    pub const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// With no decision to be made.
    pub const fn settled(&self) -> Faults {
        Faults { owner: self.owner, timer: self.timer, held: None }
    }
}

/// For the owner of children, and of those that are held: see `SpawnOptions::holds_faults`.
impl Cx<'_> {
    /// Why this child is held.
    #[must_use]
    pub fn fault(&self, child: Ref) -> Option<&Reason> {
        let ActorId(key) = child.actor_id().filter(|id| self.tables.slots.parent(id.0) == Some(self.me))?;
        let held = self.tables.slots.life(key).rare.as_ref()?.faults.as_ref()?.held.as_ref();
        held.map(|(reason, _)| reason)
    }

    /// Whether some life of this child is going on, held or not; also for a parent that is not linked to it.
    #[must_use]
    pub fn lives(&self, child: Ref) -> bool {
        child.actor_id().is_some_and(|id| self.tables.slots.parent(id.0) == Some(self.me) && self.tables.slots.is_live(id.0))
    }

    /// The held child goes on, with the state it had before the turn. What that turn handled is a dead letter.
    pub fn resume(&mut self, child: Ref) {
        self.tables.turn.effects.push(Effect::ResumeChild { child });
    }

    /// The held child ends as if nobody had held it. One that is not held is not to be held either: its next failed turn ends it.
    pub fn fail(&mut self, child: Ref) {
        self.tables.turn.effects.push(Effect::FailChild { child });
    }

    /// Whether this child is parked: by its owner, or because turns have failed on one message too often.
    #[must_use]
    pub fn has_parked(&self, child: Ref) -> bool {
        let header = child.actor_id().filter(|id| self.tables.slots.parent(id.0) == Some(self.me));
        header.and_then(|id| self.tables.slots.get(id.0)).is_some_and(|header| header.flags.has(Flags::PARKED))
    }

    /// Decides against a restart of an ended child for now: what is queued for it stays, and calls to it settle `parked`, until
    /// it is spawned again, buried or forgotten.
    pub fn park(&mut self, child: Ref) {
        self.tables.turn.effects.push(Effect::Park { child });
    }
}

impl Vat {
    pub(crate) fn catch_faults(&mut self, owner: Sender, child: Key, timer: Option<u64>) {
        if let Some(rare) = &mut self.tables.slots.life_mut(child).rare {
            rare.faults = None;
        }
        if let Some(timer) = timer {
            self.tables.slots.rare_mut(child).faults = Some(Faults { owner, timer, held: None }.into());
        }
        let is_minded = timer.is_some() || self.is_durable(child);
        self.tables.slots.get_mut(child).expect("it has just begun").flags.set(Flags::MINDED, is_minded);
    }

    /// The state before a turn that may have to be undone. None: it is bytes, which a turn does not touch.
    pub(crate) fn remember(&self, me: Key) -> Option<Vec<u8>> {
        let header = self.tables.slots.get(me).filter(|header| header.flags.has(Flags::SHELVED))?;
        self.tables.slots.life(me).rare.as_ref()?.faults.as_ref()?;
        let mut before = Vec::new();
        self.behaviours[usize::from(header.behaviour)].encode(header.state_id()?, &mut before).ok()?;
        Some(before)
    }

    /// Whether somebody could decide about a failed turn of this actor.
    pub(crate) fn may_hold(&self, me: Key) -> bool {
        let faults = self.tables.slots.life(me).rare.as_ref().and_then(|rare| rare.faults.as_ref());
        faults.is_some_and(|faults| self.is_incarnation(faults.owner))
    }

    /// After a failed turn. False: nobody could decide, or the state can't be had back.
    pub(crate) fn hold(&mut self, me: Key, before: Option<&[u8]>, reason: &Reason, last: &Last) -> bool {
        let Some(faults) = self.tables.slots.life(me).rare.as_ref().and_then(|rare| rare.faults.as_ref()) else { return false };
        let (owner, timer) = (faults.owner, faults.timer);
        if !self.is_incarnation(owner) || !self.restore(me, before) {
            return false;
        }
        if let Some(faults) = &mut self.tables.slots.rare_mut(me).faults {
            faults.held = Some((reason.clone(), last.clone()));
        }
        self.ledger.fact(Some(ActorId(me)), || What::Held);
        self.set_suspended(me, true);
        self.set_timer(owner.key, timer, self.ledger.now);
        true
    }

    fn restore(&mut self, me: Key, before: Option<&[u8]>) -> bool {
        let Some(before) = before else { return true };
        let Ok(decoded) = self.behaviour_of(me).decode(before) else { return false };
        self.forget_state(me);
        self.take_up(me, decoded, before);
        true
    }

    pub(crate) fn is_held(&self, me: Key) -> bool {
        let faults = self.tables.slots.life(me).rare.as_ref().and_then(|rare| rare.faults.as_ref());
        faults.is_some_and(|faults| faults.held.is_some())
    }

    pub(crate) fn resume_child(&mut self, me: Key, child: Ref) {
        let Some((child, (reason, last))) = self.take_held(me, child) else { return };
        let last = self.with_state(child, last);
        self.report(child, Said::Crashed { reason, last });
        self.set_suspended(child, false);
    }

    pub(crate) fn fail_child(&mut self, me: Key, child: Ref) {
        let Some((actor, (reason, last))) = self.take_held(me, child) else { return self.hold_no_more(me, child) };
        let incarnation = self.tables.slots.get(actor).map_or(0, |header| header.incarnation);
        self.deaths.push_back(Death { actor, incarnation, reason, said: last.event });
        self.settle_deaths();
    }

    /// Nobody is left to decide about those it held: they end as if they had not been held.
    pub(crate) fn fail_held_of(&mut self, owner: Sender) {
        for child in self.living_children(owner.key) {
            let faults = self.tables.slots.life_mut(child).rare.as_mut().and_then(|rare| rare.faults.as_mut());
            let held = faults.filter(|faults| faults.owner == owner).and_then(|faults| faults.held.take());
            if let Some((reason, last)) = held {
                let incarnation = self.tables.slots.get(child).map_or(0, |header| header.incarnation);
                self.deaths.push_back(Death { actor: child, incarnation, reason, said: last.event });
            }
        }
    }

    fn hold_no_more(&mut self, me: Key, child: Ref) {
        let Some(ActorId(child)) = child.actor_id().filter(|id| self.tables.slots.parent(id.0) == Some(me)) else { return };
        self.swap_in(child);
        if let Some(rare) = &mut self.tables.slots.life_mut(child).rare {
            rare.faults = None;
        }
    }

    fn take_held(&mut self, me: Key, child: Ref) -> Option<(Key, (Reason, Last))> {
        let ActorId(child) = child.actor_id().filter(|id| self.tables.slots.parent(id.0) == Some(me))?;
        let held = self.tables.slots.life_mut(child).rare.as_mut()?.faults.as_mut()?.held.take()?;
        Some((child, held))
    }

    pub(crate) fn park(&mut self, me: Key, child: Ref) {
        if let Some(child) = self.ended_child(me, child) {
            let flags = &mut self.tables.slots.get_mut(child).expect("an ended child has its slot").flags;
            if !flags.has(Flags::PARKED) {
                flags.set(Flags::PARKED, true);
                self.record_park(child);
            }
        }
    }

    /// A call to it is not put off like a send.
    pub(crate) fn is_parked(&self, to: Ref) -> bool {
        self.tables.slots.get(to.key).is_some_and(|header| header.flags.has(Flags::PARKED))
    }
}
