//! The supervisor: keeps its children running within a restart budget, or gives up (semantics 12).
mod spec;

use alloc::boxed::Box;
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, SpawnOptions};
pub use spec::{
    Announcement, Answer, ChildInfo, ChildKind, ChildSpec, ChildState, Count, Failure, Request, Restart, SHUTDOWN_MS, Shutdown, Strategy,
    SupervisorSpec,
};

/// The behaviour's name.
pub const NAME: &str = "supervisor";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    Box::new(Stub)
}

/// Spawns a supervisor, linked to the caller. `refs` are the ones its specs and `announce` point at.
pub fn spawn(cx: &mut Cx<'_>, label: &str, spec: &SupervisorSpec, refs: &[Ref]) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &spec.encode()).refs(refs).label(label).linked())
}

struct Stub;

impl Behaviour for Stub {
    fn name(&self) -> &'static str {
        NAME
    }
    fn init(&self, _args: &[u8], _cx: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }
    fn turn(&self, _event: Event<'_>, _cx: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }
}
