//! One child, as its supervisor knows it.
use super::{ChildSpec, ChildState, ladder::Past};
use alloc::{boxed::Box, string::String, vec::Vec};
use peerd_vat::Ref;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Child {
    /// Never given out twice in one life of the supervisor. Also the key of its retry timer.
    pub key: u64,
    /// Its place in the start order.
    pub place: u64,
    pub state: ChildState,
    pub starts: u32,
    /// Which incarnation of its actor ran last.
    pub life: u32,
    /// Its identity, from the first start on.
    pub actor: Option<Ref>,
    /// None: that of the template.
    pub spec: Option<Box<ChildSpec>>,
    /// None once a temporary child runs: memory must not grow with its arguments.
    pub endowment: Option<Box<Endowment>>,
    /// None: nothing that a decision about it would need.
    pub past: Option<Box<Past>>,
}

/// What it is started with, apart from its spec.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Endowment {
    pub refs: Vec<Ref>,
    /// Of a child from a template: its own arguments, and the key its identity is derived from.
    pub args: Vec<u8>,
    pub key: Option<String>,
}

impl Child {
    pub fn running(&self) -> Option<Ref> {
        self.actor.filter(|_| self.state == ChildState::Running)
    }

    /// Running or about to be: it counts for an automatic shutdown.
    pub fn is_up(&self) -> bool {
        matches!(self.state, ChildState::Running | ChildState::Restarting)
    }

    pub fn past_mut(&mut self) -> &mut Past {
        self.past.get_or_insert_default()
    }
}
