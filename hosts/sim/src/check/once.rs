//! A call settles once (semantics 10.1): whoever answers through a reply ref that was answered before has written a dead letter.
use super::Checked;
use peerd_vat::{ActorId, DeadClass, Fact, MessageKind, Ref, What};
use std::collections::BTreeSet;

#[derive(Default)]
pub(super) struct Once {
    answered: BTreeSet<Ref>,
    /// Answered again: the next fact has to say that this one is lost.
    again: Option<(Option<ActorId>, Ref)>,
}

impl Once {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        if let Some((from, call)) = self.again.take() {
            let lost = matches!(&fact.what, What::Dead { class: DeadClass::LateReply, to, .. } if *to == call && fact.actor == from);
            return if lost { Ok(()) } else { Err(format!("calls: {from:?} answered {call:?} a second time, and it counts")) };
        }
        match &fact.what {
            What::Sent { to, kind: MessageKind::Reply, .. } if to.is_one_shot() && !self.answered.insert(*to) => {
                self.again = Some((fact.actor, *to));
            }
            _ => {}
        }
        Ok(())
    }
}
