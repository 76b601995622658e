//! What happened to actors, step by step: each record of theirs with what it handled and what they were afterwards.
use crate::{Actor, Consumed, Durable, Fault, Message, Past, Position, Record, Tried, Waiting, Witness};

/// A record of an actor.
#[derive(Clone, Copy)]
pub struct Deed<'a> {
    pub past: Past<'a>,
    pub actor: Actor,
    /// What it handled, or failed on.
    pub handled: Option<Message<'a>>,
    /// Before it: none if it was born by it.
    pub was: Option<&'a Durable>,
    /// After it: none if it was forgotten by it.
    pub is: Option<&'a Durable>,
}

/// Tells the steps of one actor, or of all, after some place.
pub struct History<F: FnMut(Deed<'_>)> {
    only: Option<Actor>,
    after: Position,
    tell: F,
    was: Option<Durable>,
    waited: Option<Waiting>,
}

impl<F: FnMut(Deed<'_>)> History<F> {
    pub fn new(only: Option<Actor>, after: Position, tell: F) -> History<F> {
        History { only, after, tell, was: None, waited: None }
    }

    fn concerns(&self, past: Past<'_>) -> Option<Actor> {
        let actor = subject(&past.record)?;
        (past.position > self.after && self.only.is_none_or(|only| only == actor)).then_some(actor)
    }
}

impl<F: FnMut(Deed<'_>)> Witness for History<F> {
    fn before(&mut self, past: Past<'_>) {
        let Some(actor) = self.concerns(past) else { return };
        let was = past.image.actors.get(&actor);
        let waited = match past.record {
            Record::Commit(commit) => {
                if let Consumed::Waiting(id) = commit.consumed {
                    Some(id)
                } else {
                    None
                }
            }
            Record::Fault(Fault { input: Tried::Waiting(id), .. }) => Some(id),
            _ => None,
        };
        self.waited = waited.and_then(|id| was?.waiting.get(&id).cloned());
        self.was = was.cloned();
    }

    fn after(&mut self, past: Past<'_>) {
        let Some(actor) = self.concerns(past) else { return };
        let inline = match past.record {
            Record::Commit(commit) => {
                if let Consumed::Inline { message, .. } = commit.consumed {
                    Some(message)
                } else {
                    None
                }
            }
            Record::Admit { message, .. } => Some(message),
            _ => None,
        };
        let handled = self.waited.as_ref().map(|waited| waited.message(actor)).or(inline);
        (self.tell)(Deed { past, actor, handled, was: self.was.as_ref(), is: past.image.actors.get(&actor) });
    }
}

/// The last place whose commit was made no later than this time of day, in milliseconds.
pub struct LastBy {
    time: u64,
    pub found: Option<Position>,
}

impl LastBy {
    #[must_use]
    pub const fn new(time: u64) -> LastBy {
        LastBy { time, found: None }
    }
}

impl Witness for LastBy {
    fn before(&mut self, _: Past<'_>) {}

    fn after(&mut self, past: Past<'_>) {
        if let Record::Commit(commit) = past.record
            && commit.now <= self.time
        {
            self.found = Some(past.position);
        }
    }
}

/// Whose record it is.
const fn subject(record: &Record<'_>) -> Option<Actor> {
    match record {
        Record::Admit { message, .. } => Some(message.to),
        Record::Commit(commit) => Some(commit.actor),
        Record::Fault(fault) => Some(fault.actor),
        Record::End { actor, .. } | Record::Forget { actor } | Record::Upgrade { actor, .. } | Record::Restore { actor, .. } => {
            Some(*actor)
        }
        Record::Open(_)
        | Record::Close { .. }
        | Record::Ack { .. }
        | Record::Effect { .. }
        | Record::Lease { .. }
        | Record::Lent { .. }
        | Record::Carried { .. }
        | Record::Snapshot(_) => None,
    }
}
