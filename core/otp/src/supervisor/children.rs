//! The child table: found by key, by id and by ref, and walked in start order.
use super::{
    ChildInfo, ChildKind, ChildSpec, ChildState, Count, OnFault, Restart,
    child::{Child, Listed, Made},
    ladder::Past,
    rows::Rows,
};
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use peerd_vat::{ActorId, Ref};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Children {
    /// By a key that is never given out twice in one life of the supervisor, and is that of the child's retry timer too.
    list: Rows<u64, Child>,
    // Invariant: these three know exactly the children in `list`, those without a place, id or actor left out.
    order: Rows<u64, u64>,
    by_id: BTreeMap<Arc<str>, u64>,
    by_actor: Rows<ActorId, u64>,
    /// Of those children about which a decision needs it.
    pasts: BTreeMap<u64, Past>,
    /// Of a `SimpleOneForOne`: what each child is made from. Then children have no place, and an id only if it was given.
    template: Option<Box<Template>>,
    /// The key given out last.
    key: u64,
    /// Of those that are significant, how many are up. Kept as children change, so that no exit has to walk them.
    significant_up: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Template {
    pub name: Arc<str>,
    pub spec: ChildSpec,
    pub refs: Vec<Ref>,
    pub decider: Option<Ref>,
}

impl Children {
    /// Appends a stopped child. `refs` are those its spec points at. Returns its key.
    pub fn add(&mut self, spec: ChildSpec, refs: &[Ref]) -> u64 {
        let (decider, refs) = (pick_decider(&spec, refs), pick(&spec, refs));
        let place = self.key + 1;
        let key = self.insert(Made::Listed(Box::new(Listed { name: spec.id.as_str().into(), spec, refs, place })));
        self.set_decider(key, decider);
        self.order.insert(place, key);
        key
    }

    /// A stopped child from the template.
    pub fn add_dynamic(&mut self, args: Vec<u8>, refs: &[Ref], key: Option<String>) -> u64 {
        self.insert(Made::of(args, refs, key.map(Arc::from)))
    }

    fn insert(&mut self, made: Made) -> u64 {
        self.key += 1;
        if let Some(id) = made.id() {
            self.by_id.insert(id.clone(), self.key);
        }
        self.list.insert(self.key, Child { actor: None, starts: 0, life: 0, state: ChildState::Stopped, made });
        self.key
    }

    pub fn remove(&mut self, key: u64) -> Option<Child> {
        self.set_state(key, ChildState::Stopped);
        self.pasts.remove(&key);
        let child = self.list.remove(key)?;
        if let Some(listed) = child.made.listed() {
            self.order.remove(listed.place);
        }
        if let Some(id) = child.made.id() {
            self.by_id.remove(id);
        }
        if let Some(id) = child.actor.and_then(Ref::actor_id) {
            self.by_actor.remove(id);
        }
        Some(child)
    }

    pub fn get(&self, key: u64) -> Option<&Child> {
        self.list.get(key)
    }

    pub fn by_id(&self, id: &str) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    /// Why by id: a ref may be pinned to one life.
    pub fn by_actor(&self, actor: Ref) -> Option<u64> {
        self.by_actor.get(actor.actor_id()?).copied()
    }

    pub fn spec(&self, key: u64) -> Option<&ChildSpec> {
        self.spec_of(self.list.get(key)?)
    }

    pub fn spec_of<'a>(&'a self, child: &'a Child) -> Option<&'a ChildSpec> {
        match &child.made {
            Made::Listed(listed) => Some(&listed.spec),
            Made::Short { .. } | Made::Long(_) => self.template.as_ref().map(|template| &template.spec),
        }
    }

    /// Its name for people.
    pub fn name(&self, key: u64) -> Arc<str> {
        self.list.get(key).map(|child| self.name_of(child)).unwrap_or_default()
    }

    pub fn name_of(&self, child: &Child) -> Arc<str> {
        match &child.made {
            Made::Listed(listed) => listed.name.clone(),
            Made::Short { .. } | Made::Long(_) => self.template.as_ref().map(|template| template.name.clone()).unwrap_or_default(),
        }
    }

    pub fn template(&self) -> Option<&Template> {
        self.template.as_deref()
    }

    /// `significant_up` may be wrong until `recount`, here and in `set_spec`.
    pub fn set_template(&mut self, spec: ChildSpec, refs: &[Ref]) {
        let (decider, refs) = (pick_decider(&spec, refs), pick(&spec, refs));
        self.template = Some(Box::new(Template { name: spec.id.as_str().into(), spec, refs, decider }));
    }

    pub fn set_state(&mut self, key: u64, state: ChildState) {
        let Some(child) = self.list.get_mut(key) else { return };
        let was_up = child.is_up();
        child.state = state;
        let is_significant = match &child.made {
            Made::Listed(listed) => listed.spec.significant,
            Made::Short { .. } | Made::Long(_) => self.template.as_ref().is_some_and(|template| template.spec.significant),
        };
        if is_significant {
            self.significant_up = self.significant_up - u32::from(was_up) + u32::from(child.is_up());
        }
    }

    pub fn set_actor(&mut self, key: u64, actor: Ref) {
        let Some(child) = self.list.get_mut(key) else { return };
        let before = child.actor.replace(actor).and_then(Ref::actor_id);
        if let (before, Some(id)) = (before, actor.actor_id())
            && before != Some(id)
        {
            before.map(|before| self.by_actor.remove(before));
            self.by_actor.insert(id, key);
        }
    }

    /// Another spec for a child that stays as it is.
    pub fn set_spec(&mut self, key: u64, spec: ChildSpec, refs: &[Ref]) {
        let (decider, refs) = (pick_decider(&spec, refs), pick(&spec, refs));
        self.set_decider(key, decider);
        let Some(child) = self.list.get_mut(key) else { return };
        if let Some(listed) = child.made.listed_mut() {
            (listed.spec, listed.refs) = (spec, refs);
        }
    }

    fn set_decider(&mut self, key: u64, decider: Option<Ref>) {
        if decider.is_some() || self.pasts.contains_key(&key) {
            self.past_mut(key).decider = decider;
        }
    }

    /// Who is asked about this child's faults, and for how long at most.
    pub fn decider(&self, key: u64) -> Option<(Ref, u64)> {
        let OnFault::Ask { deadline_ms, .. } = self.spec(key)?.on_fault else { return None };
        let own = self.pasts.get(&key).and_then(|past| past.decider);
        own.or_else(|| self.template.as_ref()?.decider).map(|decider| (decider, deadline_ms))
    }

    /// None: nothing that a decision about it would need.
    pub fn past(&mut self, key: u64) -> Option<&mut Past> {
        self.pasts.get_mut(&key)
    }

    /// Of a child that is in the table.
    pub fn past_mut(&mut self, key: u64) -> &mut Past {
        self.pasts.entry(key).or_default()
    }

    /// A start of it has settled well: this life of its actor runs. How often it was started again before, and its name.
    pub fn runs(&mut self, key: u64, life: u32) -> Option<(Ref, u32, Arc<str>)> {
        self.set_state(key, ChildState::Running);
        self.forget_arguments(key);
        let child = self.list.get_mut(key)?;
        let restarts = child.starts;
        (child.starts, child.life) = (restarts + 1, life);
        let child = self.list.get(key)?;
        Some((child.actor.expect("a child that starts has an identity"), restarts, self.name_of(child)))
    }

    /// A temporary child runs: it is not started again.
    pub fn forget_arguments(&mut self, key: u64) {
        if self.is_temporary(key)
            && let Some(child) = self.list.get_mut(key)
        {
            child.made.forget_given();
        }
    }

    /// In this order from now on.
    pub fn reorder(&mut self, keys: &[u64]) {
        self.order = Rows::default();
        for (place, key) in (1..).zip(keys.iter().copied()) {
            self.order.insert(place, key);
            if let Some(listed) = self.list.get_mut(key).and_then(|child| child.made.listed_mut()) {
                listed.place = place;
            }
        }
        // The next child's key is its place too.
        self.key = self.key.max(keys.len() as u64);
    }

    pub fn recount(&mut self) {
        let counts = |child: &Child| child.is_up() && self.spec_of(child).is_some_and(|spec| spec.significant);
        self.significant_up = self.list.iter().filter(|(_, child)| counts(child)).count() as u32;
    }

    pub fn significant_up(&self) -> u32 {
        self.significant_up
    }

    /// In start order; of a `SimpleOneForOne` too.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = u64> {
        let (all, ordered) = if self.template.is_some() { (Some(self.list.iter()), None) } else { (None, Some(self.order.iter())) };
        all.into_iter().flatten().map(|(key, _)| key).chain(ordered.into_iter().flatten().map(|(_, key)| *key))
    }

    /// This child and those started after it, in start order.
    pub fn keys_from(&self, key: u64) -> impl DoubleEndedIterator<Item = u64> {
        let place = self.list.get(key).and_then(|child| child.made.listed()).map_or(u64::MAX, |listed| listed.place);
        self.order.range(place).map(|(_, key)| *key)
    }

    /// Newest first, with the refs of the running ones in the same order.
    pub fn listing(&self) -> (Vec<ChildInfo>, Vec<Ref>) {
        let all = || self.keys().rev().filter_map(|key| self.get(key).zip(self.spec(key)));
        let rows = all().map(|(child, spec)| ChildInfo {
            id: child.made.listed().map(|listed| listed.name.to_string()).unwrap_or_default(),
            state: child.state,
            kind: spec.kind,
            behaviour: spec.behaviour.clone(),
        });
        (rows.collect(), all().filter_map(|(child, _)| child.running()).collect())
    }

    /// Active are those of whom `lives` is true: of one that has no link its supervisor is not told that it ended.
    pub fn count(&self, lives: impl Fn(Ref) -> bool) -> Count {
        let all = self.list.len() as u32;
        let supervisors = match &self.template {
            Some(template) if template.spec.kind == ChildKind::Supervisor => all,
            Some(_) => 0,
            None => self.keys().filter(|key| self.spec(*key).is_some_and(|spec| spec.kind == ChildKind::Supervisor)).count() as u32,
        };
        let specs = if self.template.is_some() { 1 } else { all };
        let active = self.list.iter().filter(|(_, child)| child.running().is_some_and(&lives)).count() as u32;
        Count { specs, active, supervisors, workers: all - supervisors }
    }

    pub fn is_temporary(&self, key: u64) -> bool {
        self.spec(key).is_some_and(|spec| spec.restart == Restart::Temporary)
    }

    /// Started again with its group.
    pub fn is_restartable(&self, key: u64) -> bool {
        let Some(child) = self.list.get(key) else { return false };
        child.state != ChildState::Parked && self.spec_of(child).is_some_and(|spec| spec.restart != Restart::Temporary)
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
