//! Recipes: a run kept as data, replayed without a model.
//!
//! ```text
//! a person's steps ─▶ Recorder ─┐
//! an agent's run ───▶ of_run ───┴▶ Recipe ◀─ format ─▶ JSON file
//!                                    └─ Play::new(slots, where it starts) ─▶ tool calls and what each must show
//! ```
//! A step names what it acts on by evidence (a fingerprint), never by a number or a selector. A recipe carries its grants, worked
//! out when it is kept; replaying it never asks for more.
mod format;
mod keep;
mod pattern;
mod play;
mod recorder;
mod words;

use crate::{
    grants::in_words,
    view::{RecipeInfo, SlotInfo},
    web::Fingerprint,
};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

pub use keep::of_run;
pub use pattern::{generalise, matches};
pub use play::{Play, PlayStep};
pub use recorder::Recorder;
pub(crate) use words::{DOING, phrase};

/// The origin a recipe is started on, in its grants.
pub const START: &str = "start";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    pub name: String,
    /// An absolute URL, or a path on the origin of the tab it is started on.
    pub start: String,
    pub slots: Vec<Slot>,
    pub grants: Carried,
    pub steps: Vec<Step>,
}

/// What its owner may fill in before a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    pub name: String,
    pub label: String,
    pub kind: SlotKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotKind {
    Text {
        default: String,
    },
    Number {
        default: String,
    },
    /// Never stored: asked for at each run.
    Secret,
}

impl Default for SlotKind {
    fn default() -> Self {
        SlotKind::Text { default: String::new() }
    }
}

/// Origins (or `start`) the recipe may use, submit forms on, and type its secret slots into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    pub origins: Vec<String>,
    pub submit: Vec<String>,
    pub secrets: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// One sentence: `Click "Add to cart" (button)`.
    pub intent: String,
    /// `left_click`, `form_input`, `type`, `key`, `navigate`, ..
    pub tool: String,
    pub target: Option<Fingerprint>,
    pub value: StepValue,
    /// Path pattern of the page before; empty: any.
    pub at: String,
    pub then: Expect,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StepValue {
    #[default]
    None,
    Literal(String),
    Slot(String),
}

/// What must be so after a step, besides that its action was verified. Empty: nothing more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// Path pattern.
    pub url: String,
    /// Text on the page.
    pub seen: String,
}

impl Recipe {
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot.kind, SlotKind::Secret))
    }

    /// For the panel.
    #[must_use]
    pub fn info(&self, id: u64, bundled: bool) -> RecipeInfo {
        RecipeInfo {
            id,
            name: self.name.clone(),
            bundled,
            start_url: self.start.clone(),
            steps: self.steps.iter().map(|step| step.intent.clone()).collect(),
            slots: self.slots.iter().map(Slot::info).collect(),
            grants: in_words(&self.grants.origins, &self.grants.submit, &self.grants.secrets),
        }
    }
}

impl Slot {
    fn info(&self) -> SlotInfo {
        let default = match &self.kind {
            SlotKind::Text { default } | SlotKind::Number { default } => Some(default.clone()),
            SlotKind::Secret => None,
        };
        SlotInfo { name: self.name.clone(), label: self.label.clone(), secret: default.is_none(), default }
    }
}

/// In an actor's state a recipe is its own file format, so that there is one meaning of its bytes.
impl Serialize for Recipe {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.to_value())
    }
}

impl<'de> Deserialize<'de> for Recipe {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let value = serde_json::from_str(&text).map_err(D::Error::custom)?;
        Recipe::from_value(&value).map_err(D::Error::custom)
    }
}
