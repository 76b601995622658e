//! Text with nothing hidden in it: what a person is asked to approve.
use alloc::{format, string::String};

/// Escapes what can't be seen or changes how the rest is seen: controls, formats, marks that fill no space, blanks that aren't a space.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) {
            out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Unicode's default-ignorable characters, format characters and blanks.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(u32::from(c),
            0xAD | 0x34F | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides() {
        assert_eq!(visible("pay 10 €"), "pay 10 €");
        assert_eq!(visible("a\u{200b}b\u{202e}c\n\u{a0}d\u{e0041}"), "a\\u{200b}b\\u{202e}c\\u{a}\\u{a0}d\\u{e0041}");
    }
}
