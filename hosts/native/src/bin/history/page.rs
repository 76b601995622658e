//! The same as a page that needs nothing but itself: records as data, and what draws them.
use crate::line::{clock, what};
use peerd_native::Told;
use std::fmt::Write as _;

const PAGE: &str = include_str!("page.html");
/// Where the page has its data.
const HERE: &str = "/*records*/";
/// Limit: bytes of a value on the page.
const SHOWN: usize = 4_096;

pub fn page<'a>(folder: &str, records: impl Iterator<Item = &'a Told>) -> String {
    let mut data = format!("{{\"folder\":{},\"records\":[", text(folder));
    for (n, told) in records.enumerate() {
        if n > 0 {
            data.push(',');
        }
        record(&mut data, told);
    }
    data.push_str("]}");
    PAGE.replacen(HERE, &data, 1)
}

fn record(to: &mut String, told: &Told) {
    let Told { bookmark, actor, label, behaviour, life, time, handled, state, map, sent, .. } = told;
    let letter = |peer: &u64, body: &[u8]| format!("{{\"peer\":\"{peer}\",\"body\":{}}}", bytes(body));
    let handled = handled.as_ref().map_or_else(|| "null".into(), |handled| letter(&handled.peer, &handled.body));
    let value = |value: &Option<Vec<u8>>| value.as_ref().map_or_else(|| "null".into(), |value| bytes(value));
    let map: Vec<String> = map.iter().map(|(key, changed)| format!("[{},{}]", bytes(key), value(changed))).collect();
    let sent: Vec<String> = sent.iter().map(|sent| letter(&sent.peer, &sent.body)).collect();
    let _ = write!(
        to,
        "{{\"position\":{},\"bookmark\":\"{bookmark}\",\"actor\":\"{actor}\",\"label\":{},\"behaviour\":{},\"life\":{life},\"time\":\"{}\",\
         \"what\":{},\"handled\":{handled},\"state\":{},\"map\":[{}],\"sent\":[{}]}}",
        bookmark.position.0,
        text(label),
        text(behaviour),
        time.map(clock).unwrap_or_default(),
        text(&what(&told.what)),
        bytes(state),
        map.join(","),
        sent.join(",")
    );
}

/// Length, and the first bytes as digits.
fn bytes(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len().min(SHOWN) * 2);
    for byte in bytes.iter().take(SHOWN) {
        let _ = write!(digits, "{byte:02x}");
    }
    format!("[{},\"{digits}\"]", bytes.len())
}

/// A JSON string that can stand in a page: what could end the script is spelled out.
fn text(plain: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in plain.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '<' | '>' | '&' | '\u{0}'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_can_end_the_script_it_stands_in() {
        assert_eq!(text("</script>\"\\\n"), "\"\\u003c/script\\u003e\\\"\\\\\\u000a\"");
        assert_eq!(bytes(&[7; 5_000]).len(), SHOWN * 2 + 9);
        assert_eq!(PAGE.matches(HERE).count(), 1);
    }
}
