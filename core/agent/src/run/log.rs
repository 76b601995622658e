//! A list that grows at its end, and knows which of its entries are not kept yet: a turn writes down what it changed, never the whole.
use alloc::{collections::BTreeSet, vec::Vec};
use core::ops::Deref;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log<T> {
    entries: Vec<T>,
    changed: BTreeSet<usize>,
    /// Entries that are kept.
    kept: usize,
    /// The most that ever were.
    most: usize,
}

impl<T> Default for Log<T> {
    fn default() -> Log<T> {
        Log::new(Vec::new())
    }
}

impl<T> Deref for Log<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<T> Log<T> {
    /// None of these is kept.
    pub fn new(entries: Vec<T>) -> Log<T> {
        let changed = (0..entries.len()).collect();
        Log { entries, changed, kept: 0, most: 0 }
    }

    /// As they were kept.
    pub fn kept(entries: Vec<T>) -> Log<T> {
        let kept = entries.len();
        Log { entries, changed: BTreeSet::new(), kept, most: kept }
    }

    pub fn push(&mut self, entry: T) {
        self.changed.insert(self.entries.len());
        self.entries.push(entry);
    }

    pub fn pop(&mut self) {
        self.entries.pop();
        self.changed.remove(&self.entries.len());
    }

    pub fn insert(&mut self, at: usize, entry: T) {
        self.entries.insert(at, entry);
        self.changed.extend(at..self.entries.len());
    }

    pub fn remove(&mut self, at: usize) {
        self.entries.remove(at);
        self.changed.extend(at..self.entries.len());
        self.changed.remove(&self.entries.len());
    }

    /// To be changed.
    pub fn at(&mut self, at: usize) -> Option<&mut T> {
        let entry = self.entries.get_mut(at)?;
        self.changed.insert(at);
        Some(entry)
    }

    /// Each entry that is not kept as it is; none for one that is not there any more. From now on all are.
    pub fn changes(&mut self, mut tell: impl FnMut(usize, Option<&T>)) {
        for at in core::mem::take(&mut self.changed) {
            tell(at, self.entries.get(at));
        }
        for at in self.entries.len()..self.kept {
            tell(at, None);
        }
        self.kept = self.entries.len();
        self.most = self.most.max(self.kept);
    }

    /// What was told last could not be kept, or nobody knows: all of it is told again.
    pub fn not_kept(&mut self) {
        self.changed = (0..self.entries.len()).collect();
        self.kept = self.most;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_kept_is_the_list(steps in prop::collection::vec((0..8u8, 0..9usize, any::<u8>()), 0..60)) {
            let (mut log, mut kept) = (Log::default(), BTreeMap::new());
            for (what, at, entry) in steps {
                let at = at.min(log.len());
                match what {
                    0 | 1 => log.push(entry),
                    2 => log.pop(),
                    3 => log.insert(at, entry),
                    4 if at < log.len() => log.remove(at),
                    5 => {
                        if let Some(place) = log.at(at) {
                            *place = entry;
                        }
                    }
                    6 => log.changes(|_, _| {}),
                    _ => log.changes(|at, entry| {
                        match entry {
                            Some(entry) => kept.insert(at, *entry),
                            None => kept.remove(&at),
                        };
                    }),
                }
                if what == 6 {
                    log.not_kept();
                }
            }
            log.changes(|at, entry| {
                match entry {
                    Some(entry) => kept.insert(at, *entry),
                    None => kept.remove(&at),
                };
            });
            prop_assert_eq!(kept.into_values().collect::<Vec<_>>(), log.to_vec());
        }
    }

    #[test]
    fn a_long_list_is_kept_by_what_is_new_in_it() {
        let mut log = Log::kept((0..10_000).collect());
        log.push(1);
        let mut told = Vec::new();
        log.changes(|at, _| told.push(at));
        log.changes(|at, _| told.push(at));
        assert_eq!(told, [10_000]);
    }
}
