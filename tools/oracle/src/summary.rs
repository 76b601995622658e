//! What a run prints at its end, and its rows.
use crate::{Trace, corpus::Kept};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

/// How often programs have been through each cell of a table.
pub type Hits = BTreeMap<String, u64>;

pub struct Summary<P> {
    check: &'static str,
    programs: u64,
    steps: u64,
    traces: BTreeSet<Trace>,
    pub hits: Hits,
    /// What an intended divergence is about, and how many programs used it.
    divergences: BTreeMap<&'static str, u64>,
    /// Case and why.
    differences: Vec<(String, String)>,
    /// Those that met a cell first, and others.
    first: Vec<Kept<P>>,
    others: Vec<Kept<P>>,
}

impl<P> Summary<P> {
    /// `cells` are all there are, unvisited.
    pub fn new(check: &'static str, cells: Hits, divergences: &[&'static str]) -> Summary<P> {
        Summary {
            check,
            programs: 0,
            steps: 0,
            traces: BTreeSet::new(),
            hits: cells,
            divergences: divergences.iter().map(|told| (*told, 0)).collect(),
            differences: Vec::new(),
            first: Vec::new(),
            others: Vec::new(),
        }
    }

    /// A program that both sides told the same about. True: nobody told this before.
    pub fn same(&mut self, steps: usize, trace: Trace, used: impl IntoIterator<Item = &'static str>) -> bool {
        self.programs += 1;
        self.steps += steps as u64;
        for divergence in used {
            *self.divergences.get_mut(divergence).expect("an intended one") += 1;
        }
        self.traces.insert(trace)
    }

    pub fn keep(&mut self, one: Kept<P>, is_first: bool) {
        if is_first { &mut self.first } else { &mut self.others }.push(one);
    }

    /// So many of them, and no cell is lost.
    pub fn kept(&mut self, count: usize) -> Vec<Kept<P>> {
        let mut kept = std::mem::take(&mut self.first);
        kept.append(&mut self.others);
        kept.truncate(count);
        kept
    }

    pub fn differs(&mut self, case: String, why: String) {
        println!("{case} differs:\n{why}");
        self.programs += 1;
        self.differences.push((case, why));
    }

    /// Prints it. False: something did not hold. Whether every cell must have been met is for the caller to say.
    pub fn end(&self, json: Option<&Path>, cells: Cells) -> Result<bool, String> {
        let (met, empty): (Vec<_>, Vec<_>) = self.hits.iter().partition(|(_, hits)| **hits > 0);
        for (cell, hits) in &self.hits {
            println!("{hits:8}  {cell}");
        }
        println!(
            "{} programs, {} steps, {} distinct traces, {} differences",
            self.programs,
            self.steps,
            self.traces.len(),
            self.differences.len()
        );
        for (told, times) in &self.divergences {
            println!("divergence used {times} times: {told}");
        }
        let mut rows = vec![row(self.check, "traces", self.differences.is_empty(), &format!("{} differ", self.differences.len()))];
        rows.extend(self.differences.iter().map(|(case, why)| row(self.check, case, false, why)));
        let (mut passed, mut failed) = (usize::from(self.differences.is_empty()), self.differences.len());
        if cells == Cells::All {
            rows.extend(self.hits.iter().map(|(cell, hits)| row(self.check, cell, *hits > 0, "no program met it")));
            (passed, failed) = (passed + met.len(), failed + empty.len());
            // Programs that all tell the same would prove little.
            let varied = self.traces.len() as u64 * 2 >= self.programs;
            rows.push(row(self.check, "at least half of the traces are distinct", varied, &format!("{} are", self.traces.len())));
            (passed, failed) = (passed + usize::from(varied), failed + usize::from(!varied));
            for (cell, _) in &empty {
                println!("failed: no program met {cell}");
            }
        }
        if let Some(file) = json {
            fs::write(file, rows.concat()).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        println!("{passed} passed, {failed} failed, 0 skipped");
        Ok(failed == 0)
    }

    pub fn shown(&self) -> usize {
        self.differences.len()
    }

    pub fn cells_met(&self) -> usize {
        self.hits.values().filter(|hits| **hits > 0).count()
    }
}

/// Both traces, line by line up to the end of the longer one. Whether they are the same.
pub fn show_both(them: &str, theirs: &[String], ours: &[String]) -> bool {
    let line = |trace: &[String], at: usize| trace.get(at).map_or("nothing more", String::as_str).to_owned();
    for at in 0..theirs.len().max(ours.len()) {
        let (wanted, told) = (line(theirs, at), line(ours, at));
        println!("{at} {them:<7} {wanted}");
        if wanted != told {
            println!("{at} ours    {told}");
        }
    }
    theirs == ours
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    All,
    /// Too few programs to ask for that.
    Some,
}

fn row(check: &str, case: &str, holds: bool, why: &str) -> String {
    let mut text = String::new();
    let (result, why) = if holds { ("passed", "") } else { ("failed", why) };
    let _ = writeln!(text, "{}", json!({"check": check, "case": case, "result": result, "why": why}));
    text
}
