//! Keys and values that programs are made of, and how they are told.

/// Some are prefixes of others, and their order as bytes is not that of UTF-16 units.
pub const KEYS: [&str; 12] = ["a", "b", "k", "k/", "k/1", "k/10", "k/2", "kz", "é", "\u{ffff}", "😀", ""];

/// One is large enough to leave its page.
pub const VALUES: [&str; 8] = ["0", "1", "2", "x", "y", "zz", "*3000", "*60000"];

/// The bytes that a word for a value stands for.
pub fn value(word: &str) -> Vec<u8> {
    match word.strip_prefix('*').and_then(|length| length.parse().ok()) {
        Some(length) => vec![b'x'; length],
        None => word.as_bytes().to_vec(),
    }
}

pub fn told_value(value: &[u8]) -> String {
    if value.len() > 100 { format!("*{}", value.len()) } else { String::from_utf8_lossy(value).into_owned() }
}

pub fn told_entry(key: &[u8], value: &[u8]) -> String {
    let key = String::from_utf8_lossy(key);
    format!("{}={}", if key.is_empty() { "~" } else { &key }, told_value(value))
}
