//! What one side told about a program.
use serde_json::Value;
use std::collections::BTreeMap;

/// Who, and what: `a` played a handler, `a out` a number left from it.
pub type Entry = (String, String);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// One more than the program has: the last one tells what all objects are left with.
    pub steps: Vec<Vec<Entry>>,
    /// An alarm was tried again before the program came to wait for it.
    pub is_late: bool,
    /// Something that should have happened never did.
    pub is_stuck: bool,
}

impl Story {
    /// As player.js tells it.
    pub fn read(told: &Value) -> Option<Story> {
        let entry = |entry: &Value| Some((entry[0].as_str()?.to_owned(), entry[1].as_str()?.to_owned()));
        let step = |step: &Value| step.as_array()?.iter().map(entry).collect();
        Some(Story {
            steps: told["steps"].as_array()?.iter().map(step).collect::<Option<_>>()?,
            is_late: told["isLate"].as_bool()?,
            is_stuck: told["isStuck"].as_bool()?,
        })
    }

    /// A line per step: what each did, in its order. Who did what first is left to chance.
    pub fn trace(&self) -> crate::Trace {
        let line = |step: &Vec<Entry>| {
            let mut by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            step.iter().for_each(|(who, what)| by.entry(who).or_default().push(what));
            let told: Vec<String> = by.into_iter().map(|(who, what)| format!("{who}: {}", what.join("; "))).collect();
            told.join(" / ")
        };
        self.steps.iter().map(line).chain(self.is_stuck.then(|| "stuck".to_owned())).collect()
    }
}
