//! What a page says, made harmless to read: one line, bounded, without the marks that hide or reorder text.
use alloc::string::String;

/// Limit: of any string a page supplies (agent.md 3).
pub const WORDS_MAX: usize = 4_096;

/// Zero-width marks, bidi controls, soft hyphen, tag characters: they carry text that a person can't see.
#[must_use]
pub const fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Folded to one line, hidden marks dropped, runs of spaces made one, cut to `chars_max` with an ellipsis.
#[must_use]
pub fn line(text: &str, chars_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(chars_max * 4));
    let (mut chars, mut gap) = (0, false);
    for c in text.chars().filter(|c| !is_hidden(*c)) {
        if c.is_whitespace() || c.is_control() {
            gap = !out.is_empty();
            continue;
        }
        let needed = if gap { 2 } else { 1 };
        if chars + needed > chars_max {
            while chars + 1 > chars_max && out.pop().is_some() {
                chars -= 1;
            }
            out.push('…');
            return out;
        }
        if gap {
            out.push(' ');
            gap = false;
        }
        out.push(c);
        chars += needed;
    }
    out
}

/// Several lines kept apart, each folded; for a page's running text.
#[must_use]
pub fn block(text: &str, chars_max: usize) -> String {
    let mut out = String::new();
    let mut left = chars_max;
    for row in text.lines() {
        let row = line(row, left);
        if row.is_empty() && (out.is_empty() || out.ends_with("\n\n")) {
            continue;
        }
        left = left.saturating_sub(row.chars().count() + 1);
        out.push_str(&row);
        out.push('\n');
        if left == 0 {
            break;
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// In double quotes, with `"` and `\` escaped as JSON does.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// The first `bytes_max` bytes, not in the middle of a character.
#[must_use]
pub fn head(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// FNV-1a: equal pages have equal numbers, in every build.
#[must_use]
pub fn hash(seed: u64, text: &str) -> u64 {
    text.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_marks_and_line_breaks_do_not_survive() {
        assert_eq!(line("Pay\u{202e}\u{200b} now\n\n  please\u{e0041}", 100), "Pay now please");
    }

    #[test]
    fn a_cut_is_visible_and_within_its_limit() {
        assert_eq!(line("abcdef", 4), "abc…");
        assert_eq!(line("ab cdef", 3), "ab…");
        assert_eq!(line("abcd", 4), "abcd");
        assert_eq!(line("abcd", 0), "…");
    }

    #[test]
    fn a_block_keeps_its_paragraphs() {
        assert_eq!(block("\n\na  b\n\n\n\nc\n", 100), "a b\n\nc");
    }
}
