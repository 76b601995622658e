//! The comparable form of a story: a line per step that things settle after, without what is left to chance.
//!
//! ```text
//! ok t.a#2 | t#1: a#1 died, a#2 ok | t#1 2 2 0 2: b t.b#1 worker, a t.a#2 worker
//! ```
//! The answer; then what each life of a supervisor saw of its children, in order, and behind `~`, sorted, the ends of those
//! whose parent was dead already; then the supervisors whose listing changed.
use super::{
    program::{Outcome, Program, Then},
    story::{Entry, Listing, Name, Story, Told},
    text::Word,
};
use crate::Trace;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Tracer {
    parents: BTreeMap<Name, Name>,
    /// Lives whose start was no success. Their ends are part of the start.
    failed: BTreeSet<Name>,
    dead: BTreeSet<Name>,
    listed: BTreeMap<Name, String>,
}

pub fn trace(program: &Program, story: &Story) -> Trace {
    let (mut tracer, mut lines, mut before) = (Tracer::default(), Trace::new(), Vec::new());
    for (at, told) in story.steps.iter().enumerate() {
        let step = at.checked_sub(1).and_then(|at| program.steps.get(at));
        if step.is_some_and(|step| step.then == Then::GoOn) {
            // What it led to and what the next step does are not apart.
            before.extend(told.entries.iter().filter(|entry| !matches!(entry, Entry::Result(_))).cloned());
            continue;
        }
        let mut told = told.clone();
        told.entries.splice(0..0, before.drain(..));
        lines.push(tracer.line(program, &told));
    }
    lines
}

impl Tracer {
    fn line(&mut self, program: &Program, told: &Told) -> String {
        let mut seen: BTreeMap<Name, Vec<Seen>> = BTreeMap::new();
        let mut orphans = BTreeSet::new();
        for entry in &told.entries {
            match entry {
                Entry::Born { who, parent, outcome } => {
                    self.parents.insert(who.clone(), parent.clone());
                    if !Outcome::read(outcome).is_some_and(Outcome::runs) {
                        self.failed.insert(who.clone());
                    }
                    seen.entry(parent.clone()).or_default().push(Seen::Start(format!("{} {outcome}", short(who, parent))));
                }
                Entry::Ended { who, .. } if self.failed.contains(who) => {}
                Entry::Ended { who, reason } => {
                    self.dead.insert(who.clone());
                    match self.parents.get(who).filter(|parent| !self.dead.contains(parent)) {
                        Some(parent) => seen.entry(parent.clone()).or_default().push(Seen::End(format!("{} {reason}", short(who, parent)))),
                        None => {
                            orphans.insert(format!("{who} {reason}"));
                        }
                    }
                }
                Entry::Result(_) => {}
            }
        }
        let mut groups: Vec<String> = Vec::new();
        for (parent, mut seen) in seen {
            if program.is_simple(&parent.path) {
                // Told to go together, they end in any order.
                seen.chunk_by_mut(|one, other| one.is_end() && other.is_end()).for_each(<[Seen]>::sort);
            }
            let seen: Vec<&str> = seen.iter().map(Seen::text).collect();
            groups.push(format!("{parent}: {}", seen.join(", ")));
        }
        groups.extend(orphans.iter().map(|orphan| format!("~{orphan}")));
        let listings: Vec<String> = told.supervisors.iter().filter_map(|listing| self.changed(program, listing)).collect();
        let stuck = if told.stuck { "stuck " } else { "" };
        let line = format!("{stuck}{} | {} | {}", result(told), groups.join("; "), listings.join("; "));
        line.trim_end().to_owned()
    }

    fn changed(&mut self, program: &Program, listing: &Listing) -> Option<String> {
        let mut rows: Vec<String> = listing.rows.iter().map(|row| format!("{} {} {}", row.id, row.state, row.kind)).collect();
        if program.is_simple(&listing.who.path) {
            // In any order.
            rows.sort();
        }
        let [specs, active, supervisors, workers] = listing.counts;
        let text = format!("{} {specs} {active} {supervisors} {workers}: {}", listing.who, rows.join(", "));
        let before = self.listed.insert(listing.who.clone(), text.clone());
        (before.as_ref() != Some(&text)).then_some(text)
    }
}

/// What a supervisor saw of a child.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Start(String),
    End(String),
}

impl Seen {
    const fn is_end(&self) -> bool {
        matches!(self, Seen::End(_))
    }

    fn text(&self) -> &str {
        match self {
            Seen::Start(text) | Seen::End(text) => text,
        }
    }
}

/// Whether a supervisor ends just before or just after it is called is left to chance.
fn result(told: &Told) -> &str {
    match told.result() {
        result if result == "absent" || result == "noproc" || result.starts_with("gone ") => "nobody",
        result => result,
    }
}

/// Without what its parent's name says already.
fn short(who: &Name, parent: &Name) -> String {
    let id = who.path.strip_prefix(parent.path.as_str()).map_or(who.path.as_str(), |rest| rest.trim_start_matches('.'));
    format!("{id}#{}", who.life)
}
