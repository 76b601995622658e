//! Path patterns: what of a URL's path is the same for the next order, the next user, the next day.
use alloc::{string::String, vec::Vec};

/// Runs of digits and long hexadecimal ids become `*`: `/order/4711/edit` is `/order/*/edit`.
#[must_use]
pub fn generalise(path: &str) -> String {
    let segments: Vec<String> = path.split('/').map(segment).collect();
    segments.join("/")
}

fn segment(segment: &str) -> String {
    let mut out = String::new();
    for part in segment.split_inclusive(['-', '_', '.']) {
        let (word, mark) = match part.strip_suffix(['-', '_', '.']) {
            Some(word) => (word, &part[word.len()..]),
            None => (part, ""),
        };
        if is_id(word) {
            // `3f2a-11e9-..`: one star for a whole id.
            if !out.ends_with("*-") {
                out.push('*');
            } else {
                out.pop();
            }
        } else {
            digits_starred(word, &mut out);
        }
        out.push_str(mark);
    }
    out
}

fn is_id(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let hex = word.bytes().all(|b| b.is_ascii_hexdigit());
    digits > 0
        && (digits == word.len() || (hex && word.len() >= 4) || (word.len() >= 16 && word.bytes().all(|b| b.is_ascii_alphanumeric())))
}

fn digits_starred(word: &str, out: &mut String) {
    let mut in_number = false;
    for c in word.chars() {
        match (c.is_ascii_digit(), in_number) {
            (true, false) => out.push('*'),
            (true, true) => {}
            (false, _) => out.push(c),
        }
        in_number = c.is_ascii_digit();
    }
}

/// `*` stands for one or more characters of one segment. An empty pattern matches everything.
#[must_use]
pub fn matches(pattern: &str, path: &str) -> bool {
    if pattern.is_empty() {
        return true;
    }
    let (wanted, given): (Vec<&str>, Vec<&str>) = (trim(pattern).split('/').collect(), trim(path).split('/').collect());
    wanted.len() == given.len() && wanted.iter().zip(given).all(|(wanted, given)| segment_matches(wanted, given))
}

/// `/cart/` and `/cart` are one page on nearly every site.
fn trim(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

fn segment_matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.into_iter().any(|end| segment_matches(rest, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_generalised_and_words_are_not() {
        let table = [
            ("/shop/item/42", "/shop/item/*"),
            ("/shop/item-42/edit", "/shop/item-*/edit"),
            ("/step2.html", "/step*.html"),
            ("/u/3f2a11e9-77aa-41b0-9c1d-0123456789ab/inbox", "/u/*/inbox"),
            ("/cart", "/cart"),
            ("/", "/"),
            ("/face/added", "/face/added"),
        ];
        for (path, pattern) in table {
            assert_eq!(generalise(path), pattern, "{path}");
            assert!(matches(pattern, path), "{pattern} takes {path}");
        }
    }

    #[test]
    fn a_star_stays_in_its_segment_and_is_never_empty() {
        assert!(matches("/item/*", "/item/7"));
        assert!(matches("/item/*/", "/item/a-b"));
        assert!(matches("/step*.html", "/step31.html"));
        assert!(matches("", "/anything"));
        for path in ["/item", "/item/", "/item/7/8", "/items/7"] {
            assert!(!matches("/item/*", path), "{path}");
        }
    }
}
