//! What a supervisor is busy with: children to stop, then children to start, one at a time.
use super::{Answer, ChildState, Shutdown, Strategy, Supervisor, children::Children, crowd::Crowd, stop};
use alloc::{boxed::Box, vec::Vec};
use peerd_vat::{CallId, Cx, Reason, Ref, WatchId};
use serde::{Deserialize, Serialize};

/// The shape of every strategy: what a child's exit or a request asks for is some stops followed by some starts.
#[derive(Serialize, Deserialize)]
pub(super) struct Job {
    /// Still to be stopped; the last one is next.
    pub stops: Keys,
    /// Still to be started; the last one is next.
    pub starts: Keys,
    pub purpose: Purpose,
    /// None: between two steps.
    pub wait: Option<Wait>,
}

/// Most jobs are about one child.
#[derive(Default, Serialize, Deserialize)]
pub(super) enum Keys {
    #[default]
    None,
    One(u64),
    Many(Vec<u64>),
}

impl Keys {
    fn pop(&mut self) -> Option<u64> {
        match self {
            Keys::None => None,
            Keys::One(key) => {
                let key = *key;
                *self = Keys::None;
                Some(key)
            }
            Keys::Many(keys) => keys.pop(),
        }
    }

    pub fn as_slice(&self) -> &[u64] {
        match self {
            Keys::None => &[],
            Keys::One(key) => core::slice::from_ref(key),
            Keys::Many(keys) => keys,
        }
    }
}

impl FromIterator<u64> for Keys {
    fn from_iter<I: IntoIterator<Item = u64>>(keys: I) -> Keys {
        Keys::Many(keys.into_iter().collect())
    }
}

/// What the job is for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// The supervisor's own start.
    Init,
    /// Whom to answer.
    StartChild(Ref),
    RestartChild(Ref),
    TerminateChild(Ref),
    /// Of its own accord. The how-manieth restart within the period.
    Restart {
        nth: u32,
    },
    /// The group is stopped; this child waits out its backoff before it is started again, and the group with it.
    Backoff(u64),
    /// Whether the ref of a call is that of a stranger.
    Look(Look),
    /// The end of the supervisor.
    Exit(Reason),
}

/// What was asked about a ref that is no child's, and whom to answer.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum Look {
    Terminate(Ref),
    Childspec(Ref),
}

/// The one thing the supervisor waits for.
#[derive(Serialize, Deserialize)]
pub(super) enum Wait {
    Started {
        key: u64,
        call: CallId,
        attempt: Try,
    },
    Stopped {
        key: u64,
        watch: WatchId,
        /// What a child that does as it is told exits with.
        asked: Reason,
        then: Then,
    },
    /// Many at once.
    Crowd(Box<Crowd>),
    /// It was dead before it was told to go. What it said at its end is in the mailbox, unless it had dropped its link.
    LastWord {
        key: u64,
        asked: Reason,
    },
    /// Of an actor that is no child: it is dead if this comes before a timer of no time.
    Dead(WatchId),
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Try {
    First,
    /// After a life of the same identity was found and stopped.
    Second,
}

/// What the end of a child that is being stopped leads to.
#[derive(Serialize, Deserialize)]
pub(super) enum Then {
    /// It is stopped: that was the aim.
    Stopped,
    /// Its start did not settle in time: it has failed.
    Failed(Reason),
    /// It was left over from an earlier life of this supervisor: now it can be started.
    Start,
}

impl Job {
    pub fn start_all(children: &Children) -> Job {
        Job { starts: children.keys().rev().collect(), ..Job::new(Purpose::Init) }
    }

    pub fn start(key: u64, purpose: Purpose) -> Job {
        Job { starts: Keys::One(key), ..Job::new(purpose) }
    }

    pub fn stop(key: u64, purpose: Purpose) -> Job {
        Job { stops: Keys::One(key), ..Job::new(purpose) }
    }

    /// In reverse start order, then the supervisor itself.
    pub fn stop_all(children: &Children, reason: Reason) -> Job {
        Job { stops: children.keys().collect(), ..Job::new(Purpose::Exit(reason)) }
    }

    /// Those that share the fate of this child are stopped in reverse, and all of them are started again but temporary and parked ones.
    pub fn restart(key: u64, strategy: Strategy, children: &Children, purpose: Purpose) -> Job {
        let group: Vec<u64> = match strategy {
            Strategy::OneForOne | Strategy::SimpleOneForOne => {
                let starts = if children.is_restartable(key) { Keys::One(key) } else { Keys::None };
                return Job { stops: Keys::One(key), starts, ..Job::new(purpose) };
            }
            Strategy::RestForOne => children.keys_from(key).collect(),
            Strategy::OneForAll => children.keys().collect(),
        };
        let starts = group.iter().rev().copied().filter(|key| children.is_restartable(*key)).collect();
        Job { stops: Keys::Many(group), starts, ..Job::new(purpose) }
    }

