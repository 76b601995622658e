//! Starting a child and what may come of it (semantics 12.2).
use super::{
    Announcement, Answer, ChildState, Failure, OnFault, Supervisor,
    ask::FAULT,
    job::{Job, Keys, Purpose, Try, Wait},
    report,
};
use alloc::{boxed::Box, format, string::ToString, vec::Vec};
use peerd_vat::{CallId, Cx, INFINITY_MS, Identity, Reason, Ref, Settle, SpawnOptions, Why};

/// How the kernel refuses a second life to an identity whose first one still lives.
const ALREADY_STARTED: &str = "already_started";

enum Outcome<'a> {
    /// With what its init had to say.
    Running(&'a [u8]),
    /// Its init said that it is not wanted.
    Ignored,
    /// It was parked, in an earlier life of the vat perhaps, and stays so.
    Parked,
    Failed(Reason),
}

impl Supervisor {
    /// None: the child is gone from the table meanwhile.
    pub(super) fn start(&mut self, key: u64, attempt: Try, cx: &mut Cx<'_>) -> Option<Wait> {
        let child = self.children.get(key)?;
        let spec = self.children.spec_of(child)?;
        let (mut args, mut refs) = child.made.given();
        let joined: (Vec<u8>, Vec<Ref>);
        if let Some(template) = self.children.template() {
            joined = ([&spec.args, args].concat(), [&template.refs, refs].concat());
            (args, refs) = (&joined.0, &joined.1);
        }
        let identity = match (child.actor, child.made.id()) {
            (Some(actor), _) => Identity::Again(actor),
            (None, Some(id)) => Identity::Kept(id),
            // It will not be started again. One that is held is found by who keeps it.
            (None, None) if self.children.is_temporary(key) && spec.on_fault == OnFault::End => Identity::Fresh,
            (None, None) => Identity::Own,
        };
        // One that lived before has its label.
        let label = child.made.listed().filter(|_| child.actor.is_none()).map_or("", |listed| &listed.name);
        let mut options = SpawnOptions::new(&spec.behaviour, args).refs(refs).label(label).identity(identity).why(self.why()).linked();
        options = options.durability(spec.durability).poison(spec.poison);
        if spec.on_fault != OnFault::End {
            options = options.holds_faults(FAULT | key);
        }
        let (actor, call) = cx.start(options, INFINITY_MS);
        if child.actor != Some(actor) {
            self.children.set_actor(key, actor);
        }
        Some(Wait::Started { key, call, attempt })
    }

    /// Why the child is started again, for the transcript.
    fn why(&self) -> Why {
        match self.job.as_ref().map(|job| &job.purpose) {
            Some(Purpose::Restart { nth: 0 }) => Why::AfterBackoff,
            Some(Purpose::Restart { nth }) => Why::Restart { nth: *nth, of: self.intensity.max(), period_ms: self.intensity.period_ms() },
            _ => Why::Unsaid,
        }
    }

    pub(super) fn start_settled(&mut self, settled: CallId, result: Result<&[u8], Settle>, cx: &mut Cx<'_>) {
        let (key, attempt) = match self.wait() {
            Some(Wait::Started { key, call, attempt }) if *call == settled => (*key, *attempt),
            _ => return,
        };
        let outcome = match result {
            Ok(info) => Outcome::Running(info),
            Err(Settle::Exit(Reason::Normal)) => Outcome::Ignored,
            Err(Settle::Exit(Reason::Other(why))) if why == ALREADY_STARTED && attempt == Try::First => return self.oust(key, cx),
            Err(Settle::Exit(reason)) => Outcome::Failed(reason),
            Err(Settle::Noproc) => Outcome::Failed(Reason::Noproc),
            Err(Settle::Parked) => Outcome::Parked,
            // Its init may still be going on: it must not come up behind our back.
            Err(late @ (Settle::Timeout | Settle::Expired)) => return self.abandon(key, Reason::Other(late.to_string()), cx),
            Err(other) => Outcome::Failed(Reason::Other(other.to_string())),
        };
        self.take_wait();
        match outcome {
            Outcome::Running(info) => self.running(key, info, cx),
            Outcome::Ignored => self.ignored(key, cx),
            Outcome::Parked => self.found_parked(key, cx),
            Outcome::Failed(reason) => self.start_failed(key, reason, cx),
        }
        self.proceed(cx);
    }

    fn running(&mut self, key: u64, info: &[u8], cx: &mut Cx<'_>) {
        let Some((actor, restarts, name)) = self.children.runs(key, cx.sender_life().0) else { return };
        report::progress(&name, cx);
        if let Some(announce) = self.announce {
            let word = Announcement { id: name.to_string(), restarts };
            cx.send_with(announce, &word.encode(), &[actor]);
        }
        if let Some(Purpose::StartChild(reply) | Purpose::RestartChild(reply)) = self.purpose() {
            let answer = if info.is_empty() { Answer::Started } else { Answer::StartedWith(info.into()) };
            Self::answer(reply, &answer, &[actor], cx);
        }
    }

    fn ignored(&mut self, key: u64, cx: &mut Cx<'_>) {
        match self.purpose() {
            Some(Purpose::RestartChild(_)) => self.keep_stopped(key, cx),
            _ => self.put_away(key, cx),
        }
        if let Some(Purpose::StartChild(reply) | Purpose::RestartChild(reply)) = self.purpose() {
            Self::answer(reply, &Answer::Ignored, &[], cx);
        }
    }

    fn found_parked(&mut self, key: u64, cx: &mut Cx<'_>) {
        self.children.set_state(key, ChildState::Parked);
        if let Some(Purpose::StartChild(reply) | Purpose::RestartChild(reply)) = self.purpose() {
            let failure = Failure::StartFailed(Reason::Other(Settle::Parked.to_string()));
            Self::answer(reply, &Answer::Error(failure), &[], cx);
        }
    }

    pub(super) fn start_failed(&mut self, key: u64, reason: Reason, cx: &mut Cx<'_>) {
        let name = self.children.name(key);
        report::start_error(&name, &reason, cx);
        match self.purpose() {
            Some(Purpose::Init) => {
                let why = report::brief(format!("failed_to_start_child({name}, {reason})"));
                self.job = Some(Job::stop_all(&self.children, Reason::ShutdownWith(why)));
            }
            Some(Purpose::StartChild(reply)) => {
                let spec = self.children.get(key).and_then(|child| child.made.listed()).map(|listed| listed.spec.clone());
                self.forget(key, cx);
                let failure = match spec {
                    Some(spec) => Failure::ChildFailed(reason, Box::new(spec)),
                    None => Failure::StartFailed(reason),
                };
                Self::answer(reply, &Answer::Error(failure), &[], cx);
            }
            Some(Purpose::RestartChild(reply)) => {
                self.keep_stopped(key, cx);
                Self::answer(reply, &Answer::Error(Failure::StartFailed(reason)), &[], cx);
            }
            Some(Purpose::Restart { .. }) => {
                // Those after it wait as stopped for the next try.
                if let Some(job) = &mut self.job {
                    job.starts = Keys::None;
                }
                self.retry_later(key, cx);
            }
            // Nothing is started on the way out, to stop a child, or to look for one.
            Some(Purpose::Exit(_) | Purpose::TerminateChild(_) | Purpose::Backoff(_) | Purpose::Look(_)) | None => {}
        }
    }
}
