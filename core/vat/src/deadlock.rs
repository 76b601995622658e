//! Calls that could never be answered, found at once: by the chain of the call, and by who waits for whom (semantics 10.3).
use crate::{MessageKind, Settle, Vat, door::Wait, refs::Key, slots::Flags};

/// Calls within calls that are followed, here and over links. A longer chain or cycle ends by its deadlines.
pub(crate) const CHAIN_MAX: usize = 64;

impl Vat {
    /// Whether `actor` waits for one of the calls from `chain` upwards.
    pub(crate) fn is_in_chain(&self, actor: Key, chain: Key) -> bool {
        let mut at = chain;
        for _ in 0..CHAIN_MAX {
            let Some(shot) = self.tables.shots.get(at) else { return false };
            if shot.minter == actor && !shot.settled {
                return true;
            }
            at = shot.parent;
        }
        false
    }

    /// A call that would wait in the closed mailbox of an actor which waits for it to be answered.
    pub(crate) fn calls_back(&self, call: Key, to: Key, body: &[u8]) -> bool {
        if !self.tables.slots.get(to).is_some_and(|header| header.flags.has(Flags::DOOR)) {
            return false;
        }
        let (Some(door), Some(shot)) = (self.door(to), self.tables.shots.get(call)) else { return false };
        let kept_out = |wait: &Wait| !self.lets_in(to, wait.open, MessageKind::User, body, shot.parent);
        door.waits.iter().any(kept_out) && self.is_in_chain(to, shot.parent)
    }

    /// `me` waits for nothing but `call`. If whoever could answer waits, over some others, for `me`, nobody ever will.
    pub(crate) fn break_cycle(&mut self, me: Key, call: Key) {
        if self.door(me).is_none_or(|door| door.waits.len() != 1) {
            return;
        }
        let mut at = call;
        for _ in 0..CHAIN_MAX {
            let Some(shot) = self.tables.shots.get(at).filter(|shot| !shot.settled && shot.copies == 1) else { return };
            let holder = shot.holder;
            if holder == me {
                return self.settle_failed(Some(call), &Settle::Deadlock);
            }
            let Some(next) = self.only_waits_for(holder, at) else { return };
            at = next;
        }
    }

    /// The one call without which `holder` does not go on. None also when that is not certain: then deadlines decide.
    fn only_waits_for(&self, holder: Key, asked: Key) -> Option<Key> {
        if !self.tables.slots.get(holder)?.flags.has(Flags::DOOR) {
            return None;
        }
        let [wait] = &self.door(holder)?.waits[..] else { return None };
        let parent = self.tables.shots.get(asked)?.parent;
        let may_open = match wait.open {
            crate::Open::Closed => false,
            crate::Open::CallChain => self.is_in_chain(holder, parent),
            crate::Open::Shared | crate::Open::Predicate | crate::Open::Reentrant => true,
        };
        if may_open { None } else { wait.only_call() }
    }
}
