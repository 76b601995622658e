//! A tool's input, as a model wrote it, and what comes back, for the model.
use super::kept::Kind;
use crate::{outcome::Outcome, view::Verdict, web};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Limit: characters of a name. Names are labels in the tree, where no other has none but these.
const NAME_MAX: usize = 32;
/// Limit: bytes of code: what a model says in one answer is below.
const CODE_MAX: usize = 1 << 20;
/// Limit: bytes of a message that a chat sends; a class has its own, which is smaller.
const MESSAGE_MAX: usize = 256 << 10;
/// Limit: characters of an answer or a state, of which the model is told.
const TOLD_MAX: usize = 16_000;
/// Limit: bytes of what is no text, shown as digits.
const DIGITS_MAX: usize = 256;

/// What an actor is sent: JSON, or bytes for a class that takes none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    pub body: Vec<u8>,
}

pub(super) fn name(input: &Value, key: &str) -> Result<String, String> {
    let name = input[key].as_str().ok_or_else(|| format!("`{key}` is missing"))?;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || name.len() > NAME_MAX || !name.chars().all(is_plain) {
        let shown = web::words::line(name, 100);
        return Err(format!(
            "`{key}` is a name of at most {NAME_MAX} small letters, digits and hyphens that begins with a letter, not {shown:?}"
        ));
    }
    Ok(name.into())
}

/// Of a class: JavaScript, or a module of the guest ABI.
pub(super) fn code(input: &Value) -> Result<(Kind, String), String> {
    let (kind, code) = match (input["source"].as_str(), input["wasm"].as_str()) {
        (Some(source), None) => (Kind::Js, source),
        (None, Some(module)) => (Kind::Wasm, module),
        _ => return Err("give either `source`, JavaScript, or `wasm`, a module in base64".into()),
    };
    if code.len() > CODE_MAX {
        return Err(format!("the code is longer than {} KiB", CODE_MAX >> 10));
    }
    Ok((kind, code.into()))
}

/// `message`, or `hex` in its place; null if there is neither.
pub(super) fn message(input: &Value) -> Result<Message, String> {
    let body = match &input["hex"] {
        Value::Null => input["message"].to_string().into_bytes(),
        Value::String(digits) => bytes(digits).ok_or("`hex` is an even number of hexadecimal digits")?,
        _ => return Err("`hex` must be a text".into()),
    };
    if body.len() > MESSAGE_MAX {
        return Err(format!("the message is longer than {} KiB", MESSAGE_MAX >> 10));
    }
    Ok(Message { body })
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

impl Message {
    pub fn shown(&self) -> String {
        shown(&self.body)
    }

    /// As JSON, to be compared.
    pub fn value(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Bytes of a guest's, for the model and for people: as text if they are one.
pub(super) fn shown(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) if !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') => text.chars().take(TOLD_MAX).collect(),
        _ => {
            let digits: String = bytes.iter().take(DIGITS_MAX).map(|byte| format!("{byte:02x}")).collect();
            let rest = if bytes.len() > DIGITS_MAX { " .." } else { "" };
            format!("{} bytes: {digits}{rest}", bytes.len())
        }
    }
}

pub(super) fn done(evidence: &str, more: &str) -> Outcome {
    let text = if more.is_empty() { format!("done: {evidence}") } else { format!("done: {evidence}\n{more}") };
    Outcome { verdict: Verdict::Done, evidence: evidence.into(), text, changed: true, ..Outcome::default() }
}

/// With what a guest said about it, which is data.
pub(super) fn failed_with(why: &str, said: &str) -> Outcome {
    let text = format!("failed: {why}\n{}", web::fence("actor", said));
    let line = web::words::line(said.lines().next().unwrap_or_default(), 200);
    Outcome { verdict: Verdict::Failed, evidence: format!("{why}: {line}"), text, error: true, ..Outcome::default() }
}

pub(super) fn unknown(why: &str) -> Outcome {
    let text = format!("unknown: {why}. It may have been done: look before you repeat it.");
    Outcome { verdict: Verdict::Unknown, evidence: why.to_string(), text, error: true, ..Outcome::default() }
}

pub(super) fn fenced(said: &str) -> String {
    web::fence("actor", said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_can_be_no_other_name_in_the_tree() {
        assert_eq!(name(&json!({"actor": "tea-counter2"}), "actor").as_deref(), Ok("tea-counter2"));
        for wrong in ["tab 3", "web_3", "", "3a", "Chat", "a/b", &"a".repeat(33)] {
            assert!(name(&json!({"actor": wrong}), "actor").is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_message_is_json_or_digits() {
        assert_eq!(message(&json!({"message": {"add": 2}})).map(|it| it.body), Ok(b"{\"add\":2}".to_vec()));
        assert_eq!(message(&json!({})).map(|it| it.body), Ok(b"null".to_vec()));
        assert_eq!(message(&json!({"hex": "00fF"})).map(|it| it.body), Ok([0, 255].to_vec()));
        assert!(message(&json!({"hex": "0"})).is_err());
        assert!(message(&json!({"hex": "zz"})).is_err());
    }

    #[test]
    fn what_is_no_text_is_shown_as_digits() {
        assert_eq!(shown(b"{\"a\":1}"), "{\"a\":1}");
        assert_eq!(shown(&[0, 1, 200]), "3 bytes: 0001c8");
    }
}
