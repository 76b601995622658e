//! A failing script is cut down while it fails: faults first, then stimuli, then actors.
use super::{Node, Script, Step};
use crate::{Watch, run::unharmed};

/// Limit: plays that one shrinking may take; a script of a tree of two hundred takes a millisecond or ten.
const PLAYS_MAX: u32 = 3_000;

struct Shrinking {
    seed: u64,
    best: Script,
    why: String,
    plays_left: u32,
}

/// The smallest script found that still breaks the same promise, and how it does.
#[must_use]
pub fn shrink(script: &Script, seed: u64, why: &str) -> (Script, String) {
    let mut shrinking = Shrinking { seed, best: script.clone(), why: why.into(), plays_left: PLAYS_MAX };
    shrinking.drop_steps(|step| matches!(step, Step::Fault(_)));
    shrinking.drop_steps(|step| !matches!(step, Step::Fault(_)));
    shrinking.drop_actors();
    // Fewer actors need fewer words.
    shrinking.drop_steps(|_| true);
    (shrinking.best, shrinking.why)
}

impl Shrinking {
    /// Halves, quarters and so on of the steps of this sort, as long as it still fails.
    fn drop_steps(&mut self, sort: fn(&Step) -> bool) {
        let count = |script: &Script| script.steps.iter().filter(|step| sort(step)).count();
        let mut size = count(&self.best).max(1);
        loop {
            let mut from = 0;
            while from < count(&self.best) {
                let mut nth = 0;
                let mut shorter = self.best.clone();
                shorter.steps.retain(|step| {
                    let there = sort(step);
                    nth += usize::from(there);
                    !there || nth <= from || nth > from + size
                });
                if !self.try_out(shorter) {
                    from += size;
                }
            }
            if size == 1 {
                return;
            }
            size /= 2;
        }
    }

    /// From the largest subtree to the last leaf.
    fn drop_actors(&mut self) {
        let mut labels = Vec::new();
        self.best.top.visit(&mut |node: &Node| labels.push((node.size(), node.label.clone())));
        labels.sort_by_key(|node| std::cmp::Reverse(node.0));
        for (_, label) in labels.iter().filter(|(_, label)| *label != self.best.top.label).collect::<Vec<_>>() {
            let top = self.best.top.without(label);
            if top.size() < self.best.top.size() {
                let smaller = Script { top, ..self.best.clone() };
                self.try_out(smaller);
            }
        }
    }

    /// True, and the best so far, if it fails in the same way.
    fn try_out(&mut self, script: Script) -> bool {
        if self.plays_left == 0 {
            return false;
        }
        self.plays_left -= 1;
        match unharmed(|| script.play(self.seed, Watch::Checks).verdict()).and_then(|verdict| verdict) {
            Err(why) if sort_of(&why) == sort_of(&self.why) => {
                (self.best, self.why) = (script, why);
                true
            }
            _ => false,
        }
    }
}

/// The promise that is broken: `I8` of `I8: a timer ..`.
fn sort_of(why: &str) -> &str {
    why.split_once(':').map_or(why, |(sort, _)| sort)
}
