//! What travels between two actors: a dot along an edge of the drawing.
use crate::tree::Tree;
use peerd_vat::{ActorId, Fact, MessageKind, What};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// None: from outside of the vat.
    pub from: Option<ActorId>,
    pub to: ActorId,
    pub kind: &'static str,
}

/// A signal is seen when it arrives, and an order to go when it is given: a kill never arrives, it is done.
pub fn of(fact: &Fact, tree: &Tree) -> Option<Signal> {
    match (&fact.what, fact.actor) {
        (What::Spawned { child, .. }, Some(parent)) => Some(Signal { from: Some(parent), to: *child, kind: "start" }),
        (What::Sent { to, kind: MessageKind::Exit, .. }, from) => Some(Signal { from, to: to.actor_id()?, kind: "order" }),
        (What::Received { from, kind, .. }, Some(to)) => {
            let is_order = tree.find(to).is_some_and(|node| node.parent == *from);
            match kind {
                MessageKind::Exit if !is_order => Some(Signal { from: *from, to, kind: "exit" }),
                MessageKind::Down => Some(Signal { from: *from, to, kind: "down" }),
                MessageKind::User => Some(Signal { from: *from, to, kind: "message" }),
                MessageKind::Exit | MessageKind::Init | MessageKind::Recovered | MessageKind::Reply => None,
                MessageKind::Timer | MessageKind::Alarm => None,
                MessageKind::Suspend | MessageKind::Resume | MessageKind::System => None,
                MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => None,
            }
        }
        _ => None,
    }
}
