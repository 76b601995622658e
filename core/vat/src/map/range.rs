//! Entries of a map in order, from both ends: two sorted sources, of which the turn's own wins.
use alloc::{collections::btree_map, vec::Vec};
use core::{cmp::Ordering, ops::Bound};

type KeptRange<'a> = btree_map::Range<'a, Vec<u8>, Vec<u8>>;
type OurRange<'a> = btree_map::Range<'a, Vec<u8>, Option<Vec<u8>>>;

/// Key and value, in the order of the keys.
#[derive(Clone, Debug, Default)]
pub struct Entries<'a> {
    kept: KeptRange<'a>,
    ours: OurRange<'a>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(kept: KeptRange<'a>, ours: OurRange<'a>) -> Entries<'a> {
        Entries { kept, ours }
    }

    /// From the end at which of two keys the `first` one comes first.
    fn step(
        &mut self,
        first: Ordering,
        kept: impl Fn(&mut KeptRange<'a>) -> Option<(&'a Vec<u8>, &'a Vec<u8>)>,
        ours: impl Fn(&mut OurRange<'a>) -> Option<(&'a Vec<u8>, &'a Option<Vec<u8>>)>,
    ) -> Option<(&'a [u8], &'a [u8])> {
        loop {
            // A clone is two places in a tree: this only looks.
            let Some((key, change)) = ours(&mut self.ours.clone()) else {
                return kept(&mut self.kept).map(|(key, value)| (&**key, &**value));
            };
            match kept(&mut self.kept.clone()).map(|(other, _)| other.cmp(key)) {
                Some(Ordering::Equal) => drop(kept(&mut self.kept)),
                Some(order) if order == first => return kept(&mut self.kept).map(|(key, value)| (&**key, &**value)),
                _ => {}
            }
            ours(&mut self.ours);
            if let Some(value) = change {
                return Some((key, value));
            }
        }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.step(Ordering::Less, Iterator::next, Iterator::next)
    }
}

impl DoubleEndedIterator for Entries<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.step(Ordering::Greater, DoubleEndedIterator::next_back, DoubleEndedIterator::next_back)
    }
}

/// Nothing can lie between these: a tree would take them for a mistake.
pub(super) fn is_empty(bounds: (Bound<&[u8]>, Bound<&[u8]>)) -> bool {
    match bounds {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => start >= end,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

/// The first key behind all that begin with `prefix`. None: there is none.
pub(super) fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = Vec::from(&prefix[..=last]);
    end[last] += 1;
    Some(end)
}
