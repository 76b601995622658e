//! Pictures that cells show, as far as a model may see them: a provider refuses the whole request for one that it can't read.
use super::cell::joined;
use alloc::string::String;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// Limit: bytes of one; it stays in the chat until the model has seen it.
const BYTES_MAX: usize = 1 << 20;
/// Limit: of width and height, in pixels. Anthropic refuses larger ones.
const SIDE_MAX: usize = 8_000;

/// Of an output's bundle, if there is one: type and base64, or `Err` when it is not what its type says, or too large.
pub fn of(output: &Value) -> Option<Result<(&'static str, String), ()>> {
    let (mime, text) = ["image/png", "image/jpeg"].into_iter().find_map(|mime| Some((mime, output["data"].get(mime)?)))?;
    // Jupyter breaks it into lines.
    let text: String = joined(text).split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() <= BYTES_MAX);
    let fits = |side: usize| (1..=SIDE_MAX).contains(&side);
    let bytes = bytes.filter(|bytes| size(mime, bytes).is_some_and(|(width, height)| fits(width) && fits(height)));
    Some(bytes.map(|bytes| (mime, STANDARD.encode(bytes))).ok_or(()))
}

/// Its width and height, from where its format has them.
fn size(mime: &str, bytes: &[u8]) -> Option<(usize, usize)> {
    if mime == "image/png" { png(bytes) } else { jpeg(bytes) }
}

/// PNG (third edition), 5.2 and 11.2.1: the signature, then IHDR.
fn png(bytes: &[u8]) -> Option<(usize, usize)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?) as usize);
    Some((side(0)?, side(4)?))
}

/// ITU T.81, B.2.2: segments up to the one that begins a frame.
fn jpeg(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    let pair = |bytes: &[u8], at: usize| Some(usize::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)));
    loop {
        rest = rest.strip_prefix(b"\xff")?;
        match *rest.first()? {
            // Any number of these may stand before a marker.
            0xff => {}
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Some((pair(rest, 6)?, pair(rest, 4)?)),
            _ => rest = rest.get(1 + pair(rest, 1)?..)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec::Vec};
    use serde_json::json;

    fn check(mime: &str, bytes: &[u8]) -> bool {
        let output = json!({"data": {mime: STANDARD.encode(bytes)}});
        let came = of(&output).expect("there is one");
        assert!(came.as_ref().is_ok_and(|(known, data)| *known == mime && *data == STANDARD.encode(bytes)) || came.is_err());
        came.is_ok()
    }

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x06\0\0\0"].concat()
    }

    #[test]
    fn a_picture_is_what_its_type_says_and_no_larger_than_a_provider_takes() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x04JF\xff\xff\xc0\0\x0b\x08\0\x10\0\x20\x01\x01\x11\0";
        assert!(check("image/png", &png_of(3, 8_000)) && check("image/jpeg", jpeg));
        for (mime, bytes) in [
            ("image/png", &b"x"[..]),
            ("image/png", b""),
            ("image/png", jpeg),
            ("image/png", &png_of(8_001, 1)),
            ("image/png", &png_of(0, 1)),
            ("image/png", &png_of(1, 1)[..18]),
            ("image/png", &[png_of(1, 1), [0].repeat(BYTES_MAX)].concat()),
            ("image/jpeg", &png_of(1, 1)),
            ("image/jpeg", b"\xff\xd8\xff\xe0\xff\xff"),
            ("image/jpeg", b"\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\0\x20"),
        ] {
            assert!(!check(mime, bytes), "{mime} {:?}", &bytes[..bytes.len().min(30)]);
        }
        assert_eq!(of(&json!({"data": {"image/png": "no base64"}})), Some(Err(())));
        assert_eq!(of(&json!({"data": {"text/plain": "x"}})), None);
    }

    #[test]
    fn a_picture_in_lines_is_one() {
        let text = STANDARD.encode(png_of(1, 1));
        let (first, second) = text.split_at(20);
        for written in [json!(format!("{first}\n{second}\n")), json!([format!("{first}\n"), second])] {
            assert_eq!(of(&json!({"data": {"image/png": written}})), Some(Ok(("image/png", text.clone()))));
        }
    }
}
