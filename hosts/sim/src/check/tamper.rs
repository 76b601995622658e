//! Lies for the checkers: each changes one thing about what happened, and one checker must notice.
use super::{Checks, timers::ARMED};
use peerd_vat::{Fact, MessageKind, What};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    /// A turn that never ends.
    Overlap,
    /// Of two messages the second was sent first.
    Overtake,
    /// A message out of a dropped turn.
    Ghost,
    /// A timer was due earlier.
    Late,
    /// A death that its watcher did not hear of.
    Deaf,
    /// A message that is neither received nor dead.
    Leak,
}

impl Tamper {
    pub const ALL: [Tamper; 6] = [Tamper::Overlap, Tamper::Overtake, Tamper::Ghost, Tamper::Late, Tamper::Deaf, Tamper::Leak];

    #[must_use]
    pub const fn invariant(self) -> &'static str {
        match self {
            Tamper::Overlap => "I1",
            Tamper::Overtake => "I2",
            Tamper::Ghost => "I3",
            Tamper::Late => "I8",
            Tamper::Deaf => "I9",
            Tamper::Leak => "I10",
        }
    }
}

impl Checks {
    /// The facts to look at in place of this one. Lies once, at the first occasion.
    pub(super) fn tampered(&mut self, fact: &Fact) -> Vec<Fact> {
        let honest = || vec![fact.clone()];
        if let Some(held) = self.held.take() {
            return self.overtaken(held, fact);
        }
        let Some(tamper) = self.tamper else { return honest() };
        let between_actors = matches!(&fact.what, What::Sent { to, kind: MessageKind::User, .. } if to.actor_id().is_some());
        let lie = match (tamper, &fact.what) {
            (Tamper::Overlap, What::Committed) => Vec::new(),
            (Tamper::Overtake, _) if between_actors => {
                self.held = Some(fact.clone());
                return Vec::new();
            }
            (Tamper::Ghost, What::Aborted { .. }) => {
                let what = What::Note { kind: "ghost".into(), text: String::new() };
                vec![Fact { what, ..fact.clone() }, fact.clone()]
            }
            (Tamper::Late, What::Note { kind, text }) if kind == ARMED => {
                let (key, due) = text.split_once(' ').unwrap_or_default();
                let earlier = due.parse::<u64>().unwrap_or(0).saturating_sub(1);
                vec![Fact { what: What::Note { kind: kind.clone(), text: format!("{key} {earlier}") }, ..fact.clone() }]
            }
            (Tamper::Deaf, What::Received { from: Some(from), kind: MessageKind::Down, incarnation, .. }) => {
                let what = What::Received { from: Some(*from), kind: MessageKind::Timer, text: Vec::new(), incarnation: *incarnation };
                vec![Fact { what, ..fact.clone() }]
            }
            (Tamper::Leak, What::Dead { kind: MessageKind::User, .. }) if fact.actor.is_some() => Vec::new(),
            _ => return honest(),
        };
        self.tamper = None;
        lie
    }

    fn overtaken(&mut self, held: Fact, fact: &Fact) -> Vec<Fact> {
        let swapped = match (&held.what, &fact.what) {
            (What::Sent { to: one, .. }, What::Sent { to: other, .. }) => held.actor == fact.actor && one == other,
            _ => false,
        };
        if swapped {
            self.tamper = None;
            return vec![fact.clone(), held];
        }
        vec![held, fact.clone()]
    }
}
