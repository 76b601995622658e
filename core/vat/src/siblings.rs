//! Whom an identity keeps: its children in a circle, threaded through what each of them has of its own.
use crate::{refs::Key, slots::Slots};
use core::iter;

const NONE: u32 = u32::MAX;

/// Neighbours among the children of one owner, by number of their slots.
#[derive(Clone, Copy)]
pub(crate) struct Siblings {
    elder: u32,
    younger: u32,
}

impl Default for Siblings {
    fn default() -> Siblings {
        Siblings { elder: NONE, younger: NONE }
    }
}

/// Known by the youngest, whose younger neighbour is the eldest.
#[derive(Clone, Copy)]
pub(crate) struct Children {
    youngest: u32,
    /// So many more are out of memory.
    swapped_out: u32,
}

impl Children {
    pub const fn is_empty(self) -> bool {
        self.youngest == NONE && self.swapped_out == 0
    }
}

impl Default for Children {
    fn default() -> Children {
        Children { youngest: NONE, swapped_out: 0 }
    }
}

impl Slots {
    /// As the youngest that `owner` keeps.
    pub fn adopt(&mut self, owner: Key, child: Key) {
        let youngest = core::mem::replace(&mut self.rare_mut(owner).children.youngest, child.index);
        let mut own = Siblings { elder: child.index, younger: child.index };
        if youngest != NONE {
            own = Siblings { elder: youngest, younger: self.siblings(youngest).younger };
            self.siblings(own.elder).younger = child.index;
            self.siblings(own.younger).elder = child.index;
        }
        self.rare_mut(child).siblings = own;
    }

    /// Nothing happens if it is no longer one of them.
    pub fn disown(&mut self, owner: Key, child: Key) {
        let Siblings { elder, younger } = core::mem::take(&mut self.rare_mut(child).siblings);
        if elder == NONE {
            return;
        }
        let remaining = if elder == child.index { NONE } else { elder };
        if remaining != NONE {
            self.siblings(elder).younger = younger;
            self.siblings(younger).elder = elder;
        }
        let youngest = &mut self.rare_mut(owner).children.youngest;
        if *youngest == child.index {
            *youngest = remaining;
        }
    }

    /// One of them is swapped out, or in.
    pub fn count_swapped_out(&mut self, owner: Key, more: i32) {
        let count = &mut self.rare_mut(owner).children.swapped_out;
        *count = count.saturating_add_signed(more);
    }

    pub fn has_swapped_out(&self, owner: Key) -> bool {
        self.get(owner).is_some() && self.life(owner).rare.as_ref().is_some_and(|rare| rare.children.swapped_out > 0)
    }

    /// Eldest first, without those that are out of memory.
    pub fn kept(&self, owner: Key) -> impl Iterator<Item = Key> + '_ {
        let youngest = self.life(owner).rare.as_ref().map_or(NONE, |rare| rare.children.youngest);
        let younger = move |at: u32| self.life(self.key_at(at)).rare.as_ref().map_or(NONE, |rare| rare.siblings.younger);
        let eldest = (youngest != NONE).then(|| younger(youngest));
        iter::successors(eldest, move |at| (*at != youngest).then(|| younger(*at))).map(|at| self.key_at(at))
    }

    pub fn eldest(&self, owner: Key) -> Option<Key> {
        self.kept(owner).next()
    }

    fn siblings(&mut self, child: u32) -> &mut Siblings {
        let key = self.key_at(child);
        &mut self.rare_mut(key).siblings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn children_are_kept_in_the_order_they_came_whoever_leaves() {
        let mut slots = Slots::default();
        let owner = slots.reserve();
        let all: Vec<Key> = (0..5).map(|_| slots.reserve()).collect();
        for child in &all {
            slots.adopt(owner, *child);
        }
        let mut left = all.clone();
        for leaving in [all[2], all[4], all[0], all[3], all[1]] {
            assert!(slots.kept(owner).eq(left.iter().copied()));
            slots.disown(owner, leaving);
            slots.disown(owner, leaving);
            left.retain(|child| *child != leaving);
        }
        assert_eq!(slots.kept(owner).count(), 0);
        slots.adopt(owner, all[3]);
        assert!(slots.kept(owner).eq([all[3]]));
    }
}
