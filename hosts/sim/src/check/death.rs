//! I9: every death reaches every watcher once, after all that was sent before it.
//!
//! Who watches: a supervisor its children, by their links; and whoever says so by the note `watching ID`.
use super::{Checked, order::Order};
use peerd_otp::supervisor;
use peerd_vat::{ActorId, Fact, MessageKind, What};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub(crate) const WATCHING: &str = "watching";
pub(crate) const UNLINKED: &str = "unlinked";

#[derive(Default)]
pub(super) struct Death {
    known: BTreeMap<ActorId, Known>,
    /// As notes name them.
    names: BTreeMap<String, ActorId>,
    /// By watcher.
    exits_due: Due,
    downs_due: Due,
    /// Which life the exit that was heard last is the end of; none of a deferred one, or one that somebody sent.
    pub heard: Option<u32>,
}

struct Known {
    supervises: bool,
    live: bool,
    /// The supervisor that hears of its end, by a link.
    parent: Option<ActorId>,
    children: BTreeSet<ActorId>,
    /// Once per watch, until the death.
    watchers: Vec<ActorId>,
    watches: BTreeSet<ActorId>,
}

/// Incarnations whose end a watcher has still to be told.
#[derive(Default)]
struct Due {
    ends: BTreeMap<ActorId, BTreeMap<ActorId, VecDeque<End>>>,
    count: usize,
}

struct End {
    life: u32,
    reason: String,
}

impl Death {
    pub fn fact(&mut self, fact: &Fact, order: &Order) -> Checked {
        match (&fact.what, fact.actor) {
            (What::Spawned { child, behaviour, .. }, parent) => self.born(*child, *behaviour == supervisor::NAME, parent),
            (What::Note { kind, .. }, Some(actor)) if kind == UNLINKED => self.unlink(actor),
            (What::Note { kind, text }, Some(actor)) if kind == WATCHING => {
                // Of one that is dead already there is no death to be told of: `noproc`, at once.
                let watched = self.names.get(text).copied().filter(|watched| self.known[watched].live);
                if let Some(watched) = watched {
                    self.known.entry(watched).and_modify(|known| known.watchers.push(actor));
                    if let Some(known) = self.known.get_mut(&actor) {
                        known.watches.insert(watched);
                    }
                }
            }
            (What::Ended { incarnation, reason }, Some(ended)) => self.ended(ended, *incarnation, &reason.to_string()),
            (What::Received { from: Some(from), kind: MessageKind::Exit, text, .. }, Some(to)) => {
                self.heard = self.exits_due.take(to, *from, Some(text));
                return told(self.heard, to, *from, order);
            }
            (What::Received { from: Some(from), kind: MessageKind::Down, .. }, Some(to)) => {
                let life = self.downs_due.take(to, *from, None);
                // A supervisor's own watches, while it stops a child, are not announced.
                if life.is_none() && !self.known.get(&to).is_some_and(|known| known.supervises) {
                    return Err(format!("I9: {to} was told of a death of {from} that was not due"));
                }
                return told(life, to, *from, order);
            }
            _ => {}
        }
        Ok(())
    }

    fn born(&mut self, child: ActorId, supervises: bool, parent: Option<ActorId>) {
        let parent = parent.filter(|parent| self.known.get(parent).is_some_and(|parent| parent.supervises));
        if let Some(parent) = parent.and_then(|parent| self.known.get_mut(&parent)) {
            parent.children.insert(child);
        }
        match self.known.get_mut(&child) {
            Some(known) => (known.live, known.parent) = (true, parent),
            None => {
                let (children, watchers, watches) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
                self.known.insert(child, Known { supervises, live: true, parent, children, watchers, watches });
                self.names.insert(child.to_string(), child);
            }
        }
    }

