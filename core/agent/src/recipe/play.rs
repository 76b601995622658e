//! A recipe being replayed: which call comes next, and what must be so before and after it.
use super::{Recipe, START, SlotKind, Step, StepValue, matches};
use crate::{
    address::{self, path_of},
    grants::Grants,
    web::Fingerprint,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Play {
    recipe: Recipe,
    /// Every slot's value for this run.
    values: Vec<(String, String)>,
    /// What `start` means in this run.
    origin: String,
    at: usize,
}

/// The step to take now.
#[derive(Clone, Debug, PartialEq)]
pub struct PlayStep {
    pub intent: String,
    pub tool: String,
    pub input: Value,
    /// What the page is to show afterwards; empty: nothing.
    pub seen: String,
}

impl Play {
    /// `tab_url` is where the tab is that it is started on.
    ///
    /// # Errors
    /// Why it can't start, in words for the owner.
    pub fn new(recipe: Recipe, given: &[(String, String)], tab_url: Option<&str>) -> Result<Play, String> {
        let origin = match address::origin(&recipe.start).or_else(|| tab_url.and_then(address::origin)) {
            Some(origin) => origin,
            None => return Err("open the page this recipe is for first: it starts on the site of the tab you are on".into()),
        };
        let value =
            |name: &str| given.iter().find(|(given, _)| given == name).map(|(_, value)| value.clone()).filter(|value| !value.is_empty());
        let mut values = Vec::new();
        for slot in &recipe.slots {
            let value = match &slot.kind {
                SlotKind::Secret => value(&slot.name).ok_or(format!("it needs \"{}\"", slot.label))?,
                SlotKind::Text { default } => value(&slot.name).unwrap_or(default.clone()),
                SlotKind::Number { default } => {
                    let value = value(&slot.name).unwrap_or(default.clone());
                    value.trim().parse::<f64>().map_err(|_| format!("\"{}\" must be a number", slot.label))?;
                    value
                }
            };
            values.push((slot.name.clone(), value));
        }
        Ok(Play { recipe, values, origin, at: 0 })
    }

    #[must_use]
    pub fn has_secrets(&self) -> bool {
        self.recipe.has_secrets()
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.recipe.name
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.recipe.steps.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recipe.steps.is_empty()
    }

    /// Steps done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.at
    }

    #[must_use]
    pub fn grants(&self) -> Grants {
        let real = |origins: &[String]| -> Vec<String> {
            origins.iter().map(|origin| if origin == START { self.origin.clone() } else { origin.clone() }).collect()
        };
        let carried = &self.recipe.grants;
        Grants::of_recipe(&real(&carried.origins), &real(&carried.submit), &real(&carried.secrets))
    }

    /// Where to go first; none when the tab is there already (whatever its query: that is the page the owner started it on).
    #[must_use]
    pub fn first_move(&self, tab_url: Option<&str>) -> Option<String> {
        let start = self.absolute(&self.recipe.start);
        let there = |url: &str| address::origin(url) == address::origin(&start) && matches(path_of(&start), path_of(url));
        (!tab_url.is_some_and(there)).then_some(start)
    }

    #[must_use]
    pub fn step(&self) -> Option<PlayStep> {
        let step = self.recipe.steps.get(self.at)?;
        Some(PlayStep { intent: step.intent.clone(), tool: step.tool.clone(), input: self.input(step), seen: step.then.seen.clone() })
    }

    /// Is the page where the current step was recorded?
    ///
    /// # Errors
    /// The difference.
    pub fn before(&self, url: &str) -> Result<(), String> {
        self.recipe.steps.get(self.at).map_or(Ok(()), |step| expect_path(&step.at, url))
    }

    /// Is the page where the current step should have led?
    ///
    /// # Errors
    /// The difference.
    pub fn after(&self, url: &str) -> Result<(), String> {
        self.recipe.steps.get(self.at).map_or(Ok(()), |step| expect_path(&step.then.url, url))
    }

    pub fn advance(&mut self) {
        self.at += 1;
    }

    /// Names the current step in a sentence about it.
    #[must_use]
    pub fn place(&self) -> String {
        let intent = self.recipe.steps.get(self.at).map(|step| step.intent.as_str()).unwrap_or("the end");
        format!("step {} of {}, “{intent}”", self.at + 1, self.len())
    }

    fn input(&self, step: &Step) -> Value {
        let mut input = Map::new();
        if let Some(target) = &step.target {
            let target = serde_json::to_value(target).expect("a fingerprint is plain strings and numbers");
            input.insert("fingerprint".into(), target);
        }
        let value = match &step.value {
            StepValue::None => return Value::Object(input),
            StepValue::Literal(text) => text.clone(),
            StepValue::Slot(name) => self.values.iter().find(|(slot, _)| slot == name).map(|(_, value)| value.clone()).unwrap_or_default(),
        };
        let (key, value) = match step.tool.as_str() {
            "form_input" => ("value", field_value(step.target.as_ref(), value)),
            "navigate" => ("url", self.absolute(&value).into()),
            _ => ("text", value.into()),
        };
        input.insert(key.into(), value);
        Value::Object(input)
    }

    fn absolute(&self, url: &str) -> String {
        if url.starts_with('/') { format!("{}{url}", self.origin) } else { url.to_string() }
    }
}

