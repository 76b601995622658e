//! The file a recipe is kept and passed on in: readable JSON, versioned, strict when read. See docs/recipes.md.
use super::{Carried, Expect, Recipe, START, Slot, SlotKind, Step, StepValue};
use crate::{address::origin, web::Fingerprint};
use alloc::{format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const VERSION: u32 = 1;
/// Limit: a person can't read more before running it.
const STEPS_MAX: usize = 200;
const SLOTS_MAX: usize = 50;

/// What a step may do; anything else in a file is refused.
pub(super) const TOOLS: [&str; 11] = [
    "left_click",
    "double_click",
    "triple_click",
    "right_click",
    "hover",
    "scroll_to",
    "select_text",
    "form_input",
    "type",
    "key",
    "navigate",
];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    peerd: String,
    version: u32,
    name: String,
    start: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    slots: Vec<Value>,
    grants: Value,
    steps: Vec<Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotFile {
    name: String,
    label: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantsFile {
    origins: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    submit: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    intent: String,
    tool: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slot: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    at: String,
    #[serde(default, skip_serializing_if = "ExpectFile::is_empty")]
    then: ExpectFile,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ExpectFile {
    #[serde(skip_serializing_if = "String::is_empty")]
    url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    seen: String,
}

impl ExpectFile {
    fn is_empty(&self) -> bool {
        self.url.is_empty() && self.seen.is_empty()
    }
}

impl Recipe {
    #[must_use]
    pub fn to_value(&self) -> Value {
        let Carried { origins, submit, secrets } = self.grants.clone();
        json(&File {
            peerd: "recipe".into(),
            version: VERSION,
            name: self.name.clone(),
            start: self.start.clone(),
            slots: self.slots.iter().map(slot_value).collect(),
            grants: json(&GrantsFile { origins, submit, secrets }),
            steps: self.steps.iter().map(step_value).collect(),
        })
    }

    /// # Errors
    /// What is wrong and where, in words for the person who made the file.
    pub fn from_value(value: &Value) -> Result<Recipe, String> {
        if value["peerd"] != "recipe" {
            return Err("this is not a recipe of peerd".into());
        }
        if value["version"] != VERSION {
            return Err(format!("it is of version {}, and this peerd reads version {VERSION}", value["version"]));
        }
        let file: File = read(value, "the recipe")?;
        let grants: GrantsFile = read(&file.grants, "grants")?;
        let recipe = Recipe {
            name: file.name,
            start: file.start,
            slots: numbered(&file.slots, "slot", slot_of)?,
            grants: Carried { origins: grants.origins, submit: grants.submit, secrets: grants.secrets },
            steps: numbered(&file.steps, "step", step_of)?,
        };
        recipe.check()?;
        Ok(recipe)
    }

    /// What holds of every recipe, however it was made.
    pub(super) fn check(&self) -> Result<(), String> {
        let say = |text: &str| Err(String::from(text));
        if self.name.trim().is_empty() {
            return say("it has no name");
        }
        if !self.start.starts_with('/') && origin(&self.start).is_none() {
            return say("start is neither a path (\"/shop\") nor a web address");
        }
        if self.start.starts_with("//") {
            return say("start is neither a path (\"/shop\") nor a web address: it begins with two slashes");
        }
        if self.steps.is_empty() {
            return say("it has no steps");
        }
        if self.steps.len() > STEPS_MAX || self.slots.len() > SLOTS_MAX {
            return Err(format!("it has more than {STEPS_MAX} steps or {SLOTS_MAX} slots"));
        }
        let Carried { origins, submit, secrets } = &self.grants;
        for named in origins.iter().chain(submit).chain(secrets) {
            if named != START && self::origin(named).as_ref() != Some(named) {
                return Err(format!("grants: {named:?} is not an origin (\"https://shop.example\") nor \"{START}\""));
            }
        }
        for (slot, n) in self.slots.iter().zip(1..) {
            if self.slots.iter().filter(|other| other.name == slot.name).count() > 1 {
                return Err(format!("slot {n}: there are two called {:?}", slot.name));
            }
        }
        self.steps.iter().zip(1..).try_for_each(|(step, n)| self.check_step(step).map_err(|why| format!("step {n}: {why}")))
    }

    fn check_step(&self, step: &Step) -> Result<(), String> {
        if !TOOLS.contains(&step.tool.as_str()) {
            return Err(format!("{:?} is not an action a recipe can hold", step.tool));
        }
        let needs_target = !matches!(step.tool.as_str(), "key" | "navigate" | "type");
        let needs_value = matches!(step.tool.as_str(), "form_input" | "type" | "key" | "navigate");
        if needs_target && step.target.is_none() {
            return Err(format!("{} needs a target", step.tool));
        }
        if needs_value && step.value == StepValue::None {
            return Err(format!("{} needs a value or a slot", step.tool));
        }
        match &step.value {
            StepValue::Slot(name) if !self.slots.iter().any(|slot| slot.name == *name) => Err(format!("there is no slot called {name:?}")),
            _ => Ok(()),
        }
    }
}

fn slot_value(slot: &Slot) -> Value {
    let (kind, default) = match &slot.kind {
        SlotKind::Text { default } => ("text", Some(default.clone())),
        SlotKind::Number { default } => ("number", Some(default.clone())),
        SlotKind::Secret => ("secret", None),
    };
    json(&SlotFile { name: slot.name.clone(), label: slot.label.clone(), kind: kind.into(), default })
}

fn slot_of(file: SlotFile) -> Result<Slot, String> {
    let default = file.default.clone().unwrap_or_default();
    let kind = match (file.kind.as_str(), &file.default) {
        ("text", _) => SlotKind::Text { default },
        ("number", _) => SlotKind::Number { default },
        ("secret", None) => SlotKind::Secret,
        ("secret", Some(_)) => return Err("a secret has no default: it is asked for at each run".into()),
        (other, _) => return Err(format!("type {other:?} is none of text, number, secret")),
    };
    Ok(Slot { name: file.name, label: file.label, kind })
}

fn step_value(step: &Step) -> Value {
    let (value, slot) = match &step.value {
        StepValue::None => (None, None),
        StepValue::Literal(text) => (Some(text.clone()), None),
        StepValue::Slot(name) => (None, Some(name.clone())),
    };
    json(&StepFile {
        intent: step.intent.clone(),
        tool: step.tool.clone(),
        target: step.target.as_ref().map(evidence),
        value,
        slot,
        at: step.at.clone(),
        then: ExpectFile { url: step.then.url.clone(), seen: step.then.seen.clone() },
    })
}

fn step_of(file: StepFile) -> Result<Step, String> {
    let value = match (file.value, file.slot) {
        (None, None) => StepValue::None,
        (Some(text), None) => StepValue::Literal(text),
        (None, Some(name)) => StepValue::Slot(name),
        (Some(_), Some(_)) => return Err("it has both a value and a slot".into()),
    };
    let target = file.target.map(|target| read(&target, "target")).transpose()?;
    let then = Expect { url: file.then.url, seen: file.then.seen };
    Ok(Step { intent: file.intent, tool: file.tool, target, value, at: file.at, then })
}

/// A fingerprint without what it doesn't say.
fn evidence(target: &Fingerprint) -> Value {
    let mut value = json(target);
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| *field != "" && !field.as_object().is_some_and(serde_json::Map::is_empty));
    }
    value
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("plain structs with string keys always become JSON")
}

fn read<T: for<'de> Deserialize<'de>>(value: &Value, what: &str) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("{what}: {error}"))
}

