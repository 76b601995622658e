//! The supervisor: keeps its children running within a restart budget, or gives up (semantics 12).
//!
//! ```text
//!  Exit of a child ─▶ decide ─▶ Job: stop these, then start those ─▶ answer, or wait for the next
//!  Request ─────────▶ api ────┘   one at a time, each awaited; requests and other exits are deferred meanwhile
//! ```
mod spec;

mod children;
mod job;

mod api;
mod decide;
mod start;
mod stop;

mod report;

use crate::{Server, intensity::Intensity};
use alloc::{boxed::Box, collections::BTreeSet, format};
use children::Children;
use job::Job;
use peerd_vat::{Behaviour, Crash, Cx, Event, Reason, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};
pub use spec::{
    Announcement, Answer, ChildInfo, ChildKind, ChildSpec, ChildState, Count, Failure, Request, Restart, SHUTDOWN_MS, Shutdown, Strategy,
    SupervisorSpec,
};

/// The behaviour's name.
pub const NAME: &str = "supervisor";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    crate::behaviour::<Supervisor>()
}

/// Spawns a supervisor, linked to the caller. `refs` are the ones its specs and `announce` point at.
pub fn spawn(cx: &mut Cx<'_>, label: &str, spec: &SupervisorSpec, refs: &[Ref]) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &spec.encode()).refs(refs).label(label).linked())
}

/// Tags. While it waits for a child to start or to end, everything else is deferred; so is its own init.
const WAITING: u32 = 0;
const FREE: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Supervisor {
    strategy: Strategy,
    intensity: Intensity,
    announce: Option<Ref>,
    children: Children,
    job: Option<Job>,
    /// Messages that are no request: reported at each doubling, so that a flood of them is no flood of reports.
    strays: u32,
}

impl Server for Supervisor {
    const NAME: &'static str = NAME;
    type State = Supervisor;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Supervisor, Crash> {
        let spec = SupervisorSpec::decode(args).ok_or_else(|| Crash::new("supervisor_data", "arguments are no supervisor spec"))?;
        cx.trap_exits(true);
        let mut supervisor = Supervisor::new(spec, refs)?;
        supervisor.begin(Job::start_all(&supervisor.children), cx);
        if supervisor.job.is_some() {
            cx.defer();
        }
        Ok(supervisor.settled(cx))
    }

    fn handle(state: &mut Supervisor, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { reply: None, .. } => state.stray(cx),
            Event::User { reply: Some(_), .. } if state.job.is_some() => cx.defer(),
            Event::User { body, refs, reply: Some(reply) } => state.request(body, refs, reply, cx),
            Event::Exit { from, reason } => state.child_exit(from, reason, cx),
            Event::Reply { call, result } => state.start_settled(call, result.map(drop), cx),
            Event::Down { watch, reason, .. } => state.child_down(watch, reason, cx),
            Event::Timer { key: stop::TIMER } => state.stop_late(cx),
            Event::Timer { .. } if state.job.is_some() => cx.defer(),
            Event::Timer { key } => state.retry(key, cx),
        }
        state.tag(cx);
        Ok(())
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
        if spec.period_ms == 0 {
            return Err(Crash::new("supervisor_data", "invalid_period(0)"));
        }
        let announce = match spec.announce {
            None => None,
            Some(at) => {
                Some(*refs.get(at as usize).ok_or_else(|| Crash::new("supervisor_data", format!("announce: there is no ref {at}")))?)
            }
        };
        let mut ids = BTreeSet::new();
        if let Some(twice) = spec.children.iter().find(|child| !ids.insert(child.id.as_str())) {
            return Err(Crash::new("start_spec", format!("duplicate_child_name({})", twice.id)));
        }
        let mut children = Children::default();
        for child in spec.children {
            children.add(child, refs).map_err(|why| Crash::new("start_spec", why))?;
        }
        let intensity = Intensity::new(spec.intensity, spec.period_ms);
        Ok(Supervisor { strategy: spec.strategy, intensity, announce, children, job: None, strays: 0 })
    }

    fn settled(self, cx: &mut Cx<'_>) -> Supervisor {
        self.tag(cx);
        self
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
