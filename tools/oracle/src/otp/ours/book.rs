//! Who was born to whom, how each life began and ended: written by all, in the order in which it happens.
use super::worker::told;
use crate::otp::{
    program::{Act, Node, Outcome, Program},
    story::{Entry, Listing, Name, Row},
    text::Word,
};
use peerd_otp::supervisor::{Answer, ChildState};
use peerd_vat::{ActorId, CallId, Cx, Reason, Ref};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub struct Book {
    pub program: Program,
    pub entries: Vec<Entry>,
    /// What the stage is to do.
    pub order: Option<Act>,
    /// Supervisors to be asked for their listing.
    asked: Vec<(Name, Ref)>,
    /// Calls of the stage under way, and what for.
    pub calls: BTreeMap<CallId, Asked>,
    listings: BTreeMap<Name, Listing>,
    lives: BTreeMap<String, u32>,
    last: BTreeMap<String, Ref>,
    /// By identity, its latest life.
    names: BTreeMap<ActorId, Name>,
    living: BTreeSet<ActorId>,
    supervisors: BTreeMap<ActorId, Ref>,
}

pub enum Asked {
    /// The start of the top.
    Start,
    /// A step's call.
    Step,
    Children(Name),
    Counts(Name),
}

#[derive(Clone)]
pub struct Shared(Arc<Mutex<Book>>);

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    pub fn shared(program: &Program) -> Shared {
        Shared(Arc::new(Mutex::new(Book {
            program: program.clone(),
            entries: Vec::new(),
            order: None,
            asked: Vec::new(),
            calls: BTreeMap::new(),
            listings: BTreeMap::new(),
            lives: BTreeMap::new(),
            last: BTreeMap::new(),
            names: BTreeMap::new(),
            living: BTreeSet::new(),
            supervisors: BTreeMap::new(),
        })))
    }

    /// A life begins; the program says how.
    pub fn born(&mut self, path: &str, key: &str, cx: &Cx<'_>) -> (Outcome, Node) {
        let me = cx.me().actor_id().expect("an actor's ref names an actor");
        let parent = cx.parent().and_then(Ref::actor_id).and_then(|parent| self.names.get(&parent).cloned());
        let life = self.lives.entry(path.into()).and_modify(|lives| *lives += 1).or_insert(1);
        let (who, node) = (Name::new(path, *life), self.program.node(key).expect("specs are made of nodes").clone());
        let outcome = node.outcome(who.life);
        self.names.insert(me, who.clone());
        self.living.insert(me);
        self.last.insert(path.into(), cx.me());
        if node.flags().is_some() && outcome.runs() {
            self.supervisors.insert(me, cx.me());
        }
        // The stage, which nobody wrote down, is the parent of the top.
        let parent = parent.unwrap_or_else(|| Name::new("-", 0));
        self.entries.push(Entry::Born { who, parent, outcome: outcome.word().into() });
        (outcome, node)
    }

    pub fn ended(&mut self, actor: ActorId, reason: &Reason) {
        if let Some(who) = self.names.get(&actor).cloned() {
            self.living.remove(&actor);
            self.supervisors.remove(&actor);
            self.entries.push(Entry::Ended { who, reason: told(reason) });
        }
    }

    pub fn last(&self, path: &str) -> Option<Ref> {
        self.last.get(path).copied()
    }

    pub fn living(&self, path: &str) -> Option<Ref> {
        self.last(path).filter(|last| last.actor_id().is_some_and(|actor| self.living.contains(&actor)))
    }

    /// With all rights, unlike the ref that its child has.
    pub fn supervisor(&self, actor: Ref) -> Option<Ref> {
        self.supervisors.get(&actor.actor_id()?).copied()
    }

    pub fn called(&self, actor: Ref) -> String {
        let name = actor.actor_id().and_then(|actor| self.names.get(&actor));
        name.map_or_else(|| "stranger".to_owned(), ToString::to_string)
    }

    /// Has the stage ask every living supervisor what it has.
    pub fn list(&mut self) {
        self.listings.clear();
        self.asked = self.supervisors.iter().map(|(actor, to)| (self.names[actor].clone(), *to)).collect();
    }

    pub fn asked(&mut self) -> Vec<(Name, Ref)> {
        std::mem::take(&mut self.asked)
    }

    pub fn listings(&mut self) -> Vec<Listing> {
        std::mem::take(&mut self.listings).into_values().collect()
    }

    pub fn listed(&mut self, who: Name, answer: &Answer, refs: &[Ref]) {
        let rows = match answer {
            Answer::Children(rows) => rows,
            Answer::Count(count) => {
                self.listing(who).counts = [count.specs, count.active, count.supervisors, count.workers];
                return;
            }
            _ => return,
        };
        let mut refs = refs.iter();
        let rows = rows.iter().map(|row| {
            let state = match row.state {
                ChildState::Running => refs.next().map_or_else(|| "lost".to_owned(), |actor| self.called(*actor)),
                ChildState::Restarting => "restarting".to_owned(),
                ChildState::Stopped | ChildState::Parked => "undefined".to_owned(),
            };
            let id = if row.id.is_empty() { "undefined" } else { &row.id };
            Row { id: id.to_owned(), state, kind: row.kind.word().into() }
        });
        let rows = rows.collect();
        self.listing(who).rows = rows;
    }

    fn listing(&mut self, who: Name) -> &mut Listing {
        self.listings.entry(who.clone()).or_insert(Listing { who, counts: [0; 4], rows: Vec::new() })
    }
}
