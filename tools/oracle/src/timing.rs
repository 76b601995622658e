//! OTP counts restarts in whole seconds, and its time is real: restarts must be clearly within a period or clearly apart.
use crate::{
    ours,
    program::{Act, Program, TOP},
    story::Story,
};

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

/// On virtual time everything comes to rest, with room to spare.
pub fn is_clear(program: &Program) -> bool {
    let story = ours::play(program);
    !story.steps.iter().any(|told| told.stuck) && longest_ms(program, &story) + SLACK_MS <= period_ms(program)
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
