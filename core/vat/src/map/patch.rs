//! What a turn changes in its actor's map: the difference, never the whole.
use super::{Kept, Map, NotPut, weight};
use alloc::{
    collections::{BTreeMap, btree_map},
    vec::Vec,
};
use core::{mem, ops::Bound};
use peerd_journal::{Change, List};

/// Over what is kept: the same `kept` is given with every write of a turn.
pub(crate) struct Patch {
    /// Nothing of what is kept is there any more.
    is_cleared: bool,
    // Invariant: what is left of what is kept has something else under each of these keys.
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// How many bytes it adds to what is left.
    growth: isize,
}

/// Changes nothing.
pub(crate) static NONE: Patch = Patch::none();

impl Patch {
    const fn none() -> Patch {
        Patch { is_cleared: false, changes: BTreeMap::new(), growth: 0 }
    }

    pub fn is_empty(&self) -> bool {
        !self.is_cleared && self.changes.is_empty()
    }

    pub fn change(&self, key: &[u8]) -> Option<&Option<Vec<u8>>> {
        self.changes.get(key)
    }

    pub fn range(&self, bounds: (Bound<&[u8]>, Bound<&[u8]>)) -> btree_map::Range<'_, Vec<u8>, Option<Vec<u8>>> {
        self.changes.range::<[u8], _>(bounds)
    }

    /// What it lies over.
    pub fn left<'k>(&self, kept: Option<&'k Kept>) -> Option<&'k Kept> {
        kept.filter(|_| !self.is_cleared)
    }

    /// Of the map as it leaves it.
    pub fn bytes(&self, kept: Option<&Kept>) -> usize {
        self.bytes_with(kept, self.growth)
    }

    fn bytes_with(&self, kept: Option<&Kept>, growth: isize) -> usize {
        let left = self.left(kept).map_or(0, |kept| kept.bytes);
        left.checked_add_signed(growth).expect("it takes no more than was there")
    }

    pub fn put(&mut self, kept: Option<&Kept>, key: &[u8], value: &[u8]) -> Result<(), NotPut> {
        if key.len() > Map::KEY_MAX {
            return Err(NotPut::Key(key.len()));
        }
        if value.len() > Map::VALUE_MAX {
            return Err(NotPut::Value(value.len()));
        }
        let old = self.left_at(kept, key);
        let growth = self.growth + weight(key, value).cast_signed() - self.weight_over(old, key);
        let bytes = self.bytes_with(kept, growth);
        if bytes > Map::BYTES_MAX {
            return Err(NotPut::Full(bytes));
        }
        self.growth = growth;
        if old.is_some_and(|old| old == value) {
            self.changes.remove(key);
        } else if let Some(change) = self.changes.get_mut(key) {
            *change = Some(value.into());
        } else {
            self.changes.insert(key.into(), Some(value.into()));
        }
        Ok(())
    }

    pub fn delete(&mut self, kept: Option<&Kept>, key: &[u8]) -> bool {
        let old = self.left_at(kept, key);
        let weight = self.weight_over(old, key);
        self.growth -= weight;
        if old.is_none() {
            self.changes.remove(key);
        } else if weight > 0 {
            self.changes.insert(key.into(), None);
        }
        weight > 0
    }

    pub fn clear(&mut self, kept: Option<&Kept>) {
        *self = Patch { is_cleared: kept.is_some_and(|kept| !kept.entries.is_empty()), ..Patch::none() };
    }

    /// Of the entry that is there now, 0 for none. `old`: what is left of what is kept under this key.
    fn weight_over(&self, old: Option<&Vec<u8>>, key: &[u8]) -> isize {
        let now = match self.changes.get(key) {
            Some(change) => change.as_ref(),
            None => old,
        };
        now.map_or(0, |value| weight(key, value).cast_signed())
    }

    fn left_at<'k>(&self, kept: Option<&'k Kept>, key: &[u8]) -> Option<&'k Vec<u8>> {
        self.left(kept)?.entries.get(key)
    }

    pub fn apply(self, kept: &mut Kept) {
        kept.bytes = self.bytes(Some(kept));
        if self.is_cleared {
            kept.entries.clear();
        }
        for (key, change) in self.changes {
            match change {
                Some(value) => drop(kept.entries.insert(key, value)),
                None => drop(kept.entries.remove(&key)),
            }
        }
    }

    /// As a record says it. How many changes that are.
    pub fn write(&self, list: &mut List) -> u32 {
        if self.is_cleared {
            list.push(Change::Clear);
        }
        for (key, change) in &self.changes {
            list.push(match change {
                Some(value) => Change::Put { key, value },
                None => Change::Delete { key },
            });
        }
        u32::from(self.is_cleared) + self.changes.len() as u32
    }

    /// Ready for the next turn.
    pub fn reset(&mut self) {
        if !self.is_empty() {
            drop(mem::take(self));
        }
    }
}

impl Default for Patch {
    fn default() -> Patch {
        Patch::none()
    }
}
