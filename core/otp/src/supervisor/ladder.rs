//! The restart ladder: what may be done about a fault, and who decides (semantics 13).
use super::{Backoff, ChildSpec, OnFault, Replace, Restart};
use crate::intensity::Intensity;
use alloc::string::String;
use peerd_vat::{CallId, Reason, Ref, Time};
use serde::{Deserialize, Serialize};

/// From the mildest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rung {
    /// The incarnation goes on with the state it had before the turn. Nobody is told; it counts as one fault.
    Resume,
    /// A new incarnation; what is queued for the identity waits for it.
    Restart,
    /// The same, and nothing of the old state is kept. Only if the spec allows.
    Replace,
    /// It stays down, and answers `noproc`.
    Stop,
    /// It stays down, what is queued stays too, and calls settle `parked`, until somebody restarts or deletes it.
    Park,
    /// The supervisor gives up.
    Escalate,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub child: String,
    pub behaviour: String,
    pub reason: Reason,
    /// Whether it can be resumed: its turn failed, and the incarnation is held. Otherwise it has ended.
    pub is_held: bool,
    pub replace: Replace,
}

/// What happened before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Faults of all children within the supervisor's period, and how many it bears.
    pub faults: u32,
    pub intensity: u32,
    pub period_ms: u64,
    /// Of this child, ever.
    pub starts: u32,
    /// Of this child, within the window of its spec.
    pub resumes: u32,
}

/// Who decides about a fault. The static spec is one; another is an actor that is called with a `Question`.
///
/// Whoever it is, it decides within an envelope: the supervisor's intensity, a deadline, and the rungs that the spec allows.
/// An answer outside of it, or none in time, and the static spec decides.
pub trait Decider {
    fn decide(&self, fault: &Fault, history: &History) -> Rung;
}

/// The call to a decider. Its answer is `Rung::encode`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub fault: Fault,
    pub history: History,
}

impl Decider for ChildSpec {
    fn decide(&self, fault: &Fault, history: &History) -> Rung {
        match (self.on_fault, self.restart) {
            (OnFault::Resume { max, .. }, _) if fault.is_held && history.resumes < max => Rung::Resume,
            (_, Restart::Temporary) => Rung::Stop,
            (_, Restart::Transient) if fault.reason.is_orderly() => Rung::Stop,
            (_, Restart::Permanent | Restart::Transient) => Rung::Restart,
        }
    }
}

/// What a child went through, as far as a decision about the next fault needs it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Past {
    /// Restarts delayed one after the other, each twice as long as the one before.
    delays: u32,
    last_fault: Time,
    /// Its next start was counted when its delay began.
    pub is_counted: bool,
    resumes: Option<Intensity>,
    /// Who is asked about its faults.
    pub decider: Option<Ref>,
    /// The question under way, and what it is about.
    pub asked: Option<(CallId, Reason)>,
    /// What is to be done when it has ended.
    pub decided: Option<Rung>,
}

impl Past {
    /// How long to wait before the next start. `random` is evenly spread.
    pub fn delay(&mut self, backoff: &Backoff, now: Time, random: u64) -> u64 {
        if now.since(self.last_fault) >= backoff.reset_after_ms {
            self.delays = 0;
        }
        let factor = 1u64.checked_shl(self.delays).unwrap_or(u64::MAX);
        let ms = backoff.min_ms.saturating_mul(factor).min(backoff.max_ms);
        self.delays = self.delays.saturating_add(1);
        self.last_fault = now;
        let most = ms.saturating_mul(u64::from(backoff.jitter_percent)) / 100;
        ms + random.checked_rem(most.saturating_add(1)).unwrap_or(0)
    }

    /// Of a spec that resumes. How often it was within the window.
    pub fn resumes(&mut self, on_fault: OnFault, now: Time) -> u32 {
        self.window(on_fault).map_or(0, |window| window.count(now))
    }

    pub fn resumed(&mut self, on_fault: OnFault, now: Time) {
        if let Some(window) = self.window(on_fault) {
            window.fault(now);
        }
    }

    fn window(&mut self, on_fault: OnFault) -> Option<&mut Intensity> {
        let OnFault::Resume { max, window_ms } = on_fault else { return None };
        let window = self.resumes.get_or_insert_with(|| Intensity::new(max, window_ms));
        if (window.max(), window.period_ms()) != (max, window_ms) {
            window.resize(max, window_ms);
        }
        Some(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_delay_doubles_up_to_its_bound_and_starts_again_after_a_quiet_time() {
        let backoff = Backoff::new(100, 500);
        let mut past = Past::default();
        let delays: Vec<u64> = [0, 0, 0, 0, 299, 599].iter().map(|at| past.delay(&backoff, Time(10_000 + at), 7)).collect();
        assert_eq!(delays, [100, 200, 400, 500, 500, 100]);
    }

    #[test]
    fn jitter_lengthens_a_delay_by_at_most_its_share() {
        let backoff = Backoff::new(1_000, 1_000).jitter(25);
        for random in [0, 1, 249, 250, 251, u64::MAX] {
            let ms = Past::default().delay(&backoff, Time(0), random);
            assert!((1_000..=1_250).contains(&ms), "{ms}");
        }
    }
}
