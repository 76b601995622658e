//! Some of what a target can be asked, by the first byte of a message: the variant of an enum.
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facet {
    /// Sorted.
    kinds: Vec<u8>,
}

impl Facet {
    pub fn of(kinds: &[u8]) -> Facet {
        let mut kinds = kinds.to_vec();
        kinds.sort_unstable();
        Facet { kinds }
    }

    /// With what another one shows, too: less than either.
    pub fn and(&self, other: &Facet) -> Facet {
        Facet { kinds: self.kinds.iter().copied().filter(|kind| other.kinds.binary_search(kind).is_ok()).collect() }
    }

    pub fn shows(&self, body: &[u8]) -> bool {
        body.first().is_some_and(|kind| self.kinds.binary_search(kind).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facet_shows_its_kinds_and_a_facet_of_it_never_more() {
        let facet = Facet::of(&[7, 2]);
        assert!(facet.shows(&[2, 9]) && facet.shows(&[7]));
        assert!(!facet.shows(&[9, 2]) && !facet.shows(&[]));
        assert_eq!(facet.and(&Facet::of(&[2, 3])), Facet::of(&[2]));
    }
}
