//! C13, in part: no supervisor restarts more often than its spec allows, counted here anew from the notes of restarts.
use super::Checked;
use peerd_vat::{ActorId, Fact, Time, What};
use std::collections::{BTreeMap, VecDeque};

#[derive(Default)]
pub(super) struct Restarts {
    /// Of the life under way of each supervisor.
    times: BTreeMap<ActorId, VecDeque<Time>>,
}

impl Restarts {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        let Some(actor) = fact.actor else { return Ok(()) };
        match &fact.what {
            What::Spawned { note, .. } => {
                let Some((max, period_ms)) = allowance(note) else { return Ok(()) };
                let times = self.times.entry(actor).or_default();
                times.push_back(fact.time);
                while times.front().is_some_and(|time| fact.time.since(*time) > period_ms) {
                    times.pop_front();
                }
                let within = times.len();
                if within > max {
                    return Err(format!("C13: {actor} restarted {within} times within {period_ms} ms, {max} are allowed"));
                }
            }
            What::Ended { .. } => drop(self.times.remove(&actor)),
            _ => {}
        }
        Ok(())
    }
}

/// `1 of 3 in 5 s`: 3 within 5,000 ms.
fn allowance(note: &str) -> Option<(usize, u64)> {
    let (max, period) = note.split_once(" of ")?.1.split_once(" in ")?;
    let period_ms = match period.split_once(' ')? {
        (number, "s") => number.parse::<u64>().ok()? * 1_000,
        (number, _) => number.parse().ok()?,
    };
    Some((max.parse().ok()?, period_ms))
}
