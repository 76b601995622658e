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
    behaviours: BTreeMap<ActorId, &'static str>,
    live: BTreeSet<ActorId>,
    /// Living children of supervisors, and whose they are.
    linked: BTreeMap<ActorId, ActorId>,
    /// (watcher, watched), once per watch, until the death.
    watching: Vec<(ActorId, ActorId)>,
    /// (watcher, ended): incarnations whose end the watcher has still to be told, by link and by watch.
    exits_due: BTreeMap<(ActorId, ActorId), VecDeque<u32>>,
    downs_due: BTreeMap<(ActorId, ActorId), VecDeque<u32>>,
}

impl Death {
    pub fn fact(&mut self, fact: &Fact, order: &Order) -> Checked {
        match (&fact.what, fact.actor) {
            (What::Spawned { child, behaviour, .. }, parent) => {
                self.behaviours.insert(*child, behaviour);
                self.live.insert(*child);
                if let Some(parent) = parent.filter(|parent| self.behaviours.get(parent) == Some(&supervisor::NAME)) {
                    self.linked.insert(*child, parent);
                }
            }
            (What::Note { kind, .. }, Some(actor)) if kind == UNLINKED => drop(self.linked.remove(&actor)),
            (What::Note { kind, text }, Some(actor)) if kind == WATCHING => {
                // Of one that is dead already there is no death to be told of: `noproc`, at once.
                let watched = self.live.iter().copied().find(|id| id.to_string() == *text);
                self.watching.extend(watched.map(|watched| (actor, watched)));
            }
            (What::Ended { incarnation, .. }, Some(ended)) => self.ended(ended, *incarnation),
            (What::Received { from: Some(from), kind: MessageKind::Exit, .. }, Some(to)) => {
                return told(&mut self.exits_due, (to, *from), order);
            }
            (What::Received { from: Some(from), kind: MessageKind::Down, .. }, Some(to)) => {
                // A supervisor's own watches, while it stops a child, are not announced.
                let known = self.behaviours.get(&to) != Some(&supervisor::NAME);
                if known && self.downs_due.get(&(to, *from)).is_none_or(VecDeque::is_empty) {
                    return Err(format!("I9: {to} was told of a death of {from} that was not due"));
                }
                return told(&mut self.downs_due, (to, *from), order);
            }
            _ => {}
        }
        Ok(())
    }

    fn ended(&mut self, ended: ActorId, life: u32) {
        self.live.remove(&ended);
        if let Some(parent) = self.linked.remove(&ended) {
            self.exits_due.entry((parent, ended)).or_default().push_back(life);
        }
        for pair in self.watching.extract_if(.., |pair| pair.1 == ended) {
            self.downs_due.entry(pair).or_default().push_back(life);
        }
        // The dead are told nothing, nor are they when they live again.
        self.watching.retain(|pair| pair.0 != ended);
        self.exits_due.retain(|pair, _| pair.0 != ended);
        self.downs_due.retain(|pair, _| pair.0 != ended);
        self.linked.retain(|_, parent| *parent != ended);
    }

    pub fn quiet(&self) -> Checked {
        let due = self.exits_due.iter().chain(&self.downs_due).find(|(_, lives)| !lives.is_empty());
        due.map_or(Ok(()), |((watcher, ended), _)| Err(format!("I9: {watcher} was never told of the death of {ended}")))
    }
}

/// None due: an exit signal that somebody sent, or one that was deferred and comes by again.
fn told(due: &mut BTreeMap<(ActorId, ActorId), VecDeque<u32>>, pair: (ActorId, ActorId), order: &Order) -> Checked {
    let Some(life) = due.get_mut(&pair).and_then(VecDeque::pop_front) else { return Ok(()) };
    let (to, from) = pair;
    if order.owes(from, to, life) {
        return Err(format!("I9: {to} was told of the death of {from} before all that was sent before it"));
    }
    Ok(())
}
