//! Who starts a host that is closed: it is asked to be there when the first alarm is due, before that alarm counts as set.
//!
//! ```text
//! turn ─▶ earliest alarm ─┬─ earlier than what was asked, or the first ─▶ Arm ─▶ Armed ─▶ flight    ─▶ NotArmed: the vat breaks
//!                         └─ later, or none ─▶ flight ─▶ Landed ─▶ Arm ─▶ Armed                     ─▶ NotArmed: it comes for nothing
//! ```
//! So a host comes at the time of the earliest alarm of the journal or before, whenever it was cut off (semantics 11, after workerd).
use crate::{Vat, Wall};

/// What a host is asked: to be started at that time of day, in place of what it was asked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    At(Wall),
    Never,
}

pub(super) struct Wake {
    /// When it comes at the latest, if it comes for a thing. None: unknown, nobody has said it in this life.
    armed: Option<Arm>,
    asked: Option<Asked>,
    /// It would not, and nobody waited for it: the same is not asked again.
    declined: Option<Arm>,
    /// The earliest alarm as the newest flight leaves it, and as the newest that has landed does.
    flying: Arm,
    landed: Arm,
}

// Invariant: one at a time, so that the host can't confuse their order.
struct Asked {
    arm: Arm,
    is_awaited: bool,
}

impl Wake {
    const fn new(stored: Arm) -> Wake {
        Wake { armed: None, asked: None, declined: None, flying: stored, landed: stored }
    }

    /// `stored` has changed in a way that must not be durable before the host knows.
    fn is_ahead(&self, stored: Arm, now: Wall) -> bool {
        let is_covered = match (self.armed, stored) {
            (_, Arm::Never) => true,
            (Some(Arm::At(armed)), Arm::At(due)) => armed == due || (now < armed && armed < due),
            (Some(Arm::Never) | None, Arm::At(_)) => false,
        };
        stored != self.landed && !is_covered
    }

    /// `is_settled`: all that was written down has landed.
    fn ask(&mut self, stored: Arm, is_settled: bool, now: Wall) -> Option<Arm> {
        if is_settled {
            // A tick that is left out moves its alarm, and leaves no record.
            self.landed = stored;
        }
        if self.asked.is_some() {
            return None;
        }
        let is_awaited = self.is_ahead(stored, now);
        let is_behind = stored == self.landed && self.armed != Some(stored) && self.declined != Some(stored);
        if !is_awaited && !is_behind {
            return None;
        }
        self.asked = Some(Asked { arm: stored, is_awaited });
        // From here on it may have either.
        self.armed = self.armed.map(|armed| if is_awaited { armed } else { armed.max(stored) });
        Some(stored)
    }

    fn armed(&mut self) {
        if let Some(asked) = self.asked.take() {
            (self.armed, self.declined) = (Some(asked.arm), None);
        }
    }

    /// False: something waits for it that can't come about now.
    fn declined(&mut self) -> bool {
        let Some(asked) = self.asked.take() else { return true };
        self.declined = Some(asked.arm);
        !asked.is_awaited
    }

    /// It came, and what it was asked is used up. It is asked anew unless it came for something.
    fn woken(&mut self, now: Wall) {
        let is_due = matches!(self.landed, Arm::At(due) if due <= now);
        (self.armed, self.declined) = (is_due.then_some(self.landed), None);
    }
}

/// wake: for hosts that can be started at a time of day
impl Vat {
    /// From now on no alarm is durable before the host has said that it will be there: it looks at `arm` before each `flight`. Of a vat
    /// without a journal nothing is asked.
    pub fn rely_on_wakes(&mut self) {
        let stored = self.stored();
        if let Some(journal) = &mut self.journal {
            journal.wake = Some(Wake::new(stored));
        }
    }

    /// When the host is to be started, if it should be told now; then say `Input::Armed` or `Input::NotArmed`. One at a time.
    /// To be looked at after each `handle` and `run`.
    pub fn arm(&mut self) -> Option<Arm> {
        let (stored, now) = (self.stored(), self.wall());
        let journal = self.journal.as_mut().filter(|_| !self.broken)?;
        let is_settled = journal.writer.durable() == journal.writer.newest();
        journal.wake.as_mut()?.ask(stored, is_settled, now)
    }

