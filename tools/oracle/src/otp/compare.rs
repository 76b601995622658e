//! Whether the two sides told the same, but for the divergences that conformance.md section 11 intends.
//!
//! Two of those are kept out of the programs instead, see `timing.rs`: whole seconds, and what identities over restarts cost.
use super::{
    program::Program,
    story::{Entry, Story},
    trace::trace,
};
use crate::Trace;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Divergence {
    /// A simple child whose automatic restart is `ignore`: OTP 25 keeps a ghost (listed undefined, counted active).
    Ghost,
    /// Of a crash only the class is compared.
    CrashPayload,
}

impl Divergence {
    pub const ALL: [Divergence; 2] = [Divergence::Ghost, Divergence::CrashPayload];

    pub const fn told(self) -> &'static str {
        match self {
            Divergence::Ghost => "simple child whose automatic restart is ignore",
            Divergence::CrashPayload => "crash reason payload",
        }
    }
}

pub struct Difference {
    /// 0 is the start of the top.
    pub step: usize,
    pub theirs: String,
    pub ours: String,
}

/// What OTP told, as this core has to tell it. OTP's supervisor trips over its ghosts when it ends; what follows then is left out.
pub fn expected(program: &Program, theirs: &Story) -> (Trace, BTreeSet<Divergence>) {
    let (mut story, mut used) = (theirs.clone(), BTreeSet::new());
    let trips = |entry: &Entry| matches!(entry, Entry::Ended { reason, .. } if reason.starts_with("{function_clause,"));
    if let Some(at) = story.steps.iter().position(|told| told.entries.iter().any(trips)) {
        story.steps.truncate(at);
        used.insert(Divergence::Ghost);
    }
    for told in &mut story.steps {
        let crashed = |entry: &Entry| match entry {
            Entry::Ended { reason, .. } => reason.contains("crashed"),
            Entry::Result(result) => result.contains("crashed"),
            Entry::Born { .. } => false,
        };
        if told.entries.iter().any(crashed) {
            used.insert(Divergence::CrashPayload);
        }
        for listing in told.supervisors.iter_mut().filter(|listing| program.is_simple(&listing.who.path)) {
            let is_ghost = |row: &super::story::Row| row.state == "undefined";
            let ghosts = listing.rows.iter().filter(|row| is_ghost(row)).count() as u32;
            if ghosts == 0 {
                continue;
            }
            used.insert(Divergence::Ghost);
            listing.rows.retain(|row| !is_ghost(row));
            let [_, active, supervisors, workers] = &mut listing.counts;
            *active -= ghosts;
            *(if *supervisors > 0 { supervisors } else { workers }) -= ghosts;
        }
    }
    (trace(program, &story), used)
}

pub fn difference(expected: &[String], ours: &[String]) -> Option<Difference> {
    let step = (0..expected.len()).find(|step| expected.get(*step) != ours.get(*step))?;
    let line = |trace: &[String]| trace.get(step).cloned().unwrap_or_default();
    Some(Difference { step, theirs: line(expected), ours: line(ours) })
}
