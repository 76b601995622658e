//! The two orders in which the keys of a struct are known to be written.
use core::cmp::Ordering;

/// How the keys of a struct are sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// By their encoded bytes, the length first, so that `1"b` stands before `2"aa`, and `10"..` before `2"..`: the draft, Goblins.
    Encoded,
    /// By their text, as UTF-16: `aa` before `b`. Endo.
    Text,
}

impl Order {
    /// Which of two keys stands first.
    pub fn compare(self, one: &str, other: &str) -> Ordering {
        match self {
            Order::Encoded => {
                let (mut this, mut that) = ([0; 20], [0; 20]);
                prefix(one.len(), &mut this).cmp(prefix(other.len(), &mut that)).then_with(|| one.as_bytes().cmp(other.as_bytes()))
            }
            Order::Text => one.encode_utf16().cmp(other.encode_utf16()),
        }
    }
}

/// The digits of a length and the quote behind them: `'"'` sorts before every digit.
fn prefix(length: usize, room: &mut [u8; 20]) -> &[u8] {
    let (mut at, mut rest) = (room.len() - 1, length);
    room[at] = b'"';
    loop {
        at -= 1;
        room[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        // Limit: a length in memory is below 2^63, 19 digits.
        if rest == 0 {
            return &room[at..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_takes_part_in_the_encoded_order() {
        assert_eq!(Order::Encoded.compare("b", "aa"), Ordering::Less);
        assert_eq!(Order::Encoded.compare("aaaaaaaaaa", "aa"), Ordering::Less);
        assert_eq!(Order::Encoded.compare("a", "aaaaaaaaaa"), Ordering::Less);
        assert_eq!(Order::Encoded.compare("ab", "aa"), Ordering::Greater);
    }

    #[test]
    fn the_text_order_is_that_of_utf_16() {
        assert_eq!(Order::Text.compare("b", "aa"), Ordering::Greater);
        // Above the basic plane, written with surrogates that sort before U+FFFF.
        assert_eq!(Order::Text.compare("\u{10000}", "\u{ffff}"), Ordering::Less);
    }
}
