//! What many runs did, in a few lines and as JSON rows.
use peerd_sim::{CHECKERS, FAR_CHECKERS, Kind, Outcome, Tally, Trouble};
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
        let listed = |rows: Vec<(&str, u64)>| rows.iter().fold(String::new(), |text, (name, count)| format!("{text}  {name} {count}"));
        let (turns, facts) = (self.tally.turns, self.tally.facts);
        format!("turns {turns}, facts {facts}\nfaults{}\nchecks{}", listed(self.faults()), listed(self.checks()))
    }

    /// Counted things as rows of their own.
    pub fn rows(&self) -> String {
        let faults = self.faults().into_iter().map(|(name, count)| (format!("fault {name}"), count));
        let checks = self.checks().into_iter().map(|(name, count)| (format!("checks {name}"), count));
        let rows = [("turns".to_owned(), self.tally.turns)].into_iter().chain(faults).chain(checks);
        let row = |program, value| {
            json!({"bench": "sim", "program": program, "subject": "peerd-native", "value": value, "unit": "", "better": "higher",
                "rounds": 1, "min": value, "max": value, "note": "counted over all runs"})
        };
        rows.map(|(what, count)| format!("{}\n", row(what, count))).collect()
    }

    /// Those of one vat, then those of the network between several.
    fn faults(&self) -> Vec<(&'static str, u64)> {
        let near = Kind::ALL.iter().map(|kind| (kind.name(), self.tally.faults[*kind as usize]));
        let far = Trouble::ALL.iter().map(|trouble| (trouble.name(), self.tally.linked.faults[*trouble as usize]));
        near.chain(far).collect()
    }

    fn checks(&self) -> Vec<(&'static str, u64)> {
        let near = CHECKERS.iter().copied().zip(self.tally.evaluations);
        near.chain(FAR_CHECKERS.iter().copied().zip(self.tally.linked.checks)).collect()
    }
}
