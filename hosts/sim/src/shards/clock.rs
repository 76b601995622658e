//! A machine's own clock: it began at another time than the others', runs a little fast or slow, and may stand still in a freeze.
use peerd_vat::Time;

const MILLION: u64 = 1_000_000;
/// Five in a hundred, either way.
pub(crate) const DRIFT_MAX: u64 = 50_000;

#[derive(Clone, Copy)]
pub(crate) struct Clock {
    began: u64,
    zero: u64,
    /// Of its own in a million true ones.
    rate: u64,
    /// True ones that it has not seen.
    missed: u64,
}

impl Clock {
    pub const fn new(now: u64, zero: u64, rate: u64) -> Clock {
        Clock { began: now, zero, rate, missed: 0 }
    }

    pub const fn local(&self, now: u64) -> Time {
        Time(self.zero + (now - self.began - self.missed) * self.rate / MILLION)
    }

    /// The first true time at which it shows that.
    pub fn when(&self, local: Time) -> u64 {
        let since = u128::from(local.0.saturating_sub(self.zero)) * u128::from(MILLION);
        let since = since.div_ceil(u128::from(self.rate));
        u64::try_from(since).map_or(u64::MAX, |since| since.saturating_add(self.began + self.missed))
    }

    pub const fn stood_still(&mut self, ms: u64) {
        self.missed += ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_shows_at_a_time_is_what_that_time_was_asked_for() {
        for rate in [950_000, 1_000_000, 1_049_999] {
            let mut clock = Clock::new(500, 7, rate);
            clock.stood_still(30);
            for local in [8, 100, 12_345] {
                let when = clock.when(Time(local));
                assert!(clock.local(when) >= Time(local) && clock.local(when - 1) < Time(local), "{rate} {local}");
            }
        }
    }
}
