//! Starting a child and what may come of it (semantics 12.2).
use super::{
    Announcement, Answer, ChildState, Failure, OnFault, Strategy, Supervisor,
    ask::FAULT,
    child::Endowment,
    job::{Job, Purpose, Try, Wait},
    report,
};
use alloc::{
    borrow::Cow,
    boxed::Box,
    format,
    string::{String, ToString},
};
use peerd_vat::{CallId, Cx, INFINITY_MS, Identity, Reason, Ref, Settle, SpawnOptions};

/// How the kernel refuses a second life to an identity whose first one still lives.
const ALREADY_STARTED: &str = "already_started";

enum Outcome<'a> {
    /// With what its init had to say.
    Running(&'a [u8]),
    /// Its init said that it is not wanted.
    Ignored,
    Failed(Reason),
}

impl Supervisor {
    /// None: the child is gone from the table meanwhile.
    pub(super) fn start(&mut self, key: u64, attempt: Try, cx: &mut Cx<'_>) -> Option<Wait> {
        let note = self.note();
        let (child, spec) = (self.children.get(key)?, self.children.spec(key)?);
        let endowment = child.endowment.as_deref();
        let (mut args, mut refs): (Cow<'_, [u8]>, Cow<'_, [Ref]>) = (Cow::Borrowed(&spec.args), Cow::Borrowed(&[]));
        if let Some(template) = self.children.template() {
            refs = Cow::Borrowed(&template.refs);
        }
        if let Some(Endowment { args: own_args, refs: own_refs, .. }) = endowment {
            extend(&mut args, own_args);
            extend(&mut refs, own_refs);
        }
        let identity = match (child.actor, endowment.and_then(|endowment| endowment.key.as_deref())) {
            (Some(actor), _) => Identity::Again(actor),
            (None, Some(id)) => Identity::Kept(id),
            (None, None) if self.strategy != Strategy::SimpleOneForOne => Identity::Kept(&spec.id),
            // It will not be started again.
            (None, None) if self.children.is_temporary(key) => Identity::Fresh,
            (None, None) => Identity::Own,
        };
        let label = if child.spec.is_some() { spec.id.as_str() } else { "" };
        let mut options = SpawnOptions::new(&spec.behaviour, &args).refs(&refs).label(label).identity(identity).note(&note).linked();
        if spec.on_fault != OnFault::End {
            options = options.holds_faults(FAULT | key);
        }
        let (actor, call) = cx.start(options, INFINITY_MS);
        self.children.set_actor(key, actor);
        Some(Wait::Started { key, call, attempt })
    }

    /// Why the child is started again, for the transcript.
    fn note(&self) -> String {
        match self.purpose() {
            Some(Purpose::Restart { nth: 0 }) => "after its backoff".into(),
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
            // Its init may still be going on: it must not come up behind our back.
            Err(late @ (Settle::Timeout | Settle::Expired)) => return self.abandon(key, Reason::Other(late.to_string()), cx),
            Err(other) => Outcome::Failed(Reason::Other(other.to_string())),
        };
        self.take_wait();
        match outcome {
            Outcome::Running(info) => self.running(key, info, cx),
            Outcome::Ignored => self.ignored(key, cx),
            Outcome::Failed(reason) => self.start_failed(key, reason, cx),
        }
        self.proceed(cx);
    }

    fn running(&mut self, key: u64, info: &[u8], cx: &mut Cx<'_>) {
        self.children.set_state(key, ChildState::Running);
        self.children.forget_arguments(key);
        let Some(child) = self.children.get_mut(key) else { return };
        let actor = child.actor.expect("a child that starts has an identity");
        child.starts += 1;
        child.life = cx.sender_life().0;
        let restarts = child.starts - 1;
        let name = self.children.name(key);
        report::progress(name, cx);
        if let Some(announce) = self.announce {
            let word = Announcement { id: name.into(), restarts };
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

    pub(super) fn start_failed(&mut self, key: u64, reason: Reason, cx: &mut Cx<'_>) {
        let name = self.children.name(key);
        report::start_error(name, &reason, cx);
        match self.purpose() {
            Some(Purpose::Init) => {
                let why = report::brief(format!("failed_to_start_child({name}, {reason})"));
                self.job = Some(Job::stop_all(&self.children, Reason::ShutdownWith(why)));
            }
            Some(Purpose::StartChild(reply)) => {
                let spec = self.children.get_mut(key).and_then(|child| child.spec.as_deref().cloned());
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
                    job.starts.clear();
                }
                self.retry_later(key, cx);
            }
            // Nothing is started on the way out, to stop a child, or to look for one.
            Some(Purpose::Exit(_) | Purpose::TerminateChild(_) | Purpose::Backoff(_) | Purpose::Look(_)) | None => {}
        }
    }
}

fn extend<T: Clone>(all: &mut Cow<'_, [T]>, more: &[T]) {
    if !more.is_empty() {
        all.to_mut().extend_from_slice(more);
    }
}
