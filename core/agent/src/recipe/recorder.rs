//! What a person does in a tab, step by step, until it is kept as a recipe.
use super::{Recipe, keep::compile, words};
use crate::{outcome::StepTaken, web::Fingerprint};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Limit: more than anyone shows in one go; later steps are not taken.
const STEPS_MAX: usize = 500;

/// `Recorded` of docs/protocol.md, section 2.
#[derive(Deserialize)]
struct Recorded {
    tool: String,
    #[serde(default)]
    fingerprint: Option<Fingerprint>,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    secret: bool,
    url: String,
}

/// One recording under way. In state its steps are JSON, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorder {
    steps: Vec<String>,
}

impl Recorder {
    #[must_use]
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// Takes one step. False: it was malformed or one too many, and is left out.
    pub fn push(&mut self, step: &Value) -> bool {
        let fits = self.steps.len() < STEPS_MAX && Recorded::deserialize(step).is_ok();
        if fits {
            self.steps.push(without_secret(step));
        }
        fits
    }

    /// The steps so far, in sentences.
    #[must_use]
    pub fn intents(&self) -> Vec<String> {
        let sentence =
            |step: &StepTaken| words::intent(&step.tool, step.target.as_ref(), if step.secret { "a secret" } else { &step.value });
        self.taken().iter().map(sentence).collect()
    }

    /// # Errors
    /// Why this is no recipe.
    pub fn finish(&self, name: &str) -> Result<Recipe, String> {
        compile(name, self.taken())
    }

    fn taken(&self) -> Vec<StepTaken> {
        let recorded: Vec<Recorded> = self.steps.iter().filter_map(|step| serde_json::from_str(step).ok()).collect();
        let after = |at: usize| recorded.get(at + 1).map(|next| next.url.clone()).unwrap_or_default();
        let afters: Vec<String> = (0..recorded.len()).map(after).collect();
        let step = |(recorded, url_after): (Recorded, String)| {
            let value = match recorded.value {
                Some(Value::String(text)) => text,
                Some(Value::Null) | None => String::new(),
                Some(other) => alloc::format!("{other}"),
            };
            StepTaken {
                tool: recorded.tool,
                target: recorded.fingerprint,
                value,
                secret: recorded.secret,
                url_before: recorded.url,
                url_after,
                seen_after: String::new(),
            }
        };
        recorded.into_iter().zip(afters).map(step).collect()
    }
}

/// The page leaves secrets out; should one come all the same, it goes no further.
fn without_secret(step: &Value) -> String {
    let mut step = step.clone();
    if step["secret"] == true
        && let Some(fields) = step.as_object_mut()
    {
        fields.remove("value");
    }
    alloc::format!("{step}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recorded() -> Recorder {
        let mut recorder = Recorder::new();
        let at = |path: &str| alloc::format!("https://shop.example{path}");
        let steps = [
            json!({"tool": "left_click", "fingerprint": {"role": "link", "name": "Sign in"}, "secret": false, "url": at("/"), "title": "Shop"}),
            json!({"tool": "form_input", "fingerprint": {"role": "textbox", "name": "E-mail"}, "value": "ann@example.org", "secret": false, "url": at("/login"), "title": ""}),
            json!({"tool": "form_input", "fingerprint": {"role": "textbox", "name": "Password"}, "value": "hunter2", "secret": true, "url": at("/login"), "title": ""}),
            json!({"tool": "form_input", "fingerprint": {"role": "checkbox", "name": "Stay"}, "value": true, "secret": false, "url": at("/login"), "title": ""}),
            json!({"tool": "key", "value": "Enter", "secret": false, "url": at("/login"), "title": ""}),
        ];
        assert!(steps.iter().all(|step| recorder.push(step)));
        recorder
    }

    #[test]
    fn a_secret_becomes_an_empty_slot_and_is_kept_nowhere() {
        let recorder = recorded();
        assert_eq!(recorder.intents()[2], "Set \"Password\" (textbox) to a secret");
        let recipe = recorder.finish("Sign in").expect("keeps");
        let file = recipe.to_value();
        assert_eq!(file["slots"][0], json!({"name": "e_mail", "label": "E-mail", "type": "text", "default": "ann@example.org"}));
        assert_eq!(file["slots"][1], json!({"name": "password", "label": "Password", "type": "secret"}));
        assert_eq!(file["grants"]["secrets"], json!(["https://shop.example"]));
        assert_eq!(file["start"], "https://shop.example/");
        assert_eq!(file["steps"][3]["value"], "true");
        assert_eq!(file["steps"][0]["then"], json!({"url": "/login"}));
        assert!(!alloc::format!("{file}{recorder:?}").contains("hunter2"));
    }

    #[test]
    fn a_malformed_step_is_left_out() {
        let mut recorder = Recorder::new();
        assert!(!recorder.push(&json!({"tool": 5})));
        assert_eq!(recorder.finish("x"), Err("nothing was done on a web page".into()));
    }
}
