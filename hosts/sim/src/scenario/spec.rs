//! Short ways to write the supervisors of scenarios and tests.
use crate::cast::{ANNOUNCE, Manner, Worker};
use peerd_otp::supervisor::{self, ChildSpec, Restart, Shutdown, SupervisorSpec};

/// Announces its children to the stage, as everything here does.
#[must_use]
pub fn supervisor(intensity: u32, period_ms: u64, children: Vec<ChildSpec>) -> SupervisorSpec {
    SupervisorSpec { intensity, period_ms, children, announce: Some(ANNOUNCE), ..SupervisorSpec::default() }
}

/// A permanent child named like its behaviour.
#[must_use]
pub fn child(behaviour: &str) -> ChildSpec {
    ChildSpec::new(behaviour, behaviour, Vec::new())
}

#[must_use]
pub fn nested(id: &str, spec: &SupervisorSpec) -> ChildSpec {
    ChildSpec::new(id, supervisor::NAME, spec.encode())
}

#[must_use]
pub fn worker(id: &str, manner: Manner, restart: Restart, shutdown: Shutdown) -> ChildSpec {
    let args = Worker { id: id.into(), manner }.encode();
    ChildSpec { shutdown, ..ChildSpec::new(id, "worker", args).restart(restart) }
}
