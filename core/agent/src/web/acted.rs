//! The page's report on an act, read as hostile input: what it claims decides nothing but the words and the verdict.
use super::words;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Of section 2 of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    Done(Done),
    /// Nothing was dispatched.
    Refused(Refusal),
    /// Nothing was dispatched: ask, then send it again with what was allowed.
    Needs(Vec<PageNeed>),
    /// Another document is there now.
    Stale,
    /// Shut out by a probe before it began.
    Void,
    Cancelled,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub reached: bool,
    /// As read back after a frame; masked for secrets.
    pub value: Option<String>,
    pub checked: Option<bool>,
    /// Keys of `changed`, in the order they are told.
    pub changed: Vec<String>,
    /// How many changes of the DOM a person could notice.
    pub dom: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub reason: String,
    pub cover: String,
    pub options: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageNeed {
    pub kind: String,
    pub value: String,
    pub field: String,
    pub url: String,
}

const NEEDS_MAX: usize = 8;
const VALUE_MAX: usize = 20_000;
const OPTIONS_MAX: usize = 50;

impl Acted {
    /// None when it is no such report.
    #[must_use]
    pub fn read(answer: &Value) -> Option<Acted> {
        Some(match answer["status"].as_str()? {
            "done" => Acted::Done(Done::read(answer)),
            "refused" => Acted::Refused(Refusal {
                reason: text(&answer["reason"]),
                cover: cover(&answer["cover"]),
                options: answer["options"].as_array().into_iter().flatten().take(OPTIONS_MAX).map(text).collect(),
            }),
            "needs" => Acted::Needs(answer["needs"].as_array().into_iter().flatten().take(NEEDS_MAX).map(PageNeed::read).collect()),
            "stale" => Acted::Stale,
            "void" => Acted::Void,
            "cancelled" => Acted::Cancelled,
            _ => return None,
        })
    }
}

impl Done {
    fn read(answer: &Value) -> Done {
        let changed = answer["changed"].as_object();
        let has = |key: &str| changed.is_some_and(|changed| changed.contains_key(key));
        let keys = ["url", "dialog", "value", "checked", "focus", "scroll", "dom"];
        Done {
            reached: answer["reached"] == true,
            value: answer["value"].as_str().map(|value| words::head(value, VALUE_MAX).to_string()),
            checked: answer["checked"].as_bool(),
            changed: keys.iter().filter(|key| has(key)).map(ToString::to_string).collect(),
            dom: changed
                .and_then(|changed| changed.get("dom"))
                .and_then(Value::as_u64)
                .map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX)),
        }
    }

    #[must_use]
    pub fn changed(&self, key: &str) -> bool {
        self.changed.iter().any(|changed| changed == key)
    }
}

impl PageNeed {
    fn read(need: &Value) -> PageNeed {
        PageNeed { kind: text(&need["kind"]), value: text(&need["value"]), field: text(&need["field"]), url: text(&need["url"]) }
    }
}

impl Refusal {
    /// In peerd's own words; nothing of the page's.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self.reason.as_str() {
            "covered" => "it is covered by another element",
            "disabled" => "it is disabled",
            "readonly" => "it can't be changed: read-only",
            "detached" => "it is no longer part of the page",
            "hidden" => "it is not visible",
            "not_editable" => "it can't be set to that",
            "no_option" => "it has no such option",
            "bad_value" => "it does not take a value of this form",
            "no_focus" => "no field has the focus",
            "ambiguous" => "several elements fit",
            "no_such" => "there is no such element",
            "script_link" => "its link is a script",
            _ => "the page side refused",
        }
    }
}

/// What covers the target: words, or a node's role and name.
fn cover(value: &Value) -> String {
    match value {
        Value::Object(node) => {
            let part = |key: &str| node.get(key).map(text).unwrap_or_default();
            let name = if part("name").is_empty() { part("text") } else { part("name") };
            alloc::format!("{} \"{name}\"", if part("role").is_empty() { part("tag") } else { part("role") })
        }
        other => text(other),
    }
}

fn text(value: &Value) -> String {
    words::line(value.as_str().unwrap_or_default(), 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reports_are_read_and_nonsense_is_not() {
        let done = Acted::read(
            &json!({"status": "done", "reached": true, "value": "x", "changed": {"dom": 3, "url": "https://a.example", "evil": 1}}),
        );
        let expected = Done { reached: true, value: Some("x".into()), checked: None, changed: ["url".into(), "dom".into()].into(), dom: 3 };
        assert_eq!(done, Some(Acted::Done(expected)));
        for nonsense in [json!(null), json!({"status": 3}), json!({"status": "fine"}), json!([])] {
            assert_eq!(Acted::read(&nonsense), None);
        }
    }
}
