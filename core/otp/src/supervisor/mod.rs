//! The supervisor: keeps its children running within a restart budget, or gives up (semantics 12).
//!
//! ```text
//!  Failed turn ────▶ ask ─▶ Rung ─┐      resume, restart, replace, stop, park, escalate
//!  Exit of a child ─▶ decide ─────┴─▶ Job: stop these, then start those ─▶ answer, or wait for the next
//!  Request ────────▶ api ─────────┘   one at a time, each awaited behind a closed mailbox
//! ```
//!
//! `spec` says what there is to supervise, `keyed` reads it from outside of Rust, `callback` computes it.
mod spec;

mod callback;
mod check;
pub mod keyed;

mod ladder;
mod request;

mod child;
mod children;
mod job;
mod rows;

mod api;
mod ask;
mod crowd;
mod decide;
mod start;
mod stop;
mod upgrade;

mod report;

use crate::{Server, intensity::Intensity};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use callback::Given;
use children::Children;
use core::marker::PhantomData;
use job::Job;
use peerd_vat::{Behaviour, CallId, Crash, Cx, Event, Reason, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};

pub use callback::{Callback, Init};
pub use check::{BadSpec, BadTree, check_childspecs};
pub use ladder::{Decider, Fault, History, Question, Rung};
pub use request::{Announcement, Answer, ChildInfo, ChildState, Count, Failure, Request};
pub use spec::{
    AutoShutdown, Backoff, ChildKind, ChildSpec, Modules, OnFault, Replace, Restart, SHUTDOWN_MS, Shutdown, Strategy, SupervisorSpec,
};

/// The behaviour's name.
pub const NAME: &str = "supervisor";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    behaviour_of::<Given>()
}

/// The same for supervisors whose specification code computes.
#[must_use]
pub fn behaviour_of<C: Callback>() -> Box<dyn Behaviour> {
    crate::behaviour::<Of<C>>()
}

/// Spawns a supervisor, linked to the caller. `refs` are the ones its specs and `announce` point at.
pub fn spawn(cx: &mut Cx<'_>, label: &str, spec: &SupervisorSpec, refs: &[Ref]) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &spec.encode()).refs(refs).label(label).linked())
}

/// The restart window in a supervisor's state, to look at. None: these bytes are not one's.
#[must_use]
pub fn window(state: &[u8]) -> Option<Intensity> {
    postcard::from_bytes::<Supervisor>(state).ok().map(|supervisor| supervisor.intensity)
}

/// Tags. While it waits for a child to start or to end, everything else is deferred; so is its own init.
const WAITING: u32 = 0;
const FREE: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Supervisor {
    strategy: Strategy,
    intensity: Intensity,
    auto_shutdown: AutoShutdown,
    announce: Option<Ref>,
    children: Children,
    job: Option<Job>,
    /// Questions to deciders, by the child they are about.
    asked: BTreeMap<CallId, u64>,
    /// What it was started with, if its callback wants it again.
    args: Option<Vec<u8>>,
    refs: Vec<Ref>,
    /// It was ever given a ref to another vat, which some endowment may have.
    has_far: bool,
    /// Messages that are no request: reported at each doubling, so that a flood of them is no flood of reports.
    strays: u32,
}

/// What a supervisor knows of its callback.
struct Code {
    name: &'static str,
    init: fn(&[u8], &[Ref]) -> Result<Init, Crash>,
}

/// A supervisor with its callback.
struct Of<C>(PhantomData<C>);

impl<C: Callback> Of<C> {
    const CODE: Code = Code { name: C::NAME, init: C::init };
}

impl<C: Callback> Server for Of<C> {
    const NAME: &'static str = C::NAME;
    const VERSION: u32 = C::VERSION;
    type State = Supervisor;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Supervisor, Crash> {
        let spec = match C::init(args, refs)? {
            Init::Tree(spec) => spec,
            Init::Ignore => {
                cx.stop(Reason::Normal);
                SupervisorSpec::default()
            }
        };
        cx.trap_exits(true);
        let mut supervisor = Supervisor::new(spec, refs)?;
        supervisor.args = C::KEEPS_ARGS.then(|| args.to_vec());
        supervisor.begin(Job::start_all(&supervisor.children), cx);
        if supervisor.job.is_some() {
            cx.defer();
        }
        supervisor.tag(cx);
        Ok(supervisor)
    }

    fn handle(state: &mut Supervisor, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { reply: None, .. } => state.stray(cx),
            Event::User { reply: Some(_), .. } if state.job.is_some() => cx.defer(),
            Event::User { body, refs, reply: Some(reply) } => state.request(&Self::CODE, body, refs, reply, cx),
            Event::Exit { from, reason } => state.child_exit(from, reason, cx),
            Event::Reply { call, .. } if state.is_question(call) && state.job.is_some() => cx.defer(),
            Event::Reply { call, result } if state.is_question(call) => state.decided(call, result.map(|answer| answer.body), cx),
            Event::Reply { call, result } => state.start_settled(call, result.map(|answer| answer.body), cx),
            Event::Down { watch, reason, .. } => state.child_down(watch, reason, cx),
            Event::Timer { key: stop::TIMER } => state.stop_late(cx),
            Event::Timer { .. } if state.job.is_some() => cx.defer(),
            Event::Timer { key } if key & ask::FAULT != 0 => state.child_held(key & !ask::FAULT, cx),
            Event::Timer { key } => state.retry(key, cx),
            // It sets none.
            Event::Alarm { .. } => {}
        }
        state.tag(cx);
        Ok(())
    }

    fn held(state: &Supervisor) -> Option<Vec<Ref>> {
        (!state.has_far).then(|| state.held())
    }

    /// Only the parent stops a supervisor; what it waits for comes first, as in OTP.
    fn parent_exit(state: &mut Supervisor, reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match &state.job {
            Some(job) if job.is_last() => {}
            Some(_) => cx.defer(),
            None => state.begin(Job::stop_all(&state.children, reason), cx),
        }
        state.tag(cx);
        Ok(())
    }
}

impl Supervisor {
    fn new(spec: SupervisorSpec, refs: &[Ref]) -> Result<Supervisor, Crash> {
        spec.check().and_then(|()| spec.check_refs(refs)).map_err(|bad| bad.crash())?;
        let mut children = Children::default();
        for child in spec.children {
            match spec.strategy {
                Strategy::SimpleOneForOne => children.set_template(child, refs),
                Strategy::OneForOne | Strategy::OneForAll | Strategy::RestForOne => drop(children.add(child, refs)),
            }
        }
        Ok(Supervisor {
            strategy: spec.strategy,
            intensity: Intensity::new(spec.intensity, spec.period_ms),
            auto_shutdown: spec.auto_shutdown,
            announce: spec.announce.and_then(|at| refs.get(at as usize).copied()),
            children,
            job: None,
            asked: BTreeMap::new(),
            args: None,
            refs: refs.to_vec(),
            has_far: refs.iter().any(|held| !held.is_near()),
            strays: 0,
        })
    }

    /// Leaving a tag hands back what was deferred under it.
    fn tag(&self, cx: &mut Cx<'_>) {
        let tag = if self.job.is_some() { WAITING } else { FREE };
        if tag != cx.tag() {
            cx.become_tag(tag);
        }
    }

    fn stray(&mut self, cx: &mut Cx<'_>) {
        self.strays = self.strays.saturating_add(1);
        if self.strays.is_power_of_two() {
            report::stray(self.strays, cx);
        }
    }
}
