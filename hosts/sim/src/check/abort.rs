//! I3: an aborted turn leaves a report and nothing else.
use super::Checked;
use peerd_vat::{ActorId, Fact, Reason, What};

#[derive(Default)]
pub(super) struct Abort {
    /// What the turn under way has already done to the world.
    effects: Vec<&'static str>,
    /// Aborted, and not ended yet.
    ending: Option<(ActorId, Reason)>,
}

impl Abort {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        match &fact.what {
            What::Received { .. } => {
                self.effects.clear();
                if let Some((actor, _)) = &self.ending {
                    return Err(format!("I3: {actor} aborted and lives on"));
                }
            }
            What::Sent { .. } => self.effects.push("a message"),
            What::Spawned { .. } => self.effects.push("a child"),
            What::Note { .. } => self.effects.push("a note"),
            What::Aborted { reason } => {
                if let Some(effect) = self.effects.first() {
                    return Err(format!("I3: {effect} came out of an aborted turn of {:?}", fact.actor));
                }
                self.ending = fact.actor.map(|actor| (actor, reason.clone()));
            }
            What::Ended { reason, .. } => {
                if let Some((actor, why)) = self.ending.take()
                    && (Some(actor), &why) != (fact.actor, reason)
                {
                    return Err(format!("I3: {actor} aborted with {why}, but {:?} ended with {reason}", fact.actor));
                }
            }
            What::Held => self.ending = None,
            What::Committed | What::Closed | What::Dead { .. } => {}
        }
        Ok(())
    }
}
