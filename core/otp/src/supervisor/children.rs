//! The child table, in start order.
use super::{ChildInfo, ChildKind, ChildSpec, ChildState, Count, Restart};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::Ref;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Children {
    // Invariant: in start order; ids and keys are unique.
    list: Vec<Child>,
    /// The key given out last.
    key: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Child {
    /// Never given out twice in one life of the supervisor. Also the key of its retry timer.
    pub key: u64,
    /// Without its arguments once a temporary child runs: memory must not grow with them.
    pub spec: ChildSpec,
    pub refs: Vec<Ref>,
    pub state: ChildState,
    /// Its identity, from the first start on.
    pub actor: Option<Ref>,
    pub starts: u32,
}

impl Children {
    /// Appends a stopped child. `refs` are those its spec points at. Returns its key.
    pub fn add(&mut self, spec: ChildSpec, refs: &[Ref]) -> Result<u64, String> {
        if spec.id.is_empty() {
            return Err("missing_id".to_string());
        }
        let refs = match &spec.refs {
            None => refs.to_vec(),
            Some(picks) => picks
                .iter()
                .map(|at| refs.get(*at as usize).copied().ok_or_else(|| format!("{}: there is no ref {at}", spec.id)))
                .collect::<Result<_, _>>()?,
        };
        self.key += 1;
        self.list.push(Child { key: self.key, spec, refs, state: ChildState::Stopped, actor: None, starts: 0 });
        Ok(self.key)
    }

    pub fn remove(&mut self, key: u64) -> Option<Child> {
        let at = self.list.iter().position(|child| child.key == key)?;
        Some(self.list.remove(at))
    }

    pub fn get(&self, key: u64) -> Option<&Child> {
        self.list.iter().find(|child| child.key == key)
    }

    pub fn get_mut(&mut self, key: u64) -> Option<&mut Child> {
        self.list.iter_mut().find(|child| child.key == key)
    }

    pub fn by_id(&self, id: &str) -> Option<&Child> {
        self.list.iter().find(|child| child.spec.id == id)
    }

    /// Why by id: a ref may be pinned to one life.
    pub fn by_actor(&self, actor: Ref) -> Option<&Child> {
        self.list.iter().find(|child| child.is(actor))
    }

    /// In start order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Child> {
        self.list.iter()
    }

    /// Newest first, with the refs of the running ones in the same order.
    pub fn listing(&self) -> (Vec<ChildInfo>, Vec<Ref>) {
        let rows = self.list.iter().rev().map(Child::info).collect();
        let refs = self.list.iter().rev().filter_map(Child::running).collect();
        (rows, refs)
    }

    pub fn count(&self) -> Count {
        let count = |wanted: fn(&Child) -> bool| self.list.iter().filter(|child| wanted(child)).count() as u32;
        Count {
            specs: self.list.len() as u32,
            active: count(|child| child.state == ChildState::Running),
            supervisors: count(|child| child.spec.kind == ChildKind::Supervisor),
            workers: count(|child| child.spec.kind == ChildKind::Worker),
        }
    }
}

impl Child {
    pub fn is(&self, actor: Ref) -> bool {
        self.actor.is_some_and(|mine| mine.actor_id() == actor.actor_id())
    }

    pub fn is_temporary(&self) -> bool {
        self.spec.restart == Restart::Temporary
    }

    pub fn running(&self) -> Option<Ref> {
        self.actor.filter(|_| self.state == ChildState::Running)
    }

    fn info(&self) -> ChildInfo {
        ChildInfo { id: self.spec.id.clone(), state: self.state, kind: self.spec.kind, behaviour: self.spec.behaviour.clone() }
    }
}
