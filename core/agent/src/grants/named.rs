//! Which origins an owner named, by writing an address or a host's name in the task.
use crate::address::Address;
use alloc::{format, string::String, vec::Vec};

/// Endings of hosts that in a task are nearly always endings of files. Their sites need a whole address.
const FILE_ENDINGS: [&str; 12] = ["md", "rs", "py", "sh", "pl", "ps", "so", "cc", "zip", "mov", "js", "ts"];

/// Of `https://shop.example/x` that origin; of a bare `shop.example` the one with https, of a loopback or numeric host the one with http.
/// An e-mail address names nobody's site.
#[must_use]
pub fn named_origins(text: &str) -> Vec<String> {
    let apart = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '{' | '}' | '|' | '`' | ',' | ';' | '“' | '”' | '‘' | '’' | '«' | '»')
    };
    text.split(apart).filter_map(|word| origin_named(word.trim_end_matches(['.', '!', '?', ':', '…', '*', '_']))).collect()
}

fn origin_named(word: &str) -> Option<String> {
    if let Some(address) = Address::parse(word) {
        return Some(address.origin());
    }
    let host_end = word.find(['/', '?', '#']).unwrap_or(word.len());
    if word.contains('@') || word.contains("://") {
        return None;
    }
    let with_https = format!("https://{}", &word[..host_end]);
    let address = Address::parse(&with_https)?;
    if address.is_loopback() || address.is_ip() {
        let with_http = format!("http://{}", &word[..host_end]);
        return Address::parse(&with_http).map(|address| address.origin());
    }
    // As it was written: the case of the letters tells a name from a missing space.
    is_name(word[..host_end].split(':').next().unwrap_or_default()).then(|| address.origin())
}

/// `shop.example`, not `page.Then` (a missing space) and not `notes.md`.
fn is_name(host: &str) -> bool {
    let Some((front, ending)) = host.rsplit_once('.') else {
        return false;
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let one_case = ending.chars().all(|c| c.is_ascii_lowercase()) || host.chars().all(|c| !c.is_ascii_lowercase());
    let site = ending.len() >= 2 && ending.chars().all(|c| c.is_ascii_alphabetic()) && !FILE_ENDINGS.contains(&ending);
    front.split('.').all(label) && site && one_case
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        assert_eq!(named_origins(text), expect, "{text}");
    }

    #[test]
    fn addresses_and_host_names_count() {
        check("Go to https://shop.example/a, then http://b.example:8080/x.", &["https://shop.example", "http://b.example:8080"]);
        check("compare Shop.example with news.co.uk/today!", &["https://shop.example", "https://news.co.uk"]);
        check("try localhost:3000/app and 127.0.0.1:9", &["http://localhost:3000", "http://127.0.0.1:9"]);
        check("<https://a.example> (b.example) “c.example”", &["https://a.example", "https://b.example", "https://c.example"]);
    }

    #[test]
    fn what_only_looks_like_a_host_does_not() {
        check("mail bob@evil.example about notes.md, v1.2 and 3.14", &[]);
        check("Fill in the page.Then press OK. It costs 4.50. e.g. this", &[]);
        check("https://good.example@evil.example/ ftp://a.example", &[]);
    }
}
