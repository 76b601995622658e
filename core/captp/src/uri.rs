//! Locators as people pass them on: `ocapn://DESIGNATOR.TRANSPORT[/s/SWISS][?hint=value&..]`, and the alphabets that they are made of.
use alloc::string::String;
use alloc::vec::Vec;

use peerd_syrup::Order;

use crate::location::Location;

/// RFC 4648, lower case, no padding: designators.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// RFC 4648, the alphabet for URLs, no padding: swiss numbers.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The location, and the swiss number if it is one of an object.
pub(crate) fn parse(text: &str) -> Option<(Location, Option<Vec<u8>>)> {
    let rest = text.strip_prefix("ocapn://")?;
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    let (authority, swiss) = match rest.split_once('/') {
        None => (rest, None),
        Some((authority, "")) => (authority, None),
        Some((authority, path)) => (authority, Some(from_base64(path.strip_prefix("s/")?)?)),
    };
    // The last dot: a designator may have some.
    let (designator, transport) = authority.rsplit_once('.')?;
    if designator.is_empty() || transport.is_empty() {
        return None;
    }
    let mut hints = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=')?;
        hints.push((decoded(key)?, decoded(value)?));
    }
    hints.sort_by(|(this, _), (that, _)| Order::Encoded.compare(this, that));
    if hints.windows(2).any(|two| two[0].0 == two[1].0) {
        return None;
    }
    Some((Location { transport: transport.into(), designator: decoded(designator)?, hints }, swiss))
}

pub(crate) fn print(location: &Location, swiss: Option<&[u8]>) -> String {
    let mut text = String::from("ocapn://");
    encode_to(&location.designator, &mut text);
    text.push('.');
    text.push_str(&location.transport);
    if let Some(swiss) = swiss {
        text.push_str("/s/");
        text.push_str(&to_base64(swiss));
    }
    for (at, (key, value)) in location.hints.iter().enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        encode_to(key, &mut text);
        text.push('=');
        encode_to(value, &mut text);
    }
    text
}

/// Percent, for all but the unreserved: Goblins splits at every `=`.
fn encode_to(text: &str, to: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(byte as char);
        } else {
            to.push('%');
            to.push(HEX[usize::from(byte >> 4)] as char);
            to.push(HEX[usize::from(byte & 15)] as char);
        }
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? << 4 | digit()?) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

pub(crate) fn to_base32(bytes: &[u8]) -> String {
    to_letters(bytes, BASE32, 5)
}

pub(crate) fn from_base32(text: &str) -> Option<Vec<u8>> {
    from_letters(text, BASE32, 5)
}

fn to_base64(bytes: &[u8]) -> String {
    to_letters(bytes, BASE64, 6)
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    from_letters(text, BASE64, 6)
}

fn to_letters(bytes: &[u8], alphabet: &[u8], width: u32) -> String {
    let (mut text, mut kept, mut bits) = (String::new(), 0_u32, 0);
    let mask = (1 << width) - 1;
    for byte in bytes {
        kept = (kept << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= width {
            bits -= width;
            text.push(alphabet[(kept >> bits & mask) as usize] as char);
        }
    }
    if bits > 0 {
        text.push(alphabet[(kept << (width - bits) & mask) as usize] as char);
    }
    text
}

/// Only what [`to_letters`] would have written: no padding, no bits left over.
fn from_letters(text: &str, alphabet: &[u8], width: u32) -> Option<Vec<u8>> {
    let (mut bytes, mut kept, mut bits) = (Vec::with_capacity(text.len()), 0_u32, 0);
    for letter in text.bytes() {
        let value = alphabet.iter().position(|known| *known == letter)?;
        kept = (kept << width | value as u32) & 0xffff;
        bits += width;
        if bits >= 8 {
            bits -= 8;
            bytes.push((kept >> bits) as u8);
        }
    }
    let left_over = kept & ((1 << bits) - 1);
    if bits >= width || left_over != 0 { None } else { Some(bytes) }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use crate::location::{Location, NotALocator, Sturdyref};

    use super::*;

    #[test]
    fn the_alphabets_are_those_of_the_rfc() {
        for (plain, base32, base64) in [
            ("", "", ""),
            ("f", "my", "Zg"),
            ("fo", "mzxq", "Zm8"),
            ("foo", "mzxw6", "Zm9v"),
            ("foob", "mzxw6yq", "Zm9vYg"),
            ("fooba", "mzxw6ytb", "Zm9vYmE"),
            ("foobar", "mzxw6ytboi", "Zm9vYmFy"),
        ] {
            assert_eq!((to_base32(plain.as_bytes()).as_str(), to_base64(plain.as_bytes()).as_str()), (base32, base64));
            assert_eq!(from_base32(base32).as_deref(), Some(plain.as_bytes()));
            assert_eq!(from_base64(base64).as_deref(), Some(plain.as_bytes()));
        }
        for wrong in ["m", "mz", "MY", "my======", "m1"] {
            assert_eq!(from_base32(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sturdyref_is_parsed_as_it_was_printed() {
        let location = Location::new("websocket", "ab.cd", &[("url", "ws://127.0.0.1:9/?a=b&c")]);
        let sturdyref = Sturdyref { location: location.clone(), swiss: b"\x00\xff\xfeswiss".to_vec() };
        let text = sturdyref.to_uri();
        assert_eq!(text, "ocapn://ab.cd.websocket/s/AP_-c3dpc3M?url=ws%3A%2F%2F127.0.0.1%3A9%2F%3Fa%3Db%26c");
        assert_eq!(Sturdyref::parse(&text), Ok(sturdyref));
        assert_eq!(Location::parse(&location.to_string()), Ok(location));
        assert!(!format!("{:?}", Sturdyref::parse(&text)).contains("AP_-"));
    }

    #[test]
    fn what_is_no_locator_is_refused() {
        for text in [
            "",
            "ocapn://",
            "http://a.b",
            "ocapn://a",
            "ocapn://.tcp",
            "ocapn://a.",
            "ocapn://a.b/x/AA",
            "ocapn://a.b/s/A",
            "ocapn://a.b?x",
            "ocapn://a.b?x=1&x=2",
            "ocapn://a.b?x=%f",
            "ocapn://a.b?x=%ff",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(Location::parse("ocapn://a.b/s/AAAA"), Err(NotALocator));
        assert_eq!(Sturdyref::parse("ocapn://a.b"), Err(NotALocator));
    }
}
