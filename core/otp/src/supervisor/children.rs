//! The child table: found by key, by id and by ref, and walked in start order.
use super::{ChildInfo, ChildKind, ChildSpec, ChildState, Count, OnFault, Restart, child::Child, child::Endowment};
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{ActorId, Ref};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Children {
    list: BTreeMap<u64, Child>,
    // Invariant: these three know exactly the children in `list`, those without a place, id or actor left out.
    order: BTreeMap<u64, u64>,
    by_id: BTreeMap<String, u64>,
    by_actor: BTreeMap<ActorId, u64>,
    /// Of a `SimpleOneForOne`: what each child is made from. Then children have neither place nor id.
    template: Option<Box<Template>>,
    /// The key given out last.
    key: u64,
    tally: Tally,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Template {
    pub spec: ChildSpec,
    pub refs: Vec<Ref>,
    pub decider: Option<Ref>,
}

/// Counted as children change, so that no exit has to walk them.
#[derive(Default, Serialize, Deserialize)]
struct Tally {
    running: u32,
    significant_up: u32,
}

impl Children {
    /// Appends a stopped child. `refs` are those its spec points at. Returns its key.
    pub fn add(&mut self, spec: ChildSpec, refs: &[Ref]) -> u64 {
        let (decider, refs) = (pick_decider(&spec, refs), pick(&spec, refs));
        let id = spec.id.clone();
        let key = self.insert(Some(Box::new(spec)), Endowment { refs, ..Endowment::default() });
        self.set_decider(key, decider);
        self.by_id.insert(id, key);
        self.order.insert(key, key);
        key
    }

    /// A stopped child from the template.
    pub fn add_dynamic(&mut self, args: Vec<u8>, refs: &[Ref], key: Option<String>) -> u64 {
        let id = key.clone();
        let child = self.insert(None, Endowment { refs: refs.to_vec(), args, key });
        if let Some(id) = id {
            self.by_id.insert(id, child);
        }
        child
    }

    fn insert(&mut self, spec: Option<Box<ChildSpec>>, endowment: Endowment) -> u64 {
        self.key += 1;
        let (key, endowment) = (self.key, Some(Box::new(endowment)));
        let child = Child { key, place: key, state: ChildState::Stopped, starts: 0, life: 0, actor: None, spec, endowment, past: None };
        self.list.insert(key, child);
        key
    }

    pub fn remove(&mut self, key: u64) -> Option<Child> {
        self.set_state(key, ChildState::Stopped);
        let child = self.list.remove(&key)?;
        self.order.remove(&child.place);
        let dynamic = child.endowment.as_ref().and_then(|endowment| endowment.key.as_ref());
        if let Some(id) = child.spec.as_ref().map(|spec| &spec.id).or(dynamic) {
            self.by_id.remove(id);
        }
        if let Some(id) = child.actor.and_then(Ref::actor_id) {
            self.by_actor.remove(&id);
        }
        Some(child)
    }

    pub fn get(&self, key: u64) -> Option<&Child> {
        self.list.get(&key)
    }

    /// State, actor and spec are changed by the methods below.
    pub fn get_mut(&mut self, key: u64) -> Option<&mut Child> {
        self.list.get_mut(&key)
    }

    pub fn by_id(&self, id: &str) -> Option<&Child> {
        self.list.get(self.by_id.get(id)?)
    }

    /// Why by id: a ref may be pinned to one life.
    pub fn by_actor(&self, actor: Ref) -> Option<&Child> {
        self.list.get(self.by_actor.get(&actor.actor_id()?)?)
    }

    pub fn spec(&self, key: u64) -> Option<&ChildSpec> {
        let child = self.list.get(&key)?;
        child.spec.as_deref().or_else(|| self.template.as_ref().map(|template| &template.spec))
    }

    pub fn template(&self) -> Option<&Template> {
        self.template.as_deref()
    }

    /// The tally may be wrong until `recount`, here and in `set_spec`.
    pub fn set_template(&mut self, spec: ChildSpec, refs: &[Ref]) {
        let (decider, refs) = (pick_decider(&spec, refs), pick(&spec, refs));
        self.template = Some(Box::new(Template { spec, refs, decider }));
    }

    pub fn set_state(&mut self, key: u64, state: ChildState) {
        let significant = self.spec(key).is_some_and(|spec| spec.significant);
        let Some(child) = self.list.get_mut(&key) else { return };
        let before = (child.state == ChildState::Running, significant && child.is_up());
        child.state = state;
        let after = (child.state == ChildState::Running, significant && child.is_up());
        self.tally.running = self.tally.running - u32::from(before.0) + u32::from(after.0);
        self.tally.significant_up = self.tally.significant_up - u32::from(before.1) + u32::from(after.1);
    }

    pub fn set_actor(&mut self, key: u64, actor: Ref) {
        let Some(child) = self.list.get_mut(&key) else { return };
        let before = child.actor.replace(actor).and_then(Ref::actor_id);
        if let (before, Some(id)) = (before, actor.actor_id())
            && before != Some(id)
        {
            before.map(|before| self.by_actor.remove(&before));
            self.by_actor.insert(id, key);
        }
    }

    /// Another spec for a child that stays as it is.
    pub fn set_spec(&mut self, key: u64, spec: ChildSpec, refs: &[Ref]) {
        let (decider, refs) = (pick_decider(&spec, refs), pick(&spec, refs));
        self.set_decider(key, decider);
        let Some(child) = self.list.get_mut(&key) else { return };
        child.spec = Some(Box::new(spec));
        child.endowment = Some(Box::new(Endowment { refs, ..Endowment::default() }));
        if child.starts > 0 {
            self.forget_arguments(key);
        }
    }

    fn set_decider(&mut self, key: u64, decider: Option<Ref>) {
        if let Some(child) = self.list.get_mut(&key)
            && (decider.is_some() || child.past.is_some())
        {
            child.past_mut().decider = decider;
        }
    }

    /// Who is asked about this child's faults, and for how long at most.
    pub fn decider(&self, key: u64) -> Option<(Ref, u64)> {
        let OnFault::Ask { deadline_ms, .. } = self.spec(key)?.on_fault else { return None };
        let own = self.list.get(&key)?.past.as_ref().and_then(|past| past.decider);
        own.or_else(|| self.template.as_ref()?.decider).map(|decider| (decider, deadline_ms))
    }

    /// A temporary child runs: it is not started again.
    pub fn forget_arguments(&mut self, key: u64) {
        if !self.is_temporary(key) {
            return;
        }
        let Some(child) = self.list.get_mut(&key) else { return };
        if let Some(spec) = &mut child.spec {
            spec.args = Vec::new();
        }
        // Its key stays: by that it is found.
        let id = child.endowment.take().and_then(|endowment| endowment.key);
        child.endowment = id.map(|id| Box::new(Endowment { key: Some(id), ..Endowment::default() }));
    }

    /// In this order from now on.
    pub fn reorder(&mut self, keys: &[u64]) {
        self.order = (1..).zip(keys.iter().copied()).collect();
        for (place, key) in &self.order {
            if let Some(child) = self.list.get_mut(key) {
                child.place = *place;
            }
        }
        // The next child's key is its place too.
        self.key = self.key.max(keys.len() as u64);
    }

    pub fn recount(&mut self) {
        let keys: Vec<u64> = self.list.keys().copied().collect();
        let of = |key: &u64| self.list.get(key).zip(self.spec(*key));
        let running = keys.iter().filter(|key| of(key).is_some_and(|(child, _)| child.running().is_some())).count();
        let significant = keys.iter().filter(|key| of(key).is_some_and(|(child, spec)| child.is_up() && spec.significant)).count();
        self.tally = Tally { running: running as u32, significant_up: significant as u32 };
    }

    pub fn significant_up(&self) -> u32 {
        self.tally.significant_up
    }

    /// In start order; of a `SimpleOneForOne` too.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = u64> {
        let (all, ordered) = if self.template.is_some() { (Some(self.list.keys()), None) } else { (None, Some(self.order.values())) };
        all.into_iter().flatten().chain(ordered.into_iter().flatten()).copied()
    }

    /// This child and those started after it, in start order.
    pub fn keys_from(&self, key: u64) -> impl DoubleEndedIterator<Item = u64> {
        let place = self.list.get(&key).map_or(u64::MAX, |child| child.place);
        self.order.range(place..).map(|(_, key)| *key)
    }

    /// Newest first, with the refs of the running ones in the same order.
    pub fn listing(&self) -> (Vec<ChildInfo>, Vec<Ref>) {
        let all = || self.keys().rev().filter_map(|key| self.get(key).zip(self.spec(key)));
        let rows = all().map(|(child, spec)| ChildInfo {
            id: child.spec.as_ref().map(|spec| spec.id.to_string()).unwrap_or_default(),
            state: child.state,
            kind: spec.kind,
            behaviour: spec.behaviour.clone(),
        });
        (rows.collect(), all().filter_map(|(child, _)| child.running()).collect())
    }

    pub fn count(&self) -> Count {
        let all = self.list.len() as u32;
        let supervisors = match &self.template {
            Some(template) if template.spec.kind == ChildKind::Supervisor => all,
            Some(_) => 0,
            None => self.list.keys().filter(|key| self.spec(**key).is_some_and(|spec| spec.kind == ChildKind::Supervisor)).count() as u32,
        };
        let specs = if self.template.is_some() { 1 } else { all };
        Count { specs, active: self.tally.running, supervisors, workers: all - supervisors }
    }

    pub fn is_temporary(&self, key: u64) -> bool {
        self.spec(key).is_some_and(|spec| spec.restart == Restart::Temporary)
    }

    /// Started again with its group.
    pub fn is_restartable(&self, key: u64) -> bool {
        !self.is_temporary(key) && self.list.get(&key).is_some_and(|child| child.state != ChildState::Parked)
    }

    /// Its name for people.
    pub fn name(&self, key: u64) -> &str {
        self.spec(key).map_or("", |spec| &spec.id)
    }
}

fn pick_decider(spec: &ChildSpec, refs: &[Ref]) -> Option<Ref> {
    let OnFault::Ask { decider, .. } = spec.on_fault else { return None };
    refs.get(decider as usize).copied()
}

/// The endowment that a spec asks for; it was checked that there is one.
fn pick(spec: &ChildSpec, refs: &[Ref]) -> Vec<Ref> {
    match &spec.refs {
        None => refs.to_vec(),
        Some(picks) => picks.iter().filter_map(|at| refs.get(*at as usize).copied()).collect(),
    }
}
