//! What to do about a child's exit (semantics 12.4), about a restart that fails (12.6), and when to give up (12.5).
use super::{
    AutoShutdown, ChildState, OnFault, Restart, Rung, Shutdown, Supervisor,
    job::{Job, Keys, Purpose, Wait},
    report,
};
use crate::intensity::Verdict;
use peerd_vat::{Cx, Reason, Ref};

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Restart,
    /// Not again; its supervisor may end with it.
    Leave,
}

fn decide(restart: Restart, reason: &Reason) -> Decision {
    match restart {
        Restart::Temporary => Decision::Leave,
        Restart::Transient if reason.is_orderly() => Decision::Leave,
        Restart::Permanent | Restart::Transient => Decision::Restart,
    }
}

impl Supervisor {
    /// Exits of strangers are ignored; those of other lives of a child were told by another message already.
    pub(super) fn child_exit(&mut self, from: Ref, reason: Reason, cx: &mut Cx<'_>) {
        let Some(key) = self.children.by_actor(from) else { return };
        let Some(child) = self.children.get(key).filter(|child| child.life == cx.sender_life().0) else { return };
        let state = child.state;
        match self.wait() {
            Some(Wait::LastWord { key: stopping, .. }) if *stopping == key => return self.last_word(key, &reason, cx),
            Some(Wait::Crowd(crowd)) => return crowd.heard(key, reason),
            _ => {}
        }
        if state != ChildState::Running {
            return;
        }
        match &self.job {
            // About to be stopped: this is its end. Put off, it would be taken for the end of the life that is started next.
            Some(job) if job.is_last() || job.stops.as_slice().contains(&key) => {
                let brutal = self.children.spec(key).is_some_and(|spec| spec.shutdown == Shutdown::BrutalKill);
                let asked = if brutal { Reason::Killed } else { Reason::Shutdown };
                self.stopped(key, &asked, &reason, cx);
            }
            Some(_) => cx.defer(),
            None => self.left(key, reason, cx),
        }
    }

    /// A running child ended of its own accord.
    fn left(&mut self, key: u64, reason: Reason, cx: &mut Cx<'_>) {
        self.withdraw_question(key, cx);
        let decided = self.children.past(key).and_then(|past| past.decided.take());
        // The kernel parks who has failed on one message too often.
        let decided = decided.or_else(|| self.has_parked(key, cx).then_some(Rung::Park));
        let Some(child) = self.children.get(key) else { return };
        let Some(spec) = self.children.spec_of(child) else { return };
        let (restart, significant, asks) = (spec.restart, spec.significant, matches!(spec.on_fault, OnFault::Ask { .. }));
        let (name, decision) = (self.children.name_of(child), decide(restart, &reason));
        if decision == Decision::Restart && decided.is_none() && !asks {
            report::terminated(&name, restart, reason, cx);
            return self.fault(key, When::AfterBackoff, cx);
        }
        report::terminated(&name, restart, reason.clone(), cx);
        match (decision, decided) {
            (_, Some(Rung::Escalate)) => self.climb(key, Rung::Escalate, &reason, cx),
            (Decision::Restart, Some(rung)) => self.climb(key, rung, &reason, cx),
            (Decision::Restart, None) => self.judge(key, &reason, cx),
            (Decision::Leave, _) => {
                self.put_away(key, cx);
                if significant {
                    self.shut_down_with_it(cx);
                }
            }
        }
    }

    fn has_parked(&self, key: u64, cx: &Cx<'_>) -> bool {
        self.children.get(key).and_then(|child| child.actor).is_some_and(|actor| cx.has_parked(actor))
    }

