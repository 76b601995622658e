//! Read back: did it do what was wanted, and how is that known?
use super::{
    acted::Done,
    fingerprint::Fingerprint,
    input::{Act, Deed, Setting},
    snapshot::Node,
    words,
};
use crate::view::Verdict;
use alloc::{format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// What is acted on, as it was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    pub n: u32,
    pub print: Fingerprint,
    value: Option<String>,
    options: Vec<String>,
    kind: String,
    pub secret: bool,
}

impl Subject {
    #[must_use]
    pub fn of(node: &Node) -> Subject {
        Subject {
            n: node.n,
            print: Fingerprint::of(node),
            value: node.value.clone(),
            options: node.options.clone(),
            kind: node.kind.clone(),
            secret: node.secret,
        }
    }
}

/// What was seen around an act, apart from the page's report.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Another document was loaded.
    pub moved: bool,
    /// The address is another one.
    pub renamed: bool,
    /// The page's words differ from those before.
    pub differs: bool,
    /// A tab, a download, a dialog.
    pub events: Vec<String>,
}

/// `told` is for the model and holds none of the page's words, `shown` is for the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub verdict: Verdict,
    pub told: String,
    pub shown: String,
    /// The page's own words that show it, for the model, within the fence.
    pub said: Option<String>,
}

impl Judged {
    pub fn plain(verdict: Verdict, told: impl Into<String>) -> Judged {
        let told = told.into();
        Judged { verdict, shown: told.clone(), told, said: None }
    }
}

#[must_use]
pub fn judge(act: &Act, target: Option<&Subject>, done: &Done, around: &Around) -> Judged {
    match &act.deed {
        Deed::Set(setting) if done.value.is_some() || done.checked.is_some() || !around.moved => set(setting, target, done),
        Deed::Type(text) if !text.contains('\n') && done.value.is_some() => typed(text, target, done),
        _ => changed(act, done, around),
    }
}

fn set(setting: &Setting, target: Option<&Subject>, done: &Done) -> Judged {
    let ticks = target
        .is_some_and(|node| matches!(node.print.role.as_str(), "checkbox" | "radio" | "switch" | "menuitemcheckbox" | "menuitemradio"));
    if let (true, Some(checked)) = (ticks || matches!(setting, Setting::On(_)), done.checked) {
        let word = |on: bool| if on { "checked" } else { "unchecked" };
        return equal(checked == wants(setting), word(wants(setting)), word(checked));
    }
    let Some(value) = &done.value else {
        return Judged::plain(Verdict::Failed, "the field has no value to read back");
    };
    if target.is_some_and(|node| node.secret) {
        // The value never leaves the page; that something is there is all that can be known.
        let empty = matches!(setting, Setting::Text(text) if text.is_empty());
        return equal(value.is_empty() == empty, "a hidden value", "a hidden value");
    }
    let wanted = written(setting);
    let same = alike(&wanted, value) || target.is_some_and(|node| done.changed("value") && kept_otherwise(node, &wanted, value));
    equal(same, "the value that was set", value)
}

/// A select may be given an option's value and reads back its text; a date is kept in the browser's own form.
fn kept_otherwise(node: &Subject, wanted: &str, value: &str) -> bool {
    let chosen = |text: &str| node.options.iter().any(|option| flat(option).to_lowercase() == flat(text).to_lowercase());
    match node.options.is_empty() {
        false => flat(wanted).to_lowercase() == flat(value).to_lowercase() || (!chosen(wanted) && chosen(value)),
        true => matches!(node.kind.as_str(), "date" | "time" | "datetime-local" | "month" | "week" | "color"),
    }
}

fn equal(same: bool, what: &str, read: &str) -> Judged {
    let shown = format!("reads \"{}\"", words::line(read, 200));
    match same {
        true => Judged { verdict: Verdict::Verified, told: format!("the field reads back {what}"), shown, said: None },
        false => Judged {
            verdict: Verdict::Failed,
            told: format!("the field does not read back {what}"),
            said: Some(format!("the field {shown}")),
            shown,
        },
    }
}

fn typed(text: &str, target: Option<&Subject>, done: &Done) -> Judged {
    let value = done.value.as_deref().unwrap_or_default();
    if target.is_some_and(|node| node.secret) {
        return equal(!value.is_empty(), "a hidden value", "a hidden value");
    }
    let before = target.and_then(|node| node.value.as_deref()).unwrap_or_default();
    let holds = flat(value).contains(&flat(text)) && (done.changed("value") || !alike(before, value));
    equal(holds, "what was typed", value)
}

fn changed(act: &Act, done: &Done, around: &Around) -> Judged {
    let mut seen: Vec<String> = Vec::new();
    if around.moved {
        seen.push("another page was loaded".into());
    } else if around.renamed {
        seen.push("the address changed".into());
    }
    for key in &done.changed {
        seen.push(match key.as_str() {
            "url" if around.moved || around.renamed => continue,
            "url" => "the address changed".into(),
            "dialog" => "a dialog opened or closed".into(),
            "value" => "a field's value changed".into(),
            "checked" => "a tick changed".into(),
            "focus" => "the focus moved".into(),
            "scroll" => "it scrolled".into(),
            _ if done.dom == 1 => "1 change on the page".into(),
            _ => format!("{} changes on the page", done.dom),
        });
    }
    seen.extend(around.events.iter().cloned());
    if seen.is_empty() && around.differs {
        seen.push("the page changed".into());
    }
    let reached = done.reached
        || around.moved
        || act.target.is_none()
        || matches!(act.deed, Deed::Scroll { .. } | Deed::ScrollTo | Deed::SelectText { .. });
    let told = match (reached, seen.is_empty()) {
        (true, false) => seen.join(", "),
        (true, true) => "it was done, but nothing changed".into(),
        (false, true) => "the event did not reach the element, and nothing changed".into(),
        (false, false) => format!("the event did not reach the element, yet {}", seen.join(", ")),
    };
    // Where the wish is only to be there, being there is enough.
    let quiet = matches!(act.deed, Deed::ScrollTo | Deed::Hover | Deed::SelectText { .. }) && reached;
    let verdict = if quiet || (reached && !seen.is_empty()) { Verdict::Verified } else { Verdict::Unverified };
    Judged::plain(verdict, told)
}

