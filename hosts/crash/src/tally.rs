//! What was tried, what came of it, and the first of each kind that did not hold.
use peerd_journal::{Dropped, Note, Refusal, What, Why};
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Tally {
    /// By what was done to the store.
    kinds: BTreeMap<&'static str, Kind>,
    /// Recoveries that took everything that was written.
    whole: u64,
    dropped: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct Kind {
    tried: u64,
    failed: u64,
    first: Option<String>,
}

impl Tally {
    pub fn judged(&mut self, kind: &'static str, result: Result<(), String>) {
        let entry = self.kinds.entry(kind).or_default();
        entry.tried += 1;
        if let Err(why) = result {
            entry.failed += 1;
            entry.first.get_or_insert(why);
        }
    }

    pub fn notes(&mut self, notes: &[Note]) {
        if notes.is_empty() {
            self.whole += 1;
        }
        for note in notes {
            let name = match note.what {
                What::Dropped(Dropped { why, .. }) => name(why),
                What::NotOpened(_) => "not opened",
                What::BadSnapshot(_) => "snapshot not whole",
                What::Stray => "stray",
            };
            *self.dropped.entry(name).or_default() += 1;
        }
    }

    pub fn refusal(&mut self, refusal: &Refusal) {
        let name = match refusal {
            Refusal::Files(_) => "files",
            Refusal::Damaged { why, .. } => name(*why),
            Refusal::NoStart(_) => "no start",
            Refusal::Inconsistent { .. } => "inconsistent",
            Refusal::Codec { .. } => "codec",
            Refusal::Sealed { .. } => "sealed",
        };
        *self.refused.entry(name).or_default() += 1;
    }

    pub fn failed(&self) -> u64 {
        self.kinds.values().map(|kind| kind.failed).sum()
    }

    pub fn text(&self) -> String {
        let list =
            |counts: &BTreeMap<&str, u64>| counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ");
        let mut text = String::new();
        for (name, kind) in &self.kinds {
            text += &format!("{name:12} {:>9} tried, {} failed\n", kind.tried, kind.failed);
            if let Some(first) = &kind.first {
                text += &format!("failed: {name}: {first}\n");
            }
        }
        text += &format!("taken whole: {}\ndropped: {}\nrefused: {}\n", self.whole, list(&self.dropped), list(&self.refused));
        let passed = self.kinds.values().filter(|kind| kind.failed == 0).count();
        text + &format!("{passed} passed, {} failed, 0 skipped", self.kinds.len() - passed)
    }

    /// One line per kind.
    pub fn rows(&self) -> String {
        let row = |(name, kind): (&&str, &Kind)| {
            let result = if kind.failed == 0 { "passed" } else { "failed" };
            let why = kind.first.clone().unwrap_or_else(|| format!("{} tried", kind.tried));
            format!("{}\n", json!({"check": "crash", "case": name, "result": result, "why": why}))
        };
        self.kinds.iter().map(row).collect()
    }
}

const fn name(why: Why) -> &'static str {
    match why {
        Why::Short => "short",
        Why::Torn => "torn",
        Why::Checksum => "checksum",
        Why::Link => "link",
        Why::Order { .. } => "out of order",
        Why::Foreign { .. } => "foreign epoch",
        Why::Malformed => "malformed",
        Why::Sealed => "sealed",
        Why::Late => "late",
    }
}
