//! What an element is known by when its number is gone: evidence a person could repeat, for re-resolution and recipes.
use alloc::{collections::BTreeMap, string::String};
use serde::{Deserialize, Serialize};

/// Taken from a node of a snapshot. A match is strong when role, name and label agree; `path` may break a tie between
/// strong matches, `attrs` and `ord` never may alone: a page's next version changes ids, classes and order freely.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fingerprint {
    pub role: String,
    /// The accessible name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The visible label of a field, when it isn't its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    pub tag: String,
    /// Landmarks and sections from the outside in: "main>form".
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// id, name, data-testid and the like.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attrs: BTreeMap<String, String>,
    /// Place among equals, counted from 0.
    pub ord: u32,
}
