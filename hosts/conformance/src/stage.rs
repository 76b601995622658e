//! What a case's hand holds, outside of the vats: who is called what, how the next starts go, the supervisors' texts.
//!
//! Why actors find each other here and not only by messages: a case names actors and is rarely about who was told of whom.
//! Cases that are, say `lent`, and use the refs that messages brought. Where there are several vats, each has its own refs:
//! whoever is born in one is introduced to the others by messages of their roots.
use peerd_vat::{ActorId, Cx, Durability, PortId, Ref};
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

/// What an exit signal of the host comes from.
const HOST: PortId = PortId(u16::MAX);

#[derive(Clone, Default)]
pub struct Stage(Arc<Mutex<Cast>>);

#[derive(Default)]
pub struct Cast {
    /// The vat that is at work.
    pub here: usize,
    refs: BTreeMap<(usize, String), Ref>,
    names: BTreeMap<(usize, ActorId), String>,
    homes: BTreeMap<String, usize>,
    /// Who is not known in other vats yet.
    pub strangers: Vec<String>,
    /// How starts go, by plan; the last entry holds for all later ones.
    plans: BTreeMap<String, VecDeque<String>>,
    /// The text of each supervisor, its children's lines below its own.
    pub supervisors: BTreeMap<String, Vec<String>>,
    /// Whoever is started without a supervisor is durable.
    pub durable: bool,
    /// Where words for the case go.
    pub book: Option<Ref>,
    /// Where wishes to be at a certain host go.
    pub mesh: Option<Ref>,
}

thread_local! {
    /// Why not only in the puppets: the library's callbacks are functions, and have no object that could hold it.
    static CURRENT: RefCell<Stage> = RefCell::default();
}

impl Stage {
    /// The stage of the play that goes on in this thread.
    #[must_use]
    pub fn current() -> Stage {
        CURRENT.with(|current| current.borrow().clone())
    }

    pub fn enter(&self) {
        CURRENT.with(|current| current.replace(self.clone()));
    }

    /// A word for the case, through the book's port: it comes true with the turn, or not at all.
    pub fn say(&self, text: &str, cx: &mut Cx<'_>) {
        let book = self.cast().book;
        if let Some(book) = book {
            cx.send(book, text.as_bytes());
        }
    }

    /// # Panics
    /// Never: one thread plays, and a panic while it is held ends the play.
    pub fn cast(&self) -> MutexGuard<'_, Cast> {
        self.0.lock().expect("one thread plays a case")
    }
}

impl Cast {
    /// One of this vat, or one of another that only this vat is to know by this name.
    pub fn enter(&mut self, name: &str, actor: Ref) {
        self.know(name, actor);
        if actor.is_near() {
            self.homes.insert(name.into(), self.here);
            self.strangers.push(name.into());
        }
    }

    /// What this vat calls one of another.
    pub fn know(&mut self, name: &str, actor: Ref) {
        self.refs.insert((self.here, name.into()), actor);
        if let Some(id) = actor.actor_id() {
            self.names.insert((self.here, id), name.into());
        }
    }

    /// A name for one that has none of its own.
    pub fn label(&mut self, at: usize, actor: ActorId, label: &str) {
        if !label.is_empty() {
            self.names.entry((at, actor)).or_insert_with(|| label.into());
        }
    }

    /// Of whoever is started without a supervisor.
    pub fn durability(&self) -> Durability {
        if self.durable { Durability::Durable } else { Durability::Volatile }
    }

    /// In the vat that is at work.
    pub fn find(&self, name: &str) -> Option<Ref> {
        self.refs.get(&(self.here, name.into())).copied()
    }

    /// In its own vat.
    pub fn at_home(&self, name: &str) -> Option<(usize, Ref)> {
        let home = *self.homes.get(name)?;
        Some((home, *self.refs.get(&(home, name.into()))?))
    }

    pub fn name(&self, at: usize, actor: ActorId) -> Option<&str> {
        self.names.get(&(at, actor)).map(String::as_str)
    }

    /// What a person calls what this ref names.
    pub fn told(&self, target: Ref) -> String {
        match target.actor_id() {
            Some(id) => self.name(self.here, id).map_or_else(|| format!("{id}"), String::from),
            None if target.as_port() == Some(HOST) => "host".into(),
            None => target.as_port().map_or_else(|| "caller".into(), |port| format!("port {}", port.0)),
        }
    }

    pub fn everyone(&self) -> Vec<(usize, Ref)> {
        self.homes.keys().filter_map(|name| self.at_home(name)).collect()
    }

    pub fn plan(&mut self, name: &str, outcomes: impl Iterator<Item = String>) {
        self.plans.insert(name.into(), outcomes.collect());
    }

    /// How this start goes; `up` if nothing is planned.
    pub fn next(&mut self, plan: &str) -> String {
        let Some(outcomes) = self.plans.get_mut(plan) else { return "up".into() };
        if outcomes.len() > 1 { outcomes.pop_front() } else { outcomes.front().cloned() }.unwrap_or_else(|| "up".into())
    }
}