    /// A significant child has left by itself.
    fn shut_down_with_it(&mut self, cx: &mut Cx<'_>) {
        let was_last = self.children.significant_up() == 0;
        let ends = match self.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => was_last,
        };
        if ends {
            self.begin(Job::stop_all(&self.children, Reason::Shutdown), cx);
        }
    }

    /// One fault: either the strategy says who is started again, or it was one too many.
    pub(super) fn fault(&mut self, key: u64, when: When, cx: &mut Cx<'_>) {
        self.children.set_state(key, ChildState::Stopped);
        let backs_off = when == When::AfterBackoff && self.children.spec(key).is_some_and(|spec| spec.backoff.is_some());
        match self.intensity.fault(cx.now()) {
            Verdict::Restart { .. } if backs_off => {
                let group = Job::restart(key, self.strategy, &self.children, Purpose::Backoff(key));
                self.begin(Job { starts: Keys::None, ..group }, cx);
            }
            Verdict::Restart { nth } => self.restart(key, nth, cx),
            Verdict::GiveUp => self.give_up(key, cx),
        }
    }

    /// `nth` within the period; 0: it was counted earlier.
    fn restart(&mut self, key: u64, nth: u32, cx: &mut Cx<'_>) {
        self.begin(Job::restart(key, self.strategy, &self.children, Purpose::Restart { nth }), cx);
    }

    pub(super) fn give_up(&mut self, key: u64, cx: &mut Cx<'_>) {
        report::gave_up(&self.children.name(key), self.intensity.max(), self.intensity.period_ms(), cx);
        self.begin(Job::stop_all(&self.children, Reason::Shutdown), cx);
    }

    /// Its group is stopped; its own start waits.
    pub(super) fn wait_out(&mut self, key: u64, cx: &mut Cx<'_>) {
        if self.children.get(key).is_some() {
            self.children.past_mut(key).is_counted = true;
            self.retry_later(key, cx);
        }
    }

    /// Why a timer, also without backoff: it comes after what waits in the mailbox, and nobody can forge it.
    pub(super) fn retry_later(&mut self, key: u64, cx: &mut Cx<'_>) {
        let backoff = self.children.spec(key).and_then(|spec| spec.backoff);
        self.children.set_state(key, ChildState::Restarting);
        if self.children.get(key).is_none() {
            return;
        }
        let ms = backoff.map_or(0, |backoff| {
            let random = if backoff.jitter_percent > 0 { cx.random() } else { 0 };
            self.children.past_mut(key).delay(&backoff, cx.now(), random)
        });
        cx.timer(key, ms);
    }

    pub(super) fn retry(&mut self, key: u64, cx: &mut Cx<'_>) {
        if !self.is_restarting(key) {
            return;
        }
        let is_counted = self.children.past(key).is_some_and(|past| core::mem::take(&mut past.is_counted));
        if is_counted { self.restart(key, 0, cx) } else { self.fault(key, When::Now, cx) }
    }

    pub(super) fn cancel_retry(&mut self, key: u64, cx: &mut Cx<'_>) {
        self.withdraw_question(key, cx);
        if !self.is_restarting(key) {
            return;
        }
        if let Some(past) = self.children.past(key) {
            past.is_counted = false;
        }
        self.children.set_state(key, ChildState::Stopped);
        cx.cancel_timer(key);
    }

    fn is_restarting(&self, key: u64) -> bool {
        self.children.get(key).is_some_and(|child| child.state == ChildState::Restarting)
    }
}

/// When a fault's restart begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Now,
    /// At once too, if the spec has none.
    AfterBackoff,
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_vat::Crash;

    #[test]
    fn the_table_of_semantics_12_4() {
        let orderly = [Reason::Normal, Reason::Shutdown, Reason::ShutdownWith("x".into())];
        let abnormal = [Reason::Killed, Reason::Kill, Reason::Noproc, Reason::Crash(Crash::new("a", "b")), Reason::Other("x".into())];
        for reason in orderly.iter().chain(&abnormal) {
            assert_eq!(decide(Restart::Permanent, reason), Decision::Restart);
            assert_eq!(decide(Restart::Temporary, reason), Decision::Leave);
        }
        assert!(orderly.iter().all(|reason| decide(Restart::Transient, reason) == Decision::Leave));
        assert!(abnormal.iter().all(|reason| decide(Restart::Transient, reason) == Decision::Restart));
    }
}
