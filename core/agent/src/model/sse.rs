//! Bytes of an event stream to records, however the bytes are cut. After the WHATWG HTML standard, "Server-sent events".
//!
//! Stricter in two points, because a proxy's error page must not pass for silence: bytes must be UTF-8, and a line that
//! can't be a field at all is an error.
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// Limit: one record, all its lines. A whole answer with long arguments stays below; a flood does not fill memory.
pub const RECORD_MAX: usize = 4 << 20;

/// How much of what is no field is quoted.
const HEAD_MAX: usize = 120;

/// One event with data. `event` is empty where the stream gave no name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub event: String,
    pub data: String,
}

/// Why the bytes are no event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    Utf8,
    /// With the line's beginning.
    NotAField(String),
    TooLong,
}

/// Framing state between two chunks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sse {
    line: Vec<u8>,
    /// The last byte was CR: an LF now belongs to it.
    after_cr: bool,
    /// A line was seen, so a BOM is no longer one.
    begun: bool,
    event: String,
    data: Option<String>,
}

impl Sse {
    /// Adds bytes; finished records are appended to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Record>) -> Result<(), Malformed> {
        for &byte in bytes {
            let after_cr = core::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => self.end_line(out)?,
                _ => {
                    self.line.push(byte);
                    if self.line.len() + self.data.as_ref().map_or(0, String::len) > RECORD_MAX {
                        return Err(Malformed::TooLong);
                    }
                }
            }
        }
        Ok(())
    }

    /// The bytes have ended: what is left of a line must at least look like the beginning of a field.
    pub fn rest(&self) -> Result<(), Malformed> {
        let text = String::from_utf8_lossy(&self.line);
        let field = text.split(':').next().unwrap_or_default();
        let fits = field.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '\u{feff}' | '\u{fffd}'));
        if fits { Ok(()) } else { Err(Malformed::NotAField(text.chars().take(HEAD_MAX).collect())) }
    }

    fn end_line(&mut self, out: &mut Vec<Record>) -> Result<(), Malformed> {
        let line = core::mem::take(&mut self.line);
        let mut line = core::str::from_utf8(&line).map_err(|_| Malformed::Utf8)?;
        if !core::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            let event = core::mem::take(&mut self.event);
            out.extend(self.data.take().map(|data| Record { event, data }));
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => {} // A comment.
            "event" => self.event = value.to_string(),
            "data" => match &mut self.data {
                None => self.data = Some(value.to_string()),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            },
            "id" | "retry" => {}
            _ if line.contains(':') && field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {}
            _ => return Err(Malformed::NotAField(line.chars().take(HEAD_MAX).collect())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};
    use proptest::prelude::*;

    fn read(stream: &[u8], cuts: &[usize]) -> Result<Vec<(String, String)>, Malformed> {
        let (mut sse, mut out, mut from) = (Sse::default(), Vec::new(), 0);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(stream.len());
        for cut in cuts {
            sse.push(&stream[from..cut], &mut out)?;
            from = cut;
        }
        Ok(out.into_iter().map(|record| (record.event, record.data)).collect())
    }

    fn check(stream: &str, expect: &[(&str, &str)]) {
        let expect: Vec<_> = expect.iter().map(|(event, data)| (event.to_string(), data.to_string())).collect();
        assert_eq!(read(stream.as_bytes(), &[]).as_ref(), Ok(&expect), "{stream:?} whole");
        let each: Vec<usize> = (0..stream.len()).collect();
        assert_eq!(read(stream.as_bytes(), &each), Ok(expect), "{stream:?} byte by byte");
    }

    #[test]
    fn lines_end_with_lf_cr_or_both() {
        check("data: a\n\ndata: b\r\rdata: c\r\n\r\n", &[("", "a"), ("", "b"), ("", "c")]);
    }

    #[test]
    fn data_lines_join_and_one_space_goes() {
        check("event: e\ndata:  a\ndata:b\ndata\n\n", &[("e", " a\nb\n")]);
    }

    #[test]
    fn bom_comments_unknown_fields_and_empty_records_are_ignored() {
        check("\u{feff}: hello\nid: 1\nx-new: 2\n\nevent: lost\n\ndata: a\n\n", &[("", "a")]);
    }

    #[test]
    fn an_unfinished_record_does_not_count() {
        check("data: a\n\ndata: b\n", &[("", "a")]);
    }

    #[test]
    fn garbage_is_an_error() {
        assert_eq!(read(b"<html>\n", &[]), Err(Malformed::NotAField("<html>".into())));
        assert_eq!(read(b"{\"error\": 1}\n", &[]), Err(Malformed::NotAField("{\"error\": 1}".into())));
        assert_eq!(read(b"data: \xff\n", &[]), Err(Malformed::Utf8));
        assert_eq!(read(&vec![b'x'; RECORD_MAX + 1], &[]), Err(Malformed::TooLong));
    }

    proptest! {
        #[test]
        fn chunking_changes_nothing(
            lines in prop::collection::vec(("(data|event|: |id)[:]? ?[a-z é日🦀{}:]{0,9}", "\n|\r|\r\n|\n\n|\r\n\r\n"), 0..20),
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let stream: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
            prop_assert_eq!(read(stream.as_bytes(), &cuts), read(stream.as_bytes(), &[]));
        }
    }
}
