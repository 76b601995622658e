//! A case's row: how its plays went.
use crate::{case::Case, matrix, play::play};
use serde_json::json;

/// What is told of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `otp/one_for_one`.
    pub case: String,
    /// `S34`.
    pub row: String,
    pub result: Result<(), String>,
    /// Scenes times combinations.
    pub plays: usize,
    /// Those of them in several vats.
    pub far: usize,
    /// Those of them with durable actors.
    pub durable: usize,
}

/// Plays all scenes of a case. `name` is its group and file name, `clock` counts real ms for what a claim says about cost.
#[must_use]
pub fn judge(name: &str, text: &str, clock: fn() -> f64) -> Row {
    let case = match Case::read(text) {
        Ok(case) => case,
        Err(why) => return Row { case: name.into(), row: "?".into(), result: Err(why), plays: 0, far: 0, durable: 0 },
    };
    let (mut plays, mut far, mut durable) = (0, 0, 0);
    let playable = case.scenes.iter().filter(|scene| !scene.lines.is_empty());
    let expanded: Result<Vec<_>, String> = playable.map(matrix::expand).collect();
    let mut result = expanded.as_ref().map(|_| ()).map_err(String::clone);
    for chosen in expanded.into_iter().flatten().flatten() {
        plays += 1;
        far += usize::from(chosen.far.is_some());
        durable += usize::from(chosen.durable);
        if let Err(why) = play(&chosen, clock) {
            result = Err(if chosen.name.is_empty() { why } else { format!("[{}] {why}", chosen.name) });
            break;
        }
    }
    Row { case: name.into(), row: case.row, result, plays, far, durable }
}

impl Row {
    /// For programs: one line of JSON.
    #[must_use]
    pub fn json(&self, check: &str) -> String {
        let (result, why) = match &self.result {
            Ok(()) => ("passed", ""),
            Err(why) => ("failed", why.as_str()),
        };
        json!({"check": check, "case": format!("{} {}", self.row, self.case), "result": result, "why": why, "plays": self.plays, "far": self.far, "durable": self.durable})
            .to_string()
    }

    /// For a person.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.result {
            Ok(()) => {
                let kinds = [(self.far, "over links"), (self.durable, "durable")];
                let kinds = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!(", {count} {kind}"));
                format!("ok    {} {} ({} plays{})", self.row, self.case, self.plays, kinds.collect::<String>())
            }
            Err(why) => format!("FAIL  {} {}  {why}", self.row, self.case),
        }
    }
}
