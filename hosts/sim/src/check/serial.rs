//! I1: one turn at a time, and only of an incarnation that lives.
use super::Checked;
use peerd_vat::{ActorId, Fact, What};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Serial {
    open: Option<ActorId>,
    /// The incarnation that lives.
    live: BTreeMap<ActorId, u32>,
    newest: BTreeMap<ActorId, u32>,
}

impl Serial {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        let actor = fact.actor;
        match &fact.what {
            What::Spawned { child, incarnation, .. } => {
                let newest = self.newest.insert(*child, *incarnation).unwrap_or(0);
                if *incarnation != newest + 1 || self.live.insert(*child, *incarnation).is_some() {
                    return Err(format!("I1: {child} was given life {incarnation} after life {newest}"));
                }
            }
            What::Received { incarnation, .. } => {
                let actor = actor.ok_or("I1: the host had a turn")?;
                if let Some(other) = self.open.replace(actor) {
                    return Err(format!("I1: {actor} began a turn within one of {other}"));
                }
                if self.live.get(&actor) != Some(incarnation) {
                    return Err(format!("I1: {actor} had a turn in life {incarnation}, which is not the living one"));
                }
            }
            What::Committed | What::Aborted { .. } => {
                let open = self.open.take();
                if open != actor {
                    return Err(format!("I1: a turn of {actor:?} ended within one of {open:?}"));
                }
            }
            What::Ended { incarnation, .. } => {
                let actor = actor.ok_or("I1: the host ended")?;
                if self.live.remove(&actor) != Some(*incarnation) {
                    return Err(format!("I1: life {incarnation} of {actor} ended, which was not the living one"));
                }
            }
            What::Sent { .. } | What::Closed | What::Held | What::Dead { .. } | What::Note { .. } => {}
        }
        Ok(())
    }
}
