//! What an element is known by when its number is gone: evidence a person could repeat, for re-resolution and recipes.
use super::snapshot::Node;
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
};
use serde::{Deserialize, Serialize};

/// Taken from a node of a snapshot. A match is strong when role, name and label agree; `path` may break a tie between
/// strong matches, `attrs` and `ord` never may alone: a page's next version changes ids, classes and order freely.
///
/// An element with neither name nor label (an icon, a canvas) has nothing else to be known by: there a match is strong when role, tag
/// and path agree, and equal `attrs` may break a tie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fingerprint {
    pub role: String,
    /// The accessible name; of a plain text its words.
    pub name: String,
    /// The visible label of a field, when it isn't its name.
    pub label: String,
    pub tag: String,
    /// Landmarks and sections from the outside in: "main>form".
    pub path: String,
    /// id, name, data-testid and the like.
    pub attrs: BTreeMap<String, String>,
    /// Place among equals, counted from 0.
    pub ord: u32,
}

/// The attributes by which a page's own source knows an element.
const STABLE: [&str; 4] = ["id", "name", "data-testid", "data-test"];

impl Fingerprint {
    #[must_use]
    pub fn of(node: &Node) -> Fingerprint {
        let attrs = node.attrs.iter().filter(|(key, _)| STABLE.contains(&key.as_str())).map(|(key, value)| (key.clone(), value.clone()));
        Fingerprint {
            role: node.role.clone(),
            name: node.words().to_string(),
            label: node.label.clone(),
            tag: node.tag.clone(),
            path: node.path.clone(),
            attrs: attrs.collect(),
            ord: node.ord,
        }
    }

    /// Is this node what the evidence describes, as far as evidence can say?
    #[must_use]
    pub fn fits(&self, node: &Node) -> bool {
        if self.is_nameless() {
            return self.role == node.role && self.tag == node.tag && self.path == node.path && node.words().is_empty();
        }
        self.role == node.role && self.name == node.words() && self.label == node.label
    }

    /// Breaks a tie between nodes that all fit.
    #[must_use]
    pub fn prefers(&self, node: &Node) -> bool {
        if self.is_nameless() {
            return !self.attrs.is_empty() && self.attrs == Fingerprint::of(node).attrs;
        }
        !self.path.is_empty() && self.path == node.path
    }

    #[must_use]
    pub fn is_nameless(&self) -> bool {
        self.name.is_empty() && self.label.is_empty()
    }

    /// `button "Buy now"`, for people.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.name.as_str(), self.label.as_str()) {
            ("", "") => format!("{} without a name", self.role),
            ("", label) => format!("{} labelled \"{label}\"", self.role),
            (name, _) => format!("{} \"{name}\"", self.role),
        }
    }
}
