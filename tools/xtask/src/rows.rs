//! What a checking or measuring command says: one row per case, as plain lines and as JSON lines.
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::ground::{Done, Stop};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed,
    Skipped,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Default)]
pub struct Rows {
    rows: Vec<(String, String, Verdict, String)>,
}

impl Rows {
    pub fn add(&mut self, check: &str, case: &str, verdict: Verdict, why: &str) {
        if verdict == Verdict::Failed {
            eprintln!("x: failed: {check}: {case}: {why}");
        }
        self.rows.push((check.into(), case.into(), verdict, why.into()));
    }

    /// A step that either holds or says why not.
    pub fn judge(&mut self, check: &str, case: &str, result: Done) -> Done {
        match result {
            Ok(()) => self.add(check, case, Verdict::Passed, ""),
            Err(Stop::Failed(why)) => self.add(check, case, Verdict::Failed, &why),
            Err(lacking) => return Err(lacking),
        }
        Ok(())
    }

    /// None at all is a failure of that program.
    fn read(&mut self, check: &str, file: &Path) {
        let text = fs::read_to_string(file).unwrap_or_default();
        let before = self.rows.len();
        for row in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let verdict = match field("result").as_str() {
                "passed" => Verdict::Passed,
                "skipped" => Verdict::Skipped,
                _ => Verdict::Failed,
            };
            self.add(&field("check"), &field("case"), verdict, &field("why"));
        }
        if self.rows.len() == before {
            self.add(check, "rows", Verdict::Failed, "it wrote no rows");
        }
    }

    /// The rows of a program that has ended. An end that no failed row explains is a row of its own.
    pub fn take(&mut self, check: &str, file: &Path, ended: Done) -> Done {
        let mark = self.mark();
        self.read(check, file);
        if ended.is_err() && !self.failed_since(mark) { self.judge(check, "exit-code", ended) } else { Ok(()) }
    }

    pub fn failed_since(&self, mark: usize) -> bool {
        self.rows[mark..].iter().any(|row| row.2 == Verdict::Failed)
    }

    pub fn mark(&self) -> usize {
        self.rows.len()
    }

    /// Writes the rows, prints the last line, and stops when one failed.
    pub fn end(&self, file: Option<&str>) -> Done {
        if let Some(file) = file {
            let line = |(check, case, verdict, why): &(String, String, Verdict, String)| {
                format!("{}\n", json!({"check": check, "case": case, "result": verdict.word(), "why": why}))
            };
            fs::write(file, self.rows.iter().map(line).collect::<String>())?;
        }
        let count = |verdict| self.rows.iter().filter(|row| row.2 == verdict).count();
        let failed: Vec<_> = self.rows.iter().filter(|row| row.2 == Verdict::Failed).collect();
        for (check, case, _, why) in &failed {
            println!("failed: {check}: {case}{}{why}", if why.is_empty() { "" } else { ": " });
        }
        println!("{} passed, {} failed, {} skipped", count(Verdict::Passed), failed.len(), count(Verdict::Skipped));
        if failed.is_empty() { Ok(()) } else { Err(Stop::Failed(String::new())) }
    }
}

/// Measurements, one JSON object per line (shape: README, "What a command writes").
pub fn measured(file: Option<&str>, rows: &[Value]) -> Done {
    if let Some(file) = file {
        fs::write(file, rows.iter().map(|row| format!("{row}\n")).collect::<String>())?;
    }
    Ok(())
}
