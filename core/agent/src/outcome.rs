//! What came of one tool call: for the model, for the card, for the loop rule, and for a recipe.
use crate::{
    model::Image,
    view::{TabId, Verdict},
    web::Fingerprint,
};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    pub verdict: Verdict,
    /// One line for the card: what was done to what.
    pub summary: String,
    /// One line for the card: what was observed, or why not.
    pub evidence: String,
    /// For the model: fenced and within budget.
    pub text: String,
    pub images: Vec<Image>,
    /// Told to the model as an error; the rest of its calls in that turn are not executed.
    pub error: bool,
    /// False: the page is as it was before (the loop rule's empty diff). True for reads whose content differs from the last read.
    pub changed: bool,
    /// Of the page as it was before the call; part of the loop rule's signature.
    pub page_before: u64,
    pub tab: Option<TabId>,
    pub url: String,
    /// What the tab's actor would need to go on in another life: the meaning of the refs in `text`.
    pub trace: String,
    /// For a recipe; none for reads and for what failed.
    pub step: Option<StepTaken>,
}

/// An action as a recipe keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepTaken {
    /// `left_click`, `form_input`, `type`, `key`, `navigate`, ..
    pub tool: String,
    /// What it acted on.
    pub target: Option<Fingerprint>,
    /// The text typed, the value set, the keys, the URL. Empty for secrets.
    pub value: String,
    pub secret: bool,
    /// Where the page was before and after.
    pub url_before: String,
    pub url_after: String,
    /// A short text that was new on the page afterwards, to expect on replay.
    pub seen_after: String,
}
