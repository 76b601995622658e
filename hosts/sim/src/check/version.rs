//! Upgrade (semantics 18): it comes between two turns, with the whole state, or it changes nothing.
//!
//! A member counts its turns in its state and says at an upgrade how many it found; the facts know how many there were.
use super::Checked;
use crate::cast::{MIGRATED, Member, Server};
use peerd_vat::{ActorId, Fact, MessageKind, What};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Version {
    members: BTreeMap<ActorId, Life>,
    /// Whose turn this is, and whether it is one of those that a member counts.
    turn: Option<(ActorId, bool)>,
    /// The upgrade at hand has to be said to have happened, or must not.
    upgrade: Option<Upgrade>,
    pub evaluations: u64,
}

struct Life {
    version: u32,
    turns: u64,
}

#[derive(PartialEq, Eq)]
enum Upgrade {
    Due { to: u32 },
    Vain,
}

impl Version {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        match (&fact.what, fact.actor) {
            // Whoever is started is of the newest version.
            (What::Spawned { child, behaviour, .. }, _) if *behaviour == Member::NAME => {
                self.members.insert(*child, Life { version: Member::VERSION + 1, turns: 0 });
            }
            (What::Received { kind: MessageKind::Upgrade, text, .. }, Some(actor)) => {
                self.turn = Some((actor, false));
                let Some(life) = self.members.get(&actor) else { return Ok(()) };
                self.evaluations += 1;
                let text = String::from_utf8_lossy(text);
                let version = |code: &str| code.strip_prefix(Member::NAME)?.strip_prefix(" version ")?.parse::<u32>().ok();
                let codes = text.strip_prefix("upgrade ").and_then(|codes| codes.split_once(" to "));
                let fits = codes.and_then(|(from, to)| Some((version(from)?, version(to)?))).filter(|codes| codes.0 == life.version);
                self.upgrade = Some(fits.map_or(Upgrade::Vain, |codes| Upgrade::Due { to: codes.1 }));
            }
            (What::Received { kind, .. }, Some(actor)) => self.turn = Some((actor, !kind.is_system() && *kind != MessageKind::Init)),
            (What::Note { kind, text }, Some(actor)) if kind == MIGRATED => {
                let Some(life) = self.members.get_mut(&actor) else { return Ok(()) };
                let Some(Upgrade::Due { to }) = self.upgrade.take() else {
                    return Err(format!("upgrade: {actor} says that it is of another version, which it is not to be"));
                };
                if text.parse() != Ok(life.turns) {
                    return Err(format!("upgrade: {actor} found a state of {text} turns, it has had {}", life.turns));
                }
                life.version = to;
            }
            (What::Committed, Some(actor)) => {
                if self.turn.take() == Some((actor, true))
                    && let Some(life) = self.members.get_mut(&actor)
                {
                    life.turns += 1;
                }
                if matches!(self.upgrade.take(), Some(Upgrade::Due { .. })) {
                    return Err(format!("upgrade: {actor} is still of the version that it was to leave"));
                }
            }
            (What::Aborted { .. }, _) => self.turn = None,
            _ => {}
        }
        Ok(())
    }
}
