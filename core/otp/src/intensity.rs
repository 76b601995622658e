//! How many restarts are too many: the last few restart times in a ring (semantics 12.5).
use alloc::collections::VecDeque;
use peerd_vat::Time;
use serde::{Deserialize, Serialize};

/// Counts restarts within a window. A fault costs the same however many are in it: each time is put in once and taken out once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intensity {
    max: u32,
    period_ms: u64,
    // Invariant: oldest first, at most `max`, or what an earlier one was.
    times: VecDeque<Time>,
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
        Intensity { max, period_ms, times: VecDeque::new() }
    }

    /// A fault at `now`. An entry exactly one period old still counts.
    pub fn fault(&mut self, now: Time) -> Verdict {
        if self.count(now) >= self.max {
            return Verdict::GiveUp;
        }
        self.times.push_back(now);
        Verdict::Restart { nth: self.times.len() as u32 }
    }

    /// Faults within the period that ends now.
    pub fn count(&mut self, now: Time) -> u32 {
        let since = Time(now.0.saturating_sub(self.period_ms));
        while self.times.front().is_some_and(|oldest| *oldest < since) {
            self.times.pop_front();
        }
        self.times.len() as u32
    }

    /// Other limits, over the same history: what is too much for these may count for the next.
    pub fn resize(&mut self, max: u32, period_ms: u64) {
        (self.max, self.period_ms) = (max, period_ms);
    }

    /// When the faults were that still count, or did when it was last looked, oldest first.
    pub fn times(&self) -> impl ExactSizeIterator<Item = Time> {
        self.times.iter().copied()
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
    use alloc::vec::Vec;

    fn told(intensity: &mut Intensity, faults: &[u64]) -> Vec<char> {
        let verdict = |at: &u64| match intensity.fault(Time(*at)) {
            Verdict::Restart { nth } => char::from_digit(nth, 10).expect("small"),
            Verdict::GiveUp => 'x',
        };
        faults.iter().map(verdict).collect()
    }

    fn check(max: u32, period_ms: u64, faults: &[u64], expect: &str) {
        let verdicts = told(&mut Intensity::new(max, period_ms), faults);
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

    #[test]
    fn a_smaller_window_forgets_nothing_that_a_larger_one_counts() {
        let mut intensity = Intensity::new(5, 2_000);
        assert_eq!(told(&mut intensity, &[0, 1, 2]), ['1', '2', '3']);
        intensity.resize(1, 2_000);
        intensity.resize(3, 2_000);
        assert_eq!(told(&mut intensity, &[3]), ['x']);
    }

    #[test]
    fn a_resized_window_counts_what_is_in_its_period() {
        let mut intensity = Intensity::new(3, 5_000);
        assert_eq!(told(&mut intensity, &[0, 1_000, 2_000]), ['1', '2', '3']);
        intensity.resize(1, 3_000);
        assert_eq!(told(&mut intensity, &[5_000, 5_001]), ['x', '1']);
        intensity.resize(2, 3_000);
        assert_eq!(told(&mut intensity, &[5_002, 5_003]), ['2', 'x']);
    }
}
