//! What happens in a program, and what its objects share: written by all of them, in the order in which it happens.
use crate::workerd::{cells::Met, compare::Divergence, program::Program, story::Story};
use peerd_vat::Ref;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub struct Book {
    pub program: Program,
    pub story: Story,
    pub refs: BTreeMap<char, Ref>,
    /// The port to which numbers go.
    pub world: Option<Ref>,
    /// What the segments so far of the handler at hand told.
    pub told: BTreeMap<char, Vec<String>>,
    /// Runs of its alarm so far.
    pub runs: BTreeMap<char, usize>,
    /// Whose alarm failed and is to be tried again.
    pub failed: BTreeSet<char>,
    pub met: Met,
    /// What differs on purpose, and this program came to.
    pub used: BTreeSet<Divergence>,
    /// A due alarm was set while one was to be tried again: workerd runs it with that one, or before.
    pub is_open_to_chance: bool,
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
        let mut story = Story::default();
        story.steps.push(Vec::new());
        Shared(Arc::new(Mutex::new(Book {
            program: program.clone(),
            story,
            refs: BTreeMap::new(),
            world: None,
            told: BTreeMap::new(),
            runs: BTreeMap::new(),
            failed: BTreeSet::new(),
            met: Met::default(),
            used: BTreeSet::new(),
            is_open_to_chance: false,
        })))
    }

    pub fn say(&mut self, who: String, what: String) {
        self.story.steps.last_mut().expect("there is one from the beginning").push((who, what));
    }

    pub fn end_step(&mut self) {
        self.story.steps.push(Vec::new());
    }
}
