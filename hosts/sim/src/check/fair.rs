//! I12: a hog delays others by at most one quantum: nobody has a second slice while another waits since before the first.
use super::Checked;
use peerd_vat::{ActorId, Fact, MessageKind, What};
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Fair {
    /// Turns of one slice.
    quantum: u32,
    /// Counts facts.
    at: u64,
    /// Messages that wait for each, as far as facts tell: what a turn sent to it.
    waiting: BTreeMap<ActorId, Waiting>,
    /// By when they began to wait.
    line: BTreeSet<(u64, ActorId)>,
    slice: Option<Slice>,
    /// When each one's newest slice began.
    slices: BTreeMap<ActorId, u64>,
}

#[derive(Clone, Copy)]
struct Waiting {
    messages: u32,
    since: u64,
    /// One that is dead waits for nothing.
    live: bool,
    /// Its mailbox is: until its next turn nobody keeps it from what is in there but itself.
    closed: bool,
}

#[derive(Clone, Copy)]
struct Slice {
    of: ActorId,
    began: u64,
    turns: u32,
}

impl Fair {
    pub fn new(quantum: u32) -> Fair {
        Fair { quantum, at: 0, waiting: BTreeMap::new(), line: BTreeSet::new(), slice: None, slices: BTreeMap::new() }
    }

    pub fn fact(&mut self, fact: &Fact) -> Checked {
        self.at += 1;
        match (&fact.what, fact.actor) {
            (What::Spawned { child, .. }, _) => self.change(*child, |one| one.live = true),
            (What::Ended { .. }, Some(actor)) => {
                self.slices.remove(&actor);
                self.change(actor, |one| (one.live, one.closed) = (false, false));
            }
            (What::Sent { to, kind: MessageKind::User, .. }, _) => {
                if let Some(to) = to.actor_id() {
                    self.change(to, |one| one.messages += 1);
                }
            }
            (What::Dead { to, kind: MessageKind::User, .. }, Some(_)) => {
                if let Some(to) = to.actor_id() {
                    let at = self.at;
                    self.change(to, |one| (one.messages, one.since) = (one.messages.saturating_sub(1), at));
                }
            }
            (What::Closed | What::Held, Some(actor)) => self.change(actor, |one| one.closed = true),
            (What::Received { kind, from, .. }, Some(actor)) => {
                let (at, message) = (self.at, *kind == MessageKind::User && from.is_some());
                // It has its turn: what is left waits from now on. A turn of its kernel side opens no mailbox.
                self.change(actor, |one| {
                    one.messages = one.messages.saturating_sub(u32::from(message));
                    one.since = at;
                    one.closed &= kind.is_system();
                });
                return self.turn(actor);
            }
            _ => {}
        }
        Ok(())
    }

    fn turn(&mut self, actor: ActorId) -> Checked {
        let others = self.line.iter().find(|entry| entry.1 != actor).copied();
        let slice = match self.slice {
            Some(slice) if slice.of == actor => Slice { turns: slice.turns + 1, ..slice },
            _ => {
                let before = self.slices.insert(actor, self.at);
                if let (Some((since, other)), Some(before)) = (others, before)
                    && since < before
                {
                    return Err(format!("I12: {actor} has a second slice while {other} waits since before its first"));
                }
                Slice { of: actor, began: self.at, turns: 1 }
            }
        };
        self.slice = Some(slice);
        match others {
            Some((since, other)) if since < slice.began && slice.turns > self.quantum => {
                Err(format!("I12: {actor} had {} turns in a row while {other} waits; a slice is {}", slice.turns, self.quantum))
            }
            _ => Ok(()),
        }
    }

    fn change(&mut self, actor: ActorId, how: impl FnOnce(&mut Waiting)) {
        let at = self.at;
        let one = self.waiting.entry(actor).or_insert(Waiting { messages: 0, since: at, live: false, closed: false });
        let before = *one;
        how(one);
        let waits = |one: &Waiting| one.live && !one.closed && one.messages > 0;
        if !waits(&before) {
            one.since = at;
        }
        if waits(&before) && (!waits(one) || one.since != before.since) {
            self.line.remove(&(before.since, actor));
        }
        if waits(one) {
            self.line.insert((one.since, actor));
        }
    }
}
