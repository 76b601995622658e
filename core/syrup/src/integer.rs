//! Integers of any size: small ones as numbers, large ones as the digits they are written with.
use alloc::string::{String, ToString};
use core::cmp::Ordering;
use core::fmt;

/// A whole number. Why digits: nothing here calculates, a decimal text that is canonical compares and prints in linear time, and turning
/// thousands of digits into binary would not.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Integer(Kept);

/// Invariant: `Large` only for what `i64` can't hold; digits without a leading zero.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Kept {
    Small(i64),
    Large { negative: bool, digits: String },
}

impl Integer {
    /// From decimal digits, as JavaScript's BigInt prints them, with a `-` before them if negative. `None` if that isn't what it is, or not
    /// the shortest way to say it.
    pub fn parse(text: &str) -> Option<Integer> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        Integer::from_digits(negative, digits)
    }

    /// `None` unless `digits` are the canonical digits of the number's size: no leading zero, and no negative zero.
    pub(crate) fn from_digits(negative: bool, digits: &str) -> Option<Integer> {
        let first = *digits.as_bytes().first()?;
        let leading_zero = first == b'0' && (digits.len() > 1 || negative);
        if leading_zero || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // Limit: 19 digits hold every i64.
        if digits.len() <= 19 {
            let size = digits.bytes().fold(0_u64, |sum, byte| sum * 10 + u64::from(byte - b'0'));
            let small = if negative { 0_i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() };
            if let Some(small) = small {
                return Some(Integer(Kept::Small(small)));
            }
        }
        Some(Integer(Kept::Large { negative, digits: digits.to_string() }))
    }

    /// If it fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Kept::Small(number) => Some(*number),
            Kept::Large { .. } => None,
        }
    }

    /// If it fits.
    pub fn to_u64(&self) -> Option<u64> {
        match &self.0 {
            Kept::Small(number) => u64::try_from(*number).ok(),
            Kept::Large { negative: false, digits } => digits.parse().ok(),
            Kept::Large { negative: true, .. } => None,
        }
    }

    /// How many decimal digits it has.
    pub fn digits(&self) -> usize {
        match &self.0 {
            Kept::Small(number) => number.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1),
            Kept::Large { digits, .. } => digits.len(),
        }
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Kept::Small(number) => *number < 0,
            Kept::Large { negative, .. } => *negative,
        }
    }
}

impl From<i64> for Integer {
    fn from(number: i64) -> Integer {
        Integer(Kept::Small(number))
    }
}

impl From<u64> for Integer {
    fn from(number: u64) -> Integer {
        match i64::try_from(number) {
            Ok(small) => Integer(Kept::Small(small)),
            Err(_) => Integer(Kept::Large { negative: false, digits: number.to_string() }),
        }
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Integer) -> Ordering {
        if let (Kept::Small(this), Kept::Small(that)) = (&self.0, &other.0) {
            return this.cmp(that);
        }
        match (self.is_negative(), other.is_negative()) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (negative, _) => {
                let size = self.digits().cmp(&other.digits()).then_with(|| self.to_string().cmp(&other.to_string()));
                if negative { size.reverse() } else { size }
            }
        }
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Integer) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Small(number) => write!(to, "{number}"),
            Kept::Large { negative, digits } => write!(to, "{}{digits}", if *negative { "-" } else { "" }),
        }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(text: &str) -> Integer {
        Integer::parse(text).unwrap_or_else(|| panic!("{text} is an integer"))
    }

    #[test]
    fn only_the_shortest_digits_are_an_integer() {
        for text in ["", "-", "-0", "00", "01", "-01", "+1", "1_0", "1 ", "٣"] {
            assert_eq!(Integer::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_edge_between_small_and_large_is_seen_by_nobody() {
        for text in ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "0", "-1"] {
            assert_eq!(integer(text).to_string(), text);
            assert_eq!(integer(text).digits(), text.trim_start_matches('-').len());
        }
        assert_eq!(integer("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(Integer::from(u64::MAX), integer("18446744073709551615"));
        assert_eq!(integer("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!(integer("9223372036854775808").to_i64(), None);
    }

    #[test]
    fn integers_are_ordered_as_numbers() {
        let texts = [
            "-100000000000000000000",
            "-99999999999999999999",
            "-10",
            "-9",
            "0",
            "9",
            "10",
            "99999999999999999999",
            "100000000000000000000",
        ];
        let numbers: alloc::vec::Vec<Integer> = texts.into_iter().map(integer).collect();
        assert!(numbers.is_sorted());
    }
}
