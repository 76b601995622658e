//! The actors of a script: supervisors and members, as a tree that can be cut.
use crate::{
    cast::{Manner, Worker},
    scenario::spec,
};
use peerd_otp::supervisor::{AutoShutdown, Backoff, ChildSpec, OnFault, Replace, Restart, Shutdown, Strategy, SupervisorSpec};
use std::fmt;

#[derive(Clone, Debug)]
pub struct Node {
    pub label: String,
    pub restart: Restart,
    pub shutdown: Shutdown,
    pub significant: bool,
    pub backoff: Option<Backoff>,
    pub on_fault: OnFault,
    pub replace: Replace,
    pub inside: Inside,
}

#[derive(Clone, Debug)]
pub enum Inside {
    Member(Manner),
    Supervisor { strategy: Strategy, intensity: u32, period_ms: u64, auto_shutdown: AutoShutdown, children: Vec<Node> },
}

impl Node {
    /// Its arguments as a supervisor: of a member, an empty one.
    #[must_use]
    pub fn spec(&self) -> SupervisorSpec {
        match &self.inside {
            Inside::Member(_) => SupervisorSpec::default(),
            Inside::Supervisor { strategy, intensity, period_ms, auto_shutdown, children } => SupervisorSpec {
                strategy: *strategy,
                intensity: *intensity,
                period_ms: *period_ms,
                auto_shutdown: *auto_shutdown,
                children: children.iter().map(Node::child).collect(),
                ..SupervisorSpec::default()
            },
        }
    }

    #[must_use]
    pub fn child(&self) -> ChildSpec {
        let spec = match &self.inside {
            Inside::Member(manner) => {
                let args = Worker { id: self.label.clone(), manner: manner.clone() }.encode();
                ChildSpec { shutdown: self.shutdown, ..ChildSpec::new(&self.label, "member", args) }
            }
            Inside::Supervisor { .. } => spec::nested(&self.label, &self.spec()),
        };
        ChildSpec {
            backoff: self.backoff,
            on_fault: self.on_fault,
            replace: self.replace,
            ..spec.restart(self.restart).significant(self.significant)
        }
    }

    #[must_use]
    pub fn children(&self) -> &[Node] {
        match &self.inside {
            Inside::Member(_) => &[],
            Inside::Supervisor { children, .. } => children,
        }
    }

    pub fn children_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.inside {
            Inside::Member(_) => None,
            Inside::Supervisor { children, .. } => Some(children),
        }
    }

    /// Itself and all below.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + self.children().iter().map(Node::size).sum::<usize>()
    }

    pub fn visit(&self, each: &mut impl FnMut(&Node)) {
        each(self);
        self.children().iter().for_each(|child| child.visit(each));
    }

    /// The node of this label, it or below it.
    #[must_use]
    pub fn find(&self, label: &str) -> Option<&Node> {
        if self.label == label { Some(self) } else { self.children().iter().find_map(|child| child.find(label)) }
    }

    /// What an upgrade makes of this supervisor: other flags, another order, one child less, one more.
    #[must_use]
    pub fn upgraded(&self, by: u64) -> SupervisorSpec {
        let mut spec = self.spec();
        spec.strategy = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne][by as usize % 3];
        (spec.intensity, spec.period_ms) = ((by / 3 % 6) as u32, 1_000 + by % 5_000);
        if by.is_multiple_of(4) {
            spec.children.pop();
        }
        if !spec.children.is_empty() {
            let places = by as usize % spec.children.len();
            spec.children.rotate_left(places);
        }
        if by.is_multiple_of(2) {
            let id = format!("{}.new", self.label);
            let args = Worker { id: id.clone(), manner: Manner::Plain }.encode();
            spec.children.push(ChildSpec::new(&id, "member", args));
        }
        spec
    }

    /// Without the node of this label and all below it.
    #[must_use]
    pub fn without(&self, label: &str) -> Node {
        let mut node = self.clone();
        if let Some(children) = node.children_mut() {
            children.retain(|child| child.label != label);
            for child in children {
                *child = child.without(label);
            }
        }
        node
    }

    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let (indent, label, restart) = (depth * 4, &self.label, self.restart);
        let more = match (self.significant, self.backoff) {
            (false, None) => String::new(),
            (significant, backoff) => format!(", significant: {significant}, backoff: {}", backoff.map_or(0, |backoff| backoff.min_ms)),
        };
        let more = if self.on_fault == OnFault::End { more } else { format!("{more}, {:?}, {:?}", self.on_fault, self.replace) };
        match &self.inside {
            Inside::Member(manner) => writeln!(f, "{:indent$}{label} {restart:?} {manner:?} {:?}{more}", "", self.shutdown)?,
            Inside::Supervisor { strategy, intensity, period_ms, auto_shutdown, .. } => {
                let flags = format!("{strategy:?} {auto_shutdown:?}, {intensity} in {period_ms} ms");
                writeln!(f, "{:indent$}{label} {restart:?} {flags}{more}", "")?;
            }
        }
        self.children().iter().try_for_each(|child| child.write(f, depth + 1))
    }
}
