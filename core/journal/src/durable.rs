//! What the journal knows of one durable actor: an actor at rest, as a value.
use crate::{Actor, Change, Changes, Code, Every, Fate, Hash, Id, Message, Part, Position, Standing, image::Wrong};
use alloc::{collections::BTreeMap, string::String, vec::Vec};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durable {
    /// The newest incarnation that left a record. 0: none has.
    pub life: u32,
    pub turn: u64,
    /// Its newest record.
    pub last: Position,
    pub tag: u32,
    pub standing: Standing,
    pub behaviour: String,
    pub hash: Hash,
    pub options: Vec<u8>,
    pub state: Vec<u8>,
    pub map: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Oldest first.
    pub waiting: BTreeMap<Id, Waiting>,
    pub alarms: BTreeMap<u64, Alarm>,
    pub bonds: BTreeMap<u64, Vec<u8>>,
    /// Its state was given up, and no turn has left another since.
    pub is_blank: bool,
    /// The rights that other vats may have been lent, as the kernel writes them.
    pub lent: u8,
}

/// A message that some record brought and none has consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub is_deferred: bool,
    /// Turns that failed on it, counted ones.
    pub attempts: u32,
    pub from: Actor,
    pub life: u32,
    pub kind: u8,
    pub envelope: Vec<u8>,
    pub body: Vec<u8>,
}

/// Equal times come due in the order in which they were set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub due: u64,
    pub set: Position,
    pub every: Option<Every>,
    /// Turns that failed on it since it was set, counted ones.
    pub attempts: u32,
}

impl Waiting {
    pub(crate) fn new(message: Message<'_>) -> Waiting {
        let Message { from, life, kind, envelope, body, .. } = message;
        Waiting { is_deferred: false, attempts: 0, from, life, kind, envelope: envelope.into(), body: body.into() }
    }

    /// As it was sent.
    #[must_use]
    pub fn message(&self, to: Actor) -> Message<'_> {
        Message { to, from: self.from, life: self.life, kind: self.kind, envelope: &self.envelope, body: &self.body }
    }
}

impl Durable {
    pub(crate) fn born(position: Position, code: Code<'_>, options: &[u8]) -> Durable {
        Durable { last: position, behaviour: code.name.into(), hash: code.hash, options: options.into(), ..Durable::default() }
    }

    /// A record of this life. A later one than the last known begins: what was parked or over is no more.
    pub(crate) fn enter(&mut self, life: u32, position: Position) -> Result<(), Wrong> {
        if life < self.life {
            return Err(Wrong("a record of a life that was over"));
        }
        if life > self.life {
            self.standing = Standing::Live;
        } else if self.standing != Standing::Live {
            return Err(Wrong("a turn without a life"));
        }
        (self.life, self.last, self.is_blank) = (life, position, false);
        Ok(())
    }

    /// The changes that concern this actor alone. False: the image has to see to it.
    pub(crate) fn change(&mut self, position: Position, change: Change<'_>) -> bool {
        match change {
            Change::State(bytes) => {
                self.state.clear();
                self.state.extend_from_slice(bytes);
            }
            Change::Put { key, value } => match self.map.get_mut(key) {
                Some(kept) => {
                    kept.clear();
                    kept.extend_from_slice(value);
                }
                None => {
                    self.map.insert(key.into(), value.into());
                }
            },
            Change::Delete { key } => {
                self.map.remove(key);
            }
            Change::Clear => self.map.clear(),
            Change::Alarm { key, due, every } => {
                self.alarms.insert(key, Alarm { due, set: position, every, attempts: 0 });
            }
            Change::Unset { key } => {
                self.alarms.remove(&key);
            }
            Change::Bond { key, what } => {
                self.bonds.insert(key, what.into());
            }
            Change::Unbond { key } => {
                self.bonds.remove(&key);
            }
            Change::Options(bytes) => self.options = bytes.into(),
            Change::Tag(tag) if tag == self.tag => {}
            Change::Tag(tag) => {
                self.tag = tag;
                self.retry_deferred();
            }
            Change::Sent(_)
            | Change::Out { .. }
            | Change::Asked { .. }
            | Change::Born { .. }
            | Change::Forgotten { .. }
            | Change::Deferred => return false,
        }
        true
    }

