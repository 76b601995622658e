//! Spritely Goblins as a contestant of `./x bench captp`: one peer that answers, one that calls, and what both take of the CPU.
use std::fs;
use std::io::Write;

use super::debian;
use super::goblins::{GUILE, PACKAGE};
use super::started::{Started, free_port};
use crate::ground::{Done, Ground, Stop};

/// `/s/echo`, as locators write it.
const ECHO: &str = "/s/ZWNobw";
/// Calls under way at a time.
const WINDOW: u64 = 500;

pub struct Goblins {
    version: String,
    answers: Started,
    calls: Started,
}

impl Goblins {
    pub fn start(ground: &Ground) -> Done<Goblins> {
        let unpacked = debian::ensure(PACKAGE)?;
        let script = unpacked.give("bench.scm", &fs::read(ground.path("tools/bench/captp/goblins.scm"))?)?;
        let guile = |words: &[&str]| {
            let mut guile = unpacked.program(GUILE);
            guile.arg(&script).args(words);
            guile
        };
        let (answers, locator) = Started::when(&mut guile(&["serve", &free_port()?.to_string()]), "listening at ")?;
        let echo = locator.replacen('?', &format!("{ECHO}?"), 1);
        let (calls, _) = Started::when(&mut guile(&["call", &free_port()?.to_string(), &echo]), "ready")?;
        Ok(Goblins { version: unpacked.version, answers, calls })
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn ask(&mut self, program: &str, units: u64) -> Done<Vec<f64>> {
        let before = self.cpu();
        let values = match program {
            "calls-websocket" => self.talk(&format!("calls {units} {WINDOW}"))?,
            other => self.talk(&format!("{other} {units}"))?,
        };
        Ok(if program == "calls-websocket" { vec![units as f64 / (self.cpu() - before)] } else { values })
    }

    fn talk(&mut self, line: &str) -> Done<Vec<f64>> {
        writeln!(self.calls.words(), "{line}")?;
        let said = self.calls.line()?;
        let values: Vec<f64> = said.strip_prefix("ok ").unwrap_or_default().split(' ').filter_map(|word| word.parse().ok()).collect();
        if values.is_empty() { Err(Stop::Failed(format!("Goblins, asked for {line}: {said}"))) } else { Ok(values) }
    }

    /// Seconds of both, of all their threads.
    fn cpu(&self) -> f64 {
        let tasks = [&self.answers, &self.calls].map(|started| fs::read_dir(format!("/proc/{}/task", started.id())));
        let each = tasks.into_iter().flatten().flatten().flatten();
        let ns = each.filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok());
        ns.sum::<f64>() / 1e9
    }
}
