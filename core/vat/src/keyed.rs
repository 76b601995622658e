//! Which timer an actor set under a key: one table for the vat, so that an actor with many timers finds each as fast.
use crate::{refs::Key, turn::mix};
use alloc::{vec, vec::Vec};

/// Open addressing with linear probing. The hash is fixed, and nothing depends on the order of places.
#[derive(Default)]
pub(crate) struct Keyed {
    // Invariant: a power of two of places, or none; fewer than three quarters taken; between an entry's home and its place
    // none is empty.
    places: Vec<Option<Entry>>,
    taken: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    actor: Key,
    key: u64,
    node: Key,
}

impl Keyed {
    pub fn get(&self, actor: Key, key: u64) -> Option<Key> {
        self.places.get(self.find(actor, key)?)?.map(|entry| entry.node)
    }

    /// The key must not be set.
    pub fn set(&mut self, actor: Key, key: u64, node: Key) {
        if (self.taken + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        self.put(Entry { actor, key, node });
        self.taken += 1;
    }

    pub fn remove(&mut self, actor: Key, key: u64) -> Option<Key> {
        let mut hole = self.find(actor, key)?;
        let removed = self.places[hole].take()?;
        self.taken -= 1;
        // What was pushed past the hole moves back into it.
        let mut at = self.next(hole);
        while let Some(entry) = self.places[at] {
            if self.distance(self.home(&entry), hole) < self.distance(self.home(&entry), at) {
                self.places[hole] = self.places[at].take();
                hole = at;
            }
            at = self.next(at);
        }
        Some(removed.node)
    }

    fn find(&self, actor: Key, key: u64) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        let mut at = self.home(&Entry { actor, key, node: Key::NONE });
        loop {
            match self.places[at] {
                None => return None,
                Some(entry) if entry.actor == actor && entry.key == key => return Some(at),
                Some(_) => at = self.next(at),
            }
        }
    }

    fn put(&mut self, entry: Entry) {
        let mut at = self.home(&entry);
        while self.places[at].is_some() {
            at = self.next(at);
        }
        self.places[at] = Some(entry);
    }

    fn grow(&mut self) {
        let places = vec![None; (self.places.len() * 2).max(16)];
        for entry in core::mem::replace(&mut self.places, places).into_iter().flatten() {
            self.put(entry);
        }
    }

    fn home(&self, entry: &Entry) -> usize {
        let actor = u64::from(entry.actor.index) | u64::from(entry.actor.generation) << 32;
        mix(mix(actor) ^ entry.key) as usize & (self.places.len() - 1)
    }

    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }

    fn distance(&self, home: usize, at: usize) -> usize {
        at.wrapping_sub(home) & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_behaves_like_a_map(script in proptest::collection::vec((0u32..4, 0u64..16, any::<bool>()), 0..300)) {
            let (mut keyed, mut model) = (Keyed::default(), BTreeMap::new());
            for (n, (index, key, set)) in script.into_iter().enumerate() {
                let (actor, node) = (Key { index, generation: 1 }, Key { index: n as u32, generation: 1 });
                prop_assert_eq!(keyed.get(actor, key), model.get(&(actor, key)).copied());
                if !set {
                    prop_assert_eq!(keyed.remove(actor, key), model.remove(&(actor, key)));
                } else if model.insert((actor, key), node).is_none() {
                    keyed.set(actor, key, node);
                } else {
                    model.insert((actor, key), keyed.get(actor, key).expect("set"));
                }
            }
            prop_assert_eq!(keyed.taken, model.len());
        }
    }
}
