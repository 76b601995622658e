//! OTP counts restarts in whole seconds, and its time is real: restarts must be clearly within a period or clearly apart.
use super::{
    ours,
    program::{Act, Program, TOP},
    story::{Entry, Story},
};
use std::collections::{BTreeMap, BTreeSet};

/// How much longer than on virtual time a stretch without a long pause may take on a busy machine.
const SLACK_MS: u64 = 350;
/// A pause after which no restart before it counts: the period, a second for OTP's rounding, and some more.
const BEYOND_MS: u64 = 1_150;

pub const fn long_pause_ms(period_s: u64) -> u64 {
    period_s * 1_000 + BEYOND_MS
}

fn period_ms(program: &Program) -> u64 {
    program.flags(TOP).map_or(1, |flags| flags.period_s) * 1_000
}

/// On virtual time everything comes to rest, with room to spare, and nobody is hurried.
pub fn is_clear(program: &Program) -> bool {
    let story = ours::play(program);
    let is_stuck = story.steps.iter().any(|told| told.stuck);
    !is_stuck && !hurries(&story) && longest_ms(program, &story) + SLACK_MS <= period_ms(program)
}

/// A supervisor that was left behind by a dead parent was killed before its children had stopped: the parent's next life needs
/// the identity and gives it an ordinary stop's time. OTP has no identities, and there it takes all the time it wants.
fn hurries(story: &Story) -> bool {
    let (mut parents, mut ended, mut left_behind) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    for entry in story.steps.iter().flat_map(|told| &told.entries) {
        match entry {
            Entry::Born { who, parent, .. } => {
                parents.insert(who, parent);
            }
            Entry::Ended { who, .. } => {
                ended.insert(who);
                let parent = parents.get(who).filter(|parent| ended.contains(*parent));
                if parent.is_some_and(|parent| left_behind.contains(parent)) {
                    return true;
                }
                if parent.is_some() {
                    left_behind.insert(who);
                }
            }
            Entry::Result(_) => {}
        }
    }
    false
}

/// The machine was quick enough that no restart fell into the gap.
pub fn was_quick(program: &Program, story: &Story) -> bool {
    longest_ms(program, story) <= period_ms(program)
}

/// The longest stretch between two long pauses.
fn longest_ms(program: &Program, story: &Story) -> u64 {
    let (mut longest, mut since) = (0, 0);
    for (step, told) in program.steps.iter().zip(story.steps.iter().skip(1)) {
        match step.act {
            Act::Advance(ms) if ms >= long_pause_ms(period_ms(program) / 1_000) => since = told.at_ms,
            _ => longest = longest.max(told.at_ms.saturating_sub(since)),
        }
    }
    longest
}
