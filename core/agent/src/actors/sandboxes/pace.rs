//! How much a guest may say: some at once, and after that so much a second, however fast the machine is.
use serde::{Deserialize, Serialize};

/// A message of a guest's: 4,000 at once, 200 a second. A judge at its port counts bytes and what brings them, but one such may bring thousands of
/// messages, and each of those costs this vat two turns or more.
pub(in crate::actors) const MESSAGE_MS: u64 = 5;
/// A line of its console: 5,000 at once, 250 a second.
pub(in crate::actors) const LINE_MS: u64 = 4;
/// Limit: how far it may be ahead of the clock.
const AHEAD_MS: u64 = 20_000;

/// What a guest is ended with that says more: the same words as those of its frame's own judge.
pub(in crate::actors) const TOO_MUCH: &str = "it sent too much at a time";

/// Of one guest: whatever it says stands for some time, and all of that together may not be far ahead of the clock.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::actors) struct Pace {
    /// When all that it said would have been said without haste; in the vat's time.
    until_ms: u64,
}

impl Pace {
    /// Counts what came now, that stands for so much. False: it is too much.
    pub fn allows(&mut self, now_ms: u64, stands_for_ms: u64) -> bool {
        self.until_ms = self.until_ms.max(now_ms) + stands_for_ms;
        self.until_ms - now_ms <= AHEAD_MS
    }
}

#[cfg(test)]
mod tests {
    use super::{MESSAGE_MS, Pace};

    /// How many of these are allowed, that come every so many milliseconds; `None`: all.
    fn allowed(every_ms: f64, messages: u32) -> Option<u32> {
        let mut pace = Pace::default();
        (0..messages).find(|at| !pace.allows(1_000_000 + (f64::from(*at) * every_ms) as u64, MESSAGE_MS))
    }

    #[test]
    fn four_thousand_at_once_and_two_hundred_a_second() {
        assert_eq!(allowed(0.0, 5_000), Some(4_000));
        assert_eq!(allowed(5.0, 100_000), None);
        assert_eq!(allowed(2.5, 20_000), Some(8_000 - 1));
    }

    #[test]
    fn who_was_quiet_may_say_as_much_again() {
        let mut pace = Pace::default();
        for now in [0, 20_000, 60_000] {
            assert!((0..4_000).all(|_| pace.allows(now, MESSAGE_MS)));
        }
        assert!(!pace.allows(60_000, MESSAGE_MS));
    }
}
