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

/// Of a class: a text, or a module of the guest ABI. `known`: the language of a text, if none is named and it is one.
pub(super) fn code(input: &Value, known: Kind) -> Result<(Kind, String), String> {
    let language = match &input["language"] {
        Value::Null if known == Kind::As => Kind::As,
        Value::Null => Kind::Js,
        Value::String(name) if name == "javascript" => Kind::Js,
        Value::String(name) if name == "assemblyscript" => Kind::As,
        _ => return Err("`language` is \"javascript\" or \"assemblyscript\"".into()),
    };
    let (kind, code) = match (input["source"].as_str(), input["wasm"].as_str()) {
        (Some(source), None) => (language, source),
        (None, Some(module)) => (Kind::Wasm, module),
        _ => return Err("give either `source`, in JavaScript or AssemblyScript, or `wasm`, a module in base64".into()),
    };
    if code.len() > CODE_MAX {
        return Err(format!("the code is longer than {} KiB", CODE_MAX >> 10));
    }
    Ok((kind, code.into()))
}

/// `message`, or `hex` in its place.
pub(super) fn message(input: &Value, kind: Kind) -> Result<Message, String> {
    let body = match (&input["hex"], kind) {
        (Value::Null, Kind::Wasm) => input["message"].to_string().into_bytes(),
        (Value::Null, Kind::Js | Kind::As) => {
            let words = input["message"].as_array().map(Vec::as_slice).unwrap_or_default();
            if !matches!(words, [Value::String(_)] | [Value::String(_), _]) {
                let shown = web::words::line(&input["message"].to_string(), 100);
                return Err(format!("a message to such an actor is [\"handler\"] or [\"handler\", value], not {shown}"));
            }
            script(&input["message"].to_string())
        }
        (Value::String(digits), _) => bytes(digits).ok_or("`hex` is an even number of hexadecimal digits")?,
        _ => return Err("`hex` must be a text".into()),
    };
    if body.len() > MESSAGE_MAX {
        return Err(format!("the message is longer than {} KiB", MESSAGE_MAX >> 10));
    }
    Ok(Message { body })
}

/// What an actor begins with. What is not given is null, or `undefined` where there is that.
pub(super) fn args(input: &Value, kind: Kind) -> Vec<u8> {
    match (&input["args"], kind) {
        (args, Kind::Wasm) => args.to_string().into_bytes(),
        (Value::Null, Kind::Js | Kind::As) => script(""),
        (args, Kind::Js | Kind::As) => script(&args.to_string()),
    }
}

/// JSON as actors in JavaScript and AssemblyScript are told it (`peerd_script::Json`): the text with its length, and no refs.
fn script(json: &str) -> Vec<u8> {
    [&(json.len() as u32).to_le_bytes(), json.as_bytes(), &[0; 4]].concat()
}

/// The JSON in such bytes; without refs.
fn script_text(bytes: &[u8]) -> Option<&str> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (text, refs) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    core::str::from_utf8(text).ok().filter(|_| refs.len() == 4)
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

impl Message {
    pub fn shown(&self, kind: Kind) -> String {
        answer(&self.body, kind)
    }
}

/// A guest's answer as JSON, to be compared.
pub(super) fn value(bytes: &[u8], kind: Kind) -> Option<Value> {
    match kind {
        Kind::Wasm => serde_json::from_slice(bytes).ok(),
        Kind::Js | Kind::As => serde_json::from_str(script_text(bytes).map(|text| if text.is_empty() { "null" } else { text })?).ok(),
    }
}

/// A guest's answer, for the model and for people.
pub(super) fn answer(bytes: &[u8], kind: Kind) -> String {
    match script_text(bytes).filter(|_| kind != Kind::Wasm) {
        Some("") => "undefined".into(),
        Some(text) => text.chars().take(TOLD_MAX).collect(),
        None => shown(bytes),
    }
}

/// What a guest wrote down. In these languages that is its state, and then what it waits for.
pub(super) fn state(bytes: &[u8], kind: Kind) -> String {
    let said = answer(bytes, kind);
    // With something that it waits for all of it is shown, as it lies there.
    match serde_json::from_str::<Vec<Value>>(&said) {
        Ok(parts) if kind != Kind::Wasm && parts.len() == 1 => said[1..said.len() - 1].into(),
        _ => said,
    }
}

/// Bytes of a guest's: as text if they are one.
fn shown(bytes: &[u8]) -> String {
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
        assert_eq!(message(&json!({"message": {"add": 2}}), Kind::Wasm).map(|it| it.body), Ok(b"{\"add\":2}".to_vec()));
        assert_eq!(message(&json!({}), Kind::Wasm).map(|it| it.body), Ok(b"null".to_vec()));
        assert_eq!(message(&json!({"hex": "00fF"}), Kind::Js).map(|it| it.body), Ok([0, 255].to_vec()));
        assert!(message(&json!({"hex": "0"}), Kind::Wasm).is_err());
        assert!(message(&json!({"hex": "zz"}), Kind::Wasm).is_err());
    }

    #[test]
    fn actors_in_javascript_are_told_a_handler_and_a_value() {
        let told = message(&json!({"message": ["add", 2]}), Kind::Js).expect("a message");
        assert_eq!(told.body, b"\x09\0\0\0[\"add\",2]\0\0\0\0");
        assert_eq!((told.shown(Kind::Js).as_str(), value(&told.body, Kind::Js)), ("[\"add\",2]", Some(json!(["add", 2]))));
        for wrong in [json!(null), json!("add"), json!([]), json!([1]), json!(["add", 1, 2])] {
            assert!(message(&json!({"message": wrong}), Kind::Js).is_err(), "{wrong}");
        }
        assert_eq!((args(&json!({}), Kind::Js), answer(&script(""), Kind::Js)), (script(""), "undefined".to_string()));
        assert_eq!(state(b"[{\"total\":7,\"count\":2}]", Kind::Js), "{\"total\":7,\"count\":2}");
    }

    #[test]
    fn a_text_is_in_the_language_that_is_named_or_known() {
        let of = |input: Value, known| code(&input, known).map(|(kind, _)| kind);
        assert_eq!(of(json!({"source": "x"}), Kind::Js), Ok(Kind::Js));
        assert_eq!(of(json!({"source": "x"}), Kind::As), Ok(Kind::As));
        assert_eq!(of(json!({"source": "x", "language": "assemblyscript"}), Kind::Js), Ok(Kind::As));
        assert_eq!(of(json!({"source": "x", "language": "javascript"}), Kind::As), Ok(Kind::Js));
        assert_eq!(of(json!({"wasm": "x"}), Kind::As), Ok(Kind::Wasm));
        assert!(of(json!({"source": "x", "language": "rust"}), Kind::Js).is_err());
        assert!(of(json!({"source": "x", "wasm": "x"}), Kind::Js).is_err());
    }

    #[test]
    fn what_is_no_text_is_shown_as_digits() {
        assert_eq!(shown(b"{\"a\":1}"), "{\"a\":1}");
        assert_eq!(shown(&[0, 1, 200]), "3 bytes: 0001c8");
    }
}
