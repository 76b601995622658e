//! Blocks that were read when somebody asked for an actor by its id, kept until it comes back: who is looked up is mostly talked to next.
use super::Place;
use alloc::{collections::BTreeMap, vec::Vec};
use core::cell::RefCell;

/// Limit: bytes. With more, all are forgotten, and read again.
const FOUND_MAX: usize = 1 << 20;

/// Only of places where something is.
#[derive(Default)]
pub(super) struct Found {
    blocks: RefCell<(BTreeMap<u32, Vec<u8>>, usize)>,
}

impl Found {
    pub fn keep(&self, place: Place, block: Vec<u8>) {
        let (blocks, size) = &mut *self.blocks.borrow_mut();
        if *size + place.size() > FOUND_MAX {
            blocks.clear();
            *size = 0;
        }
        if place.size() <= FOUND_MAX && blocks.insert(place.0, block).is_none() {
            *size += place.size();
        }
    }

    pub fn take(&self, place: Place) -> Option<Vec<u8>> {
        let (blocks, size) = &mut *self.blocks.borrow_mut();
        let block = blocks.remove(&place.0)?;
        *size -= place.size();
        Some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_the_limit() {
        let (found, size) = (Found::default(), Place(0).size());
        (0..2 * FOUND_MAX / size).for_each(|unit| found.keep(Place(unit as u32), Vec::new()));
        assert_eq!(found.blocks.borrow().0.len() * size, FOUND_MAX);
        found.keep(Place(0), Vec::new());
        assert_eq!(found.blocks.borrow().1, size, "the first ones are forgotten together");
    }

    #[test]
    fn what_is_taken_is_gone() {
        let found = Found::default();
        found.keep(Place(3), Vec::from([7]));
        assert_eq!((found.take(Place(3)), found.take(Place(3))), (Some(Vec::from([7])), None));
    }
}
