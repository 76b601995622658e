//! Typed states between turns: a slab of values, in pages that never move, so that growing copies nothing.
use crate::Crash;
use alloc::{string::ToString, vec::Vec};
use core::mem;
use serde::Serialize;

/// Where a behaviour keeps the states of its actors. The kernel knows a state by its id only.
pub struct Shelf<T> {
    pages: Vec<Vec<Spot<T>>>,
    free: u32,
}

/// One state of one behaviour, until it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateId(pub(crate) u32);

/// For `Behaviour::encode`: the value as postcard, behind what is there.
///
/// # Errors
/// `encode`, in the words of its `Serialize`; what was there before is gone.
pub fn append<T: Serialize>(value: &T, to: &mut Vec<u8>) -> Result<(), Crash> {
    *to = postcard::to_extend(value, mem::take(to)).map_err(|error| Crash::new("encode", error.to_string()))?;
    Ok(())
}

enum Spot<T> {
    Free { next: u32 },
    Taken(T),
}

const END: u32 = u32::MAX;
const PAGE_BYTES: usize = 64 * 1024;

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf { pages: Vec::new(), free: END }
    }
}

impl<T> Shelf<T> {
    /// Values in a page: a power of two, so that an id splits without a division.
    const PAGE: usize = {
        let fit = PAGE_BYTES / if size_of::<Spot<T>>() == 0 { 1 } else { size_of::<Spot<T>>() };
        if fit <= 1 { 1 } else { 1 << fit.ilog2() }
    };

    pub fn put(&mut self, value: T) -> StateId {
        if self.free != END {
            let at = self.free;
            let spot = self.spot(at);
            if let Spot::Free { next } = *spot {
                *spot = Spot::Taken(value);
                self.free = next;
            }
            return StateId(at);
        }
        if self.pages.last().is_none_or(|page| page.len() == Self::PAGE) {
            self.pages.push(Vec::with_capacity(Self::PAGE));
        }
        let full = (self.pages.len() - 1) * Self::PAGE;
        let page = self.pages.last_mut().expect("there is one with room");
        page.push(Spot::Taken(value));
        StateId(u32::try_from(full + page.len() - 1).expect("fewer than 2^32 states fit in memory"))
    }

    /// # Panics
    /// For a state that was taken: the kernel forgets its id with the actor's life.
    #[must_use]
    pub fn get(&self, id: StateId) -> &T {
        let at = id.0 as usize;
        match &self.pages[at / Self::PAGE][at % Self::PAGE] {
            Spot::Taken(value) => value,
            Spot::Free { .. } => unreachable!("a state and its id are forgotten together"),
        }
    }

    /// # Panics
    /// As `get`.
    pub fn get_mut(&mut self, id: StateId) -> &mut T {
        match self.spot(id.0) {
            Spot::Taken(value) => value,
            Spot::Free { .. } => unreachable!("a state and its id are forgotten together"),
        }
    }

    /// # Panics
    /// As `get`.
    pub fn take(&mut self, id: StateId) -> T {
        let next = self.free;
        match core::mem::replace(self.spot(id.0), Spot::Free { next }) {
            Spot::Taken(value) => {
                self.free = id.0;
                value
            }
            Spot::Free { .. } => unreachable!("a state and its id are forgotten together"),
        }
    }

    fn spot(&mut self, at: u32) -> &mut Spot<T> {
        let at = at as usize;
        &mut self.pages[at / Self::PAGE][at % Self::PAGE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_leads_to_its_value_until_it_is_taken(script in proptest::collection::vec((any::<bool>(), 0usize..20), 0..200)) {
            let mut shelf = Shelf::<String>::default();
            let mut model: Vec<(StateId, String)> = Vec::new();
            for (n, (put, at)) in script.into_iter().enumerate() {
                if put {
                    model.push((shelf.put(n.to_string()), n.to_string()));
                } else if at < model.len() {
                    let (id, value) = model.remove(at);
                    prop_assert_eq!(shelf.take(id), value);
                }
                for (id, value) in &mut model {
                    prop_assert_eq!(shelf.get(*id), &*value);
                    value.push('.');
                    shelf.get_mut(*id).push('.');
                }
            }
        }
    }

    #[test]
    fn a_state_of_two_hundred_bytes_takes_little_more() {
        assert!(size_of::<Spot<[u8; 200]>>() <= 208);
    }
}
