//! The numbers a model calls elements by: never reused within a tab's life, kept by an element as long as it lives.
use super::{
    fingerprint::Fingerprint,
    snapshot::{Node, Snapshot},
};
use alloc::{collections::BTreeMap, format, string::String};
use serde::{Deserialize, Serialize};

/// Limit: elements remembered by their evidence; of more, the oldest that are no longer on the page are forgotten.
const KNOWN_MAX: usize = 3_000;

/// More than one incarnation gives out in practice; a number that is met twice is stale by its evidence.
const RESTART: u32 = 100_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refs {
    /// The document the numbers in `known` belong to.
    doc: String,
    next: u32,
    /// Lower numbers belong to documents that are gone.
    first: u32,
    known: BTreeMap<u32, Known>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    number: u32,
    print: Fingerprint,
}

impl Default for Refs {
    fn default() -> Self {
        Refs { doc: String::new(), next: 1, first: 1, known: BTreeMap::new() }
    }
}

/// What is known of a ref before the page is looked at.
pub enum Meant<'a> {
    Element {
        n: u32,
        print: &'a Fingerprint,
    },
    /// It belonged to a page that is gone.
    Past,
    Never,
}

impl Refs {
    /// After a restart: the numbers given out by the incarnation before are behind this one's.
    #[must_use]
    pub fn after(restarts: u32) -> Refs {
        let next = restarts.saturating_mul(RESTART).saturating_add(1);
        Refs { next, first: next, ..Refs::default() }
    }

    /// Follows the tab to the document of `page`: of another one, every number becomes stale.
    pub fn follow(&mut self, page: &Snapshot) {
        if self.doc != page.doc {
            self.doc.clone_from(&page.doc);
            self.first = self.next;
            self.known.clear();
        }
        if self.known.len() > KNOWN_MAX {
            let mut excess = self.known.len() - KNOWN_MAX;
            self.known.retain(|n, _| {
                let keep = excess == 0 || page.node(*n).is_some();
                excess -= usize::from(!keep);
                keep
            });
        }
    }

    /// The element's number, given out at first sight; what it looks like now is what it is known by from here on.
    pub fn show(&mut self, node: &Node) -> u32 {
        let next = &mut self.next;
        let known = self.known.entry(node.n).or_insert_with(|| {
            let number = *next;
            *next += 1;
            Known { number, print: Fingerprint::default() }
        });
        known.print = Fingerprint::of(node);
        known.number
    }

    #[must_use]
    pub fn meant(&self, number: u32) -> Meant<'_> {
        match self.known.iter().find(|(_, known)| known.number == number) {
            Some((n, known)) => Meant::Element { n: *n, print: &known.print },
            None if number < self.first => Meant::Past,
            None => Meant::Never,
        }
    }

    #[must_use]
    pub fn doc(&self) -> &str {
        &self.doc
    }
}

/// `ref_12`, also as a careless model writes it: `[ref_12]`, `12`.
#[must_use]
pub fn parse(written: &str) -> Option<u32> {
    let bare = written.trim().trim_start_matches('[').trim_end_matches(']');
    bare.strip_prefix("ref_").unwrap_or(bare).parse().ok()
}

#[must_use]
pub fn name(number: u32) -> String {
    format!("ref_{number}")
}
