//! Who is in line, by scheduling class.
use crate::refs::Key;
use alloc::collections::VecDeque;
use serde::{Deserialize, Serialize};

/// How an actor's turns stand to those of others (semantics 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Class {
    /// Against `Normal` it gets one share of nine.
    Low,
    #[default]
    Normal,
    /// Before any of the above.
    High,
    /// Before all others. For work that must not wait and never lasts.
    Max,
}

/// Normal actors may use this many times what low ones use, while both want to run.
const NORMAL_PER_LOW: i64 = 8;
const CLASSES: usize = Class::Max as usize + 1;

/// First come, first served within a class.
#[derive(Default)]
pub(crate) struct Ready {
    lines: [VecDeque<Key>; CLASSES],
    /// A bit for each class in which someone waits.
    waiting: u8,
    /// What normal actors used more than their share while low ones waited. Above zero it is a low one's turn.
    owed: i64,
}

impl Ready {
    #[inline]
    pub fn push(&mut self, class: Class, key: Key) {
        self.lines[class as usize].push_back(key);
        self.waiting |= 1 << class as u8;
    }

    #[inline]
    pub fn pop(&mut self) -> Option<(Class, Key)> {
        let class = if self.waiting == bit(Class::Normal) { Class::Normal } else { self.first()? };
        let line = &mut self.lines[class as usize];
        let key = line.pop_front()?;
        if line.is_empty() {
            self.waiting &= !bit(class);
        }
        Some((class, key))
    }

    fn first(&self) -> Option<Class> {
        Some(match self.waiting {
            0 => return None,
            waiting if waiting & bit(Class::Max) != 0 => Class::Max,
            waiting if waiting & bit(Class::High) != 0 => Class::High,
            waiting if waiting & bit(Class::Low) == 0 => Class::Normal,
            waiting if waiting & bit(Class::Normal) == 0 => Class::Low,
            _ if self.owed > 0 => Class::Low,
            _ => Class::Normal,
        })
    }

    /// Someone of this class used so much. Who has the place alone owes nothing.
    #[inline]
    pub fn charge(&mut self, class: Class, cost: u64) {
        match class {
            Class::Normal if self.waiting & bit(Class::Low) != 0 => self.owed = self.owed.saturating_add(signed(cost)),
            Class::Low if self.waiting & bit(Class::Normal) != 0 => {
                self.owed = self.owed.saturating_sub(signed(cost).saturating_mul(NORMAL_PER_LOW));
            }
            Class::Normal | Class::Low => self.owed = 0,
            Class::High | Class::Max => {}
        }
    }

    /// Someone waits who goes before all of this class and the lower ones.
    pub fn is_urgent(&self, class: Class) -> bool {
        let first = if class < Class::High { Class::High } else { Class::Max };
        class != Class::Max && self.waiting >= bit(first)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }
}

fn signed(cost: u64) -> i64 {
    i64::try_from(cost).unwrap_or(i64::MAX / NORMAL_PER_LOW)
}

const fn bit(class: Class) -> u8 {
    1 << class as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(index: u32) -> Key {
        Key { index, generation: 1 }
    }

    /// Everybody always wants to run; a slice costs `cost`.
    fn shares(classes: &[Class], slices: usize, cost: impl Fn(Class) -> u64) -> [u64; CLASSES] {
        let (mut ready, mut used) = (Ready::default(), [0; CLASSES]);
        for (n, class) in classes.iter().enumerate() {
            ready.push(*class, key(n as u32));
        }
        for _ in 0..slices {
            let (class, key) = ready.pop().expect("someone waits");
            used[class as usize] += cost(class);
            ready.push(class, key);
            ready.charge(class, cost(class));
        }
        used
    }

    #[test]
    fn low_gets_a_ninth_whatever_a_slice_costs() {
        for (low, normal) in [(1, 1), (64, 1), (1, 64), (64, 64)] {
            let cost = |class| if class == Class::Low { low } else { normal };
            let used = shares(&[Class::Low, Class::Normal, Class::Normal], 100_000, cost);
            let ratio = used[0] as f64 / used[1] as f64;
            assert!((0.115..0.135).contains(&ratio), "{low} {normal}: {ratio}");
        }
    }

    #[test]
    fn high_and_max_go_strictly_first() {
        assert_eq!(shares(&[Class::Low, Class::Normal, Class::High], 100, |_| 1), [0, 0, 100, 0]);
        assert_eq!(shares(&[Class::Max, Class::Normal, Class::High], 100, |_| 1), [0, 0, 0, 100]);
    }

    #[test]
    fn who_runs_alone_pays_nothing_back() {
        let mut ready = Ready::default();
        for class in [Class::Low, Class::Normal] {
            ready.charge(class, 1_000_000);
            assert_eq!(ready.owed, 0);
        }
    }

    #[test]
    fn urgent_is_who_goes_before() {
        let mut ready = Ready::default();
        ready.push(Class::Normal, key(1));
        assert!(!ready.is_urgent(Class::Low) && !ready.is_urgent(Class::High));
        ready.push(Class::High, key(2));
        assert!(ready.is_urgent(Class::Normal) && !ready.is_urgent(Class::High) && !ready.is_urgent(Class::Max));
        ready.push(Class::Max, key(3));
        assert!(ready.is_urgent(Class::High) && !ready.is_urgent(Class::Max));
    }
}
