//! Words for people that are put together only when somebody reads them.
use crate::{ActorId, Reason};
use alloc::{borrow::Cow, string::String, sync::Arc};
use core::fmt::{self, Write};

/// Limit: characters about an end that are shown; a reason may quote what an actor was sent.
const CHARS_MAX: usize = 400;

/// What a library reports. `Display` is how it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    Text(Cow<'static, str>),
    /// `frail runs`
    Does {
        who: Arc<str>,
        what: &'static str,
    },
    /// `frail: crashed "told"`
    Ended {
        who: Arc<str>,
        reason: Reason,
    },
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Words::Text(text) => f.write_str(text),
            Words::Does { who, what } => write!(f, "{who} {what}"),
            Words::Ended { who, reason } => {
                // What goes beyond is not written: the error says only that.
                let mut brief = Brief { left: CHARS_MAX, to: f };
                if write!(brief, "{who}: {reason}").is_err() && brief.left == 0 { f.write_char('…') } else { Ok(()) }
            }
        }
    }
}

impl From<String> for Words {
    fn from(text: String) -> Words {
        Words::Text(text.into())
    }
}

impl From<&'static str> for Words {
    fn from(text: &'static str) -> Words {
        Words::Text(text.into())
    }
}

/// Writes so many characters and fails at the next.
struct Brief<'a, W> {
    left: usize,
    to: &'a mut W,
}

impl<W: Write> Write for Brief<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if let Some((at, _)) = text.char_indices().nth(self.left) {
            self.left = 0;
            self.to.write_str(&text[..at])?;
            return Err(fmt::Error);
        }
        self.left -= text.chars().count();
        self.to.write_str(text)
    }
}

/// What an actor's last turn handled, or what ended it between two turns; never the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    As(&'static str),
    Message {
        bytes: u32,
    },
    Call {
        bytes: u32,
    },
    Reply {
        bytes: u32,
    },
    Timer {
        key: u64,
    },
    Alarm {
        key: u64,
    },
    /// None: from the host.
    Signal {
        from: Option<ActorId>,
    },
}

impl Default for Handled {
    fn default() -> Handled {
        Handled::As("")
    }
}

impl fmt::Display for Handled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Handled::As(words) => f.write_str(words),
            Handled::Message { bytes } => write!(f, "a message of {bytes} bytes"),
            Handled::Call { bytes } => write!(f, "a call of {bytes} bytes"),
            Handled::Reply { bytes } => write!(f, "a reply of {bytes} bytes"),
            Handled::Timer { key } => write!(f, "timer {key}"),
            Handled::Alarm { key } => write!(f, "alarm {key}"),
            Handled::Signal { from: None } => f.write_str("an exit signal from the host"),
            Handled::Signal { from: Some(from) } => write!(f, "an exit signal from {from}"),
        }
    }
}

/// Why an actor is started, for the transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Why {
    #[default]
    Unsaid,
    AfterBackoff,
    /// `1 of 3 in 5 s`
    Restart {
        nth: u32,
        of: u32,
        period_ms: u64,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Why::Unsaid => Ok(()),
            Why::AfterBackoff => f.write_str("after its backoff"),
            Why::Restart { nth, of, period_ms } if period_ms.is_multiple_of(1_000) => write!(f, "{nth} of {of} in {} s", period_ms / 1_000),
            Why::Restart { nth, of, period_ms } => write!(f, "{nth} of {of} in {period_ms} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};

    #[test]
    fn an_end_is_told_in_so_many_letters_and_says_that_more_was_there() {
        let told = |letters: usize| Words::Ended { who: "größe".into(), reason: Reason::Other("ß".repeat(letters)) }.to_string();
        assert_eq!(told(3), "größe: ßßß");
        assert_eq!(told(393), format!("größe: {}", "ß".repeat(393)));
        assert_eq!(told(394), format!("größe: {}…", "ß".repeat(393)));
        let long = Words::Ended { who: "ß".repeat(500).into(), reason: Reason::Normal };
        assert_eq!(long.to_string().chars().count(), 401);
    }

    #[test]
    fn a_restart_is_told_in_whole_seconds_if_it_can() {
        assert_eq!(Why::Restart { nth: 1, of: 3, period_ms: 5_000 }.to_string(), "1 of 3 in 5 s");
        assert_eq!(Why::Restart { nth: 1, of: 3, period_ms: 5_001 }.to_string(), "1 of 3 in 5001 ms");
    }
}
