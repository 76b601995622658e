//! What a run did outside: each effect from before it is handed over to its outcome. The list an interrupted run is told by.
use crate::{recipe::phrase, view::Verdict};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Limit of one report; what came before is counted.
const TOLD_MAX: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    pub id: String,
    /// In the past: `clicked "Buy" (button)`.
    pub what: String,
    pub state: EffectState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EffectState {
    /// Handed over, and not begun as far as is kept.
    Intended,
    /// Kept before it is done, so from then on it may have happened.
    Dispatched,
    Outcome(Verdict),
}

impl Effect {
    fn line(&self) -> String {
        let state = match self.state {
            EffectState::Intended => "not begun",
            EffectState::Dispatched | EffectState::Outcome(Verdict::Running | Verdict::Unknown | Verdict::Stopped) => "outcome unknown",
            EffectState::Outcome(Verdict::Verified) => "verified",
            EffectState::Outcome(Verdict::Done) => "done",
            EffectState::Outcome(Verdict::Unverified) => "unverified",
            EffectState::Outcome(Verdict::Failed) => "failed",
            EffectState::Outcome(Verdict::Denied) => "denied",
        };
        format!("{}: {state}", self.what)
    }
}

/// One line each, the newest last.
pub fn report(effects: &[Effect]) -> String {
    if effects.is_empty() {
        return "Nothing was done on a page.".into();
    }
    let left_out = effects.len().saturating_sub(TOLD_MAX);
    let mut lines = Vec::new();
    if left_out > 0 {
        lines.push(format!("- {left_out} earlier actions"));
    }
    lines.extend(effects[left_out..].iter().map(|effect| format!("- {}", effect.line())));
    lines.join("\n")
}

/// A call in words: in the present for its card, in the past for the log. `target` is what the page called it.
pub fn in_words(tool: &str, input: &Value, target: &str) -> (String, String) {
    let value = [
        "value",
        "text",
        "query",
        "url",
        "command",
        "path",
        "gone",
        "scroll_direction",
        "tab_id",
        "ms",
        "actor",
        "name",
        "class",
        "notebook",
        "app",
    ]
    .iter()
    .find_map(|key| match &input[*key] {
        Value::Null => None,
        Value::String(text) => Some(short(text)),
        other => Some(short(&other.to_string())),
    });
    let value = value.unwrap_or_default();
    let known = crate::recipe::DOING.iter().find(|(name, ..)| *name == tool);
    let (present, past) = known.map_or((tool, tool), |(_, present, past)| (*present, *past));
    (phrase(present, target, &value), phrase(past, target, &value))
}

fn short(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(81).collect();
    if line.chars().count() > 80 {
        line.pop();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_call_is_told_before_and_after() {
        let (present, past) = in_words("left_click", &json!({"ref": "ref_3"}), "button \"Buy\"");
        assert_eq!((present.as_str(), past.as_str()), ("click button \"Buy\"", "clicked button \"Buy\""));
        let (_, past) = in_words("form_input", &json!({"ref": "ref_3", "value": 7}), "\"Count\"");
        assert_eq!(past, "set \"Count\" to 7");
        assert_eq!(in_words("fly", &json!({}), "").0, "fly");
    }

    #[test]
    fn what_was_begun_and_never_answered_is_unknown() {
        let effect = |n: usize, state| Effect { id: format!("1-a-{n}"), what: format!("clicked {n}"), state };
        let effects = [effect(1, EffectState::Outcome(Verdict::Verified)), effect(2, EffectState::Dispatched)];
        assert_eq!(report(&effects), "- clicked 1: verified\n- clicked 2: outcome unknown");
        assert_eq!(report(&[]), "Nothing was done on a page.");
        let many: Vec<Effect> = (0..15).map(|n| effect(n, EffectState::Dispatched)).collect();
        assert!(report(&many).starts_with("- 3 earlier actions\n- clicked 3"));
    }
}