/// Boxes are set by a truth value, everything else by text.
fn field_value(target: Option<&Fingerprint>, value: String) -> Value {
    let is_box =
        target.is_some_and(|target| matches!(target.role.as_str(), "checkbox" | "radio" | "switch" | "menuitemcheckbox" | "menuitemradio"));
    match value.as_str() {
        "true" if is_box => json!(true),
        "false" if is_box => json!(false),
        _ => value.into(),
    }
}

fn expect_path(pattern: &str, url: &str) -> Result<(), String> {
    let path = path_of(url);
    if matches(pattern, path) { Ok(()) } else { Err(format!("the page is at {path}, not at {pattern}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(start: &str) -> Recipe {
        Recipe::from_value(&json!({
            "peerd": "recipe", "version": 1, "name": "Sign in", "start": start,
            "slots": [
                {"name": "mail", "label": "E-mail", "type": "text", "default": "ann@example.org"},
                {"name": "password", "label": "Password", "type": "secret"},
            ],
            "grants": {"origins": ["start", "https://pay.example"], "submit": ["start"], "secrets": ["start"]},
            "steps": [
                {"intent": "mail", "tool": "form_input", "target": {"role": "textbox", "name": "E-mail"}, "slot": "mail", "at": "/login"},
                {"intent": "password", "tool": "form_input", "target": {"role": "textbox", "name": "Password"}, "slot": "password"},
                {"intent": "stay", "tool": "form_input", "target": {"role": "checkbox", "name": "Stay"}, "value": "true"},
                {"intent": "go", "tool": "navigate", "value": "/home", "then": {"url": "/house/*"}},
            ],
        }))
        .expect("valid")
    }

    #[test]
    fn slots_and_start_are_filled_in() {
        let given = [("password".to_string(), "s3cret".to_string())];
        let mut play = Play::new(recipe("/login"), &given, Some("http://localhost:81/login?seed=2")).expect("starts");
        assert_eq!(play.first_move(Some("http://localhost:81/login?seed=2")), None);
        assert_eq!(play.first_move(Some("http://localhost:81/")).as_deref(), Some("http://localhost:81/login"));
        assert_eq!(play.grants().origins(), ["http://localhost:81", "https://pay.example"]);
        let mut inputs = Vec::new();
        while let Some(step) = play.step() {
            inputs.push(step.input);
            play.advance();
        }
        assert_eq!(inputs[0]["value"], "ann@example.org");
        assert_eq!(inputs[1]["value"], "s3cret");
        assert_eq!(inputs[2]["value"], true);
        assert_eq!(inputs[3], json!({"url": "http://localhost:81/home"}));
    }

    #[test]
    fn a_recipe_without_its_secret_or_its_site_does_not_start() {
        assert_eq!(Play::new(recipe("/login"), &[], Some("http://localhost:81/")), Err("it needs \"Password\"".into()));
        let given = [("password".to_string(), "x".to_string())];
        assert!(Play::new(recipe("/login"), &given, Some("about:blank")).is_err_and(|why| why.starts_with("open the page")));
        assert!(Play::new(recipe("https://a.example/login"), &given, None).is_ok());
    }

    #[test]
    fn another_page_is_a_difference() {
        let given = [("password".to_string(), "x".to_string())];
        let play = Play::new(recipe("/login"), &given, Some("http://localhost:81/")).expect("starts");
        assert_eq!(play.before("http://localhost:81/login"), Ok(()));
        assert_eq!(play.before("http://localhost:81/shop"), Err("the page is at /shop, not at /login".into()));
        assert_eq!(play.place(), "step 1 of 4, “mail”");
    }
}
