//! Things by number, where a number that was given up is never taken for a later thing.
use alloc::vec::Vec;

/// Invariant: an id is a place and how often it was used before; a place is in `free` exactly when it holds nothing.
pub(crate) struct Slab<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub fn new() -> Slab<T> {
        Slab { places: Vec::new(), free: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub fn insert(&mut self, value: T) -> u64 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            // Limit: what is kept in one takes more than a byte, so 2^32 of it would not fit.
            (self.places.len() - 1) as u32
        });
        let (uses, kept) = &mut self.places[place as usize];
        *kept = Some(value);
        u64::from(*uses) << 32 | u64::from(place)
    }

    pub fn get(&self, id: u64) -> Option<&T> {
        self.places.get(id as u32 as usize).filter(|(uses, _)| u64::from(*uses) == id >> 32)?.1.as_ref()
    }

    pub fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.places.get_mut(id as u32 as usize).filter(|(uses, _)| u64::from(*uses) == id >> 32)?.1.as_mut()
    }

    pub fn remove(&mut self, id: u64) -> Option<T> {
        let (uses, kept) = self.places.get_mut(id as u32 as usize).filter(|(uses, _)| u64::from(*uses) == id >> 32)?;
        let value = kept.take()?;
        // A place that has been used 2^32 times is retired.
        if let Some(next) = uses.checked_add(1) {
            *uses = next;
            self.free.push(id as u32);
        }
        Some(value)
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().filter_map(|(_, kept)| kept.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_given_up_names_nothing_later() {
        let mut slab = Slab::new();
        let old = slab.insert("old");
        assert_eq!(slab.remove(old), Some("old"));
        let new = slab.insert("new");
        assert_ne!(old, new);
        assert_eq!((slab.get(old), slab.get(new)), (None, Some(&"new")));
        assert_eq!(slab.remove(old), None);
        assert_eq!((slab.len(), slab.iter().collect::<Vec<_>>()), (1, [&"new"].to_vec()));
    }
}
