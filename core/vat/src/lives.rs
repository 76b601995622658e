//! What is bound to lives, by number of their slots, in pages: those in which nothing is bound to anybody take no room.
use crate::slots::Life;
use alloc::{boxed::Box, vec::Vec};

const SHIFT: u32 = 6;
const PAGE: usize = 1 << SHIFT;

/// A number that was never pushed is not asked for.
#[derive(Default)]
pub(crate) struct Lives {
    pages: Vec<Option<Box<[Life; PAGE]>>>,
}

static BLANK: Life = Life::BLANK;

impl Lives {
    /// There is room for this number.
    pub fn grow_to(&mut self, at: u32) {
        if (at >> SHIFT) as usize == self.pages.len() {
            self.pages.push(None);
        }
    }

    #[inline]
    pub fn get(&self, at: u32) -> &Life {
        self.pages[(at >> SHIFT) as usize].as_ref().map_or(&BLANK, |page| &page[at as usize % PAGE])
    }

    #[inline]
    pub fn get_mut(&mut self, at: u32) -> &mut Life {
        let page = &mut self.pages[(at >> SHIFT) as usize];
        &mut page.get_or_insert_with(new_page)[at as usize % PAGE]
    }

    /// Its page goes if nothing is in it any more.
    pub fn give_back(&mut self, at: u32) {
        let page = &mut self.pages[(at >> SHIFT) as usize];
        page.take_if(|page| page.iter().all(Life::is_blank));
    }
}

#[cold]
fn new_page() -> Box<[Life; PAGE]> {
    let page: Vec<Life> = core::iter::repeat_with(|| Life::BLANK).take(PAGE).collect();
    page.try_into().unwrap_or_else(|_| unreachable!("it has the length of a page"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_there_as_long_as_something_is_in_it() {
        let mut lives = Lives::default();
        (0..200).for_each(|at| lives.grow_to(at));
        assert!(lives.pages.iter().all(Option::is_none) && lives.get(150).is_blank());
        lives.get_mut(130).tag = 7;
        lives.get_mut(150).tag = 9;
        lives.get_mut(130).tag = 0;
        lives.give_back(130);
        assert_eq!((lives.get(150).tag, lives.pages.iter().flatten().count()), (9, 1));
        lives.get_mut(150).tag = 0;
        lives.give_back(150);
        assert!(lives.pages.iter().all(Option::is_none));
    }
}
