//! What went wrong with one try, in plain words, and whether another try makes sense.
use super::FailureKind;
use alloc::{format, string::String};
use serde_json::Value;

/// Characters of a server's own words that are shown.
const WORDS_MAX: usize = 300;
/// A run of key characters this long in a refusal of a key may be the key.
const SECRET_MIN: usize = 16;

/// One try's failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FailureKind,
    pub text: String,
    pub status: Option<u16>,
    /// Another try with the same bytes may succeed.
    pub retry: bool,
}

impl Fault {
    pub fn new(kind: FailureKind, text: impl Into<String>) -> Fault {
        Fault { kind, text: text.into(), status: None, retry: false }
    }

    pub fn retriable(self) -> Fault {
        Fault { retry: true, ..self }
    }

    /// A refusal in the response's head; `who` is the provider's name for people.
    pub fn of_status(status: u16, body: &[u8], who: &str) -> Fault {
        let error = Problem::read(body);
        let kind = match error.code.as_str() {
            "insufficient_quota" => FailureKind::Credit,
            _ => kind_of(status),
        };
        let retry = kind != FailureKind::Credit && (matches!(status, 408 | 409 | 429) || status >= 500);
        Fault { kind, text: words(kind, status, &error, who), status: Some(status), retry }
    }

    /// An error that came as an event of a stream that had begun well.
    pub fn of_event(error: &Value, who: &str) -> Fault {
        let error = Problem::of(error);
        let kind = match error.code.as_str() {
            "overloaded_error" | "api_error" | "timeout_error" | "server_error" => FailureKind::Server,
            "rate_limit_error" | "rate_limit_exceeded" => FailureKind::RateLimit,
            "authentication_error" | "permission_error" | "invalid_api_key" => FailureKind::Key,
            "billing_error" | "insufficient_quota" => FailureKind::Credit,
            "invalid_request_error" | "not_found_error" | "request_too_large" | "context_length_exceeded" => FailureKind::Request,
            code => code.parse().ok().filter(|status| (400..600).contains(status)).map_or(FailureKind::Server, kind_of),
        };
        let retry = matches!(kind, FailureKind::Server | FailureKind::RateLimit);
        Fault { kind, text: words(kind, 0, &error, who), status: None, retry }
    }
}

fn kind_of(status: u16) -> FailureKind {
    match status {
        401 | 403 => FailureKind::Key,
        402 => FailureKind::Credit,
        429 => FailureKind::RateLimit,
        408 | 409 | 500.. => FailureKind::Server,
        _ => FailureKind::Request,
    }
}

fn words(kind: FailureKind, status: u16, error: &Problem, who: &str) -> String {
    let said = if kind == FailureKind::Key { masked(&error.message) } else { error.message.clone() };
    let said = if said.is_empty() { said } else { format!(" It said: \"{said}\".") };
    match (kind, status) {
        (_, 0) if kind == FailureKind::Server => format!("{who} broke off.{said}"),
        (_, 300..400) => {
            format!("{who} wants to send the request to another address. peerd follows no redirects: enter the final address.")
        }
        (FailureKind::Key, 403) => format!("{who} does not allow this (403).{said} Check the key's rights in the settings."),
        (FailureKind::Key, _) => format!("{who} refused the key.{said} Check it in the settings."),
        (FailureKind::Credit, _) => format!("There is no credit left at {who}.{said}"),
        (FailureKind::RateLimit, _) => format!("{who} asks for a pause: too many requests.{said}"),
        (FailureKind::Server, 529) => format!("{who} is overloaded.{said}"),
        (FailureKind::Server, _) => format!("{who} has a problem of its own ({status}).{said}"),
        (_, 404) => format!("{who} does not know this model or address (404).{said}"),
        (_, 413) => format!("The conversation is too long for {who} (413).{said}"),
        (_, 0) => format!("{who} refused the request.{said}"),
        _ => format!("{who} refused the request ({status}).{said}"),
    }
}

/// An error object, of whichever dialect.
struct Problem {
    code: String,
    message: String,
}

impl Problem {
    fn read(body: &[u8]) -> Problem {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Problem::of(value.get("error").unwrap_or(&value)),
            Err(_) => {
                let text = String::from_utf8_lossy(body);
                let text = if text.trim_start().starts_with('<') { "(a web page)" } else { &text };
                Problem { code: String::new(), message: one_line(text) }
            }
        }
    }

    fn of(error: &Value) -> Problem {
        let text = |key: &str| match &error[key] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(format!("{number}")),
            _ => None,
        };
        let message = error.as_str().map(String::from).or_else(|| text("message")).or_else(|| text("detail")).unwrap_or_default();
        // Some say the precise thing in `code`, some in `type`; a bare number says less than a word.
        let word = |text: &String| text.parse::<u16>().is_err();
        let code = text("code").filter(word).or_else(|| text("type")).or_else(|| text("code")).unwrap_or_default();
        Problem { code, message: one_line(&message) }
    }
}

/// A server's words as one short line.
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(WORDS_MAX) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

/// Some servers repeat the key they refuse; it must not get into a chat.
fn masked(text: &str) -> String {
    let mut out = String::new();
    let of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=' | '.' | '*');
    for piece in text.split_inclusive(|c: char| !of_key(c)) {
        let run = piece.trim_end_matches(|c: char| !of_key(c));
        out.push_str(if run.len() >= SECRET_MIN { "…" } else { run });
        out.push_str(&piece[run.len()..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_status_and_code() {
        use FailureKind::*;
        let table = [
            (400, "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"no\"}}", Request, false),
            (401, "", Key, false),
            (402, "{\"error\":{\"code\":402,\"message\":\"pay\"}}", Credit, false),
            (403, "", Key, false),
            (404, "", Request, false),
            (408, "", Server, true),
            (409, "", Server, true),
            (413, "", Request, false),
            (422, "{\"detail\":\"bad\"}", Request, false),
            (429, "{\"error\":{\"type\":\"rate_limit_error\"}}", RateLimit, true),
            (429, "{\"error\":{\"code\":\"insufficient_quota\"}}", Credit, false),
            (302, "", Request, false),
            (500, "<html>", Server, true),
            (529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", Server, true),
        ];
        for (status, body, kind, retry) in table {
            let fault = Fault::of_status(status, body.as_bytes(), "Acme");
            assert_eq!((fault.kind, fault.retry, fault.status), (kind, retry, Some(status)), "{status} {body}");
            assert!(fault.text.contains("Acme"), "{}", fault.text);
        }
    }

    #[test]
    fn a_server_that_repeats_the_key_is_not_quoted() {
        let body = "{\"error\":{\"message\":\"Incorrect key sk-proj-abcdefgh12345678, see docs\"}}";
        let text = Fault::of_status(401, body.as_bytes(), "Acme").text;
        assert_eq!(text, "Acme refused the key. It said: \"Incorrect key …, see docs\". Check it in the settings.");
    }

    #[test]
    fn long_and_odd_words_are_cut_to_a_line() {
        assert_eq!(one_line(" a\n\tb\u{7}c "), "a b c");
        assert_eq!(one_line(&"x".repeat(9_999)).chars().count(), WORDS_MAX + 1);
    }
}
