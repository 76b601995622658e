//! One record as one line.
use peerd_native::{Letter, Told, What};
use std::fmt::Write as _;

/// Limit: bytes of a value on a line.
const SHOWN: usize = 24;

pub fn line(told: &Told) -> String {
    let mut line = format!("{:>8}  {:<12} {:<24}", told.bookmark.position.0, told.time.map(clock).unwrap_or_default(), name(told));
    let _ = write!(line, " = {}", what(&told.what));
    if let Some(Letter { body, .. }) = &told.handled {
        let _ = write!(line, " < {}", shown(body));
    }
    let _ = write!(line, " = {}", shown(&told.state));
    for (key, value) in &told.map {
        let _ = write!(line, " [{}] = {}", shown(key), value.as_deref().map_or_else(|| "none".into(), shown));
    }
    for Letter { peer, body } in &told.sent {
        let _ = write!(line, " > {peer}: {}", shown(body));
    }
    line
}

pub fn name(told: &Told) -> String {
    let label = if told.label.is_empty() { told.actor.to_string() } else { told.label.clone() };
    format!("{label} ({}) {}", told.behaviour, told.life)
}

pub fn what(what: &What) -> String {
    match what {
        What::Born => "born".into(),
        What::Turn => "turn".into(),
        What::Admitted => "admitted".into(),
        What::Failed(why) => format!("failed: {why}"),
        What::Ended(why) => format!("ended: {why}"),
        What::Restored(to) => format!("restored as of {}", to.0),
        What::Upgraded => "upgraded".into(),
        What::Forgotten => "forgotten".into(),
    }
}

/// Of the day, in UTC.
pub fn clock(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000 % 24, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", ms % 1_000)
}

/// As text where most of it is, with dots for the rest; as hexadecimal digits where not.
fn shown(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(SHOWN)];
    let is_plain = |byte: &u8| (0x20..0x7f).contains(byte);
    let mut text = if head.iter().filter(|byte| is_plain(byte)).count() * 2 > head.len() {
        let letters: String = head.iter().map(|byte| if is_plain(byte) { char::from(*byte) } else { '.' }).collect();
        format!("\"{letters}\"")
    } else {
        head.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    match bytes.len() {
        0 => text.push_str("nothing"),
        length if length > SHOWN => {
            let _ = write!(text, ".. {length} B");
        }
        _ => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_text_and_the_rest_as_digits() {
        assert_eq!((shown(b"\x03tea"), shown(&[0, 255]), shown(b"")), ("\".tea\"".into(), "00ff".into(), "nothing".into()));
        assert_eq!(shown(&[b'x'; 30]), format!("\"{}\".. 30 B", "x".repeat(24)));
        assert_eq!(clock(86_400_000 + 3_723_004), "01:02:03.004");
    }
}
