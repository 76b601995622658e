//! A fault that is more than an exit (semantics 13): the child is held, or somebody is asked about it, or both.
use super::{
    ChildSpec, ChildState, Decider, Fault, History, OnFault, Question, Replace, Restart, Rung, Supervisor, decide::When, job::Job, report,
};
use crate::intensity::Verdict;
use peerd_vat::{CallId, Cx, Reason, Ref, Settle};

/// Marks the timers that tell of held children; the rest is the child's key.
pub(super) const FAULT: u64 = 1 << 63;

impl Supervisor {
    /// A child's turn has failed. Its state is as it was before, and nobody else knows.
    pub(super) fn child_held(&mut self, key: u64, cx: &mut Cx<'_>) {
        // Told twice: the timer of an earlier life of it was put off.
        let is_asked = self.children.past(key).is_some_and(|past| past.asked.is_some());
        let running = self.children.get(key).and_then(|child| child.running());
        let reason = running.filter(|_| !is_asked).and_then(|actor| cx.fault(actor)).cloned();
        // None: it has ended since.
        if let Some(reason) = reason {
            self.judge(key, &reason, cx);
        }
    }

    /// Asks whom the spec names, if it does, or decides at once.
    pub(super) fn judge(&mut self, key: u64, reason: &Reason, cx: &mut Cx<'_>) {
        let Some(question) = self.question(key, reason, cx) else { return };
        let Some((decider, deadline_ms)) = self.children.decider(key) else {
            let Some(rung) = self.children.spec(key).map(|spec| spec.decide(&question.fault, &question.history)) else { return };
            return self.climb(key, rung, reason, cx);
        };
        let call = cx.call(decider, &question.encode(), &[], deadline_ms);
        self.asked.insert(call, key);
        if !question.fault.is_held {
            self.children.set_state(key, ChildState::Restarting);
        }
        self.children.past_mut(key).asked = Some((call, reason.clone()));
    }

    /// What a decider is told.
    fn question(&mut self, key: u64, reason: &Reason, cx: &Cx<'_>) -> Option<Question> {
        let now = cx.now();
        let (intensity, period_ms) = (self.intensity.max(), self.intensity.period_ms());
        let faults = self.intensity.count(now);
        let spec = self.children.spec(key)?;
        let (on_fault, name, behaviour, replace) = (spec.on_fault, spec.id.clone(), spec.behaviour.clone(), spec.replace);
        let child = self.children.get(key)?;
        let starts = child.starts;
        let is_held = child.running().is_some_and(|actor| cx.fault(actor).is_some());
        let resumes = self.children.past_mut(key).resumes(on_fault, now);
        let fault = Fault { child: name, behaviour, reason: reason.clone(), is_held, replace };
        Some(Question { fault, history: History { faults, intensity, period_ms, starts, resumes } })
    }

    /// Whether this call was a question.
    pub(super) fn is_question(&self, call: CallId) -> bool {
        self.asked.contains_key(&call)
    }

    /// The decider has answered, or will not.
    pub(super) fn decided(&mut self, call: CallId, answer: Result<&[u8], Settle>, cx: &mut Cx<'_>) {
        let Some(key) = self.asked.remove(&call) else { return };
        let asked = self.children.past(key).and_then(|past| past.asked.take());
        let Some((_, reason)) = asked else { return };
        let Some(question) = self.question(key, &reason, cx) else { return };
        let Some(spec) = self.children.spec(key) else { return };
        let rung = match answer.ok().and_then(Rung::decode).filter(|rung| is_allowed(*rung, spec, question.fault.is_held)) {
            Some(rung) => rung,
            None => {
                report::undecided(&self.children.name(key), cx);
                spec.decide(&question.fault, &question.history)
            }
        };
        self.climb(key, rung, &reason, cx);
    }

    /// Nobody waits for an answer any more.
    pub(super) fn withdraw_question(&mut self, key: u64, cx: &mut Cx<'_>) {
        if let Some((call, _)) = self.children.past(key).and_then(|past| past.asked.take()) {
            self.asked.remove(&call);
            cx.cancel_call(call);
        }
    }

    /// Does it. A child that is held ends first, and then comes here again.
    pub(super) fn climb(&mut self, key: u64, rung: Rung, reason: &Reason, cx: &mut Cx<'_>) {
        let Some(child) = self.children.get(key) else { return };
        let held: Option<Ref> = child.running().filter(|actor| cx.fault(*actor).is_some());
        if let (Some(actor), true) = (held, rung != Rung::Resume) {
            self.children.past_mut(key).decided = Some(rung);
            return cx.fail(actor);
        }
        report::rung(&self.children.name(key), rung, reason, cx);
        match (rung, held) {
            (Rung::Resume, Some(actor)) => self.resume(key, actor, cx),
            (Rung::Resume | Rung::Restart | Rung::Replace, _) => {
                if let (Rung::Replace, Some(actor)) = (rung, self.children.get(key).and_then(|child| child.actor)) {
                    cx.replace(actor);
                }
                self.fault(key, When::AfterBackoff, cx);
            }
            (Rung::Stop, _) => self.put_away(key, cx),
            (Rung::Park, _) => {
                self.children.set_state(key, ChildState::Parked);
                if let Some(actor) = self.children.get(key).and_then(|child| child.actor) {
                    cx.park(actor);
                }
            }
            (Rung::Escalate, _) => {
                self.children.set_state(key, ChildState::Stopped);
                self.begin(Job::stop_all(&self.children, Reason::Shutdown), cx);
            }
        }
    }

    /// It counts like a restart.
    fn resume(&mut self, key: u64, actor: Ref, cx: &mut Cx<'_>) {
        if self.intensity.fault(cx.now()) == Verdict::GiveUp {
            return self.give_up(key, cx);
        }
        let on_fault = self.children.spec(key).map_or(OnFault::End, |spec| spec.on_fault);
        self.children.past_mut(key).resumed(on_fault, cx.now());
        cx.resume(actor);
    }
}

/// The envelope that a decider may not leave.
fn is_allowed(rung: Rung, spec: &ChildSpec, is_held: bool) -> bool {
    let can_start = spec.restart != Restart::Temporary;
    match rung {
        Rung::Resume => is_held,
        Rung::Restart | Rung::Park => can_start,
        Rung::Replace => can_start && spec.replace == Replace::Allowed,
        Rung::Stop | Rung::Escalate => true,
    }
}
