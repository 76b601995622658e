//! A table that grows by pages and never moves what it holds.
use alloc::{boxed::Box, vec::Vec};
use core::ops::{Index, IndexMut};

const SHIFT: u32 = 10;
const PAGE: usize = 1 << SHIFT;

/// Items by number. Those of the last page that were not pushed yet are defaults.
pub(crate) struct Paged<T> {
    pages: Vec<Box<[T; PAGE]>>,
    length: u32,
}

impl<T> Default for Paged<T> {
    fn default() -> Paged<T> {
        Paged { pages: Vec::new(), length: 0 }
    }
}

impl<T: Default> Paged<T> {
    /// One more, a default.
    ///
    /// # Panics
    /// Limit: 2^32 - 1 items, more than fit in a wasm memory. The last number means none.
    pub fn push(&mut self) -> u32 {
        let at = self.length;
        if at as usize == self.pages.len() << SHIFT {
            let page: Vec<T> = core::iter::repeat_with(T::default).take(PAGE).collect();
            self.pages.push(page.try_into().unwrap_or_else(|_| unreachable!("it has the length of a page")));
        }
        self.length = at.checked_add(1).expect("the table is full");
        at
    }
}

impl<T> Paged<T> {
    pub fn len(&self) -> u32 {
        self.length
    }

    #[inline]
    pub fn get(&self, at: u32) -> Option<&T> {
        self.pages.get((at >> SHIFT) as usize).map(|page| &page[at as usize % PAGE])
    }

    #[inline]
    pub fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.pages.get_mut((at >> SHIFT) as usize).map(|page| &mut page[at as usize % PAGE])
    }
}

impl<T> Index<u32> for Paged<T> {
    type Output = T;

    #[inline]
    fn index(&self, at: u32) -> &T {
        &self.pages[(at >> SHIFT) as usize][at as usize % PAGE]
    }
}

impl<T> IndexMut<u32> for Paged<T> {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut T {
        &mut self.pages[(at >> SHIFT) as usize][at as usize % PAGE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_numbers_over_page_borders() {
        let mut paged = Paged::<u32>::default();
        for n in 0..3_000 {
            let at = paged.push();
            paged[at] = n * 7;
        }
        assert!((0..3_000).all(|at| paged[at] == at * 7 && paged.get(at) == Some(&(at * 7))));
        assert_eq!((paged.len(), paged.get(4_096)), (3_000, None));
    }
}
