//! A table sorted by key, in pages: what is added in order fills them whole, so that a row costs its own bytes and few more.
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeSeq};

const PAGE: usize = 64;

pub(super) struct Rows<K, V> {
    // Invariant: no page is empty or longer than PAGE; keys ascend within pages and from page to page.
    pages: Vec<Vec<(K, V)>>,
    length: usize,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Rows<K, V> {
        Rows { pages: Vec::new(), length: 0 }
    }
}

impl<K: Serialize, V: Serialize> Serialize for Rows<K, V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut rows = to.serialize_seq(Some(self.length))?;
        self.pages.iter().flatten().try_for_each(|row| rows.serialize_element(row))?;
        rows.end()
    }
}

/// Row by row: bytes from elsewhere can't break what holds between pages.
impl<'de, K: Ord + Copy + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Rows<K, V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Rows<K, V>, D::Error> {
        let mut rows = Rows::default();
        Vec::<(K, V)>::deserialize(from)?.into_iter().for_each(|(key, value)| rows.insert(key, value));
        Ok(rows)
    }
}

impl<K: Ord + Copy, V> Rows<K, V> {
    pub fn len(&self) -> usize {
        self.length
    }

    /// The page that has this key, if one has.
    fn page(&self, key: K) -> Option<usize> {
        match self.pages.len() {
            0 => None,
            1 => Some(0),
            _ => self.pages.partition_point(|page| page[0].0 <= key).checked_sub(1),
        }
    }

    fn find(&self, key: K) -> Option<(usize, usize)> {
        let page = self.page(key)?;
        Some((page, self.pages[page].binary_search_by_key(&key, |row| row.0).ok()?))
    }

    pub fn get(&self, key: K) -> Option<&V> {
        self.find(key).map(|(page, at)| &self.pages[page][at].1)
    }

    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.find(key).map(|(page, at)| &mut self.pages[page][at].1)
    }

    /// In place of what was there.
    pub fn insert(&mut self, key: K, value: V) {
        let page = self.page(key).unwrap_or(0);
        let is_last = page + 1 == self.pages.len();
        let Some(rows) = self.pages.get_mut(page) else {
            self.pages.push(Vec::from([(key, value)]));
            self.length = 1;
            return;
        };
        let at = match rows.binary_search_by_key(&key, |row| row.0) {
            Ok(at) => {
                rows[at].1 = value;
                return;
            }
            Err(at) => at,
        };
        self.length += 1;
        if rows.len() < PAGE {
            return rows.insert(at, (key, value));
        }
        // At the end nothing is split: what comes in order leaves full pages behind.
        let kept = if at == PAGE && is_last { PAGE } else { PAGE / 2 };
        let mut next = rows.split_off(kept);
        if at < kept {
            rows.insert(at, (key, value));
        } else {
            next.insert(at - kept, (key, value));
        }
        self.pages.insert(page + 1, next);
    }

    pub fn remove(&mut self, key: K) -> Option<V> {
        let (page, at) = self.find(key)?;
        let (_, value) = self.pages[page].remove(at);
        self.length -= 1;
        self.close_ranks(page);
        Some(value)
    }

    /// A page that has become short joins its neighbour if both fill no more than half of one: few are ever nearly empty.
    fn close_ranks(&mut self, page: usize) {
        if self.pages[page].is_empty() {
            self.pages.remove(page);
        } else if self.pages[page].len() <= PAGE / 4 {
            let first = page.saturating_sub(1);
            if let [left, right, ..] = &self.pages[first..]
                && left.len() + right.len() <= PAGE / 2
            {
                let mut right = self.pages.remove(first + 1);
                self.pages[first].append(&mut right);
            }
        }
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> {
        self.pages.iter().flatten().map(|row| (row.0, &row.1))
    }

    /// From this key on.
    pub fn range(&self, from: K) -> impl DoubleEndedIterator<Item = (K, &V)> {
        let page = self.page(from).unwrap_or(0);
        let before = self.pages.get(page).map_or(0, |rows| rows.partition_point(|row| row.0 < from));
        let (first, rest) =
            self.pages[page.min(self.pages.len())..].split_first().map_or((&[][..], &[][..]), |(first, rest)| (&first[before..], rest));
        first.iter().chain(rest.iter().flatten()).map(|row| (row.0, &row.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeMap, vec};

    /// The same as a map, whatever comes and goes. `next` is a stream of numbers.
    fn check(mut next: impl FnMut(u64) -> u64, steps: u64) {
        let (mut rows, mut model) = (Rows::default(), BTreeMap::new());
        for n in 0..steps {
            let key = next(400);
            if next(5) < 3 {
                rows.insert(key, n);
                model.insert(key, n);
            } else {
                assert_eq!(rows.remove(key), model.remove(&key));
            }
            assert!(rows.pages.iter().all(|page| (1..=PAGE).contains(&page.len())));
        }
        assert_eq!(rows.len(), model.len());
        let bytes = postcard::to_allocvec(&rows).expect("its length is known");
        let again: Rows<u64, u64> = postcard::from_bytes(&bytes).expect("what encodes decodes");
        assert!(again.iter().eq(rows.iter()));
        assert!(rows.iter().eq(model.iter().map(|(key, value)| (*key, value))));
        for from in 0..=400 {
            assert!(rows.range(from).rev().eq(model.range(from..).rev().map(|(key, value)| (*key, value))));
            assert_eq!(rows.get(from), model.get(&from));
        }
    }

    #[test]
    fn a_table_is_a_map() {
        for seed in 1..20u64 {
            let mut state = seed;
            let next = move |below: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % below
            };
            check(next, 2_000);
        }
    }

    #[test]
    fn bytes_whose_rows_are_in_no_order_are_a_table_all_the_same() {
        let bytes = postcard::to_allocvec(&vec![(9u64, 'a'), (3, 'b'), (9, 'c')]).expect("plain rows");
        let rows: Rows<u64, char> = postcard::from_bytes(&bytes).expect("a sequence of rows");
        assert!(rows.iter().eq([(3, &'b'), (9, &'c')]));
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn what_comes_in_order_fills_its_pages() {
        let mut rows = Rows::default();
        for key in 0..10 * PAGE as u64 {
            rows.insert(key, ());
        }
        assert_eq!(rows.pages.len(), 10);
    }

    #[test]
    fn a_table_that_has_shrunk_has_few_pages() {
        let mut rows = Rows::default();
        for key in 0..1_000u64 {
            rows.insert(key, ());
        }
        for key in (0..1_000).filter(|key| key % 50 != 0) {
            rows.remove(key);
        }
        assert!(rows.len() == 20 && rows.pages.len() <= 2, "{} rows in {} pages", rows.len(), rows.pages.len());
    }
}
