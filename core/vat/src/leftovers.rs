//! What the dead left behind: nothing, or it is a leak.
use crate::{Vat, refs::Key, relations::List};

/// Of actors that have ended, and what nobody can reach any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    pub timers: usize,
    pub calls: usize,
    /// Links, watches, held refs.
    pub bonds: usize,
    pub states: usize,
}

impl Vat {
    /// For the end of a test, when nothing is under way: it walks everybody.
    #[must_use]
    pub fn leftovers(&self) -> Leftovers {
        let tables = &self.tables;
        let length = |list: List| tables.relations.iter(list).count();
        let (mut reached, mut calls, mut left) = (0, 0, Leftovers::default());
        for key in tables.slots.keys() {
            let life = tables.slots.life(key);
            let own = length(life.edges) + length(life.held) + length(life.minted) + length(life.timers);
            reached += own;
            calls += length(life.minted);
            if !tables.slots.is_live(key) {
                left.bonds += own;
                // A durable one's is for its next life.
                left.states += usize::from(!self.is_durable(key) && self.has_state(key));
            }
        }
        left.calls = tables.shots.live() - calls;
        left.bonds += tables.relations.live() - reached;
        left.timers = self.timers.live();
        left
    }

    fn has_state(&self, key: Key) -> bool {
        !self.shown_state(key).is_empty()
    }
}
