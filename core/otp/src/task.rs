//! Tasks: one piece of work in an actor of its own, whose result is the answer to one call.
//!
//! ```text
//! start ─▶ worker: begin ─▶ handle .. ─▶ Done ─▶ the answer, then `normal`        the owner ends: so does a linked worker
//!          └ the call is the await: a reply event, or how the worker ended
//! ```
//!
//! To wait only for a while (a *yield*) set a timer beside the open task: whichever comes first, the task goes on.
//!
//! ```
//! use peerd_otp::task::{self, Progress, Task, Work};
//! use peerd_vat::{Answer, CallId, Crash, Cx, Ref, Settle};
//!
//! struct Sum;
//!
//! impl Work for Sum {
//!     const NAME: &'static str = "sum";
//!     type Input = Vec<u64>;
//!     type Output = u64;
//!     type State = ();
//!
//!     fn begin(numbers: Vec<u64>, _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Progress<Sum>, Crash> {
//!         Ok(Progress::Done(numbers.iter().sum()))
//!     }
//! }
//!
//! fn add_up(cx: &mut Cx<'_>) -> Task<u64> {
//!     task::start::<Sum>(&vec![1, 2, 3], &[], 5_000, cx)
//! }
//!
//! /// For each reply event, until it is `Some`.
//! fn added_up(task: &mut Task<u64>, call: CallId, result: Result<Answer<'_>, Settle>) -> Option<u64> {
//!     task.settle(call, result)?.ok()
//! }
//! ```
use crate::{
    Server,
    message::{Caller, decode, encode},
    supervisor::{ChildSpec, Restart},
};
use alloc::{boxed::Box, vec::Vec};
use core::{marker::PhantomData, mem};
use peerd_vat::{Answer, Behaviour, CallId, Crash, Cx, Event, Reason, Ref, Settle, SpawnOptions, WatchId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What a task does.
pub trait Work: Send + Sync + Sized + 'static {
    const NAME: &'static str;
    type Input: Serialize + DeserializeOwned;
    type Output: Serialize + DeserializeOwned;
    /// Of work that takes more than one turn.
    type State: Serialize + DeserializeOwned + Send;

    fn begin(input: Self::Input, refs: &[Ref], cx: &mut Cx<'_>) -> Result<Progress<Self>, Crash>;

    /// Replies, ticks, downs. None: not done yet.
    fn handle(state: &mut Self::State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<Option<Self::Output>, Crash> {
        let _ = (state, event, cx);
        Ok(None)
    }
}

pub enum Progress<W: Work> {
    Working(W::State),
    Done(W::Output),
}

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<W: Work>() -> Box<dyn Behaviour> {
    crate::behaviour::<Code<W>>()
}

/// A task that is waited for. Kept in its owner's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task<T> {
    actor: Ref,
    call: CallId,
    /// Its start, and how that failed: a worker that crashes at once never sees the call.
    started: Option<CallId>,
    failed: Option<Settle>,
    result: PhantomData<T>,
}

/// Linked to its owner: it ends with it, and takes an owner with it that does not trap exits if it crashes.
pub fn start<W: Work>(input: &W::Input, refs: &[Ref], deadline_ms: u64, cx: &mut Cx<'_>) -> Task<W::Output> {
    let task = start_loose::<W>(input, refs, deadline_ms, cx);
    cx.link(task.actor);
    task
}

/// Not linked: its crash is only how it settles, and it works on when its owner ends.
pub fn start_loose<W: Work>(input: &W::Input, refs: &[Ref], deadline_ms: u64, cx: &mut Cx<'_>) -> Task<W::Output> {
    let args = encode(input);
    let owner = [cx.me()];
    let refs: Vec<Ref> = owner.iter().chain(refs).copied().collect();
    let (worker, started) = cx.start(SpawnOptions::new(W::NAME, &args).refs(&refs).label(W::NAME), deadline_ms);
    Task { started: Some(started), ..Task::ask(worker, deadline_ms, cx) }
}

/// For a supervisor's `StartChild`. The first ref of that call is the owner, who asks the started worker with `Task::ask`.
#[must_use]
pub fn spec<W: Work>(id: &str, input: &W::Input) -> ChildSpec {
    ChildSpec::new(id, W::NAME, encode(input)).restart(Restart::Temporary)
}

impl<T: DeserializeOwned> Task<T> {
    /// Waits for the result of a worker that somebody started.
    pub fn ask(worker: Ref, deadline_ms: u64, cx: &mut Cx<'_>) -> Task<T> {
        let call = cx.call(worker, &[], &[], deadline_ms);
        Task { actor: worker, call, started: None, failed: None, result: PhantomData }
    }

    /// None: this reply is another call's, or it only says how the start went. A result that can't be read counts as none.
    pub fn settle(&mut self, call: CallId, result: Result<Answer<'_>, Settle>) -> Option<Result<T, Settle>> {
        if self.started == Some(call) {
            self.failed = result.err();
            return None;
        }
        if self.call != call {
            return None;
        }
        Some(match result {
            Ok(answer) => decode(answer.body).ok_or(Settle::Noreply),
            Err(settle) => Err(self.failed.take().unwrap_or(settle)),
        })
    }

    #[must_use]
    pub fn actor(&self) -> Ref {
        self.actor
    }

    /// Its result is not wanted any more: it is told to go, and can't take its owner with it.
    pub fn shutdown(self, cx: &mut Cx<'_>) {
        self.end(Reason::Shutdown, cx);
    }

    /// The same for one that does not go when it is told to.
    pub fn kill(self, cx: &mut Cx<'_>) {
        self.end(Reason::Kill, cx);
    }

    fn end(self, reason: Reason, cx: &mut Cx<'_>) {
        self.started.into_iter().chain([self.call]).for_each(|call| cx.cancel_call(call));
        cx.unlink(self.actor);
        cx.exit(self.actor, reason);
    }
}

struct Code<W>(PhantomData<fn() -> W>);

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Worker<W: Work> {
    /// None: done.
    state: Option<W::State>,
    result: Option<Vec<u8>>,
    asked: Vec<Caller>,
    owner: WatchId,
    /// Its owner has ended: nobody will ask.
    abandoned: bool,
}

impl<W: Work> Server for Code<W> {
    const NAME: &'static str = W::NAME;
    type State = Worker<W>;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Worker<W>, Crash> {
        let input = decode(args).ok_or_else(|| Crash::new("bad_args", "arguments are not this work's input"))?;
        let Some((owner, refs)) = refs.split_first() else { return Err(Crash::new("bad_args", "a task has an owner")) };
        let mut worker = Worker { state: None, result: None, asked: Vec::new(), owner: cx.watch(*owner), abandoned: false };
        match W::begin(input, refs, cx)? {
            Progress::Working(state) => worker.state = Some(state),
            Progress::Done(output) => worker.result = Some(encode(&output)),
        }
        Ok(worker)
    }

    fn handle(worker: &mut Worker<W>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: [], reply: Some(reply), .. } => worker.asked.push(Caller(reply)),
            Event::Down { watch, .. } if watch == worker.owner => worker.abandoned = true,
            event => {
                if let Some(state) = &mut worker.state
                    && let Some(output) = W::handle(state, event, cx)?
                {
                    worker.state = None;
                    worker.result = Some(encode(&output));
                }
            }
        }
        worker.finish(cx);
        Ok(())
    }
}

impl<W: Work> Worker<W> {
    /// The result goes to whoever asked; then there is nothing left to live for.
    fn finish(&mut self, cx: &mut Cx<'_>) {
        let Some(result) = &self.result else { return };
        for caller in &self.asked {
            cx.reply(caller.0, result, &[]);
        }
        if !mem::take(&mut self.asked).is_empty() || self.abandoned {
            cx.stop(Reason::Normal);
        }
    }
}
