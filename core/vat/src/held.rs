//! Who has a ref that is counted. A reply ref that nobody has any more settles its call instead of leaving it to hang; a far
//! ref that nobody has any more is given back to its vat; an object that nobody refers to is its actor's to forget.
use crate::{
    Ref, Settle, Vat,
    refs::{Key, Kind, REF_BYTES, REF_MARK},
    relations::Item,
    slots::Flags,
};

impl Vat {
    /// A message under way to `holder` carries these.
    pub(crate) fn carry(&mut self, holder: Key, call: Option<Key>, refs: &[Ref]) {
        for held in call.map(Ref::one_shot).into_iter().chain(counted(refs)) {
            match held.kind {
                Kind::Far => self.links.hold(held.key),
                Kind::Object | Kind::Address => self.tables.objects.hold(held),
                _ => {
                    if let Some(shot) = self.tables.shots.get_mut(held.key) {
                        shot.copies += 1;
                        shot.holder = holder;
                    }
                }
            }
        }
    }

    /// A message or an actor that had this ref is gone. `settle` is what a caller is told if it was the last.
    pub(crate) fn drop_ref(&mut self, held: Ref, settle: &Settle) {
        match held.kind {
            Kind::Far => self.links.let_go(held.key),
            Kind::OneShot => self.let_go(held.key, settle),
            Kind::Object | Kind::Address => self.tables.objects.let_go(held),
            Kind::Actor | Kind::Port | Kind::Facet | Kind::Lasting => {}
        }
    }

    /// The same of a reply ref, by its key.
    pub(crate) fn let_go(&mut self, key: Key, settle: &Settle) {
        let Some(shot) = self.tables.shots.get_mut(key) else { return };
        shot.copies -= 1;
        if shot.copies == 0 {
            self.settle_failed(Some(key), settle);
        }
    }

    /// After a turn: what it received and what it held before is kept if the state says so, and let go if not.
    pub(crate) fn review_held(&mut self, me: Key, state_changed: bool) {
        // What a behaviour keeps may have changed in any turn.
        let shelved = self.tables.slots.get(me).is_some_and(|header| header.flags.has(Flags::SHELVED));
        let holds = !self.tables.slots.life(me).held.is_empty();
        if !holds && let Some(header) = self.tables.slots.get_mut(me) {
            header.flags.set(Flags::HOLDS, false);
        }
        let state_changed = state_changed || (shelved && (holds || self.received_open()));
        if self.received.is_empty() && (!state_changed || !holds) {
            return;
        }
        // What is found is marked with the number of this turn, which is never 0.
        let turn = self.ledger.counters.turns;
        if state_changed {
            let mut state = core::mem::take(&mut self.scratch);
            state.clear();
            // What can't be encoded is taken to hold nothing.
            if self.encode_held(me, &mut state).is_err() {
                state.clear();
            }
            for found in find_counted(&state) {
                match found.kind {
                    Kind::Far => self.links.see(found.key, turn),
                    // That an actor has a ref to its own keeps nothing.
                    Kind::Object if found.key == me => {}
                    Kind::Object => self.tables.objects.see(found, turn),
                    _ => {
                        if let Some(shot) = self.tables.shots.get_mut(found.key) {
                            shot.seen = turn;
                        }
                    }
                }
            }
            self.scratch = state;
            self.drop_unseen(me, turn);
        }
        let received = core::mem::take(&mut self.received);
        for &held in &received {
            if self.was_seen(held, turn) {
                self.have(me, held);
            } else {
                self.drop_ref(held, &Settle::Noreply);
            }
        }
        self.received = received;
    }

    /// Its state has this ref, whose copy is in the books.
    pub(crate) fn have(&mut self, me: Key, held: Ref) {
        self.tables.relations.push(&mut self.tables.slots.life_mut(me).held, Item::Held { held });
        if let Some(header) = self.tables.slots.get_mut(me) {
            header.flags.set(Flags::HOLDS, true);
        }
    }

    /// Some call that came with this message is not answered yet, or a ref came with it whose holders are counted.
    fn received_open(&self) -> bool {
        let is_open = |held: &Ref| self.tables.shots.get(held.key).is_some_and(|shot| !shot.settled);
        self.received.iter().any(|held| matches!(held.kind, Kind::Far | Kind::Object) || is_open(held))
    }

    fn was_seen(&self, held: Ref, turn: u64) -> bool {
        match held.kind {
            Kind::Far => self.links.was_seen(held.key, turn),
            Kind::Object | Kind::Address => self.tables.objects.was_seen(held, turn) && held.kind == Kind::Object,
            _ => self.tables.shots.get(held.key).is_some_and(|shot| !shot.settled && shot.seen == turn),
        }
    }

    fn drop_unseen(&mut self, me: Key, turn: u64) {
        let mut at = self.tables.relations.first(self.tables.slots.life(me).held);
        while let Some((node, item)) = at {
            at = self.tables.relations.after(self.tables.slots.life(me).held, node);
            let Item::Held { held } = item else { unreachable!("only held ones are in this list") };
            if !self.was_seen(held, turn) {
                self.tables.relations.remove(&mut self.tables.slots.life_mut(me).held, node);
                self.drop_ref(held, &Settle::Noreply);
            }
        }
    }
}

/// The refs whose holders are counted.
pub(crate) fn counted(refs: &[Ref]) -> impl Iterator<Item = Ref> {
    refs.iter().copied().filter(|item| item.is_counted())
}

/// The counted refs in a state, known by their first bytes. Other bytes may look the same: then the call waits for its
/// deadline or for this actor's end, and the far ref for the latter.
pub(crate) fn find_counted(state: &[u8]) -> impl Iterator<Item = Ref> + '_ {
    let mut rest = state;
    core::iter::from_fn(move || {
        loop {
            let at = rest.iter().position(|byte| *byte == REF_MARK)?;
            let found = rest.get(at..at + REF_BYTES).and_then(Ref::from_bytes);
            let found = found.filter(|found| found.is_counted());
            // By one byte only: what looks like a ref may overlap one that is.
            rest = &rest[at + 1..];
            if found.is_some() {
                return found;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    #[test]
    fn counted_refs_are_found_wherever_they_lie() {
        let key = |index| Key { index, generation: 5 };
        let mut state = vec![REF_MARK, 3, REF_MARK];
        state.extend(Ref::one_shot(key(1)).to_bytes());
        state.push(9);
        state.extend(Ref::actor(key(2), 0, crate::Rights::ALL).to_bytes());
        state.extend(Ref::one_shot(key(3)).to_bytes());
        state.extend(&Ref::one_shot(key(4)).to_bytes()[..15]);
        let found: Vec<Key> = find_counted(&state).map(|found| found.key).collect();
        assert!(found.ends_with(&[key(1), key(3)]));
    }
}
