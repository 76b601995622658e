//! Mailboxes have bounds (semantics 5.4): of what was sent to one actor no more waits than fits. System kinds are exempt.
use super::Checked;
use peerd_vat::{ActorId, Config, DeadClass, Fact, MessageKind, What};
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Room {
    entries_max: u32,
    bytes_max: u64,
    waiting: BTreeMap<ActorId, Waiting>,
    /// Those that have more than fits. In the middle of a turn there may be some: what has no room is dead at once.
    full: BTreeSet<ActorId>,
}

/// At least so much. What an actor set aside is not counted again.
#[derive(Clone, Copy, Default)]
struct Waiting {
    entries: u32,
    bytes: u64,
}

impl Room {
    pub fn new(config: &Config) -> Room {
        let (entries_max, bytes_max) = (config.mailbox_entries_max, u64::from(config.mailbox_bytes_max));
        Room { entries_max, bytes_max, waiting: BTreeMap::new(), full: BTreeSet::new() }
    }

    pub fn fact(&mut self, fact: &Fact) -> Checked {
        match &fact.what {
            What::Sent { to, kind: MessageKind::User, text } if fact.actor.is_some() => {
                if let Some(to) = to.actor_id() {
                    self.comes(to, text.len());
                }
            }
            What::Received { kind: MessageKind::User, text, .. } => {
                if let Some(to) = fact.actor {
                    self.goes(to, text.len());
                }
            }
            // What a turn crashed on was received.
            What::Dead { kind: MessageKind::User, class, to, text } if *class != DeadClass::Crashed => {
                if let Some(to) = to.actor_id() {
                    self.goes(to, text.len());
                }
            }
            What::Committed => return self.quiet(),
            _ => {}
        }
        Ok(())
    }

    pub fn comes(&mut self, to: ActorId, length: usize) {
        self.change(to, |waiting| {
            waiting.entries += 1;
            waiting.bytes += length as u64;
        });
    }

    fn goes(&mut self, to: ActorId, length: usize) {
        self.change(to, |waiting| {
            waiting.entries = waiting.entries.saturating_sub(1);
            waiting.bytes = if waiting.entries == 0 { 0 } else { waiting.bytes.saturating_sub(length as u64) };
        });
    }

    fn change(&mut self, of: ActorId, how: impl FnOnce(&mut Waiting)) {
        let waiting = self.waiting.entry(of).or_default();
        how(waiting);
        if waiting.entries > self.entries_max || waiting.bytes > self.bytes_max {
            self.full.insert(of);
        } else if !self.full.is_empty() {
            self.full.remove(&of);
        }
    }

    pub fn quiet(&self) -> Checked {
        let Some(full) = self.full.first() else { return Ok(()) };
        let Waiting { entries, bytes } = self.waiting[full];
        Err(format!("mailboxes: {full} has {entries} messages of {bytes} bytes waiting, more than fit"))
    }
}
