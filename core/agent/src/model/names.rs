//! Tool names and call ids as a provider's grammar allows them, and the way back.
use super::ToolSpec;
use alloc::{collections::BTreeMap, format, string::String};
use serde::{Deserialize, Serialize};

/// Limit: both dialects take 64 characters of `[A-Za-z0-9_-]`.
const NAME_MAX: usize = 64;

/// Which of our names had to change on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    ours: BTreeMap<String, String>,
    wire: BTreeMap<String, String>,
}

impl Names {
    pub fn of(tools: &[ToolSpec]) -> Self {
        let mut names = Names::default();
        let plain = |name: &str| fit(name) == name;
        for tool in tools.iter().filter(|tool| !plain(&tool.name)) {
            let base = fit(&tool.name);
            let taken = |wire: &str| names.wire.contains_key(wire) || tools.iter().any(|other| other.name == wire);
            let numbered = (2..).map(|n| {
                let tail = format!("_{n}");
                let keep = base.len().min(NAME_MAX - tail.len());
                format!("{}{tail}", &base[..keep])
            });
            let wire = core::iter::once(base.clone()).chain(numbered).find(|wire| !taken(wire)).expect("finitely many are taken");
            names.ours.insert(wire.clone(), tool.name.clone());
            names.wire.insert(wire.clone(), String::new());
            names.wire.insert(tool.name.clone(), wire);
        }
        names
    }

    /// The name to send. Of a tool no longer offered, the nearest allowed one.
    pub fn to_wire(&self, ours: &str) -> String {
        self.wire.get(ours).filter(|wire| !wire.is_empty()).cloned().unwrap_or_else(|| fit(ours))
    }

    /// Our name for one received; unknown ones stay as they are.
    pub fn to_ours(&self, wire: &str) -> String {
        self.ours.get(wire).cloned().unwrap_or_else(|| wire.into())
    }
}

/// `text` with other characters replaced by `_`, cut, never empty. Used for names and for ids of another provider's calls.
pub fn fit(text: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let fitted: String = text.chars().map(allowed).take(NAME_MAX).collect();
    if fitted.is_empty() { "_".into() } else { fitted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn every_name_comes_back() {
        let tools: Vec<ToolSpec> = ["find", "tab.find", "tab find", "tab_find", "日本"]
            .map(|name| ToolSpec { name: name.into(), description: String::new(), schema: serde_json::json!({}) })
            .into();
        let names = Names::of(&tools);
        let wire: Vec<String> = tools.iter().map(|tool| names.to_wire(&tool.name)).collect();
        assert_eq!(wire, ["find", "tab_find_2", "tab_find_3", "tab_find", "__"]);
        for (tool, wire) in tools.iter().zip(&wire) {
            assert_eq!(names.to_ours(wire), tool.name);
        }
    }
}
