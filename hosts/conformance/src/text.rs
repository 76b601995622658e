//! The little grammar that cases and scripts share: words, braces, patterns.

/// At `by`, outside brackets of any kind. Empty parts are left out.
#[must_use]
pub fn split(text: &str, by: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0i32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            letter if letter == by && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// `{a b}` is `a b`; anything else is itself.
#[must_use]
pub fn bare(word: &str) -> &str {
    word.strip_prefix('{').and_then(|word| word.strip_suffix('}')).unwrap_or(word)
}

/// `odd(x)` is `odd` and `x`; `plain` is `plain` and nothing.
#[must_use]
pub fn term(word: &str) -> (&str, &str) {
    word.strip_suffix(')').and_then(|word| word.split_once('(')).unwrap_or((word, ""))
}

/// Whether the line is what the pattern says; `*` stands for anything.
#[must_use]
pub fn matches(pattern: &str, line: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == line };
    let Some(line) = line.strip_prefix(head) else { return false };
    (0..=line.len()).filter(|at| line.is_char_boundary(*at)).any(|at| matches(rest, &line[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_keep_a_script_together() {
        assert_eq!(split("spawn a {trap; say x}; send a m", ';'), ["spawn a {trap; say x}", "send a m"]);
        assert_eq!(split("spawn a {trap; say x}", ' '), ["spawn", "a", "{trap; say x}"]);
        assert_eq!(bare("{trap; say x}"), "trap; say x");
        assert_eq!(term("odd(shutdown(x))"), ("odd", "shutdown(x)"));
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("- sup crash(*)", "- sup crash(boom)") && matches("*", "") && matches("a*b*c", "a1b2c"));
        assert!(!matches("- a", "- a died") && !matches("a*c", "ab"));
    }
}
