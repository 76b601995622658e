//! When a turn that failed is tried again, and when no more (semantics 11).

/// Limit: a message or an alarm on which so many turns have failed parks its actor.
pub(crate) const TRIES_MAX: u32 = 6;
const FIRST_MS: u64 = 2_000;
/// 1,024 s.
const DOUBLINGS_MAX: u32 = 9;
/// Jitter is up to a quarter of the delay.
const JITTER: u64 = 4;

/// How often turns have failed on one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tries {
    pub counted: u32,
    doublings: u32,
    /// The last one was not counted.
    is_excused: bool,
}

/// Whose fault it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// Counted.
    Actor,
    /// The record could not be written: not counted, so it never parks anybody.
    Host,
}

impl Tries {
    /// As the journal counts them.
    pub const fn of(counted: u32) -> Tries {
        Tries { counted, doublings: counted, is_excused: false }
    }

    /// One more, and how long to wait for the next. `random` is evenly spread.
    pub fn failed(&mut self, blame: Blame, random: u64) -> u64 {
        if blame == Blame::Actor {
            self.counted = self.counted.saturating_add(1);
            if self.is_excused {
                self.doublings = 0;
            }
        }
        self.is_excused = blame == Blame::Host;
        let ms = FIRST_MS << self.doublings.min(DOUBLINGS_MAX);
        self.doublings = self.doublings.saturating_add(1);
        ms + random % (ms / JITTER + 1)
    }

    pub const fn is_over(self) -> bool {
        self.counted >= TRIES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn delays(blames: &[Blame], random: u64) -> Vec<u64> {
        let mut tries = Tries::default();
        blames.iter().map(|blame| tries.failed(*blame, random)).collect()
    }

    #[test]
    fn six_counted_tries_each_twice_as_late() {
        let mut tries = Tries::default();
        let delays: Vec<u64> = core::iter::from_fn(|| (!tries.is_over()).then(|| tries.failed(Blame::Actor, 0))).collect();
        assert_eq!(delays, [2_000, 4_000, 8_000, 16_000, 32_000, 64_000]);
    }

    #[test]
    fn jitter_is_at_most_a_quarter() {
        for random in [1, 499, 500, 501, 502, u64::MAX] {
            let late = delays(&[Blame::Actor], random)[0];
            assert!((2_000..=2_500).contains(&late), "{late}");
        }
        assert_eq!(delays(&[Blame::Actor], 500), [2_500]);
    }

    #[test]
    fn the_hosts_faults_never_end_and_double_up_to_1024_s() {
        let mut tries = Tries::default();
        let delays: Vec<u64> = (0..12).map(|_| tries.failed(Blame::Host, 0) / 1_000).collect();
        assert_eq!(delays, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_024, 1_024]);
        assert!(!tries.is_over());
    }

    #[test]
    fn a_counted_one_after_the_hosts_begins_at_two_seconds() {
        assert_eq!(delays(&[Blame::Host, Blame::Host, Blame::Actor, Blame::Actor], 0), [2_000, 4_000, 2_000, 4_000]);
    }

    #[test]
    fn what_the_journal_counted_goes_on_from_there() {
        let mut tries = Tries::of(5);
        assert!(!tries.is_over());
        assert_eq!(tries.failed(Blame::Actor, 0), 64_000);
        assert!(tries.is_over());
    }
}
