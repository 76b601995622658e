//! Where one message ends in a stream that may be cut anywhere.
use alloc::vec::Vec;
use core::ops::Range;

use crate::fault::Fault;
use crate::io::Framing;

/// Gathers what was received until a message is whole.
pub(crate) struct Framer {
    framing: Framing,
    kept: Vec<u8>,
    /// Up to where it has been given out.
    start: usize,
    scan: Scan,
}

/// How far into a raw record we are.
#[derive(Clone, Copy, Default)]
struct Scan {
    /// Bytes of the record that were looked at, or need not be: it may lie beyond what was received.
    at: usize,
    depth: usize,
    /// The digits that stand before here: of an integer, or of a length.
    number: usize,
}

/// Limit: a length has at most as many digits; a message has one MiB.
const DIGITS_MAX: usize = 7;

impl Framer {
    pub fn new(framing: Framing) -> Framer {
        Framer { framing, kept: Vec::new(), start: 0, scan: Scan::default() }
    }

    /// How messages are told apart on this connection, if that is known by now.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    pub fn push(&mut self, bytes: &[u8]) {
        if self.start == self.kept.len() {
            self.kept.clear();
        } else {
            self.kept.drain(..self.start);
        }
        self.start = 0;
        self.kept.extend_from_slice(bytes);
    }

    pub fn frame(&self, range: Range<usize>) -> &[u8] {
        &self.kept[range]
    }

    /// The next whole message, or none yet. Nothing longer than `limit` is waited for.
    pub fn next(&mut self, limit: usize) -> Result<Option<Range<usize>>, Fault> {
        let Some(&first) = self.kept.get(self.start) else { return Ok(None) };
        if self.framing == Framing::Either {
            self.framing = match first {
                b'<' => Framing::Raw,
                b'0'..=b'9' => Framing::Length,
                _ => return Err(Fault::NotSyrup),
            };
        }
        let found = match self.framing {
            Framing::Raw => self.record(limit)?,
            Framing::Length | Framing::Either => self.prefixed(limit)?,
            Framing::Message if self.kept.len() > limit => return Err(Fault::TooLong),
            Framing::Message => Some(self.start..self.kept.len()),
        };
        if let Some(range) = &found {
            self.start = range.end;
        }
        Ok(found)
    }

    fn prefixed(&self, limit: usize) -> Result<Option<Range<usize>>, Fault> {
        let rest = &self.kept[self.start..];
        let mut length = 0;
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                b'0'..=b'9' if at < DIGITS_MAX && !(at == 1 && rest[0] == b'0') => length = length * 10 + usize::from(byte - b'0'),
                b':' if at > 0 => {
                    let begin = self.start + at + 1;
                    return if length > limit {
                        Err(Fault::TooLong)
                    } else if self.kept.len() - begin < length {
                        Ok(None)
                    } else {
                        Ok(Some(begin..begin + length))
                    };
                }
                _ => return Err(Fault::NotSyrup),
            }
        }
        if length > limit { Err(Fault::TooLong) } else { Ok(None) }
    }

    /// Looks at each byte once, however often the record is cut. Whether it is Syrup is for the reader to say.
    fn record(&mut self, limit: usize) -> Result<Option<Range<usize>>, Fault> {
        let rest = &self.kept[self.start..];
        let mut scan = self.scan;
        while let Some(&byte) = rest.get(scan.at) {
            scan.at += 1;
            let skipped = match byte {
                b'0'..=b'9' => {
                    scan.number = scan.number.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
                    continue;
                }
                b':' | b'"' | b'\'' => scan.number,
                b'D' => 8,
                _ => 0,
            };
            scan.number = 0;
            match byte {
                b'<' | b'[' | b'{' | b'#' => scan.depth += 1,
                b'>' | b']' | b'}' | b'$' if scan.depth > 0 => scan.depth -= 1,
                b't' | b'f' | b'+' | b'-' | b':' | b'"' | b'\'' | b'D' if scan.depth > 0 => {}
                _ => return Err(Fault::NotSyrup),
            }
            scan.at = scan.at.saturating_add(skipped);
            if scan.at > limit {
                return Err(Fault::TooLong);
            }
            if scan.depth == 0 {
                self.scan = Scan::default();
                return Ok(Some(self.start..self.start + scan.at));
            }
        }
        if scan.at > limit {
            return Err(Fault::TooLong);
        }
        self.scan = scan;
        Ok(None)
    }
}

/// Appends a message as this framing has it.
pub(crate) fn frame_to(framing: Framing, message: &[u8], to: &mut Vec<u8>) {
    match framing {
        Framing::Raw | Framing::Message => to.extend_from_slice(message),
        Framing::Length | Framing::Either => peerd_syrup::Writer(to).bytes(message),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// Feeds `bytes` in pieces of `size`; what came out, or the fault.
    fn frames(framing: Framing, bytes: &[u8], size: usize, limit: usize) -> Result<Vec<Vec<u8>>, Fault> {
        let mut framer = Framer::new(framing);
        let mut whole = Vec::new();
        for piece in bytes.chunks(size) {
            framer.push(piece);
            while let Some(range) = framer.next(limit)? {
                whole.push(framer.frame(range).to_vec());
            }
        }
        Ok(whole)
    }

    const ONE: &[u8] = b"<2'ab[1+12:]>]>]>]>]>]>D\0\0\0\0\0\0\0\0]{1\"a1-}>";
    const TWO: &[u8] = b"<2'cd>";

    #[test]
    fn messages_are_the_same_wherever_the_stream_is_cut() {
        let raw = [ONE, TWO, ONE].concat();
        let mut prefixed = Vec::new();
        [ONE, TWO, ONE].iter().for_each(|message| frame_to(Framing::Length, message, &mut prefixed));
        for size in 1..=raw.len() {
            for (framing, bytes) in
                [(Framing::Raw, &raw), (Framing::Either, &raw), (Framing::Length, &prefixed), (Framing::Either, &prefixed)]
            {
                assert_eq!(frames(framing, bytes, size, 100), Ok(vec![ONE.to_vec(), TWO.to_vec(), ONE.to_vec()]), "{framing:?} {size}");
            }
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_its_bytes_come() {
        assert_eq!(frames(Framing::Length, b"101:", 4, 100), Err(Fault::TooLong));
        assert_eq!(frames(Framing::Raw, b"<101:", 5, 100), Err(Fault::TooLong));
        assert_eq!(frames(Framing::Length, b"99999999", 8, 1 << 20), Err(Fault::NotSyrup));
        assert_eq!(frames(Framing::Raw, &[b"<".as_slice(), &[b'9'; 200]].concat(), 7, 100), Err(Fault::TooLong));
        assert_eq!(frames(Framing::Message, &[b't'; 101], 101, 100), Err(Fault::TooLong));
    }

    #[test]
    fn what_begins_like_no_message_is_refused() {
        for (framing, bytes) in [
            (Framing::Raw, b"1:a".as_slice()),
            (Framing::Raw, b"t"),
            (Framing::Length, b"<"),
            (Framing::Length, b":"),
            (Framing::Either, b"x"),
            (Framing::Length, b"01:a"),
            (Framing::Raw, b"<x"),
        ] {
            assert_eq!(frames(framing, bytes, 9, 100), Err(Fault::NotSyrup), "{framing:?} {bytes:?}");
        }
    }
}
