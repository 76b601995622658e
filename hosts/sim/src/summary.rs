//! What many runs did, in a few lines and as JSON rows.
use peerd_sim::{Outcome, Tally};
use serde_json::json;
use std::time::Duration;

#[derive(Default)]
pub struct Summary {
    pub passed: u64,
    pub failed: u64,
    tally: Tally,
    /// Of each run.
    turns: Vec<u64>,
    ms: u64,
}

impl Summary {
    pub fn add(&mut self, outcome: &Outcome) {
        *(if outcome.result.is_ok() { &mut self.passed } else { &mut self.failed }) += 1;
        self.tally.add(&outcome.tally);
        self.turns.push(outcome.tally.turns);
        self.ms = self.ms.saturating_add(outcome.ms);
    }

    pub fn take(&mut self, other: Summary) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.tally.add(&other.tally);
        self.turns.extend(other.turns);
        self.ms = self.ms.saturating_add(other.ms);
    }

    /// One scenario.
    pub fn line(&self, name: &str, took: Duration) -> String {
        let mut turns = self.turns.clone();
        turns.sort_unstable();
        let (runs, median) = (turns.len(), turns.get(turns.len() / 2).copied().unwrap_or(0));
        let s = took.as_secs_f64();
        let (hours, rate) = (self.ms / 3_600_000, runs as f64 / s.max(1e-9));
        let failed = if self.failed > 0 { format!(", {} FAILED", self.failed) } else { String::new() };
        format!("{name:12} {runs} seeds in {s:.1} s ({rate:.0}/s), {median} turns in the median, {hours} simulated hours{failed}")
    }

    pub fn details(&self) -> String {
        let mut text = format!("turns {}, facts {}\nfaults", self.tally.turns, self.tally.facts);
        self.tally.by_fault().for_each(|(name, count)| text += &format!("  {name} {count}"));
        text += "\nchecks";
        self.tally.by_checker().for_each(|(name, count)| text += &format!("  {name} {count}"));
        text
    }

    /// Counted things as rows of their own.
    pub fn rows(&self) -> String {
        let faults = self.tally.by_fault().map(|(name, count)| (format!("fault {name}"), count));
        let checks = self.tally.by_checker().map(|(name, count)| (format!("checks {name}"), count));
        let rows = [("turns".to_owned(), self.tally.turns)].into_iter().chain(faults).chain(checks);
        let row = |program, value| {
            json!({"bench": "sim", "program": program, "subject": "peerd-native", "value": value, "unit": "", "better": "higher",
                "rounds": 1, "min": value, "max": value, "note": "counted over all runs"})
        };
        rows.map(|(what, count)| format!("{}\n", row(what, count))).collect()
    }
}
