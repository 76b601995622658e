//! The fold: what a prefix of the journal comes to. It runs nobody's code.
use crate::{
    Actor, Change, Commit, Consumed, Delivery, Durable, Epoch, Fate, Fault, Id, Origin, Outcome, Part, Position, Record, Rung, Standing,
    Tried, Vat, durable::Waiting,
};
use alloc::{collections::BTreeMap, vec::Vec};

/// All that survives, as a value: equal prefixes have equal images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// The newest record in it.
    pub position: Position,
    pub epoch: Epoch,
    /// The vat ended in order: lives go on.
    pub is_closed: bool,
    /// Lives whose last record is older are over, because their vat was.
    pub over: Position,
    pub actors: BTreeMap<Actor, Durable>,
    /// For other vats, in order, not acknowledged.
    pub outbox: BTreeMap<(Vat, Epoch, u64), Vec<u8>>,
    /// The newest message admitted from each.
    pub inbox: BTreeMap<Vat, (Epoch, u64)>,
    /// Effects outside whose result is not known.
    pub asked: BTreeMap<Id, Asked>,
    pub leases: BTreeMap<u64, Lease>,
    /// Of lives that go on in the next epoch, what they have that no record of theirs says. Empty unless the vat ended in order.
    pub carried: BTreeMap<Actor, Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub actor: Actor,
    pub delivery: Delivery,
    /// It may have happened.
    pub is_attempted: bool,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub epoch: Epoch,
    pub holder: Vat,
    pub is_sealed: bool,
}

/// A record that can't follow from what is before it: the writer was broken. Nothing is guessed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong(pub &'static str);

impl Image {
    /// Applies the record at the next position. After an error the image is of no use.
    ///
    /// # Errors
    /// When it can't follow.
    pub fn apply(&mut self, epoch: Epoch, position: Position, record: Record<'_>) -> Result<(), Wrong> {
        if position != self.position.after(1) {
            return Err(Wrong("a gap between positions"));
        }
        if epoch < self.epoch || (epoch > self.epoch && !matches!(record, Record::Open(_))) {
            return Err(Wrong("another epoch without its opening"));
        }
        if self.is_closed && !matches!(record, Record::Open(_)) {
            return Err(Wrong("a record after the close"));
        }
        self.position = position;
        match record {
            Record::Open(_) => self.open(epoch, position),
            Record::Close { .. } => self.is_closed = true,
            Record::Admit { origin, message } => {
                self.admit(origin)?;
                self.actor(message.to)?.waiting.insert(Id { position, index: 0 }, Waiting::new(message));
            }
            Record::Commit(commit) => self.commit(position, commit)?,
            Record::Fault(fault) => self.fault(position, fault)?,
            Record::End { actor, life, is_buried, .. } => {
                let ended = self.actor(actor)?;
                ended.life = ended.life.max(life);
                ended.last = position;
                ended.end(is_buried);
            }
            Record::Forget { actor } => self.forget(actor)?,
            Record::Ack { peer, epoch, upto } => {
                while let Some(entry) = self.outbox.range((peer, Epoch(0), 0)..=(peer, epoch, upto)).next().map(|(key, _)| *key) {
                    self.outbox.remove(&entry);
                }
            }
            Record::Effect { id, outcome: Outcome::Attempted } => {
                self.asked.get_mut(&id).ok_or(Wrong("an attempt at what nobody asked for"))?.is_attempted = true;
            }
            Record::Effect { id, outcome: Outcome::Result(_) } => {
                self.asked.remove(&id).ok_or(Wrong("a result of what nobody asked for"))?;
            }
            Record::Lease { shard, epoch, holder, is_sealed } => {
                if self.leases.get(&shard).is_some_and(|lease| lease.epoch > epoch) {
                    return Err(Wrong("a lease of an older epoch"));
                }
                self.leases.insert(shard, Lease { epoch, holder, is_sealed });
            }
            Record::Upgrade { actor, from, to } => {
                let upgraded = self.actor(actor)?;
                if upgraded.hash != from {
                    return Err(Wrong("an upgrade from other code"));
                }
                (upgraded.behaviour, upgraded.hash, upgraded.last) = (to.name.into(), to.hash, position);
            }
            Record::Snapshot(_) => return Err(Wrong("a snapshot's piece in a log")),
            Record::Restore { actor, changes, .. } => self.actor(actor)?.restore(actor, position, changes)?,
            Record::Lent { actor, rights } => self.actor(actor)?.lent |= rights,
            Record::Carried { actor, life, bytes } => {
                let goes_on = self.actor(actor)?;
                goes_on.life = goes_on.life.max(life);
                if !bytes.is_empty() {
                    self.carried.insert(actor, bytes.into());
                }
            }
        }
        Ok(())
    }

