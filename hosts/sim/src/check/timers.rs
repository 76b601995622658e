//! I8: a timer comes when it is due, in order, and is never lost. Actors say what they set: notes `armed KEY DUE`, `disarmed KEY`.
//!
//! Late is what has not come when nothing more happens at its time: that is judged before any more time passes.
use super::Checked;
use peerd_vat::{ActorId, Fact, MessageKind, Time, What};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Timers {
    armed: BTreeMap<ActorId, BTreeMap<u64, Time>>,
    line: BTreeSet<(Time, ActorId, u64)>,
    /// Those that nothing reaches until somebody has decided what becomes of them.
    held: BTreeSet<ActorId>,
}

pub(crate) const ARMED: &str = "armed";
pub(crate) const DISARMED: &str = "disarmed";

impl Timers {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        let Some(actor) = fact.actor else { return Ok(()) };
        if !self.held.is_empty() && is_free_again(&fact.what) {
            self.held.remove(&actor);
        }
        match &fact.what {
            What::Note { kind, text } if kind == ARMED => {
                if let Some((key, due)) = text.split_once(' ').and_then(|(key, due)| Some((key.parse().ok()?, due.parse().ok()?))) {
                    self.disarm(actor, key);
                    self.armed.entry(actor).or_default().insert(key, Time(due));
                    self.line.insert((Time(due), actor, key));
                }
            }
            What::Note { kind, text } if kind == DISARMED => {
                if let Ok(key) = text.parse() {
                    self.disarm(actor, key);
                }
            }
            What::Received { kind: MessageKind::Timer, text, .. } => {
                let key = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
                let Some(due) = key.and_then(|key| self.disarm(actor, key)) else { return Ok(()) };
                if fact.time < due {
                    return Err(format!("I8: a timer of {actor} due at {} came at {}", due.0, fact.time.0));
                }
                if let Some((key, earlier)) = self.armed.get(&actor).and_then(|armed| armed.iter().find(|timer| *timer.1 < due)) {
                    return Err(format!("I8: a timer of {actor} due at {} came before {key}, due at {}", due.0, earlier.0));
                }
            }
            What::Held => drop(self.held.insert(actor)),
            What::Ended { .. } => {
                for (key, due) in self.armed.remove(&actor).into_iter().flatten() {
                    self.line.remove(&(due, actor, key));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn disarm(&mut self, actor: ActorId, key: u64) -> Option<Time> {
        let due = self.armed.get_mut(&actor)?.remove(&key)?;
        self.line.remove(&(due, actor, key));
        Some(due)
    }

    pub fn quiet(&self, now: Time, wake: Option<Time>) -> Checked {
        let free = |timer: &&(Time, ActorId, u64)| !self.held.contains(&timer.1);
        let Some((due, actor, key)) = self.line.iter().find(free) else { return Ok(()) };
        if *due <= now {
            return Err(format!("I8: timer {key} of {actor}, due at {}, has not come by {}", due.0, now.0));
        }
        if wake.is_none_or(|wake| wake > *due) {
            return Err(format!("I8: the vat wants to be woken at {wake:?}, timer {key} of {actor} is due at {}", due.0));
        }
        Ok(())
    }
}

/// What is asked of its kernel side is served while it is held.
fn is_free_again(what: &What) -> bool {
    match what {
        What::Received { kind, .. } => !kind.is_system(),
        what => matches!(what, What::Ended { .. }),
    }
}
