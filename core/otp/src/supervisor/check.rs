//! Which flags and specs are wrong, and the names of the errors (semantics 12.1).
use super::{AutoShutdown, Backoff, ChildSpec, OnFault, Restart, Strategy, SupervisorSpec};
use alloc::{collections::BTreeSet, format, string::String};
use core::fmt;
use peerd_vat::{Crash, Ref};
use serde::{Deserialize, Serialize};

/// What is wrong with flags or a spec. The text is the offending value, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BadSpec {
    InvalidType(String),
    InvalidStrategy(String),
    InvalidIntensity(String),
    InvalidPeriod(String),
    InvalidAutoShutdown(String),
    MissingId,
    MissingStart,
    InvalidStart(String),
    InvalidRestartType(String),
    InvalidShutdown(String),
    InvalidChildType(String),
    InvalidModules(String),
    InvalidModule(String),
    InvalidSignificant(String),
    InvalidBackoff(String),
    InvalidRefs(String),
    InvalidDecider(String),
    /// `significant` with `auto_shutdown = never`.
    SignificantNever,
    /// `significant` with `restart = permanent`.
    SignificantPermanent,
    InvalidChildSpec(String),
    DuplicateChildName(String),
    /// Not a list of specs.
    BadArg(String),
}

impl fmt::Display for BadSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = match self {
            BadSpec::InvalidType(value) => ("invalid_type", value),
            BadSpec::InvalidStrategy(value) => ("invalid_strategy", value),
            BadSpec::InvalidIntensity(value) => ("invalid_intensity", value),
            BadSpec::InvalidPeriod(value) => ("invalid_period", value),
            BadSpec::InvalidAutoShutdown(value) => ("invalid_auto_shutdown", value),
            BadSpec::MissingId => return f.write_str("missing_id"),
            BadSpec::MissingStart => return f.write_str("missing_start"),
            BadSpec::InvalidStart(value) => ("invalid_mfa", value),
            BadSpec::InvalidRestartType(value) => ("invalid_restart_type", value),
            BadSpec::InvalidShutdown(value) => ("invalid_shutdown", value),
            BadSpec::InvalidChildType(value) => ("invalid_child_type", value),
            BadSpec::InvalidModules(value) => ("invalid_modules", value),
            BadSpec::InvalidModule(value) => ("invalid_module", value),
            BadSpec::InvalidSignificant(value) => ("invalid_significant", value),
            BadSpec::InvalidBackoff(value) => ("invalid_backoff", value),
            BadSpec::InvalidRefs(value) => ("invalid_refs", value),
            BadSpec::InvalidDecider(value) => ("invalid_decider", value),
            BadSpec::SignificantNever => return f.write_str("bad_combination(auto_shutdown: never, significant: true)"),
            BadSpec::SignificantPermanent => return f.write_str("bad_combination(restart: permanent, significant: true)"),
            BadSpec::InvalidChildSpec(value) => ("invalid_child_spec", value),
            BadSpec::DuplicateChildName(id) => ("duplicate_child_name", id),
            BadSpec::BadArg(value) => ("badarg", value),
        };
        write!(f, "{name}({value})")
    }
}

/// Where a supervisor's specification is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BadTree {
    /// In its flags.
    SupervisorData(BadSpec),
    /// In its children.
    StartSpec(BadSpec),
    /// A `SimpleOneForOne` without exactly one template: how many there are.
    BadStartSpec(u32),
}

impl BadTree {
    /// What a supervisor ends with that was given this.
    #[must_use]
    pub fn crash(&self) -> Crash {
        match self {
            BadTree::SupervisorData(bad) => Crash::new("supervisor_data", format!("{bad}")),
            BadTree::StartSpec(bad) => Crash::new("start_spec", format!("{bad}")),
            BadTree::BadStartSpec(count) => Crash::new("bad_start_spec", format!("{count} templates")),
        }
    }
}

impl fmt::Display for BadTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadTree::SupervisorData(bad) => write!(f, "supervisor_data({bad})"),
            BadTree::StartSpec(bad) => write!(f, "start_spec({bad})"),
            BadTree::BadStartSpec(count) => write!(f, "bad_start_spec({count})"),
        }
    }
}

/// What `start_child` would say about each of these, and whether an id comes twice.
pub fn check_childspecs(specs: &[ChildSpec], auto_shutdown: AutoShutdown) -> Result<(), BadSpec> {
    let mut ids = BTreeSet::new();
    for spec in specs {
        spec.check(auto_shutdown)?;
        if !ids.insert(spec.id.as_str()) {
            return Err(BadSpec::DuplicateChildName(spec.id.clone()));
        }
    }
    Ok(())
}

impl SupervisorSpec {
    pub fn check(&self) -> Result<(), BadTree> {
        if self.period_ms == 0 {
            return Err(BadTree::SupervisorData(BadSpec::InvalidPeriod("0".into())));
        }
        check_childspecs(&self.children, self.auto_shutdown).map_err(BadTree::StartSpec)?;
        if self.strategy == Strategy::SimpleOneForOne && self.children.len() != 1 {
            return Err(BadTree::BadStartSpec(self.children.len() as u32));
        }
        Ok(())
    }

    /// Whether these are all the refs it points at.
    pub(super) fn check_refs(&self, refs: &[Ref]) -> Result<(), BadTree> {
        if let Some(at) = self.announce.filter(|at| *at as usize >= refs.len()) {
            return Err(BadTree::SupervisorData(BadSpec::InvalidRefs(format!("announce: {at}"))));
        }
        self.children.iter().try_for_each(|child| child.check_refs(refs)).map_err(BadTree::StartSpec)
    }
}

impl ChildSpec {
    pub fn check(&self, auto_shutdown: AutoShutdown) -> Result<(), BadSpec> {
        if self.id.is_empty() {
            return Err(BadSpec::MissingId);
        }
        if self.behaviour.is_empty() {
            return Err(BadSpec::MissingStart);
        }
        if self.significant && auto_shutdown == AutoShutdown::Never {
            return Err(BadSpec::SignificantNever);
        }
        if self.significant && self.restart == Restart::Permanent {
            return Err(BadSpec::SignificantPermanent);
        }
        if let Some(Backoff { min_ms, max_ms, .. }) = self.backoff
            && (min_ms == 0 || max_ms < min_ms)
        {
            return Err(BadSpec::InvalidBackoff(format!("{min_ms} to {max_ms} ms")));
        }
        if let OnFault::Resume { window_ms: 0, .. } | OnFault::Ask { deadline_ms: 0, .. } = self.on_fault {
            return Err(BadSpec::InvalidDecider("0".into()));
        }
        Ok(())
    }

    pub(super) fn check_refs(&self, refs: &[Ref]) -> Result<(), BadSpec> {
        let decider = match self.on_fault {
            OnFault::Ask { decider, .. } => Some(decider),
            OnFault::End | OnFault::Resume { .. } => None,
        };
        let missing = |at: &&u32| **at as usize >= refs.len();
        match self.refs.iter().flatten().chain(&decider).find(missing) {
            Some(at) => Err(BadSpec::InvalidRefs(format!("{}: {at}", self.id))),
            None => Ok(()),
        }
    }
}
