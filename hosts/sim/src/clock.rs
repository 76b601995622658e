//! The host's clock: what it tells the vat while real time passes, and when it would wake it.
use peerd_vat::Time;

/// Real milliseconds go on; what the vat is told may begin elsewhere, run fast or slow, stand still, or jump.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    real: u64,
    /// At this real time the clock said that.
    since: u64,
    said: u64,
    /// Told milliseconds per thousand real ones.
    rate: u64,
    /// How far the clock was set back: what it tells now is earlier than it told before.
    back: u64,
    /// Wakes come at multiples of this only.
    grain: u64,
}

/// As fast as real time.
const EVEN: u64 = 1_000;

impl Default for Clock {
    fn default() -> Clock {
        Clock { real: 0, since: 0, said: 0, rate: EVEN, back: 0, grain: 1 }
    }
}

impl Clock {
    pub const fn real(&self) -> u64 {
        self.real
    }

    pub fn told(&self) -> Time {
        Time(self.told_at(self.real))
    }

    const fn told_at(&self, real: u64) -> u64 {
        (self.said + (real - self.since) * self.rate / EVEN).saturating_sub(self.back)
    }

    /// Real time passes, up to this.
    pub fn pass_to(&mut self, real: u64) {
        self.real = self.real.max(real);
    }

    /// The real time at which a host that is asked to wake the vat at `due` does so.
    pub fn rings(&self, due: Time) -> u64 {
        let wanted = due.0.saturating_add(self.back).saturating_sub(self.said);
        let mut real = self.since.saturating_add(wanted.saturating_mul(EVEN) / self.rate).max(self.real);
        // Rounded down above: at most a few steps.
        while self.told_at(real) < due.0 {
            real += 1;
        }
        real.next_multiple_of(self.grain)
    }

    /// Time passes for the world and not for the clock.
    pub fn stand_still(&mut self, ms: u64) {
        self.settle();
        self.real += ms;
        self.since = self.real;
    }

    pub fn jump(&mut self, ms: u64) {
        self.settle();
        self.said += ms;
    }

    pub fn set_back(&mut self, ms: u64) {
        self.back += ms;
    }

    pub fn drift(&mut self, rate: u64) {
        self.settle();
        self.rate = rate.max(1);
    }

    pub fn throttle(&mut self, grain_ms: u64) {
        self.grain = grain_ms.max(1);
    }

    /// A new vat's clock may begin anywhere.
    pub fn restart(&mut self, zero: u64) {
        *self = Clock { real: self.real, since: self.real, said: zero, rate: self.rate, back: 0, grain: self.grain };
    }

    /// Even and prompt from here on; what it told before stands.
    pub fn heal(&mut self) {
        self.drift(EVEN);
        self.throttle(1);
        self.said += core::mem::take(&mut self.back);
    }

    fn settle(&mut self) {
        self.said += (self.real - self.since) * self.rate / EVEN;
        self.since = self.real;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_is_never_before_it_is_due_and_at_most_a_moment_after() {
        for rate in [950, 1_000, 1_050] {
            let mut clock = Clock::default();
            clock.drift(rate);
            clock.pass_to(777);
            for due in [737, 800, 5_001, 86_400_000] {
                let at = clock.rings(Time(due));
                assert!(clock.told_at(at) >= due && (at == 777 || clock.told_at(at - 1) < due), "{rate}: {due} rings at {at}");
            }
        }
    }

    #[test]
    fn what_stands_still_goes_on_from_where_it_stood() {
        let mut clock = Clock::default();
        clock.pass_to(100);
        clock.stand_still(86_400_000);
        clock.pass_to(clock.real() + 5);
        assert_eq!(clock.told(), Time(105));
    }

    #[test]
    fn a_throttled_wake_waits_for_the_next_round_second() {
        let mut clock = Clock::default();
        clock.throttle(1_000);
        assert_eq!((clock.rings(Time(1)), clock.rings(Time(2_000))), (1_000, 2_000));
    }
}
