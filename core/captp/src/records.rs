//! Reading records of a known shape, field by field.
use peerd_syrup::{Reader, Token};

use crate::fault::Fault;
use crate::keys::Id;

pub(crate) type Read<T> = Result<T, Fault>;

pub(crate) fn open<'a>(reader: &mut Reader<'a>) -> Read<&'a str> {
    match reader.token()? {
        Token::OpenRecord => label(reader),
        _ => Err(Fault::Shape("a record was expected")),
    }
}

/// The label of a record that is open.
pub(crate) fn label<'a>(reader: &mut Reader<'a>) -> Read<&'a str> {
    symbol(reader)
}

pub(crate) fn expect_record(reader: &mut Reader<'_>, name: &str) -> Read<()> {
    if open(reader)? == name { Ok(()) } else { Err(Fault::Shape("a record with another label")) }
}

pub(crate) fn close(reader: &mut Reader<'_>) -> Read<()> {
    match reader.token()? {
        Token::CloseRecord => Ok(()),
        _ => Err(Fault::Shape("a record with too many fields")),
    }
}

pub(crate) fn open_list(reader: &mut Reader<'_>) -> Read<()> {
    match reader.token()? {
        Token::OpenList => Ok(()),
        _ => Err(Fault::Shape("a list was expected")),
    }
}

pub(crate) fn close_list(reader: &mut Reader<'_>) -> Read<()> {
    match reader.token()? {
        Token::CloseList => Ok(()),
        _ => Err(Fault::Shape("a list with too many items")),
    }
}

pub(crate) fn text<'a>(reader: &mut Reader<'a>) -> Read<&'a str> {
    match reader.token()? {
        Token::Text(text) => Ok(text),
        _ => Err(Fault::Shape("a string was expected")),
    }
}

pub(crate) fn symbol<'a>(reader: &mut Reader<'a>) -> Read<&'a str> {
    match reader.token()? {
        Token::Symbol(text) => Ok(text),
        _ => Err(Fault::Shape("a symbol was expected")),
    }
}

pub(crate) fn expect_symbol(reader: &mut Reader<'_>, name: &str) -> Read<()> {
    if symbol(reader)? == name { Ok(()) } else { Err(Fault::Shape("another symbol was expected")) }
}

pub(crate) fn bytes<'a>(reader: &mut Reader<'a>) -> Read<&'a [u8]> {
    match reader.token()? {
        Token::Bytes(bytes) => Ok(bytes),
        _ => Err(Fault::Shape("bytes were expected")),
    }
}

pub(crate) fn id(reader: &mut Reader<'_>) -> Read<Id> {
    bytes(reader)?.try_into().map_err(|_| Fault::Shape("32 bytes were expected"))
}

pub(crate) fn boolean(reader: &mut Reader<'_>) -> Read<bool> {
    match reader.token()? {
        Token::Bool(value) => Ok(value),
        _ => Err(Fault::Shape("a boolean was expected")),
    }
}

/// Limit: a position, a delta, a count is below 2^63.
pub(crate) fn position(reader: &mut Reader<'_>) -> Read<u64> {
    match reader.token()? {
        Token::Integer(number) => {
            number.to_i64().and_then(|number| u64::try_from(number).ok()).ok_or(Fault::Shape("a position that is negative or too large"))
        }
        _ => Err(Fault::Shape("a position was expected")),
    }
}

/// A position, or `f` for none.
pub(crate) fn position_or_false(reader: &mut Reader<'_>) -> Read<Option<u64>> {
    match reader.token()? {
        Token::Bool(false) => Ok(None),
        Token::Integer(number) => number
            .to_i64()
            .and_then(|number| u64::try_from(number).ok())
            .map(Some)
            .ok_or(Fault::Shape("a position that is negative or too large")),
        _ => Err(Fault::Shape("a position or false was expected")),
    }
}
