//! I8: a timer comes when it is due, and is never lost. Actors say what they set: notes `armed KEY DUE` and `disarmed KEY`.
use super::Checked;
use peerd_vat::{ActorId, Fact, MessageKind, Time, What};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Timers {
    armed: BTreeMap<(ActorId, u64), Time>,
    /// The host slept until here.
    woke: Time,
}

pub(crate) const ARMED: &str = "armed";
pub(crate) const DISARMED: &str = "disarmed";

impl Timers {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        let Some(actor) = fact.actor else { return Ok(()) };
        match &fact.what {
            What::Note { kind, text } if kind == ARMED => {
                if let Some((key, due)) = text.split_once(' ').and_then(|(key, due)| Some((key.parse().ok()?, due.parse().ok()?))) {
                    self.armed.insert((actor, key), Time(due));
                }
            }
            What::Note { kind, text } if kind == DISARMED => {
                self.armed.retain(|(of, key), _| *of != actor || text.parse() != Ok(*key));
            }
            What::Received { kind: MessageKind::Timer, text, .. } => {
                let key = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
                let Some(due) = key.and_then(|key| self.armed.remove(&(actor, key))) else { return Ok(()) };
                if fact.time < due || fact.time > due.max(self.woke) {
                    return Err(format!("I8: a timer of {actor} due at {} came at {}", due.0, fact.time.0));
                }
            }
            What::Ended { .. } => self.armed.retain(|(of, _), _| *of != actor),
            _ => {}
        }
        Ok(())
    }

    pub fn quiet(&self, now: Time, wake: Option<Time>) -> Checked {
        let Some(((actor, key), due)) = self.armed.iter().min_by_key(|entry| entry.1) else { return Ok(()) };
        if *due <= now {
            return Err(format!("I8: timer {key} of {actor}, due at {}, has not come by {}", due.0, now.0));
        }
        if wake.is_none_or(|wake| wake > *due) {
            return Err(format!("I8: the vat wants to be woken at {wake:?}, timer {key} of {actor} is due at {}", due.0));
        }
        Ok(())
    }

    pub fn oversleep(&mut self, now: Time) {
        self.woke = now;
    }
}
