//! The vat's own clock, milliseconds that only go forward, and the time of day: both brought in by the host.
use serde::{Deserialize, Serialize};

/// Vat-monotonic milliseconds. Not the time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub u64);

impl Time {
    /// No deadline: far enough that no clock reaches it.
    pub const NEVER: Time = Time(u64::MAX);

    #[must_use]
    pub const fn after(self, ms: u64) -> Time {
        Time(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`, zero if that is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A time of day: milliseconds since 1970 began in UTC. Only alarms follow it; it may be set, forward or back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Wall(pub u64);

impl Wall {
    #[must_use]
    pub const fn after(self, ms: u64) -> Wall {
        Wall(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`, zero if that is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Wall) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// What the two clocks may drift apart before the vat is told.
const DRIFT_MS: u64 = 100;

/// For a host: the time of day as its vat was told it. It goes on from there by the vat's clock, until somebody sets the machine's or
/// it has slept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dial(Option<(Time, Wall)>);

impl Dial {
    /// The time of day if the vat must be told it (`Input::Clock`): the first time, before its boot.
    pub fn look(&mut self, now: Time, real: Wall) -> Option<Wall> {
        let told = self.0.map(|(at, wall)| wall.after(now.since(at)));
        if told.is_some_and(|told| real.0.abs_diff(told.0) <= DRIFT_MS) {
            return None;
        }
        self.0 = Some((now, real));
        Some(real)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vat_is_told_the_time_of_day_once_and_when_somebody_sets_the_clock() {
        let mut dial = Dial::default();
        assert_eq!(dial.look(Time(5), Wall(1_000)), Some(Wall(1_000)));
        assert_eq!(dial.look(Time(50_005), Wall(51_090)), None, "it may go a little wrong");
        assert_eq!(dial.look(Time(50_005), Wall(400)), Some(Wall(400)));
        assert_eq!(dial.look(Time(50_015), Wall(410)), None);
    }
}