fn numbered<F: for<'de> Deserialize<'de>, T>(values: &[Value], what: &str, of: fn(F) -> Result<T, String>) -> Result<Vec<T>, String> {
    let one = |(value, n): (&Value, u32)| {
        let place = format!("{what} {n}");
        read::<F>(value, &place).and_then(|file| of(file).map_err(|why| format!("{place}: {why}")))
    };
    values.iter().zip(1..).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use serde_json::json;

    fn sample() -> Value {
        json!({
            "peerd": "recipe", "version": 1, "name": "Order a lamp", "start": "/shop",
            "slots": [
                {"name": "city", "label": "City", "type": "text", "default": "Bern"},
                {"name": "password", "label": "Password", "type": "secret"},
            ],
            "grants": {"origins": ["start"], "submit": ["start"], "secrets": ["start"]},
            "steps": [
                {"intent": "Click \"Lamp\" (link)", "tool": "left_click", "target": {"role": "link", "name": "Lamp", "tag": "a", "ord": 0}, "at": "/shop", "then": {"url": "/shop/item/*"}},
                {"intent": "Set \"City\" (textbox) to {city}", "tool": "form_input", "target": {"role": "textbox", "name": "City", "tag": "input", "ord": 0}, "slot": "city"},
                {"intent": "Press Enter", "tool": "key", "value": "Enter", "then": {"seen": "Thank you"}},
            ],
        })
    }

    #[test]
    fn a_recipe_comes_back_as_it_was() {
        let recipe = Recipe::from_value(&sample()).expect("valid");
        assert_eq!(recipe.to_value(), sample());
        assert_eq!(Recipe::from_value(&recipe.to_value()), Ok(recipe.clone()));
        let info = recipe.info(7, true);
        assert_eq!(
            info.grants,
            [
                "use the site it is started on",
                "submit forms on the site it is started on",
                "type your secrets into the site it is started on"
            ]
        );
        assert_eq!(info.slots[0].default.as_deref(), Some("Bern"));
        assert!(info.slots[1].secret && info.slots[1].default.is_none());
    }

    #[test]
    fn the_bundled_recipe_is_one() {
        let file = serde_json::from_str(include_str!("../../../../apps/practice/recipes/order-tea.json")).expect("JSON");
        let recipe = Recipe::from_value(&file).expect("a recipe");
        assert_eq!((recipe.start.as_str(), recipe.info(1, true).grants.len()), ("/shop/", 2));
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_place() {
        let table: [(&str, Value, &str); 12] = [
            ("/peerd", json!("x"), "this is not a recipe of peerd"),
            ("/version", json!(2), "it is of version 2, and this peerd reads version 1"),
            ("/name", json!(" "), "it has no name"),
            ("/start", json!("shop"), "start is neither a path (\"/shop\") nor a web address"),
            ("/start", json!("//evil.example/x"), "start is neither a path (\"/shop\") nor a web address: it begins with two slashes"),
            ("/grants/origins/0", json!("*"), "grants: \"*\" is not an origin (\"https://shop.example\") nor \"start\""),
            ("/slots/1/default", json!("hunter2"), "slot 2: a secret has no default: it is asked for at each run"),
            ("/slots/0/type", json!("date"), "slot 1: type \"date\" is none of text, number, secret"),
            ("/slots/1/name", json!("city"), "slot 1: there are two called \"city\""),
            ("/steps/0/tool", json!("javascript_exec"), "step 1: \"javascript_exec\" is not an action a recipe can hold"),
            ("/steps/1/slot", json!("town"), "step 2: there is no slot called \"town\""),
            ("/steps/2/value", json!(null), "step 3: key needs a value or a slot"),
        ];
        for (at, value, why) in table {
            let mut file = sample();
            let (parent, key) = at.rsplit_once('/').expect("a pointer");
            let parent = file.pointer_mut(parent).expect("there");
            match key.parse::<usize>() {
                Ok(n) => parent[n] = value,
                Err(_) => parent[key] = value,
            }
            assert_eq!(Recipe::from_value(&file), Err(why.to_string()), "{at}");
        }
        let mut file = sample();
        file["steps"][0]["selector"] = json!("#buy");
        assert!(Recipe::from_value(&file).expect_err("strict").starts_with("step 1: unknown field `selector`"));
    }

    #[test]
    fn it_is_itself_in_an_actors_state() {
        let recipe = Recipe::from_value(&sample()).expect("valid");
        let bytes = postcard::to_allocvec(&recipe).expect("encodes");
        assert_eq!(postcard::from_bytes::<Recipe>(&bytes).expect("decodes"), recipe);
    }
}
