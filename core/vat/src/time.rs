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
