//! A place one can come back to, as text. Texts of one journal sort as the places do.
use crate::{Identity, Position, file::hex};
use core::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bookmark {
    pub identity: Identity,
    pub position: Position,
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from_be_bytes(self.identity.0);
        write!(f, "{number:032x}-{:016x}", self.position.0)
    }
}

impl Bookmark {
    #[must_use]
    pub fn of(text: &str) -> Option<Bookmark> {
        let (high, rest) = text.split_at_checked(16)?;
        let (low, position) = rest.split_once('-')?;
        let number = u128::from(hex(high)?) << 64 | u128::from(hex(low)?);
        Some(Bookmark { identity: Identity(number.to_be_bytes()), position: Position(hex(position)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn bookmarks_sort_by_position() {
        let at = |position| Bookmark { identity: Identity([0xf7; 16]), position: Position(position) };
        for (lower, higher) in [(0, 1), (9, 10), (255, 256), (1 << 40, u64::MAX)] {
            assert!(at(lower).to_string() < at(higher).to_string());
            assert_eq!(Bookmark::of(&at(higher).to_string()), Some(at(higher)));
        }
        assert_eq!(Bookmark::of("f7-1"), None);
        assert_eq!(Bookmark::of("é".repeat(40).as_str()), None);
    }
}
