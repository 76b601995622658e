//! Bytes as tokens, borrowed; refuses what is not canonical or is beyond a limit.
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::writer::NAN;
use crate::{Integer, Order};

/// What a reader gives up at. The bytes themselves are bounded by whoever gathers them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Containers within each other.
    pub depth_max: usize,
    /// Tokens of one message, closing ones not counted.
    pub nodes_max: usize,
    /// Digits of an integer.
    pub digits_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth_max: 64, nodes_max: 100_000, digits_max: 4_096 }
    }
}

/// Why bytes are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// They end before the value does.
    Short,
    /// No token begins like this.
    Byte,
    /// A length or an integer with a leading zero, a negative zero, more digits than the limit, or nothing to end them.
    Number,
    /// A float that is a NaN, but not the only one allowed.
    Nan,
    /// A string or a symbol that is not UTF-8.
    Utf8,
    /// A bracket that closes nothing, or something else than was opened; a record without a label; a key without a value.
    Bracket,
    /// Keys of a struct repeated, or sorted in neither of the known orders.
    Keys,
    /// More containers within each other than the limit.
    Deep,
    /// More tokens than the limit.
    Long,
    /// Something behind the value.
    Trailing,
}

/// One step of a value. Between `Open` and `Close` stand the parts: items, keys and values in turn, or a record's label and fields.
#[derive(Clone, PartialEq, Debug)]
pub enum Token<'a> {
    Bool(bool),
    Integer(Integer),
    Float(f64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Symbol(&'a str),
    OpenList,
    CloseList,
    OpenStruct,
    CloseStruct,
    OpenRecord,
    CloseRecord,
    /// Not of OCapN: Goblins writes them.
    OpenSet,
    CloseSet,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    List,
    Struct,
    Record,
    Set,
}

/// A container that is open.
struct Open {
    kind: Kind,
    /// How many parts it has so far.
    parts: usize,
    /// Of a struct: where its last key stands, and which orders its keys still fit.
    key: (usize, usize),
    encoded: bool,
    text: bool,
}

/// Reads one value.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
    limits: Limits,
    open: Vec<Open>,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], limits: Limits) -> Reader<'a> {
        Reader { bytes, at: 0, nodes: 0, limits, open: Vec::with_capacity(8) }
    }

    /// Where the next token begins.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The bytes read since `start`, as they came: what a signature is checked over.
    pub fn since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.at]
    }

    /// How many containers are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether the next token closes a container.
    pub fn at_close(&self) -> bool {
        matches!(self.bytes.get(self.at), Some(b']' | b'}' | b'>' | b'$'))
    }

    /// The value has been read; nothing may follow.
    pub fn finish(self) -> Result<(), Malformed> {
        match (self.open.is_empty(), self.at == self.bytes.len()) {
            (true, true) if self.nodes > 0 => Ok(()),
            (true, false) => Err(Malformed::Trailing),
            _ => Err(Malformed::Short),
        }
    }

    /// The next token.
    pub fn token(&mut self) -> Result<Token<'a>, Malformed> {
        let start = self.at;
        let byte = *self.bytes.get(start).ok_or(Malformed::Short)?;
        self.at += 1;
        if let b']' | b'}' | b'>' | b'$' = byte {
            return self.close(byte);
        }
        self.nodes += 1;
        if self.nodes > self.limits.nodes_max {
            return Err(Malformed::Long);
        }
        let token = match byte {
            b't' => Token::Bool(true),
            b'f' => Token::Bool(false),
            b'D' => self.float()?,
            b'0'..=b'9' => self.sized(start)?,
            b'[' => self.opened(Kind::List, Token::OpenList)?,
            b'{' => self.opened(Kind::Struct, Token::OpenStruct)?,
            b'<' => self.opened(Kind::Record, Token::OpenRecord)?,
            b'#' => self.opened(Kind::Set, Token::OpenSet)?,
            _ => return Err(Malformed::Byte),
        };
        if !matches!(token, Token::OpenList | Token::OpenStruct | Token::OpenRecord | Token::OpenSet) {
            self.part(start, &token)?;
        }
        Ok(token)
    }

    fn opened(&mut self, kind: Kind, token: Token<'a>) -> Result<Token<'a>, Malformed> {
        if self.open.len() >= self.limits.depth_max {
            return Err(Malformed::Deep);
        }
        if self.at_key() {
            return Err(Malformed::Keys);
        }
        if let Some(outer) = self.open.last_mut() {
            if outer.kind == Kind::Record && outer.parts == 0 {
                return Err(Malformed::Bracket);
            }
            outer.parts += 1;
        }
        self.open.push(Open { kind, parts: 0, key: (0, 0), encoded: true, text: true });
        Ok(token)
    }

    fn close(&mut self, byte: u8) -> Result<Token<'a>, Malformed> {
        let open = self.open.pop().ok_or(Malformed::Bracket)?;
        match (byte, open.kind) {
            (b']', Kind::List) => Ok(Token::CloseList),
            (b'}', Kind::Struct) if open.parts.is_multiple_of(2) => Ok(Token::CloseStruct),
            (b'>', Kind::Record) if open.parts > 0 => Ok(Token::CloseRecord),
            (b'$', Kind::Set) => Ok(Token::CloseSet),
            _ => Err(Malformed::Bracket),
        }
    }

    fn at_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.kind == Kind::Struct && open.parts.is_multiple_of(2))
    }

    /// An atom became a part of the innermost container; as a key it must sort behind the one before.
    fn part(&mut self, start: usize, token: &Token<'a>) -> Result<(), Malformed> {
        let at_key = self.at_key();
        let (bytes, end) = (self.bytes, self.at);
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        if at_key {
            if open.parts > 0 {
                let (before, here) = (&bytes[open.key.0..open.key.1], &bytes[start..end]);
                open.encoded &= before < here;
                open.text &= match (text_of(before), token) {
                    (Some(before), Token::Text(here)) => Order::Text.compare(before, here) == Ordering::Less,
                    _ => false,
                };
                if !open.encoded && !open.text {
                    return Err(Malformed::Keys);
                }
            }
            open.key = (start, end);
        }
        open.parts += 1;
        Ok(())
    }

    fn float(&mut self) -> Result<Token<'a>, Malformed> {
        let (raw, _) = self.bytes[self.at..].split_first_chunk::<8>().ok_or(Malformed::Short)?;
        self.at += 8;
        let value = f64::from_bits(u64::from_be_bytes(*raw));
        if value.is_nan() && value.to_bits() != NAN { Err(Malformed::Nan) } else { Ok(Token::Float(value)) }
    }

    /// What begins with digits: an integer, or a length and that many bytes.
    fn sized(&mut self, start: usize) -> Result<Token<'a>, Malformed> {
        let rest = &self.bytes[start..];
        let (mut count, mut number) = (0, 0_u64);
        let kind = loop {
            match *rest.get(count).ok_or(Malformed::Short)? {
                digit @ b'0'..=b'9' => number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')),
                kind => break kind,
            }
            count += 1;
            if count > self.limits.digits_max.max(DIGITS_OF_LENGTH_MAX) {
                return Err(Malformed::Number);
            }
        };
        self.at = start + count + 1;
        if count > 1 && rest[0] == b'0' {
            return Err(Malformed::Number);
        }
        if let b'+' | b'-' = kind {
            return self.integer(&rest[..count], number, kind == b'-').map(Token::Integer);
        }
        if count > DIGITS_OF_LENGTH_MAX {
            return Err(Malformed::Number);
        }
        let length = number as usize;
        let content = self.bytes[self.at..].get(..length).ok_or(Malformed::Short)?;
        self.at += length;
        let text = || core::str::from_utf8(content).map_err(|_| Malformed::Utf8);
        match kind {
            b':' => Ok(Token::Bytes(content)),
            b'"' => Ok(Token::Text(text()?)),
            b'\'' => Ok(Token::Symbol(text()?)),
            _ => Err(Malformed::Byte),
        }
    }

    /// `number` is what the digits add up to, if they are few.
    fn integer(&self, digits: &[u8], number: u64, negative: bool) -> Result<Integer, Malformed> {
        match (digits.len(), number) {
            (0..=DIGITS_OF_SMALL_MAX, 0) if negative => Err(Malformed::Number),
            (0..=DIGITS_OF_SMALL_MAX, _) => Ok(Integer::from(if negative { -(number as i64) } else { number as i64 })),
            (count, _) if count > self.limits.digits_max => Err(Malformed::Number),
            _ => {
                let digits = core::str::from_utf8(digits).expect("digits are ASCII");
                Integer::from_digits(negative, digits).ok_or(Malformed::Number)
            }
        }
    }
}

/// Limit: an integer of so many digits is the number that they add up to.
const DIGITS_OF_SMALL_MAX: usize = 18;

/// Limit: a length has at most as many digits; a message has one MiB.
const DIGITS_OF_LENGTH_MAX: usize = 7;

/// The text of an encoded string.
fn text_of(encoded: &[u8]) -> Option<&str> {
    let quote = encoded.iter().position(|byte| !byte.is_ascii_digit())?;
    let (kind, text) = encoded[quote..].split_first()?;
    if *kind == b'"' { core::str::from_utf8(text).ok() } else { None }
}
