//! Starting a child and what may come of it (semantics 12.2).
use super::{
    Announcement, Answer, ChildState, Failure, Supervisor,
    job::{Job, Purpose, Try, Wait},
    report,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{CallId, Cx, INFINITY_MS, Identity, Reason, Settle, SpawnOptions};

/// How the kernel refuses a second life to an identity whose first one still lives.
const ALREADY_STARTED: &str = "already_started";

enum Outcome {
    Running,
    /// Its init said that it is not wanted.
    Ignored,
    Failed(Reason),
}

impl Supervisor {
    /// None: the child is gone from the table meanwhile.
    pub(super) fn start(&mut self, key: u64, attempt: Try, cx: &mut Cx<'_>) -> Option<Wait> {
        let note = self.note();
        let child = self.children.get_mut(key)?;
        let identity = child.actor.map_or(Identity::Kept(&child.spec.id), Identity::Again);
        let options = SpawnOptions::new(&child.spec.behaviour, &child.spec.args)
            .refs(&child.refs)
            .label(&child.spec.id)
            .identity(identity)
            .note(&note)
            .linked();
        let (actor, call) = cx.start(options, INFINITY_MS);
        child.actor = Some(actor);
        Some(Wait::Started { key, call, attempt })
    }

    /// Why the child is started again, for the transcript.
    fn note(&self) -> String {
        match self.purpose() {
            Some(Purpose::Restart { nth }) => {
                let period = match self.intensity.period_ms() {
                    ms if ms.is_multiple_of(1_000) => format!("{} s", ms / 1_000),
                    ms => format!("{ms} ms"),
                };
                format!("{nth} of {} in {period}", self.intensity.max())
            }
            _ => String::new(),
        }
    }

    pub(super) fn start_settled(&mut self, settled: CallId, result: Result<(), Settle>, cx: &mut Cx<'_>) {
        let (key, attempt) = match self.wait() {
            Some(Wait::Started { key, call, attempt }) if *call == settled => (*key, *attempt),
            _ => return,
        };
        let outcome = match result {
            Ok(()) => Outcome::Running,
            Err(Settle::Exit(Reason::Normal)) => Outcome::Ignored,
            Err(Settle::Exit(Reason::Other(why))) if why == ALREADY_STARTED && attempt == Try::First => return self.oust(key, cx),
            Err(Settle::Exit(reason)) => Outcome::Failed(reason),
            Err(Settle::Noproc) => Outcome::Failed(Reason::Noproc),
            // Its init may still be going on: it must not come up behind our back.
            Err(late @ (Settle::Timeout | Settle::Expired)) => return self.abandon(key, Reason::Other(late.to_string()), cx),
            Err(other) => Outcome::Failed(Reason::Other(other.to_string())),
        };
        self.take_wait();
        match outcome {
            Outcome::Running => self.running(key, cx),
            Outcome::Ignored => self.ignored(key, cx),
            Outcome::Failed(reason) => self.start_failed(key, reason, cx),
        }
        self.proceed(cx);
    }

    fn running(&mut self, key: u64, cx: &mut Cx<'_>) {
        let Some(child) = self.children.get_mut(key) else { return };
        let actor = child.actor.expect("a child that starts has an identity");
        child.state = ChildState::Running;
        child.starts += 1;
        if child.is_temporary() {
            (child.spec.args, child.refs) = (Vec::new(), Vec::new());
        }
        report::progress(child, cx);
        if let Some(announce) = self.announce {
            let word = Announcement { id: child.spec.id.clone(), restarts: child.starts - 1 };
            cx.send_with(announce, &word.encode(), &[actor]);
        }
        if let Some(Purpose::StartChild(reply) | Purpose::RestartChild(reply)) = self.purpose() {
            Self::answer(reply, &Answer::Started, &[actor], cx);
        }
    }

    fn ignored(&mut self, key: u64, cx: &mut Cx<'_>) {
        match self.children.get(key).is_some_and(|child| child.is_temporary()) {
            true => self.forget(key, cx),
            false => self.bury(key, cx),
        }
        if let Some(Purpose::StartChild(reply) | Purpose::RestartChild(reply)) = self.purpose() {
            Self::answer(reply, &Answer::Ignored, &[], cx);
        }
    }

    pub(super) fn start_failed(&mut self, key: u64, reason: Reason, cx: &mut Cx<'_>) {
        let Some(child) = self.children.get_mut(key) else { return };
        report::start_error(child, &reason, cx);
        let id = child.spec.id.clone();
        match self.purpose() {
            Some(Purpose::Init) => {
                let why = report::brief(format!("failed_to_start_child({id}, {reason})"));
                self.job = Some(Job::stop_all(&self.children, Reason::ShutdownWith(why)));
            }
            Some(Purpose::StartChild(reply)) => {
                self.forget(key, cx);
                Self::answer(reply, &Answer::Error(Failure::StartFailed(reason)), &[], cx);
            }
            Some(Purpose::RestartChild(reply)) => {
                self.bury(key, cx);
                Self::answer(reply, &Answer::Error(Failure::StartFailed(reason)), &[], cx);
            }
            Some(Purpose::Restart { .. }) => self.retry_later(key, cx),
            // Nothing is started on the way out or to stop a child.
            Some(Purpose::Exit(_) | Purpose::TerminateChild(_)) | None => {}
        }
    }
}
