//! The machine's time-outs and inserted events, each under a timer key that is never used twice.
use super::{Machine, OWN_KEYS, Set, Which};
use alloc::{collections::BTreeMap, vec::Vec};
use peerd_vat::{Cx, Place};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Timers<M: Machine> {
    // Invariant: at most one of each `Which`.
    running: Vec<Running<M>>,
    /// Inserted events on their way, and time-outs that were postponed.
    waiting: BTreeMap<u64, Own<M>>,
    given: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Running<M: Machine> {
    which: Which<M>,
    key: u64,
    content: M::Own,
}

/// An event of the machine's own.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) enum Own<M: Machine> {
    Inserted(M::Own),
    Expired(Which<M>, M::Own),
}

impl<M: Machine> Default for Timers<M> {
    fn default() -> Timers<M> {
        Timers { running: Vec::new(), waiting: BTreeMap::new(), given: 0 }
    }
}

impl<M: Machine> Timers<M> {
    pub fn apply(&mut self, which: Which<M>, set: Set<M>, cx: &mut Cx<'_>) {
        match set {
            Set::After(0, content) => {
                let key = self.start(which, content, cx);
                cx.insert(key, Place::BeforeNew);
            }
            Set::After(ms, content) => {
                let key = self.start(which, content, cx);
                cx.timer(key, ms);
            }
            Set::At(time, content) => {
                let key = self.start(which, content, cx);
                cx.timer(key, time.0.saturating_sub(cx.now().0));
            }
            Set::Update(content) => match self.running.iter_mut().find(|running| running.which == which) {
                Some(running) => running.content = content,
                None => self.apply(which, Set::After(0, content), cx),
            },
            Set::Cancel => self.cancel(&which, cx),
        }
    }

    /// Also one whose tick is on its way: then nothing is found under its key.
    pub fn cancel(&mut self, which: &Which<M>, cx: &mut Cx<'_>) {
        if let Some(at) = self.running.iter().position(|running| running.which == *which) {
            cx.cancel_timer(self.running.remove(at).key);
        }
    }

    pub fn insert(&mut self, event: M::Own, cx: &mut Cx<'_>) {
        let key = self.key();
        self.waiting.insert(key, Own::Inserted(event));
        cx.insert(key, Place::Next);
    }

    /// None: it was cancelled or set anew.
    pub fn take(&mut self, key: u64) -> Option<Own<M>> {
        if let Some(own) = self.waiting.remove(&key) {
            return Some(own);
        }
        let at = self.running.iter().position(|running| running.key == key)?;
        let Running { which, content, .. } = self.running.remove(at);
        Some(Own::Expired(which, content))
    }

    /// The event was postponed: it will come again under its key.
    pub fn put_back(&mut self, key: u64, own: Own<M>) {
        self.waiting.insert(key, own);
    }

    fn start(&mut self, which: Which<M>, content: M::Own, cx: &mut Cx<'_>) -> u64 {
        self.cancel(&which, cx);
        let key = self.key();
        self.running.push(Running { which, key, content });
        key
    }

    fn key(&mut self) -> u64 {
        self.given += 1;
        OWN_KEYS | self.given
    }
}
