//! The vat's clock, whole milliseconds since the host began of the machine's monotonic clock; and the time of day.
use peerd_vat::{Time, Wall};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[derive(Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    pub fn now(self) -> Time {
        Time(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// When this clock will show that time. None: later than the machine's clock can say.
    pub fn when(self, time: Time) -> Option<Instant> {
        self.start.checked_add(Duration::from_millis(time.0))
    }
}

/// The time of day.
pub(crate) fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// So many milliseconds from now.
pub(crate) fn after(ms: u64) -> Option<Instant> {
    Instant::now().checked_add(Duration::from_millis(ms))
}

/// What is left until then; none if it is over.
pub(crate) fn left(until: Instant) -> Option<Duration> {
    Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
}
