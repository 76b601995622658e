//! So many messages in so much time: a bucket that fills as time passes.
use peerd_vat::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// At once, and in each period.
    pub messages: u32,
    pub period_ms: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    rate: Rate,
    /// In milliseconds times messages, so that nothing is rounded: a message costs a period.
    filled: u64,
    at: Time,
}

impl Bucket {
    pub fn full(rate: Rate, now: Time) -> Bucket {
        Bucket { rate, filled: Bucket::size(rate), at: now }
    }

    const fn size(rate: Rate) -> u64 {
        rate.messages as u64 * rate.period_ms as u64
    }

    /// False: not yet.
    pub fn take(&mut self, now: Time) -> bool {
        // After a later life of its vat has begun the clock starts anew.
        let passed = now.0.saturating_sub(self.at.0);
        self.at = now;
        self.filled = passed.saturating_mul(u64::from(self.rate.messages)).saturating_add(self.filled).min(Bucket::size(self.rate));
        let cost = u64::from(self.rate.period_ms);
        let is_enough = self.rate.messages > 0 && self.filled >= cost;
        if is_enough {
            self.filled -= cost;
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_a_period_has_and_fills_evenly() {
        let mut bucket = Bucket::full(Rate { messages: 3, period_ms: 1_000 }, Time(0));
        assert_eq!(
            [0, 0, 0, 0, 333, 334, 334, 667, 1_000, 1_000].map(|at| bucket.take(Time(at))),
            [true, true, true, false, false, true, false, true, true, false]
        );
    }

    #[test]
    fn what_was_not_used_is_not_saved_up_and_a_clock_that_starts_anew_gives_nothing() {
        let mut bucket = Bucket::full(Rate { messages: 1, period_ms: 10 }, Time(0));
        assert_eq!([1_000, 1_000, 5, 14, 15].map(|at| bucket.take(Time(at))), [true, false, false, false, true]);
    }

    #[test]
    fn a_rate_of_none_lets_nothing_through() {
        assert!(!Bucket::full(Rate { messages: 0, period_ms: 0 }, Time(0)).take(Time(9)));
    }
}
