//! How many restarts are too many: the last few restart times in a ring (semantics 12.5).
use alloc::vec::Vec;
use peerd_vat::Time;
use serde::{Deserialize, Serialize};

/// Counts restarts within a window. Memory and time don't grow with the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intensity {
    max: u32,
    period_ms: u64,
    /// The last `max` restart times. Invariant: at most `max` of them; `next` is where the oldest is when full.
    times: Vec<Time>,
    next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The how-manieth within the period.
    Restart {
        nth: u32,
    },
    GiveUp,
}

impl Intensity {
    #[must_use]
    pub const fn new(max: u32, period_ms: u64) -> Intensity {
        Intensity { max, period_ms, times: Vec::new(), next: 0 }
    }

    /// A fault at `now`. An entry exactly one period old still counts.
    pub fn fault(&mut self, now: Time) -> Verdict {
        let since = Time(now.0.saturating_sub(self.period_ms));
        if self.times.len() < self.max as usize {
            self.times.push(now);
        } else {
            match self.times.get_mut(self.next as usize) {
                Some(oldest) if *oldest < since => *oldest = now,
                _ => return Verdict::GiveUp,
            }
            self.next = (self.next + 1) % self.max;
        }
        Verdict::Restart { nth: self.times.iter().filter(|time| **time >= since).count() as u32 }
    }

    #[must_use]
    pub const fn max(&self) -> u32 {
        self.max
    }

    #[must_use]
    pub const fn period_ms(&self) -> u64 {
        self.period_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(max: u32, period_ms: u64, faults: &[u64], expect: &str) {
        let mut intensity = Intensity::new(max, period_ms);
        let verdicts: Vec<char> = faults
            .iter()
            .map(|at| match intensity.fault(Time(*at)) {
                Verdict::Restart { nth } => char::from_digit(nth, 10).expect("small"),
                Verdict::GiveUp => 'x',
            })
            .collect();
        assert_eq!(verdicts, expect.chars().collect::<Vec<_>>(), "{max} in {period_ms}: {faults:?}");
    }

    #[test]
    fn an_entry_exactly_one_period_old_still_counts() {
        check(1, 5_000, &[0, 5_000], "1x");
        check(1, 5_000, &[0, 5_001], "11");
        check(3, 5_000, &[0, 1, 2, 3], "123x");
        check(3, 5_000, &[0, 1, 2, 5_001, 5_002, 5_003], "123333");
        check(3, 5_000, &[0, 2_000, 4_000, 6_000, 8_000], "12333");
        check(0, 5_000, &[0], "x");
    }
}