    /// Nothing that would take off now waits for the host to say that it will be there.
    pub(super) fn may_fly(&mut self) -> bool {
        let (stored, now) = (self.stored(), self.wall());
        let Some(journal) = self.journal.as_mut().filter(|journal| journal.writer.has_flight()) else { return true };
        let Some(wake) = &mut journal.wake else { return true };
        if wake.is_ahead(stored, now) {
            return false;
        }
        wake.flying = stored;
        true
    }

    pub(crate) fn alarms_landed(&mut self) {
        if let Some(wake) = self.waking() {
            wake.landed = wake.flying;
        }
    }

    pub(crate) fn was_armed(&mut self) {
        if let Some(wake) = self.waking() {
            wake.armed();
        }
    }

    /// What waited for it never becomes durable.
    pub(crate) fn was_not_armed(&mut self) {
        if self.waking().is_some_and(|wake| !wake.declined()) {
            self.journal.as_mut().expect("it has a wake").writer.failed();
            self.break_off();
        }
    }

    pub(crate) fn was_woken(&mut self) {
        let now = self.wall();
        if let Some(wake) = self.waking() {
            wake.woken(now);
        }
    }

    fn waking(&mut self) -> Option<&mut Wake> {
        self.journal.as_mut()?.wake.as_mut()
    }

    fn stored(&self) -> Arm {
        self.tables.alarms.next(self.wall()).map_or(Arm::Never, Arm::At)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wall = Wall(0);

    fn at(due: u64) -> Arm {
        Arm::At(Wall(due))
    }

    /// One that the host comes for, and that has landed.
    fn armed(due: u64) -> Wake {
        let mut wake = Wake::new(at(due));
        assert_eq!(wake.ask(at(due), true, NOW), Some(at(due)));
        wake.armed();
        assert_eq!(wake.ask(at(due), true, NOW), None);
        wake
    }

    fn land(wake: &mut Wake, stored: Arm) {
        assert!(!wake.is_ahead(stored, NOW));
        (wake.flying, wake.landed) = (stored, stored);
    }

    #[test]
    fn an_earlier_one_is_told_before_it_lands_and_a_later_one_after() {
        let mut wake = armed(50);
        assert!(wake.is_ahead(at(40), NOW));
        assert_eq!(wake.ask(at(40), false, NOW), Some(at(40)));
        assert!(wake.is_ahead(at(40), NOW));
        wake.armed();
        land(&mut wake, at(40));
        assert_eq!(wake.ask(at(60), false, NOW), None);
        land(&mut wake, at(60));
        assert_eq!(wake.ask(at(60), true, NOW), Some(at(60)));
    }

    #[test]
    fn while_a_later_one_is_told_an_earlier_one_waits_for_its_own() {
        let mut wake = armed(20);
        land(&mut wake, at(50));
        assert_eq!(wake.ask(at(50), true, NOW), Some(at(50)));
        // The host may have 20 or 50 now: 30 is not safe.
        assert!(wake.is_ahead(at(30), NOW));
        assert_eq!(wake.ask(at(30), false, NOW), None);
        assert!(wake.declined());
        assert_eq!(wake.ask(at(30), false, NOW), Some(at(30)));
    }

    #[test]
    fn what_the_host_came_for_already_does_not_stand_for_what_comes() {
        let wake = armed(20);
        assert!(!wake.is_ahead(at(30), Wall(10)));
        assert!(wake.is_ahead(at(30), Wall(20)));
    }

    #[test]
    fn a_host_that_declines_what_nobody_waits_for_is_not_asked_the_same_again() {
        let mut wake = Wake::new(at(10));
        assert_eq!(wake.ask(at(10), true, NOW), Some(at(10)));
        assert!(wake.declined());
        assert_eq!(wake.ask(at(10), true, NOW), None);
        wake.woken(NOW);
        assert_eq!(wake.ask(at(10), true, NOW), Some(at(10)));
    }
}
