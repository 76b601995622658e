//! Who is bound to whom: links, watches, calls, timers and kept children, in lists that unlink in constant time.
use crate::{Ref, Time, monitor::Extra, pool::Pool, refs::Key, turn::Scope};
use alloc::collections::BTreeMap;

/// All relations of a vat. Each actor's `List`s are threaded through them.
#[derive(Default)]
pub(crate) struct Relations {
    nodes: Pool<Node>,
    /// By watch.
    extras: BTreeMap<Key, Extra>,
}

/// A circle, known by its newest node. Order of insertion is order of iteration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    tail: u32,
}

const NONE: u32 = u32::MAX;

impl Default for List {
    fn default() -> List {
        List::EMPTY
    }
}

impl List {
    pub const EMPTY: List = List { tail: NONE };

    pub fn is_empty(self) -> bool {
        self.tail == NONE
    }
}

struct Node {
    previous: u32,
    next: u32,
    item: Item,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// Its twin is in the peer's list.
    Link { peer: Key, twin: Key },
    /// Held by the watcher. No twin: not committed yet, or the target has ended and the down is queued.
    Watching { watcher: Key, target: Ref, twin: Option<Key> },
    /// Held by the watched.
    Watched { watcher: Key, twin: Key, scope: Scope },
    /// Lives until its tick is handled, so that a replaced one is known by its missing node.
    Timer { key: u64, due: Key, at: Time },
    /// A one-shot this actor waits for.
    Minted { shot: Key },
    /// A counted ref in this actor's state: a one-shot it should answer, or a far one.
    Held { held: Ref },
}

impl Relations {
    /// In an empty table: these watches of lives that go on, in no list yet, and new keys from this range only, which is of one epoch. A watch that a durable state kept is of its own life, and
    /// must not name one of a later life.
    pub fn begin(&mut self, items: impl Iterator<Item = (Key, Item)>, generations: (u32, u32)) {
        let node = |(key, item): (Key, Item)| (key, Node { previous: key.index, next: key.index, item });
        self.nodes.restore(items.map(node), generations);
    }

    /// A node in no list yet.
    pub fn reserve(&mut self, item: Item) -> Key {
        let key = self.nodes.insert(Node { previous: NONE, next: NONE, item });
        let node = self.nodes.at_mut(key.index);
        (node.previous, node.next) = (key.index, key.index);
        key
    }

    pub fn add_extra(&mut self, watch: Key, extra: Extra) {
        self.extras.insert(watch, extra);
    }

    pub fn extra(&self, watch: Key) -> Option<Extra> {
        if self.extras.is_empty() { None } else { self.extras.get(&watch).copied() }
    }

    #[inline]
    fn drop_extra(&mut self, key: Key) {
        if !self.extras.is_empty() {
            self.extras.remove(&key);
        }
    }

    pub fn add_tag(&mut self, watch: Key, tag: u64) {
        if tag != 0 {
            self.add_extra(watch, Extra::of_tag(tag));
        }
    }

    /// A node that is in no list.
    pub fn release(&mut self, key: Key) {
        self.drop_extra(key);
        self.nodes.remove(key);
    }

    pub fn push(&mut self, list: &mut List, item: Item) -> Key {
        let key = self.reserve(item);
        self.append(list, key);
        key
    }

    /// Puts a reserved node into its list.
    pub fn append(&mut self, list: &mut List, key: Key) {
        if list.tail != NONE {
            let (tail, head) = (list.tail, self.nodes.at(list.tail).next);
            self.nodes.at_mut(tail).next = key.index;
            self.nodes.at_mut(head).previous = key.index;
            let node = self.nodes.at_mut(key.index);
            (node.previous, node.next) = (tail, head);
        }
        list.tail = key.index;
    }

    /// Takes a node out of its list and frees it. None if it is gone already.
    pub fn remove(&mut self, list: &mut List, key: Key) -> Option<Item> {
        let node = self.nodes.remove(key)?;
        self.drop_extra(key);
        if node.next == key.index {
            list.tail = NONE;
        } else {
            self.nodes.at_mut(node.previous).next = node.next;
            self.nodes.at_mut(node.next).previous = node.previous;
            if list.tail == key.index {
                list.tail = node.previous;
            }
        }
        Some(node.item)
    }

    pub fn get(&self, key: Key) -> Option<Item> {
        self.nodes.get(key).map(|node| node.item)
    }

    pub fn set(&mut self, key: Key, item: Item) {
        if let Some(node) = self.nodes.get_mut(key) {
            node.item = item;
        }
    }

    /// Oldest first.
    pub fn first(&self, list: List) -> Option<(Key, Item)> {
        (list.tail != NONE).then(|| self.entry(self.nodes.at(list.tail).next))
    }

    /// The one behind `key`, which is in `list`.
    pub fn after(&self, list: List, key: Key) -> Option<(Key, Item)> {
        (list.tail != key.index).then(|| self.entry(self.nodes.at(key.index).next))
    }

    pub fn iter(&self, list: List) -> impl Iterator<Item = (Key, Item)> + '_ {
        let mut at = (list.tail != NONE).then(|| self.nodes.at(list.tail).next);
        core::iter::from_fn(move || {
            let index = at?;
            at = (index != list.tail).then(|| self.nodes.at(index).next);
            Some(self.entry(index))
        })
    }

    pub fn live(&self) -> usize {
        self.nodes.live()
    }

    fn entry(&self, index: u32) -> (Key, Item) {
        (self.nodes.key_at(index), self.nodes.at(index).item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn keys(relations: &Relations, list: List) -> Vec<u64> {
        relations
            .iter(list)
            .map(|(_, item)| match item {
                Item::Timer { key, .. } => key,
                _ => unreachable!(),
            })
            .collect()
    }

    fn timer(key: u64) -> Item {
        Item::Timer { key, due: Key { index: 0, generation: 1 }, at: Time(0) }
    }

    proptest! {
        #[test]
        fn two_lists_in_one_pool_behave_like_two_vectors(script in proptest::collection::vec((0usize..2, 0usize..8, any::<bool>()), 0..120)) {
            let mut relations = Relations::default();
            let mut lists = [List::default(), List::default()];
            let mut model: [Vec<(u64, Key)>; 2] = Default::default();
            for (n, (which, at, push)) in script.into_iter().enumerate() {
                if push {
                    let key = relations.push(&mut lists[which], timer(n as u64));
                    model[which].push((n as u64, key));
                } else if at < model[which].len() {
                    let (name, key) = model[which].remove(at);
                    prop_assert_eq!(relations.remove(&mut lists[which], key), Some(timer(name)));
                    prop_assert_eq!(relations.remove(&mut lists[which], key), None);
                }
                for (list, model) in lists.iter().zip(&model) {
                    prop_assert_eq!(keys(&relations, *list), model.iter().map(|entry| entry.0).collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(relations.live(), model[0].len() + model[1].len());
        }
    }
}
