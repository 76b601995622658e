//! When something is due: a heap that knows the place of each entry, so that a cancelled one leaves nothing behind.
use crate::{Time, pool::Pool, refs::Key};
use alloc::vec::Vec;

/// What comes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A timer of this actor; `node` is its relation.
    Timer { actor: Key, node: Key },
    /// Whoever lives under this identity tries again what a turn failed on.
    Retry { actor: Key },
    /// The deadline of a call.
    Call { shot: Key },
}

#[derive(Default)]
pub(crate) struct Timers {
    // Invariant: no entry is before its parent at (n - 1) / 2, and `places` of each entry holds its place.
    heap: Vec<Waiting>,
    places: Pool<Place>,
    set: u64,
}

#[derive(Clone, Copy)]
struct Waiting {
    at: Time,
    /// Equal times come due in order of setting.
    order: u64,
    place: u32,
}

struct Place {
    heap: usize,
    due: Due,
}

impl Timers {
    pub fn set(&mut self, at: Time, due: Due) -> Key {
        let key = self.places.insert(Place { heap: self.heap.len(), due });
        self.heap.push(Waiting { at, order: self.set, place: key.index });
        self.set += 1;
        self.rise(self.heap.len() - 1);
        key
    }

    /// Nothing happens if it came due already.
    pub fn cancel(&mut self, key: Key) {
        if let Some(place) = self.places.remove(key) {
            self.take_out(place.heap);
        }
    }

    /// Not cancelled, and not come due yet.
    pub fn is_set(&self, key: Key) -> bool {
        self.places.get(key).is_some()
    }

    pub fn next(&self) -> Option<Time> {
        self.heap.first().map(|first| first.at)
    }

    pub fn pop(&mut self, now: Time) -> Option<Due> {
        let first = self.heap.first().filter(|first| first.at <= now)?;
        let key = self.places.key_at(first.place);
        let place = self.places.remove(key)?;
        self.take_out(place.heap);
        Some(place.due)
    }

    pub fn live(&self) -> usize {
        self.heap.len()
    }

    fn take_out(&mut self, at: usize) {
        self.heap.swap_remove(at);
        if at < self.heap.len() {
            self.put(at);
            self.rise(at);
            self.sink(at);
        }
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 && self.before(at, (at - 1) / 2) {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let mut first = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.before(child, first) {
                    first = child;
                }
            }
            if first == at {
                return;
            }
            self.swap(at, first);
            at = first;
        }
    }

    fn before(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.heap[one], &self.heap[other]);
        (one.at, one.order) < (other.at, other.order)
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        self.put(one);
        self.put(other);
    }

    fn put(&mut self, at: usize) {
        self.places.at_mut(self.heap[at].place).heap = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_due_comes_in_order_of_time_then_of_setting(script in proptest::collection::vec((0u8..4, 0u64..20), 0..200)) {
            let mut timers = Timers::default();
            let mut model: Vec<(Time, usize, Key)> = Vec::new();
            let mut now = Time(0);
            for (n, (what, number)) in script.into_iter().enumerate() {
                let name = |n: usize| Due::Call { shot: Key { index: n as u32, generation: 1 } };
                match what {
                    0 | 1 => {
                        let at = now.after(number);
                        model.push((at, n, timers.set(at, name(n))));
                        model.sort_by_key(|entry| (entry.0, entry.1));
                    }
                    2 if !model.is_empty() => {
                        let (_, _, key) = model.remove(number as usize % model.len());
                        timers.cancel(key);
                        timers.cancel(key);
                    }
                    _ => {
                        now = now.after(number / 4);
                        while let Some(due) = timers.pop(now) {
                            let (at, n, _) = model.remove(0);
                            prop_assert!(at <= now);
                            prop_assert_eq!(due, name(n));
                        }
                    }
                }
                prop_assert_eq!(timers.next(), model.first().map(|entry| entry.0));
                prop_assert_eq!(timers.live(), model.len());
            }
        }
    }
}
