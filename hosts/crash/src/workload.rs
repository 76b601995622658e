//! Draws what vats write: records of every kind, each of which can follow from what is before it.
use peerd_journal::{
    Actor, Change, Code, Commit, Consumed, Delivery, Durable, Epoch, Every, Fate, Fault, Hash, Id, Image, List, Message, Missed, Origin,
    Outcome, Position, Record, Rung, Standing, Tried, Vat,
};
use peerd_sim::Draw;

/// Limit: a workload stays small enough to be cut at each of its bytes.
const ACTORS_MAX: usize = 8;
const BYTES_MAX: u64 = 120;

pub struct Workload {
    pub draw: Draw,
    born: u64,
    seq: u64,
}

impl Workload {
    pub fn new(seed: u64) -> Workload {
        Workload { draw: Draw::new(seed), born: 0, seq: 0 }
    }

    /// The next record, told to `append`, which says at which position it stands.
    pub fn record(&mut self, image: &Image, append: &mut dyn FnMut(&Record<'_>)) {
        let (bytes, list) = (self.bytes(), &mut List::default());
        let Some(actor) = self.actor(image) else { return self.commit(image, None, &bytes, append) };
        let durable = &image.actors[&actor];
        let life = durable.life;
        match self.draw.below(20) {
            0 => append(&Record::Admit { origin: self.origin(image), message: self.message(actor, &bytes) }),
            1 => {
                let input = self.tried(durable);
                let fate = if self.draw.one_in(2) { Fate::Kept } else { Fate::Dropped };
                let rungs = [Rung::Resume, Rung::Restart, Rung::Replace, Rung::Stop, Rung::Park, Rung::Escalate];
                let rung = *self.draw.pick(&rungs).expect("six");
                let attempt = self.draw.below(6) as u32;
                append(&Record::Fault(Fault { actor, life, input, attempt, rung, fate, reason: &bytes }));
            }
            2 if image.actors.len() >= ACTORS_MAX => append(&Record::Forget { actor }),
            2 => append(&Record::End { actor, life, is_buried: self.draw.one_in(3), reason: &bytes }),
            3 => {
                let Some(&(peer, epoch, upto)) = image.outbox.keys().nth(self.draw.below(4) as usize) else { return };
                append(&Record::Ack { peer, epoch, upto });
            }
            4 => {
                let Some(&id) = image.asked.keys().nth(self.draw.below(2) as usize) else { return };
                let outcome = if self.draw.one_in(2) { Outcome::Attempted } else { Outcome::Result(&bytes) };
                append(&Record::Effect { id, outcome });
            }
            5 => {
                let shard = self.draw.below(3);
                let epoch = Epoch(image.leases.get(&shard).map_or(1, |lease| lease.epoch.0 + self.draw.below(2)));
                append(&Record::Lease { shard, epoch, holder: Vat(7), is_sealed: self.draw.one_in(2) });
            }
            6 => append(&Record::Upgrade { actor, from: durable.hash, to: Code { name: "counter", hash: Hash::of(&bytes) } }),
            7 => {
                list.push(Change::State(&bytes));
                list.push(Change::Put { key: b"restored", value: &bytes });
                list.push(Change::Alarm { key: 9, due: self.draw.below(1_000), every: None });
                list.push(Change::Sent(self.message(actor, &bytes)));
                append(&Record::Restore { actor, to: Position(self.draw.below(image.position.0)), changes: list.changes() });
            }
            8 => append(&Record::Lent { actor, rights: self.draw.below(256) as u8 }),
            _ => self.commit(image, Some(actor), &bytes, append),
        }
    }

    fn commit(&mut self, image: &Image, actor: Option<Actor>, bytes: &[u8], append: &mut dyn FnMut(&Record<'_>)) {
        let mut list = List::default();
        let me = actor.unwrap_or_else(|| self.birth(bytes, &mut list));
        let (nobody, known) = (Durable::default(), image.actors.get(&me));
        let durable = known.unwrap_or(&nobody);
        let is_new_life = durable.life == 0 || durable.standing != Standing::Live || self.draw.one_in(9);
        let consumed = match self.draw.below(5) {
            0 => Consumed::Nothing,
            1 => Consumed::Alarm { key: self.draw.below(4) },
            2 => Consumed::Inline { origin: self.origin(image), message: self.message(me, bytes) },
            _ => self.waiting(durable).map_or(Consumed::Nothing, Consumed::Waiting),
        };
        if matches!(consumed, Consumed::Waiting(_) | Consumed::Inline { .. }) && self.draw.one_in(4) {
            list.push(Change::Deferred);
        }
        for _ in 0..self.draw.below(5) {
            self.change(image, me, bytes, &mut list);
        }
        if let Some((&other, _)) = image.actors.iter().find(|(other, _)| **other != me && image.actors.len() >= ACTORS_MAX) {
            list.push(Change::Forgotten { actor: other });
        }
        append(&Record::Commit(Commit {
            actor: me,
            life: durable.life + u32::from(is_new_life),
            turn: durable.turn + 1,
            now: image.position.0 * 10,
            seed: self.draw.number(),
            is_confirmed: !self.draw.one_in(4),
            consumed,
            changes: list.changes(),
        }));
    }

    fn change(&mut self, image: &Image, me: Actor, bytes: &[u8], list: &mut List) {
        let number = self.draw.below(4);
        let key = [number as u8];
        match self.draw.below(16) {
            0..3 => list.push(Change::State(bytes)),
            3..5 => list.push(Change::Put { key: &key, value: bytes }),
            5 => list.push(Change::Delete { key: &key }),
            6 => list.push(Change::Clear),
            7..9 => {
                let to = self.actor(image).unwrap_or(me);
                list.push(Change::Sent(self.message(to, bytes)));
            }
            9 => {
                self.seq += 1;
                list.push(Change::Out { peer: Vat(number as u32), seq: self.seq, bytes });
            }
            10 => {
                let delivery = if number == 0 { Delivery::AtMostOnce } else { Delivery::AtLeastOnce };
                list.push(Change::Asked { delivery, bytes });
            }
            11 => list.push(Change::Alarm { key: number, due: self.draw.below(1_000), every: self.every() }),
            12 => list.push(if self.draw.one_in(2) { Change::Unset { key: number } } else { Change::Unbond { key: number } }),
            13 if number == 0 => list.push(Change::Options(bytes)),
            13 => list.push(Change::Bond { key: number, what: bytes }),
            14 => list.push(Change::Tag(number as u32)),
            _ => {
                self.birth(bytes, list);
            }
        }
    }

    fn tried(&mut self, durable: &Durable) -> Tried {
        match durable.alarms.keys().nth(self.draw.below(4) as usize) {
            Some(&key) => Tried::Alarm { key },
            None => self.waiting(durable).map_or(Tried::Nothing, Tried::Waiting),
        }
    }

    fn every(&mut self) -> Option<Every> {
        let missed = [Missed::Coalesce, Missed::Skip, Missed::Each(self.draw.below(1 << 33) as u32)];
        self.draw.one_in(2).then(|| Every::ms(1 + self.draw.below(1_000)).missed(*self.draw.pick(&missed).expect("three")))
    }

    fn birth(&mut self, options: &[u8], list: &mut List) -> Actor {
        self.born += 1;
        let actor = Actor(self.born);
        list.push(Change::Born { actor, code: Code { name: "counter", hash: Hash::of(b"1") }, options });
        actor
    }

    fn actor(&mut self, image: &Image) -> Option<Actor> {
        let actors: Vec<Actor> = image.actors.keys().copied().collect();
        self.draw.pick(&actors).copied()
    }

    fn waiting(&mut self, durable: &Durable) -> Option<Id> {
        let waiting: Vec<Id> = durable.waiting.keys().copied().collect();
        self.draw.pick(&waiting).copied()
    }

    fn origin(&mut self, image: &Image) -> Origin {
        let peer = Vat(self.draw.below(2) as u32);
        let (epoch, seq) = image.inbox.get(&peer).copied().unwrap_or((Epoch(1), 0));
        match self.draw.below(3) {
            0 => Origin::Near,
            1 => Origin::Host,
            _ => Origin::Far { peer, epoch: Epoch(epoch.0 + self.draw.below(2)), seq: seq + 1 },
        }
    }

    fn message<'a>(&mut self, to: Actor, body: &'a [u8]) -> Message<'a> {
        let half = body.len() / 2;
        Message { to, from: Actor(self.draw.below(3)), life: 1, kind: self.draw.below(9) as u8, envelope: &body[..half], body }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.draw.below(BYTES_MAX);
        (0..length).map(|_| self.draw.number() as u8).collect()
    }
}