    /// A start that the kernel refused has linked them all the same: the child is of an earlier life of its supervisor.
    pub fn adopted(&mut self, parent: ActorId, child: ActorId) {
        if let Some(above) = self.known.get_mut(&parent) {
            above.children.insert(child);
        }
        if let Some(known) = self.known.get_mut(&child) {
            known.parent = Some(parent);
        }
    }

    fn unlink(&mut self, actor: ActorId) {
        let parent = self.known.get_mut(&actor).and_then(|known| known.parent.take());
        if let Some(parent) = parent.and_then(|parent| self.known.get_mut(&parent)) {
            parent.children.remove(&actor);
        }
    }

    fn ended(&mut self, ended: ActorId, life: u32, reason: &str) {
        let Some(known) = self.known.get_mut(&ended) else { return };
        known.live = false;
        let parent = known.parent.take();
        let (watchers, watches, children) =
            (std::mem::take(&mut known.watchers), std::mem::take(&mut known.watches), std::mem::take(&mut known.children));
        // The dead are told nothing, nor are they when they live again.
        for other in watches {
            self.known.entry(other).and_modify(|known| known.watchers.retain(|watcher| *watcher != ended));
        }
        for child in children {
            self.known.entry(child).and_modify(|known| known.parent = None);
        }
        self.exits_due.forget(ended);
        self.downs_due.forget(ended);
        if let Some(parent) = parent {
            if let Some(known) = self.known.get_mut(&parent) {
                known.children.remove(&ended);
            }
            self.exits_due.owe(parent, ended, End { life, reason: reason.into() });
        }
        for watcher in watchers.into_iter().filter(|watcher| *watcher != ended) {
            if let Some(known) = self.known.get_mut(&watcher) {
                known.watches.remove(&ended);
            }
            self.downs_due.owe(watcher, ended, End { life, reason: reason.into() });
        }
    }

    /// What is due and not told must still be under way: a supervisor that waits for something takes nothing else.
    pub fn quiet(&self, in_flight: u64) -> Checked {
        if (self.exits_due.count + self.downs_due.count) as u64 <= in_flight {
            return Ok(());
        }
        let due = self.exits_due.first().or_else(|| self.downs_due.first());
        due.map_or(Ok(()), |(watcher, ended)| Err(format!("I9: {watcher} was never told of the death of {ended}")))
    }
}

impl Due {
    fn owe(&mut self, watcher: ActorId, ended: ActorId, end: End) {
        self.ends.entry(watcher).or_default().entry(ended).or_default().push_back(end);
        self.count += 1;
    }

    /// The life whose end this is, with this reason if one is named.
    fn take(&mut self, watcher: ActorId, ended: ActorId, reason: Option<&[u8]>) -> Option<u32> {
        let ends = self.ends.get_mut(&watcher)?.get_mut(&ended)?;
        let first = ends.pop_front_if(|first| reason.is_none_or(|reason| reason == first.reason.as_bytes()))?;
        self.count -= 1;
        Some(first.life)
    }

    fn forget(&mut self, watcher: ActorId) {
        let gone = self.ends.remove(&watcher).into_iter().flat_map(BTreeMap::into_values);
        self.count -= gone.map(|lives| lives.len()).sum::<usize>();
    }

    fn first(&self) -> Option<(ActorId, ActorId)> {
        if self.count == 0 {
            return None;
        }
        let mut all = self.ends.iter().flat_map(|(watcher, ends)| ends.iter().map(move |(ended, lives)| (*watcher, *ended, lives)));
        all.find(|(.., lives)| !lives.is_empty()).map(|(watcher, ended, _)| (watcher, ended))
    }
}

/// None due: an exit signal that somebody sent, or one that was deferred and comes by again.
fn told(life: Option<u32>, to: ActorId, from: ActorId, order: &Order) -> Checked {
    if life.is_some_and(|life| order.owes(from, to, life)) {
        return Err(format!("I9: {to} was told of the death of {from} before all that was sent before it"));
    }
    Ok(())
}