fn wants(setting: &Setting) -> bool {
    match setting {
        Setting::On(on) => *on,
        Setting::Number(number) => *number == 1.0,
        Setting::Text(text) => matches!(text.trim().to_lowercase().as_str(), "true" | "on" | "yes" | "checked" | "1"),
    }
}

/// As it is sent to the page and compared.
#[must_use]
pub fn written(setting: &Setting) -> String {
    match setting {
        Setting::Text(text) => text.clone(),
        Setting::Number(number) => format!("{number}"),
        Setting::On(on) => format!("{on}"),
    }
}

/// Equal but for blanks and the way a number is written.
fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (flat(a), flat(b));
    a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

fn flat(text: &str) -> String {
    words::line(text, usize::MAX / 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::{
        acted::Acted,
        input::{Button, Call},
        sample,
    };
    use serde_json::{Value, json};

    fn act(tool: &str, input: Value) -> Act {
        match Call::read(tool, &input) {
            Ok(Call::Act(act)) => *act,
            other => panic!("{other:?}"),
        }
    }

    fn check(act: &Act, node: &str, answer: Value) -> Verdict {
        let page = sample::page(&format!("1 0 0 {node}"));
        let Some(Acted::Done(done)) = Acted::read(&answer) else { panic!("{answer}") };
        judge(act, page.node(1).map(Subject::of).as_ref(), &done, &Around::default()).verdict
    }

    fn put(value: Value) -> Act {
        act("form_input", json!({"ref": 1, "value": value}))
    }

    const FIELD: &str = r#"{"role":"textbox","value":"1"}"#;

    #[test]
    fn a_field_is_verified_by_what_it_reads_back() {
        assert_eq!(
            check(&put(json!("500")), FIELD, json!({"status": "done", "value": "500", "changed": {"value": "500"}})),
            Verdict::Verified
        );
        assert_eq!(check(&put(json!("500")), FIELD, json!({"status": "done", "value": "1", "changed": {}})), Verdict::Failed);
        assert_eq!(check(&put(json!(5)), FIELD, json!({"status": "done", "value": "5.0", "changed": {"value": "5.0"}})), Verdict::Verified);
        assert_eq!(check(&put(json!("x")), FIELD, json!({"status": "done", "changed": {"dom": 5}})), Verdict::Failed);
    }

    #[test]
    fn a_select_may_be_set_by_value_and_reads_back_its_text() {
        let node = r#"{"role":"combobox","options":["Small","Large"]}"#;
        assert_eq!(
            check(&put(json!("L")), node, json!({"status": "done", "value": "Large", "changed": {"value": "Large"}})),
            Verdict::Verified
        );
        assert_eq!(
            check(&put(json!("Large")), node, json!({"status": "done", "value": "Small", "changed": {"value": "Small"}})),
            Verdict::Failed
        );
        assert_eq!(check(&put(json!("Large")), node, json!({"status": "done", "value": "Large", "changed": {}})), Verdict::Verified);
    }

    #[test]
    fn a_tick_is_verified_by_its_state() {
        let node = r#"{"role":"checkbox","checked":false}"#;
        assert_eq!(
            check(&put(json!(true)), node, json!({"status": "done", "checked": true, "value": "on", "changed": {"checked": true}})),
            Verdict::Verified
        );
        assert_eq!(
            check(&put(json!(true)), node, json!({"status": "done", "checked": false, "value": "on", "changed": {"dom": 1}})),
            Verdict::Failed
        );
    }

    #[test]
    fn typing_is_verified_by_what_was_added() {
        let typing = act("type", json!({"ref": 1, "text": "23"}));
        assert_eq!(check(&typing, FIELD, json!({"status": "done", "value": "123", "changed": {"value": "123"}})), Verdict::Verified);
        assert_eq!(check(&typing, FIELD, json!({"status": "done", "value": "1", "changed": {}})), Verdict::Failed);
        assert_eq!(
            check(&act("type", json!({"ref": 1, "text": "1"})), FIELD, json!({"status": "done", "value": "1", "changed": {}})),
            Verdict::Failed
        );
    }

    #[test]
    fn a_click_that_changes_nothing_is_unverified() {
        let click = act("left_click", json!({"ref": 1}));
        assert_eq!(click.deed, Deed::Click { button: Button::Left, count: 1, modifiers: Vec::new() });
        assert_eq!(check(&click, "{\"role\":\"button\"}", json!({"status": "done", "reached": true, "changed": {}})), Verdict::Unverified);
        assert_eq!(
            check(&click, "{\"role\":\"button\"}", json!({"status": "done", "reached": true, "changed": {"dom": 1}})),
            Verdict::Verified
        );
        assert_eq!(
            check(&click, "{\"role\":\"button\"}", json!({"status": "done", "reached": false, "changed": {"dom": 1}})),
            Verdict::Unverified
        );
    }
}