    /// A new owner, or only another file of the same.
    fn open(&mut self, epoch: Epoch, position: Position) {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.carried.clear();
            if !self.is_closed {
                self.over = position;
            }
        }
        self.is_closed = false;
    }

    fn actor(&mut self, actor: Actor) -> Result<&mut Durable, Wrong> {
        self.actors.get_mut(&actor).ok_or(Wrong("an actor that was never born"))
    }

    fn admit(&mut self, origin: Origin) -> Result<(), Wrong> {
        if let Origin::Far { peer, epoch, seq } = origin {
            let newest = self.inbox.entry(peer).or_default();
            if *newest >= (epoch, seq) {
                return Err(Wrong("the same message from a peer twice"));
            }
            *newest = (epoch, seq);
        }
        Ok(())
    }

    fn commit(&mut self, position: Position, commit: Commit<'_>) -> Result<(), Wrong> {
        let Commit { actor: me, life, turn, .. } = commit;
        if let Some(Change::Born { actor, code, options }) = commit.changes.iter().next()
            && actor == me
        {
            self.born(position, me, code, options)?;
        }
        let actor = self.actor(me)?;
        actor.enter(life, position)?;
        if turn <= actor.turn {
            return Err(Wrong("a turn a second time"));
        }
        actor.turn = turn;
        let consumed = match commit.consumed {
            Consumed::Nothing => None,
            Consumed::Waiting(id) => Some((id, actor.waiting.remove(&id).ok_or(Wrong("what was consumed did not wait"))?)),
            Consumed::Alarm { key } => {
                actor.alarms.remove(&key);
                None
            }
            Consumed::Inline { origin, message } => {
                self.admit(origin)?;
                Some((Id { position, index: 0 }, Waiting::new(message)))
            }
        };
        // Before the tag: what is deferred and meets another tag in one turn waits again.
        if commit.changes.iter().any(|change| change == Change::Deferred) {
            let (id, entry) = consumed.ok_or(Wrong("nothing to defer"))?;
            self.actor(me)?.waiting.insert(id, Waiting { is_deferred: true, ..entry });
        }
        for (index, change) in (1..).zip(commit.changes.iter()) {
            self.change(position, me, index, change)?;
        }
        Ok(())
    }

    fn change(&mut self, position: Position, me: Actor, index: u32, change: Change<'_>) -> Result<(), Wrong> {
        if self.actor(me)?.change(position, change) {
            return Ok(());
        }
        let id = Id { position, index };
        match change {
            Change::Sent(message) => {
                self.actor(message.to)?.waiting.insert(id, Waiting::new(message));
            }
            Change::Out { peer, seq, bytes } => {
                self.outbox.insert((peer, self.epoch, seq), bytes.into());
            }
            Change::Asked { delivery, bytes } => {
                self.asked.insert(id, Asked { actor: me, delivery, is_attempted: false, bytes: bytes.into() });
            }
            Change::Born { actor, code, options } if actor != me => self.born(position, actor, code, options)?,
            Change::Forgotten { actor } if actor == me => return Err(Wrong("an actor that forgets itself")),
            Change::Forgotten { actor } => self.forget(actor)?,
            _ => {}
        }
        Ok(())
    }

    fn forget(&mut self, actor: Actor) -> Result<(), Wrong> {
        self.actors.remove(&actor).map(|_| ()).ok_or(Wrong("an actor that was never born"))
    }

    fn born(&mut self, position: Position, actor: Actor, code: crate::Code<'_>, options: &[u8]) -> Result<(), Wrong> {
        match self.actors.insert(actor, Durable::born(position, code, options)) {
            None => Ok(()),
            Some(_) => Err(Wrong("an identity a second time")),
        }
    }

    fn fault(&mut self, position: Position, fault: Fault<'_>) -> Result<(), Wrong> {
        let actor = self.actor(fault.actor)?;
        (actor.life, actor.last) = (actor.life.max(fault.life), position);
        match (fault.input, fault.fate) {
            (Tried::Waiting(input), Fate::Kept) => {
                actor.waiting.get_mut(&input).ok_or(Wrong("a fault on what did not wait"))?.attempts = fault.attempt;
            }
            (Tried::Waiting(input), Fate::Dropped) => {
                actor.waiting.remove(&input).ok_or(Wrong("a fault on what did not wait"))?;
            }
            (Tried::Alarm { key }, fate) => actor.alarm_failed(key, fault.attempt, fate)?,
            (Tried::Nothing, _) => {}
        }
        match fault.rung {
            Rung::Park => actor.standing = Standing::Parked,
            Rung::Replace => actor.give_up_state(),
            Rung::Resume | Rung::Restart | Rung::Stop | Rung::Escalate => {}
        }
        Ok(())
    }

    /// Takes a piece of a snapshot.
    ///
    /// # Errors
    /// When it can't be a piece of one.
    pub fn load(&mut self, part: Part<'_>) -> Result<(), Wrong> {
        match part {
            Part::Vat { position, epoch, is_closed, over } => {
                (self.position, self.epoch, self.is_closed, self.over) = (position, epoch, is_closed, over);
            }
            Part::Actor { actor, life, turn, last, tag, standing, code, options } => {
                self.born(last, actor, code, options)?;
                let loaded = self.actor(actor)?;
                (loaded.life, loaded.turn, loaded.tag, loaded.standing) = (life, turn, tag, standing);
            }
            Part::State { actor, bytes } => self.actor(actor)?.state = bytes.into(),
            Part::Entry { actor, key, value } => {
                self.actor(actor)?.map.insert(key.into(), value.into());
            }
            Part::Waiting { id, is_deferred, attempts, message } => {
                let entry = Waiting { is_deferred, attempts, ..Waiting::new(message) };
                self.actor(message.to)?.waiting.insert(id, entry);
            }
            Part::Alarm { actor, key, alarm } => {
                self.actor(actor)?.alarms.insert(key, alarm);
            }
            Part::Bond { actor, key, what } => {
                self.actor(actor)?.bonds.insert(key, what.into());
            }
            Part::Out { peer, epoch, seq, bytes } => {
                self.outbox.insert((peer, epoch, seq), bytes.into());
            }
            Part::Inbox { peer, epoch, seq } => {
                self.inbox.insert(peer, (epoch, seq));
            }
            Part::Asked { id, actor, delivery, is_attempted, bytes } => {
                self.asked.insert(id, Asked { actor, delivery, is_attempted, bytes: bytes.into() });
            }
            Part::Lease { shard, epoch, holder, is_sealed } => {
                self.leases.insert(shard, Lease { epoch, holder, is_sealed });
            }
            Part::Lent { actor, rights } => self.actor(actor)?.lent = rights,
            Part::Blank { actor } => self.actor(actor)?.is_blank = true,
            Part::Carried { actor, bytes } => {
                self.carried.insert(actor, bytes.into());
            }
        }
        Ok(())
    }
}
