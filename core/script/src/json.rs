//! What JavaScript actors say to each other, for everybody else.
use alloc::{string::String, vec::Vec};

use peerd_actor::{Addr, Message, Reader, Writer};

/// A value as JSON, in which `{"$ref": n}` stands for the n-th of its refs. A message is `["handler"]` or `["handler", value]`; arguments and
/// answers are any value; an empty text is `undefined`.
///
/// As bytes: the text with its length, u32, before it, then how many refs there are, u32. The same as a `String` and a list of addresses.
#[derive(Clone, Debug, Default)]
pub struct Json {
    pub text: String,
    pub refs: Vec<Addr<Json>>,
}

impl Json {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Json {
        Json { text: text.into(), refs: Vec::new() }
    }

    /// For whoever has refs that are no addresses, and passes them beside the bytes.
    #[must_use]
    pub fn bytes(text: &str, refs: usize) -> Vec<u8> {
        [&(text.len() as u32).to_le_bytes(), text.as_bytes(), &(refs as u32).to_le_bytes()].concat()
    }

    /// The text of such bytes.
    #[must_use]
    pub fn text_of(bytes: &[u8]) -> Option<&str> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        core::str::from_utf8(text).ok().filter(|_| rest.len() == 4)
    }
}

impl Message for Json {
    fn put(&self, to: &mut Writer<'_>) {
        self.text.put(to);
        self.refs.put(to);
    }

    fn get(from: &mut Reader<'_>) -> Option<Json> {
        Some(Json { text: Message::get(from)?, refs: Message::get(from)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_laid_out_as_a_text_and_a_list_of_addresses() {
        let (mut bytes, mut refs) = (Vec::new(), Vec::new());
        Json::new(r#"["add",1]"#).put(&mut Writer::new(&mut bytes, &mut refs));
        assert_eq!(bytes, Json::bytes(r#"["add",1]"#, 0));
        assert_eq!(Json::text_of(&bytes), Some(r#"["add",1]"#));
        assert_eq!(Json::text_of(&bytes[..bytes.len() - 1]), None);
        assert!(refs.is_empty());
    }
}