    pub fn new(purpose: Purpose) -> Job {
        Job { stops: Keys::None, starts: Keys::None, purpose, wait: None }
    }

    /// Nothing is restarted or asked of it any more.
    pub fn is_last(&self) -> bool {
        matches!(self.purpose, Purpose::Exit(_))
    }
}

impl Supervisor {
    /// Takes up a job, in place of the one under way.
    pub(super) fn begin(&mut self, job: Job, cx: &mut Cx<'_>) {
        self.job = Some(job);
        self.proceed(cx);
    }

    /// The next step of the job, until there is something to wait for or the job is done.
    pub(super) fn proceed(&mut self, cx: &mut Cx<'_>) {
        while let Some(job) = &mut self.job {
            let wait = if job.is_last() && self.strategy == Strategy::SimpleOneForOne && !job.stops.as_slice().is_empty() {
                let crowd = core::mem::take(&mut job.stops);
                self.stop_crowd(crowd.as_slice(), cx)
            } else if let Some(key) = job.stops.pop() {
                self.stop(key, cx)
            } else if let Some(key) = job.starts.pop() {
                self.start(key, Try::First, cx)
            } else {
                return self.done(cx);
            };
            if let Some(wait) = wait {
                return self.wait_for(wait, cx);
            }
        }
    }

    fn done(&mut self, cx: &mut Cx<'_>) {
        match self.job.take().map(|job| job.purpose) {
            Some(Purpose::Exit(reason)) => cx.stop(reason),
            Some(Purpose::Backoff(key)) => self.wait_out(key, cx),
            _ => {}
        }
    }

    /// What the job is for, if there is one.
    pub(super) fn purpose(&self) -> Option<Purpose> {
        self.job.as_ref().map(|job| job.purpose.clone())
    }

    pub(super) fn wait(&mut self) -> Option<&mut Wait> {
        self.job.as_mut()?.wait.as_mut()
    }

    /// Nothing else is taken from the mailbox meanwhile, with two exceptions that tell apart what they are sent themselves.
    pub(super) fn wait_for(&mut self, wait: Wait, cx: &mut Cx<'_>) {
        match &wait {
            Wait::Started { call, .. } => cx.await_reply(*call),
            Wait::Stopped { key, watch, then, .. } => {
                cx.await_down(*watch);
                let is_timed = self.children.spec(*key).is_some_and(|spec| matches!(spec.shutdown, Shutdown::Ms(_)));
                if is_timed && !matches!(then, Then::Failed(_)) {
                    cx.await_timer(stop::TIMER);
                }
            }
            Wait::Dead(watch) => {
                cx.await_down(*watch);
                cx.await_timer(stop::TIMER);
            }
            Wait::Crowd(_) | Wait::LastWord { .. } => {}
        }
        if let Some(job) = &mut self.job {
            job.wait = Some(wait);
        }
    }

    /// The reply ref of the call that the job is for.
    pub(super) fn held(&self) -> Vec<Ref> {
        match self.job.as_ref().map(|job| &job.purpose) {
            Some(
                Purpose::StartChild(reply)
                | Purpose::RestartChild(reply)
                | Purpose::TerminateChild(reply)
                | Purpose::Look(Look::Terminate(reply) | Look::Childspec(reply)),
            ) => Vec::from([*reply]),
            Some(Purpose::Init | Purpose::Restart { .. } | Purpose::Backoff(_) | Purpose::Exit(_)) | None => Vec::new(),
        }
    }

    /// Ends the wait: the step it was for is over.
    pub(super) fn take_wait(&mut self) -> Option<Wait> {
        self.job.as_mut()?.wait.take()
    }

    pub(super) fn answer(reply: Ref, answer: &Answer, refs: &[Ref], cx: &mut Cx<'_>) {
        cx.reply(reply, &answer.encode(), refs);
    }

    /// Decides against a restart. The identity stays, and answers `noproc` until the child is started again. Of a child that
    /// could not be started again nothing is kept.
    pub(super) fn put_away(&mut self, key: u64, cx: &mut Cx<'_>) {
        if self.children.is_temporary(key) || self.strategy == Strategy::SimpleOneForOne {
            return self.forget(key, cx);
        }
        self.keep_stopped(key, cx);
    }

    /// Its spec stays, also a temporary child's that a call failed to start again.
    pub(super) fn keep_stopped(&mut self, key: u64, cx: &mut Cx<'_>) {
        self.children.set_state(key, ChildState::Stopped);
        if let Some(actor) = self.children.get(key).and_then(|child| child.actor) {
            cx.bury(actor);
        }
    }

    /// Takes the child out of the table; its identity is gone for ever.
    pub(super) fn forget(&mut self, key: u64, cx: &mut Cx<'_>) {
        if let Some(actor) = self.children.remove(key).and_then(|child| child.actor) {
            cx.forget(actor);
        }
    }
}
