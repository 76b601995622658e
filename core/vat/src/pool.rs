//! A table with free places, whose keys are never given out twice.
use crate::{paged::Paged, refs::Key};
use alloc::vec::Vec;

/// Cells by index and generation. A cell whose generation is used up is retired: a key must never name two things.
pub(crate) struct Pool<T> {
    cells: Paged<Cell<T>>,
    free: Vec<u32>,
    live: usize,
    /// New cells begin behind this generation, and all end with the other.
    before: u32,
    last: u32,
}

struct Cell<T> {
    /// Of the item in it, or of the last one. 0 only before the first.
    generation: u32,
    item: Option<T>,
}

impl<T> Default for Cell<T> {
    fn default() -> Cell<T> {
        Cell { generation: 0, item: None }
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { cells: Paged::default(), free: Vec::new(), live: 0, before: 0, last: u32::MAX }
    }
}

impl<T> Pool<T> {
    pub fn insert(&mut self, item: T) -> Key {
        let index = self.free.pop().unwrap_or_else(|| self.grow());
        let cell = &mut self.cells[index];
        cell.generation += 1;
        self.live += 1;
        cell.item = Some(item);
        Key { index, generation: cell.generation }
    }

    #[cold]
    fn grow(&mut self) -> u32 {
        let index = self.cells.push();
        self.cells[index].generation = self.before;
        index
    }

    /// In an empty table: these items are there under the keys they had. All others have generations from this range.
    pub fn restore(&mut self, items: impl IntoIterator<Item = (Key, T)>, (before, last): (u32, u32)) {
        (self.before, self.last) = (before, last);
        for (key, item) in items {
            while self.cells.len() <= key.index {
                self.grow();
            }
            self.cells[key.index] = Cell { generation: key.generation, item: Some(item) };
            self.live += 1;
        }
        self.free.extend((0..self.cells.len()).rev().filter(|index| self.cells[*index].item.is_none()));
    }

    pub fn get(&self, key: Key) -> Option<&T> {
        self.cells.get(key.index).filter(|cell| cell.generation == key.generation)?.item.as_ref()
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.cells.get_mut(key.index).filter(|cell| cell.generation == key.generation)?.item.as_mut()
    }

    pub fn remove(&mut self, key: Key) -> Option<T> {
        let cell = self.cells.get_mut(key.index).filter(|cell| cell.generation == key.generation)?;
        let item = cell.item.take()?;
        self.live -= 1;
        if cell.generation < self.last {
            self.free.push(key.index);
        }
        Some(item)
    }

    /// By place alone, for lists threaded through the pool.
    pub fn at(&self, index: u32) -> &T {
        self.cells[index].item.as_ref().expect("a list leads only to live cells")
    }

    pub fn at_mut(&mut self, index: u32) -> &mut T {
        self.cells[index].item.as_mut().expect("a list leads only to live cells")
    }

    pub fn key_at(&self, index: u32) -> Key {
        Key { index, generation: self.cells[index].generation }
    }

    /// Items in use.
    pub fn live(&self) -> usize {
        self.live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_dies_with_its_item_though_the_place_is_reused() {
        let mut pool = Pool::default();
        let first = pool.insert('a');
        assert_eq!(pool.remove(first), Some('a'));
        let second = pool.insert('b');
        assert_eq!(first.index, second.index);
        assert_eq!((pool.get(first), pool.get(second)), (None, Some(&'b')));
        assert_eq!(pool.remove(first), None);
        assert_eq!(pool.live(), 1);
    }

    #[test]
    fn a_place_whose_generations_are_used_up_is_retired() {
        let mut pool = Pool::default();
        let first = pool.insert(());
        pool.cells[0].generation = u32::MAX;
        assert!(pool.get(first).is_none());
        pool.remove(Key { index: 0, generation: u32::MAX });
        assert_eq!(pool.insert(()).index, 1);
    }
}