    /// A turn has failed on this alarm. One that was given up is cleared, or waits for its next tick.
    pub(crate) fn alarm_failed(&mut self, key: u64, attempt: u32, fate: Fate) -> Result<(), Wrong> {
        let alarm = self.alarms.get_mut(&key).ok_or(Wrong("a fault on an alarm that was not set"))?;
        match (fate, alarm.every) {
            (Fate::Kept, _) => alarm.attempts = attempt,
            (Fate::Dropped, Some(every)) => *alarm = Alarm { due: every.after(alarm.due, 1), attempts: 0, ..*alarm },
            (Fate::Dropped, None) => {
                self.alarms.remove(&key);
            }
        }
        Ok(())
    }

    pub(crate) fn retry_deferred(&mut self) {
        self.waiting.values_mut().for_each(|entry| entry.is_deferred = false);
    }

    /// The incarnation is over: relations fire, and what was deferred waits for the next.
    pub(crate) fn end(&mut self, is_buried: bool) {
        self.bonds.clear();
        self.retry_deferred();
        if is_buried {
            self.standing = Standing::Buried;
            self.waiting.clear();
            self.alarms.clear();
        } else if self.standing != Standing::Parked {
            self.standing = Standing::Ended;
        }
    }

    pub(crate) fn give_up_state(&mut self) {
        self.state.clear();
        self.map.clear();
        self.is_blank = true;
    }

    /// State, deferred set and alarms from another time.
    pub(crate) fn restore(&mut self, me: Actor, position: Position, changes: Changes<'_>) -> Result<(), Wrong> {
        self.give_up_state();
        self.is_blank = false;
        self.alarms.clear();
        self.waiting.retain(|_, entry| !entry.is_deferred);
        for (index, change) in (1..).zip(changes.iter()) {
            match change {
                Change::Sent(message) if message.to == me => {
                    self.waiting.insert(Id { position, index }, Waiting::new(message));
                }
                Change::State(_) | Change::Put { .. } | Change::Alarm { .. } | Change::Tag(_) => {
                    self.change(position, change);
                }
                _ => return Err(Wrong("a restore of what is not restored")),
            }
        }
        self.end(false);
        self.last = position;
        Ok(())
    }

    pub(crate) fn parts(&self, actor: Actor) -> impl Iterator<Item = Part<'_>> {
        let Durable { life, turn, last, tag, standing, ref options, .. } = *self;
        let code = Code { name: &self.behaviour, hash: self.hash };
        let head = Part::Actor { actor, life, turn, last, tag, standing, code, options };
        let state = (!self.state.is_empty()).then_some(Part::State { actor, bytes: &self.state });
        let entries = self.map.iter().map(move |(key, value)| Part::Entry { actor, key, value });
        let waiting = self.waiting.iter().map(move |(&id, entry)| {
            let Waiting { is_deferred, attempts, .. } = *entry;
            Part::Waiting { id, is_deferred, attempts, message: entry.message(actor) }
        });
        let alarms = self.alarms.iter().map(move |(&key, &alarm)| Part::Alarm { actor, key, alarm });
        let bonds = self.bonds.iter().map(move |(&key, what)| Part::Bond { actor, key, what });
        let lent = (self.lent != 0).then_some(Part::Lent { actor, rights: self.lent });
        let blank = self.is_blank.then_some(Part::Blank { actor });
        core::iter::once(head).chain(state).chain(entries).chain(waiting).chain(alarms).chain(bonds).chain(lent).chain(blank)
    }
}
