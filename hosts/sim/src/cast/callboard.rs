//! Who is who: written by the world as everybody says hello, read by the stage.
use super::stage::Top;
use peerd_vat::Ref;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// Shared by a world and its stage.
#[derive(Clone, Default)]
pub struct Callboard(Arc<Mutex<Posted>>);

#[derive(Default)]
struct Posted {
    /// By label, the newest of that name, with all rights.
    refs: BTreeMap<String, Ref>,
    top: Top,
    /// Supervisors may ask somebody about faults.
    has_counsel: bool,
}

impl Callboard {
    pub fn put(&self, label: &str, who: Ref) {
        let refs = &mut self.0.lock().expect("one thread").refs;
        match refs.get_mut(label) {
            Some(known) => *known = who,
            None => drop(refs.insert(label.into(), who)),
        }
    }

    #[must_use]
    pub fn find(&self, label: &str) -> Option<Ref> {
        self.0.lock().expect("one thread").refs.get(label).copied()
    }

    pub fn set_top(&self, top: &Top) {
        self.0.lock().expect("one thread").top = top.clone();
    }

    #[must_use]
    pub fn top(&self) -> Top {
        self.0.lock().expect("one thread").top.clone()
    }

    pub fn seat_counsel(&self) {
        self.0.lock().expect("one thread").has_counsel = true;
    }

    #[must_use]
    pub fn has_counsel(&self) -> bool {
        self.0.lock().expect("one thread").has_counsel
    }

    /// The vat was lost, and everybody with it.
    pub fn wipe(&self) {
        self.0.lock().expect("one thread").refs.clear();
    }
}
