//! A case's rows: one for how it is played here, one for each variant that can't be played yet.
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
    /// What this case waits for: `durable`.
    pub later: Vec<String>,
}

/// Plays all scenes of a case. `name` is its group and file name, `clock` counts real ms for what a claim says about cost.
#[must_use]
pub fn judge(name: &str, text: &str, clock: fn() -> f64) -> Row {
    let case = match Case::read(text) {
        Ok(case) => case,
        Err(why) => return Row { case: name.into(), row: "?".into(), result: Err(why), plays: 0, far: 0, later: Vec::new() },
    };
    let (mut plays, mut far) = (0, 0);
    let mut result = Ok(());
    let playable = case.scenes.iter().filter(|scene| !scene.lines.is_empty());
    for chosen in playable.flat_map(matrix::expand) {
        plays += 1;
        far += usize::from(chosen.far.is_some());
        if let Err(why) = play(&chosen, clock) {
            result = Err(if chosen.name.is_empty() { why } else { format!("[{}] {why}", chosen.name) });
            break;
        }
    }
    Row { case: name.into(), row: case.row, result, plays, far, later: case.later }
}

impl Row {
    /// False: all of it waits for something. It is neither passed nor skipped.
    #[must_use]
    pub fn is_played(&self) -> bool {
        self.plays > 0 || self.result.is_err()
    }

    /// For programs: one line of JSON.
    #[must_use]
    pub fn json(&self, check: &str) -> String {
        let (result, why) = match &self.result {
            Ok(()) => ("passed", ""),
            Err(why) => ("failed", why.as_str()),
        };
        json!({"check": check, "case": format!("{} {}", self.row, self.case), "result": result, "why": why, "plays": self.plays, "far": self.far, "later": self.later})
            .to_string()
    }

    /// For a person.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = match &self.result {
            Ok(()) if !self.is_played() => Vec::new(),
            Ok(()) if self.far > 0 => {
                vec![format!("ok    {} {} ({} plays, {} of them over links)", self.row, self.case, self.plays, self.far)]
            }
            Ok(()) => vec![format!("ok    {} {} ({} plays)", self.row, self.case, self.plays)],
            Err(why) => vec![format!("FAIL  {} {}  {why}", self.row, self.case)],
        };
        lines.extend(self.later.iter().map(|what| format!("      {} {}  not yet: {what}", self.row, self.case)));
        lines
    }
}
