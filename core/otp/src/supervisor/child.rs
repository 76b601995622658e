//! One child, as its supervisor knows it.
use super::{ChildSpec, ChildState};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use peerd_vat::Ref;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Child {
    /// Its identity, from the first start on.
    pub actor: Option<Ref>,
    pub starts: u32,
    /// Which incarnation of its actor ran last.
    pub life: u32,
    pub state: ChildState,
    pub made: Made,
}

/// A supervisor may have a million of a kind.
const _: () = assert!(size_of::<Child>() <= 48);

/// What it is made from.
#[derive(Serialize, Deserialize)]
pub(super) enum Made {
    Listed(Box<Listed>),
    /// From the template, with these bytes of its own: most have no more.
    Short {
        length: u8,
        bytes: [u8; SHORT],
    },
    /// From the template, with more.
    Long(Box<Long>),
}

const SHORT: usize = 14;

/// A child with a spec of its own.
#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    /// The spec's id.
    pub name: Arc<str>,
    pub spec: ChildSpec,
    /// Its endowment.
    pub refs: Vec<Ref>,
    /// Its place in the start order.
    pub place: u64,
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Long {
    pub args: Vec<u8>,
    pub refs: Vec<Ref>,
    /// What its identity is derived from.
    pub key: Option<Arc<str>>,
}

impl Made {
    /// From a template.
    pub fn of(args: Vec<u8>, refs: &[Ref], key: Option<Arc<str>>) -> Made {
        if args.len() <= SHORT && refs.is_empty() && key.is_none() {
            let mut bytes = [0; SHORT];
            bytes[..args.len()].copy_from_slice(&args);
            return Made::Short { length: args.len() as u8, bytes };
        }
        Made::Long(Box::new(Long { args, refs: refs.to_vec(), key }))
    }

    /// Its own arguments and endowment.
    pub fn given(&self) -> (&[u8], &[Ref]) {
        match self {
            Made::Listed(listed) => (&listed.spec.args, &listed.refs),
            Made::Short { length, bytes } => (&bytes[..usize::from(*length)], &[]),
            Made::Long(long) => (&long.args, &long.refs),
        }
    }

    /// Memory must not grow with the arguments of a child that is not started again.
    pub fn forget_given(&mut self) {
        match self {
            Made::Listed(listed) => (listed.spec.args, listed.refs) = (Vec::new(), Vec::new()),
            // Its key stays: by that it is found.
            Made::Short { .. } | Made::Long(_) => *self = Made::of(Vec::new(), &[], self.id().cloned()),
        }
    }

    pub fn listed(&self) -> Option<&Listed> {
        match self {
            Made::Listed(listed) => Some(listed),
            Made::Short { .. } | Made::Long(_) => None,
        }
    }

    pub fn listed_mut(&mut self) -> Option<&mut Listed> {
        match self {
            Made::Listed(listed) => Some(listed),
            Made::Short { .. } | Made::Long(_) => None,
        }
    }

    /// What it is found by.
    pub fn id(&self) -> Option<&Arc<str>> {
        match self {
            Made::Listed(listed) => Some(&listed.name),
            Made::Long(long) => long.key.as_ref(),
            Made::Short { .. } => None,
        }
    }
}

impl Child {
    pub fn running(&self) -> Option<Ref> {
        self.actor.filter(|_| self.state == ChildState::Running)
    }

    /// Running or about to be: it counts for an automatic shutdown.
    pub fn is_up(&self) -> bool {
        matches!(self.state, ChildState::Running | ChildState::Restarting)
    }
}
