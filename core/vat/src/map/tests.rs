//! What a turn sees of its map, and what its patch leaves, against a plain tree.
use super::{Kept, Map, NotPut, Patch, range::after};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec,
    vec::Vec,
};
use core::ops::Bound;
use peerd_journal::{Change, List};
use proptest::prelude::*;

type Tree = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone, Debug)]
enum Op {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    Clear,
    Commit,
}

/// Of few letters, the last one among them, so that they meet and prefixes end in it.
fn key() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(255)], 0..4)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (key(), proptest::collection::vec(any::<u8>(), 0..3)).prop_map(|(key, value)| Op::Put(key, value)),
        4 => key().prop_map(Op::Delete),
        1 => Just(Op::Clear),
        2 => Just(Op::Commit),
    ]
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![Just(Bound::Unbounded), key().prop_map(Bound::Included), key().prop_map(Bound::Excluded)]
}

fn lies_in(key: &[u8], start: &Bound<Vec<u8>>, end: &Bound<Vec<u8>>) -> bool {
    let after_start = match start {
        Bound::Included(start) => key >= start,
        Bound::Excluded(start) => key > start,
        Bound::Unbounded => true,
    };
    let before_end = match end {
        Bound::Included(end) => key <= end,
        Bound::Excluded(end) => key < end,
        Bound::Unbounded => true,
    };
    after_start && before_end
}

fn owned<'a>(entries: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<(Vec<u8>, Vec<u8>)> {
    entries.map(|(key, value)| (key.into(), value.into())).collect()
}

fn expected<'a>(tree: &'a Tree, take: impl Fn(&[u8]) -> bool + 'a) -> impl DoubleEndedIterator<Item = (Vec<u8>, Vec<u8>)> + 'a {
    tree.iter().filter(move |(key, _)| take(key)).map(|(key, value)| (key.clone(), value.clone()))
}

/// What a record with these changes makes of what is there.
fn fold(tree: &mut Tree, list: &List) {
    for change in list.changes().iter() {
        match change {
            Change::Put { key, value } => drop(tree.insert(key.into(), value.into())),
            Change::Delete { key } => assert!(tree.remove(key).is_some(), "nothing is deleted that is not there"),
            Change::Clear => tree.clear(),
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn a_map_with_a_patch_over_it_is_what_a_tree_would_be(
        script in proptest::collection::vec(op(), 0..60),
        (start, end, prefix, ends) in (bound(), bound(), key(), proptest::collection::vec(any::<bool>(), 0..20)),
    ) {
        let (mut kept, mut patch, mut tree, mut written) = (Kept::default(), Patch::default(), Tree::new(), Tree::new());
        for op in script {
            match op {
                Op::Put(key, value) => {
                    prop_assert_eq!(patch.put(Some(&kept), &key, &value), Ok(()));
                    tree.insert(key, value);
                }
                Op::Delete(key) => prop_assert_eq!(patch.delete(Some(&kept), &key), tree.remove(&key).is_some()),
                Op::Clear => {
                    patch.clear(Some(&kept));
                    tree.clear();
                }
                Op::Commit => {
                    let mut list = List::default();
                    patch.write(&mut list);
                    fold(&mut written, &list);
                    prop_assert_eq!(&written, &tree);
                    core::mem::take(&mut patch).apply(&mut kept);
                    prop_assert_eq!(&kept.entries, &tree);
                }
            }
            let map = Map { kept: Some(&kept), patch: &patch };
            prop_assert_eq!(map.bytes(), tree.iter().map(|(key, value)| key.len() + value.len() + Map::ENTRY).sum::<usize>());
            prop_assert_eq!(owned(map.iter()), expected(&tree, |_| true).collect::<Vec<_>>());
        }
        let map = Map { kept: Some(&kept), patch: &patch };
        for key in tree.keys().chain([&prefix]) {
            prop_assert_eq!(map.get(key), tree.get(key).map(Vec::as_slice));
        }
        let range = || map.range((start.as_ref().map(Vec::as_slice), end.as_ref().map(Vec::as_slice)));
        prop_assert_eq!(owned(range()), expected(&tree, |key| lies_in(key, &start, &end)).collect::<Vec<_>>());
        prop_assert_eq!(owned(range().rev()), expected(&tree, |key| lies_in(key, &start, &end)).rev().collect::<Vec<_>>());
        prop_assert_eq!(owned(map.prefixed(&prefix)), expected(&tree, |key| key.starts_with(&prefix)).collect::<Vec<_>>());
        // From both ends in any order, each entry comes once.
        let (mut entries, mut rest) = (map.iter(), expected(&tree, |_| true));
        for from_start in ends {
            let (entry, wanted) = if from_start { (entries.next(), rest.next()) } else { (entries.next_back(), rest.next_back()) };
            prop_assert_eq!(entry.map(|(key, value)| (key.to_vec(), value.to_vec())), wanted);
        }
    }
}

#[test]
fn a_limit_is_an_error_that_changes_nothing() {
    let (kept, mut patch) = (Kept::default(), Patch::default());
    let long = vec![0; Map::VALUE_MAX];
    assert_eq!(patch.put(Some(&kept), &long[..=Map::KEY_MAX], b""), Err(NotPut::Key(2_049)));
    assert_eq!(patch.put(Some(&kept), b"key", &vec![0; Map::VALUE_MAX + 1]), Err(NotPut::Value(131_073)));
    let keys: Vec<[u8; 2]> = (0..200u16).map(u16::to_be_bytes).collect();
    let put: BTreeSet<usize> = (0..200).filter(|n| patch.put(Some(&kept), &keys[*n], &long).is_ok()).collect();
    let one = Map::VALUE_MAX + 2 + Map::ENTRY;
    assert_eq!((put.len(), put.last()), (Map::BYTES_MAX / one, Some(&126)));
    let map = Map { kept: Some(&kept), patch: &patch };
    assert_eq!((map.bytes(), map.iter().count()), (127 * one, 127));
    assert_eq!(patch.put(Some(&kept), &keys[127], &long), Err(NotPut::Full(128 * one)));
    assert_eq!(patch.put(Some(&kept), &keys[3], b"short"), Ok(()), "in place of a long one");
    assert_eq!(patch.put(Some(&kept), &keys[127], &long), Ok(()));
    assert_eq!(alloc::format!("{}", NotPut::Key(2_049)), "a key of 2049 bytes; 2048 are the most");
}

#[test]
fn what_is_put_again_as_it_was_is_no_change() {
    let mut kept = *Kept::of(Tree::from([(b"a".to_vec(), b"1".to_vec())])).expect("it has an entry");
    let mut patch = Patch::default();
    for value in [b"2", b"1"] {
        patch.put(Some(&kept), b"a", value).expect("it is small");
    }
    patch.delete(Some(&kept), b"b");
    patch.put(Some(&kept), b"b", b"3").expect("it is small");
    patch.delete(Some(&kept), b"b");
    assert!(patch.is_empty());
    patch.apply(&mut kept);
    assert_eq!(kept.bytes, 2 + Map::ENTRY);
}

#[test]
fn a_prefix_of_last_letters_has_no_end() {
    assert_eq!((after(b""), after(&[255, 255]), after(&[1, 255])), (None, None, Some(vec![2])));
}
