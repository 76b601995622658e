//! What to do about a child's exit (semantics 12.4), about a restart that fails (12.6), and when to give up (12.5).
use super::{
    ChildState, Restart, Shutdown, Strategy, Supervisor,
    job::{Job, Purpose, Wait},
    report,
};
use crate::intensity::Verdict;
use peerd_vat::{Cx, Reason, Ref};

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Restart,
    /// The spec stays, stopped.
    Keep,
    Delete,
}

fn decide(restart: Restart, reason: &Reason) -> Decision {
    match restart {
        Restart::Temporary => Decision::Delete,
        Restart::Transient if reason.is_orderly() => Decision::Keep,
        Restart::Permanent | Restart::Transient => Decision::Restart,
    }
}

impl Supervisor {
    /// Exits of strangers are ignored; those of children that are not running were told by another message already.
    pub(super) fn child_exit(&mut self, from: Ref, reason: Reason, cx: &mut Cx<'_>) {
        let Some(child) = self.children.by_actor(from) else { return };
        let key = child.key;
        match self.wait() {
            Some(Wait::Stopped { key: stopping, own, .. }) if *stopping == key => {
                own.get_or_insert(reason);
                return;
            }
            // The start's own settlement says it.
            Some(Wait::Started { key: starting, .. }) if *starting == key => return,
            _ => {}
        }
        let Some(child) = self.children.get(key).filter(|child| child.state == ChildState::Running) else { return };
        match &self.job {
            Some(job) if job.is_last() => {
                let asked = if child.spec.shutdown == Shutdown::BrutalKill { Reason::Killed } else { Reason::Shutdown };
                self.stopped(key, &asked, &reason, cx);
            }
            Some(_) => cx.defer(),
            None => {
                report::terminated(child, &reason, cx);
                match decide(child.spec.restart, &reason) {
                    Decision::Restart => self.restart(key, cx),
                    Decision::Keep => self.bury(key, cx),
                    Decision::Delete => self.forget(key, cx),
                }
            }
        }
    }

    /// One fault: either the strategy says who is started again, or it was one too many.
    fn restart(&mut self, key: u64, cx: &mut Cx<'_>) {
        let Some(child) = self.children.get_mut(key) else { return };
        child.state = ChildState::Stopped;
        match self.intensity.fault(cx.now()) {
            Verdict::Restart { nth } => {
                let job = match self.strategy {
                    Strategy::OneForOne => Job::start(key, Purpose::Restart { nth }),
                };
                self.begin(job, cx);
            }
            Verdict::GiveUp => {
                report::gave_up(child, self.intensity.max(), self.intensity.period_ms(), cx);
                self.begin(Job::stop_all(&self.children, Reason::Shutdown), cx);
            }
        }
    }

    /// Why a timer of no time: it comes after what waits in the mailbox, and nobody can forge it.
    pub(super) fn retry_later(&mut self, key: u64, cx: &mut Cx<'_>) {
        if let Some(child) = self.children.get_mut(key) {
            child.state = ChildState::Restarting;
            cx.timer(key, 0);
        }
    }

    pub(super) fn retry(&mut self, key: u64, cx: &mut Cx<'_>) {
        if self.children.get(key).is_some_and(|child| child.state == ChildState::Restarting) {
            self.restart(key, cx);
        }
    }

    pub(super) fn cancel_retry(&mut self, key: u64, cx: &mut Cx<'_>) {
        if let Some(child) = self.children.get_mut(key).filter(|child| child.state == ChildState::Restarting) {
            child.state = ChildState::Stopped;
            cx.cancel_timer(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_vat::Crash;

    #[test]
    fn the_table_of_semantics_12_4() {
        let orderly = [Reason::Normal, Reason::Shutdown, Reason::ShutdownWith("x".into())];
        let abnormal = [Reason::Killed, Reason::Kill, Reason::Noproc, Reason::Crash(Crash::new("a", "b")), Reason::Other("x".into())];
        for reason in &orderly {
            assert_eq!(decide(Restart::Permanent, reason), Decision::Restart);
            assert_eq!(decide(Restart::Transient, reason), Decision::Keep);
            assert_eq!(decide(Restart::Temporary, reason), Decision::Delete);
        }
        for reason in &abnormal {
            assert_eq!(decide(Restart::Permanent, reason), Decision::Restart);
            assert_eq!(decide(Restart::Transient, reason), Decision::Restart);
            assert_eq!(decide(Restart::Temporary, reason), Decision::Delete);
        }
    }
}
