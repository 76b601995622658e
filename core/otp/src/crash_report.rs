//! A report as a person reads it: who, what happened, on which message, for whom, and what was lost. Never longer than asked.
//!
//! ```
//! use peerd_otp::crash_report::{Limits, line, page};
//! use peerd_vat::Report;
//!
//! fn show(report: &Report) {
//!     let in_a_log = line(report, 120);
//!     let in_a_window = page(report, Limits::default());
//! }
//! ```
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::Write;
use peerd_vat::{Crash, Last, Reason, Report, Said};

/// How much of a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole text, in characters.
    pub characters: usize,
    /// Of brackets within brackets, in a reason that is a term of its own: what is deeper shows as dots.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { characters: 2_000, depth: 10 }
    }
}

/// `0.250 counter (4.1, life 2): crashed "boom", handling a call of 3 bytes`
#[must_use]
pub fn line(report: &Report, characters: usize) -> String {
    let said = match &report.what {
        Said::Crashed { reason, last } => format!("{}, handling {}", flat(&reason.to_string()), last.event),
        Said::Note { kind, text } => format!("{kind}: {}", flat(&text.to_string())),
    };
    cut(&format!("{} {}: {said}", time(report), who(report)), characters)
}

/// The same on several lines, with all that is known.
#[must_use]
pub fn page(report: &Report, limits: Limits) -> String {
    let mut text = format!("{} {}\n", time(report), who(report));
    match &report.what {
        Said::Crashed { reason, last } => tell(&mut text, reason, last, limits.depth),
        Said::Note { kind, text: words } => entry(&mut text, kind, &shallow(&words.to_string(), limits.depth)),
    }
    cut(text.trim_end(), limits.characters)
}

fn tell(text: &mut String, reason: &Reason, last: &Last, depth: usize) {
    match reason {
        Reason::Crash(Crash { kind, message }) => entry(text, "crashed", &format!("{kind}: {}", shallow(message, depth))),
        other => entry(text, "ended", &shallow(&other.to_string(), depth)),
    }
    entry(text, "handling", &last.event.to_string());
    if let Some(caller) = last.caller {
        entry(text, "called by", &caller.to_string());
    }
    if last.state_bytes > 0 {
        entry(text, "state", &format!("{:016x}, {} bytes", last.state_hash, last.state_bytes));
    }
    match last.discarded {
        0 => {}
        1 => entry(text, "dropped", "1 effect of the turn"),
        more => entry(text, "dropped", &format!("{more} effects of the turn")),
    }
}

fn entry(text: &mut String, name: &str, what: &str) {
    writeln!(text, "  {name:<10} {what}").expect("a string takes what is written to it");
}

fn time(report: &Report) -> String {
    format!("{}.{:03}", report.time.0 / 1_000, report.time.0 % 1_000)
}

fn who(report: &Report) -> String {
    let name = if report.label.is_empty() { report.behaviour } else { &report.label };
    let behaviour = if report.label.is_empty() || *report.label == *report.behaviour { "" } else { report.behaviour };
    let id = format!("{}, life {}", report.actor, report.incarnation.0);
    let details: Vec<&str> = [behaviour, &id].into_iter().filter(|part| !part.is_empty()).collect();
    format!("{name} ({})", details.join(", "))
}

/// On one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is in more than so many brackets shows as dots.
fn shallow(text: &str, depth: usize) -> String {
    let (mut shown, mut open) = (String::new(), 0);
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' => {
                open += 1;
                if open <= depth + 1 {
                    shown.push(letter);
                }
                if open == depth + 1 {
                    shown.push('…');
                }
            }
            ')' | ']' | '}' => {
                if open <= depth + 1 {
                    shown.push(letter);
                }
                open = open.saturating_sub(1);
            }
            letter if open <= depth => shown.push(letter),
            _ => {}
        }
    }
    shown
}

/// At most so many characters, the last of them dots if something is missing.
fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.into(),
        Some(_) => text.chars().take(characters.saturating_sub(1)).chain(['…']).take(characters).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_too_deep_shows_as_dots() {
        let term = "shutdown(failed(a, [b, {c}]), d)";
        assert_eq!(shallow(term, 10), term);
        assert_eq!(shallow(term, 2), "shutdown(failed(a, […]), d)");
        assert_eq!(shallow(term, 1), "shutdown(failed(…), d)");
        assert_eq!(shallow(term, 0), "shutdown(…)");
        assert_eq!(shallow("not) closed(", 1), "not) closed(");
    }

    #[test]
    fn a_text_is_cut_at_a_letter_and_says_so() {
        assert_eq!(cut("größer", 6), "größer");
        assert_eq!(cut("größer", 5), "größ…");
        assert_eq!(cut("größer", 1), "…");
        assert_eq!(cut("größer", 0), "");
    }
}
