//! Who could still answer a call. A reply ref that nobody has any more settles its call instead of leaving it to hang.
use crate::{
    Ref, Settle, Vat,
    refs::{Key, Kind, REF_BYTES, REF_MARK},
    relations::Item,
    send::one_shots,
    slots::Flags,
};

impl Vat {
    /// A message under way to `holder` carries these.
    pub(crate) fn carry(&mut self, holder: Key, call: Option<Key>, refs: &[Ref]) {
        for shot in call.into_iter().chain(one_shots(refs)) {
            if let Some(shot) = self.shots.get_mut(shot) {
                shot.copies += 1;
                shot.holder = holder;
            }
        }
    }

    /// A message or an actor that had it is gone. `settle` is what the caller is told if it was the last.
    pub(crate) fn let_go(&mut self, key: Key, settle: &Settle) {
        let Some(shot) = self.shots.get_mut(key) else { return };
        shot.copies -= 1;
        if shot.copies == 0 {
            self.settle_failed(Some(key), settle);
        }
    }

    /// After a turn: what it received and what it held before is kept if the state says so, and let go if not.
    pub(crate) fn review_held(&mut self, me: Key, state_changed: bool) {
        // What a behaviour keeps may have changed in any turn.
        let shelved = self.slots.get(me).is_some_and(|header| header.flags.has(Flags::SHELVED));
        let holds = !self.slots.life(me).held.is_empty();
        if !holds && let Some(header) = self.slots.get_mut(me) {
            header.flags.set(Flags::HOLDS, false);
        }
        let state_changed = state_changed || (shelved && (holds || self.received_open()));
        if self.received.is_empty() && (!state_changed || !holds) {
            return;
        }
        // Shots are marked with the number of this turn, which is never 0.
        let turn = self.ledger.counters.turns;
        if state_changed {
            let mut state = core::mem::take(&mut self.scratch);
            state.clear();
            self.encode_held(me, &mut state);
            for key in find_one_shots(&state) {
                if let Some(shot) = self.shots.get_mut(key) {
                    shot.seen = turn;
                }
            }
            self.scratch = state;
            self.drop_unseen(me, turn);
        }
        let received = core::mem::take(&mut self.received);
        for &shot in &received {
            if self.shots.open(shot).is_some_and(|shot| shot.seen == turn) {
                self.relations.push(&mut self.slots.life_mut(me).held, Item::Held { shot });
                if let Some(header) = self.slots.get_mut(me) {
                    header.flags.set(Flags::HOLDS, true);
                }
            } else {
                self.let_go(shot, &Settle::Noreply);
            }
        }
        self.received = received;
    }

    /// Some call that came with this message is not answered yet.
    fn received_open(&self) -> bool {
        self.received.iter().any(|shot| self.shots.get(*shot).is_some_and(|shot| !shot.settled))
    }

    fn drop_unseen(&mut self, me: Key, turn: u64) {
        let mut at = self.relations.first(self.slots.life(me).held);
        while let Some((node, item)) = at {
            at = self.relations.after(self.slots.life(me).held, node);
            let Item::Held { shot } = item else { unreachable!("only held ones are in this list") };
            if self.shots.open(shot).is_none_or(|shot| shot.seen != turn) {
                self.relations.remove(&mut self.slots.life_mut(me).held, node);
                self.let_go(shot, &Settle::Noreply);
            }
        }
    }
}

/// The reply refs in a state, known by their first bytes. Other bytes may look the same: then the call waits for its deadline
/// or for this actor's end.
fn find_one_shots(state: &[u8]) -> impl Iterator<Item = Key> + '_ {
    let mut rest = state;
    core::iter::from_fn(move || {
        loop {
            let at = rest.iter().position(|byte| *byte == REF_MARK)?;
            let found = rest.get(at..at + REF_BYTES).and_then(Ref::from_bytes).filter(|found| found.kind == Kind::OneShot);
            // By one byte only: what looks like a ref may overlap one that is.
            rest = &rest[at + 1..];
            if let Some(found) = found {
                return Some(found.key);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    #[test]
    fn reply_refs_are_found_wherever_they_lie() {
        let key = |index| Key { index, generation: 5 };
        let mut state = vec![REF_MARK, 3, REF_MARK];
        state.extend(Ref::one_shot(key(1)).to_bytes());
        state.push(9);
        state.extend(Ref::actor(key(2), 0, crate::Rights::ALL).to_bytes());
        state.extend(Ref::one_shot(key(3)).to_bytes());
        state.extend(&Ref::one_shot(key(4)).to_bytes()[..15]);
        let found: Vec<Key> = find_one_shots(&state).collect();
        assert!(found.ends_with(&[key(1), key(3)]));
    }
}
