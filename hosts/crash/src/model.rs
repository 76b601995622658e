//! The fold once more, naively: nothing is kept but the records, and each question is answered by looking through all of them.
use peerd_journal::{
    Actor, Alarm, Asked, Change, Changes, Code, Consumed, Durable, Epoch, Fate, Fault, Id, Image, Kind, Lease, Message, Origin, Outcome,
    Position, Record, Rung, Standing, Tried, Waiting,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub struct Model(Vec<Kept>);

struct Kept {
    epoch: Epoch,
    position: Position,
    kind: Kind,
    body: Vec<u8>,
}

/// What concerns one actor, in order.
#[derive(Clone, Copy)]
enum Event<'a> {
    Born(Code<'a>, &'a [u8]),
    Turn { life: u32, turn: u64 },
    Consumed(Id),
    Deferred(Id),
    Rang(u64),
    Arrived(Id, Message<'a>),
    Changed(Change<'a>),
    Fault(Fault<'a>),
    Ended { life: u32, is_buried: bool },
    Upgraded(Code<'a>),
    Restored(Changes<'a>),
    Lent(u8),
}

type Events<'a> = [(Position, Event<'a>)];

impl Model {
    pub fn add(&mut self, epoch: Epoch, position: Position, record: &Record<'_>) {
        let mut body = Vec::new();
        record.put(&mut body);
        self.0.push(Kept { epoch, position, kind: record.kind(), body });
    }

    pub fn forget_after(&mut self, last: Position) {
        self.0.retain(|kept| kept.position <= last);
    }

    pub fn records(&self) -> impl DoubleEndedIterator<Item = (Epoch, Position, Record<'_>)> {
        self.0.iter().map(|kept| (kept.epoch, kept.position, Record::of(kept.kind, &kept.body).expect("put by the same code")))
    }

    pub fn image(&self) -> Image {
        let records: Vec<_> = self.records().collect();
        let changes = || {
            records.iter().flat_map(|&(epoch, position, record)| {
                let commit = if let Record::Commit(commit) = record { Some(commit) } else { None };
                let changes =
                    commit.into_iter().flat_map(|commit| (1..).zip(commit.changes.iter()).map(move |change| (commit.actor, change)));
                changes.map(move |(actor, (index, change))| (epoch, Id { position, index }, actor, change))
            })
        };
        let by_turns = changes().filter_map(|(.., change)| if let Change::Forgotten { actor } = change { Some(actor) } else { None });
        let alone = records.iter().filter_map(|(.., record)| if let Record::Forget { actor } = record { Some(*actor) } else { None });
        let forgotten: BTreeSet<Actor> = by_turns.chain(alone).collect();
        let born = changes().filter_map(|(.., change)| if let Change::Born { actor, .. } = change { Some(actor) } else { None });
        let actors = born.filter(|actor| !forgotten.contains(actor)).map(|actor| (actor, durable(actor, &self.events(actor)))).collect();
        let acked = |peer, epoch, seq| {
            records
                .iter()
                .any(|(.., record)| matches!(record, Record::Ack { peer: p, epoch: e, upto } if *p == peer && (*e, *upto) >= (epoch, seq)))
        };
        let outbox = changes().filter_map(|(epoch, _, _, change)| match change {
            // An ack never comes before what it acknowledges.
            Change::Out { peer, seq, bytes } if !acked(peer, epoch, seq) => Some(((peer, epoch, seq), bytes.to_vec())),
            _ => None,
        });
        let effect = |id: Id, wanted: fn(&Outcome<'_>) -> bool| {
            records.iter().any(|(.., record)| matches!(record, Record::Effect { id: found, outcome } if *found == id && wanted(outcome)))
        };
        let asked = changes().filter_map(|(_, id, actor, change)| match change {
            Change::Asked { delivery, bytes } if !effect(id, |outcome| matches!(outcome, Outcome::Result(_))) => {
                let is_attempted = effect(id, |outcome| *outcome == Outcome::Attempted);
                Some((id, Asked { actor, delivery, is_attempted, bytes: bytes.to_vec() }))
            }
            _ => None,
        });
        let origins = records.iter().filter_map(|(.., record)| match record {
            Record::Admit { origin, .. } => Some(*origin),
            Record::Commit(commit) => {
                if let Consumed::Inline { origin, .. } = commit.consumed {
                    Some(origin)
                } else {
                    None
                }
            }
            _ => None,
        });
        let inbox =
            origins.filter_map(|origin| if let Origin::Far { peer, epoch, seq } = origin { Some((peer, (epoch, seq))) } else { None });
        let leases = records.iter().filter_map(|(.., record)| match *record {
            Record::Lease { shard, epoch, holder, is_sealed } => Some((shard, Lease { epoch, holder, is_sealed })),
            _ => None,
        });
        let over = (0..records.len()).rev().find(|&n| {
            let before = n.checked_sub(1).map(|before| records[before]);
            let is_new = before.is_none_or(|(epoch, ..)| epoch != records[n].0);
            matches!(records[n].2, Record::Open(_)) && is_new && !before.is_some_and(|(.., record)| matches!(record, Record::Close { .. }))
        });
        let last = records.last().copied();
        let newest = last.map(|(epoch, ..)| epoch);
        let carried = records.iter().filter_map(|(epoch, _, record)| match *record {
            Record::Carried { actor, bytes, .. } if Some(*epoch) == newest && !bytes.is_empty() => Some((actor, bytes.to_vec())),
            _ => None,
        });
        Image {
            position: last.map(|(_, position, _)| position).unwrap_or_default(),
            epoch: last.map(|(epoch, ..)| epoch).unwrap_or_default(),
            is_closed: last.is_some_and(|(.., record)| matches!(record, Record::Close { .. })),
            over: over.map(|n| records[n].1).unwrap_or_default(),
            actors,
            outbox: outbox.collect(),
            inbox: inbox.collect(),
            asked: asked.collect(),
            leases: leases.collect(),
            carried: carried.collect(),
        }
    }

    fn events(&self, me: Actor) -> Vec<(Position, Event<'_>)> {
        let mut events = Vec::new();
        for (_, position, record) in self.records() {
            let mut add = |event| events.push((position, event));
            match record {
                Record::Admit { message, .. } if message.to == me => add(Event::Arrived(Id { position, index: 0 }, message)),
                Record::Fault(fault) if fault.actor == me => add(Event::Fault(fault)),
                Record::End { actor, life, is_buried, .. } if actor == me => add(Event::Ended { life, is_buried }),
                Record::Upgrade { actor, to, .. } if actor == me => add(Event::Upgraded(to)),
                Record::Restore { actor, changes, .. } if actor == me => add(Event::Restored(changes)),
                Record::Lent { actor, rights } if actor == me => add(Event::Lent(rights)),
                Record::Commit(commit) => {
                    let is_mine = commit.actor == me;
                    let mut changes: Vec<_> = (1..).zip(commit.changes.iter()).collect();
                    // Its own birth is before its first turn.
                    if let Some(&(_, Change::Born { actor, code, options })) = changes.first()
                        && actor == me
                    {
                        add(Event::Born(code, options));
                        changes.remove(0);
                    }
                    if is_mine {
                        add(Event::Turn { life: commit.life, turn: commit.turn });
                        let is_deferred = changes.iter().any(|(_, change)| *change == Change::Deferred);
                        match commit.consumed {
                            Consumed::Waiting(id) if is_deferred => add(Event::Deferred(id)),
                            Consumed::Waiting(id) => add(Event::Consumed(id)),
                            Consumed::Inline { message, .. } if is_deferred => {
                                add(Event::Arrived(Id { position, index: 0 }, message));
                                add(Event::Deferred(Id { position, index: 0 }));
                            }
                            Consumed::Alarm { key } => add(Event::Rang(key)),
                            Consumed::Inline { .. } | Consumed::Nothing => {}
                        }
                    }
                    for (index, change) in changes {
                        match change {
                            Change::Sent(message) if message.to == me => add(Event::Arrived(Id { position, index }, message)),
                            Change::Born { actor, code, options } if actor == me => add(Event::Born(code, options)),
                            _ if is_mine => add(Event::Changed(change)),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        events
    }
}

/// The newest answer that any event gives.
fn newest<'a, T>(events: &Events<'a>, answer: impl Fn(Event<'a>) -> Option<T>) -> Option<T> {
    events.iter().rev().find_map(|(_, event)| answer(*event))
}

fn durable(me: Actor, events: &Events<'_>) -> Durable {
    let (code, options) =
        newest(events, |event| if let Event::Born(code, options) = event { Some((code, options)) } else { None }).expect("born");
    let options =
        newest(events, |event| if let Event::Changed(Change::Options(bytes)) = event { Some(bytes) } else { None }).unwrap_or(options);
    let code = newest(events, |event| if let Event::Upgraded(code) = event { Some(code) } else { None }).unwrap_or(code);
    let lives = events.iter().map(|(_, event)| match *event {
        Event::Turn { life, .. } | Event::Ended { life, .. } => life,
        Event::Fault(fault) => fault.life,
        _ => 0,
    });
    let last = events.iter().rfind(|(_, event)| !matches!(event, Event::Arrived(..) | Event::Lent(_))).expect("born").0;
    let keys = |of: fn(Change<'_>) -> Option<u64>| -> BTreeSet<u64> {
        let own = events.iter().filter_map(|(_, event)| if let Event::Changed(change) = event { of(*change) } else { None });
        let restored = events.iter().filter_map(|(_, event)| if let Event::Restored(changes) = event { Some(*changes) } else { None });
        own.chain(restored.flat_map(Changes::iter).filter_map(of)).collect()
    };
    let alarms = keys(|change| if let Change::Alarm { key, .. } = change { Some(key) } else { None });
    let bonds = keys(|change| if let Change::Bond { key, .. } = change { Some(key) } else { None });
    Durable {
        life: lives.max().unwrap_or(0),
        turn: newest(events, |event| if let Event::Turn { turn, .. } = event { Some(turn) } else { None }).unwrap_or(0),
        last,
        tag: tag(events),
        standing: standing(events),
        behaviour: code.name.into(),
        hash: code.hash,
        options: options.to_vec(),
        state: state(events),
        map: map(events),
        waiting: waiting(me, events),
        alarms: alarms.into_iter().filter_map(|key| Some((key, alarm(key, events)?))).collect(),
        bonds: bonds.into_iter().filter_map(|key| Some((key, bond(key, events)?))).collect(),
        is_blank: newest(events, |event| match event {
            Event::Turn { .. } | Event::Restored(_) => Some(false),
            _ => replaces(event).then_some(true),
        })
        .unwrap_or(false),
        lent: events.iter().fold(0, |all, (_, event)| if let Event::Lent(rights) = event { all | rights } else { all }),
    }
}

fn replaces(event: Event<'_>) -> bool {
    matches!(event, Event::Fault(Fault { rung: Rung::Replace, .. }))
}

fn state(events: &Events<'_>) -> Vec<u8> {
    let of = |change| if let Change::State(bytes) = change { Some(bytes.to_vec()) } else { None };
    let answer = newest(events, |event| match event {
        Event::Changed(change) => of(change),
        Event::Restored(changes) => Some(changes.iter().filter_map(of).last().unwrap_or_default()),
        _ => replaces(event).then(Vec::new),
    });
    answer.unwrap_or_default()
}

fn map(events: &Events<'_>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut map = BTreeMap::new();
    // A put counts unless a later event speaks of its key.
    for (n, (_, event)) in events.iter().enumerate() {
        let speaks = |key: &[u8]| {
            events[n + 1..].iter().any(|(_, later)| match later {
                Event::Changed(Change::Put { key: k, .. } | Change::Delete { key: k }) => *k == key,
                Event::Changed(Change::Clear) | Event::Restored(_) => true,
                later => replaces(*later),
            })
        };
        let puts: Vec<Change<'_>> = match event {
            Event::Changed(change) => vec![*change],
            Event::Restored(changes) => changes.iter().collect(),
            _ => Vec::new(),
        };
        for put in puts {
            if let Change::Put { key, value } = put
                && !speaks(key)
            {
                map.insert(key.to_vec(), value.to_vec());
            }
        }
    }
    map
}

fn tag(events: &Events<'_>) -> u32 {
    let of = |change| if let Change::Tag(tag) = change { Some(tag) } else { None };
    let answer = newest(events, |event| match event {
        Event::Changed(change) => of(change),
        Event::Restored(changes) => changes.iter().filter_map(of).last(),
        _ => None,
    });
    answer.unwrap_or(0)
}

fn standing(events: &Events<'_>) -> Standing {
    let Some((&(_, event), before)) = events.split_last() else { return Standing::Live };
    match event {
        Event::Turn { .. } => Standing::Live,
        Event::Fault(Fault { rung: Rung::Park, .. }) => Standing::Parked,
        Event::Ended { is_buried: true, .. } => Standing::Buried,
        Event::Ended { .. } | Event::Restored(_) if standing(before) == Standing::Parked => Standing::Parked,
        Event::Ended { .. } | Event::Restored(_) => Standing::Ended,
        _ => standing(before),
    }
}

fn alarm(key: u64, events: &Events<'_>) -> Option<Alarm> {
    let set = |change, position| match change {
        Change::Alarm { key: k, due, every } if k == key => Some(Some(Alarm { due, set: position, every, attempts: 0 })),
        Change::Unset { key: k } if k == key => Some(None),
        _ => None,
    };
    let begun = events.iter().enumerate().rev().find_map(|(n, (position, event))| match *event {
        Event::Changed(change) => Some((n, set(change, *position)?)),
        Event::Rang(k) if k == key => Some((n, None)),
        Event::Ended { is_buried: true, .. } => Some((n, None)),
        Event::Restored(changes) => Some((n, changes.iter().filter_map(|change| set(change, *position)).last().flatten())),
        _ => None,
    });
    let (n, alarm) = begun?;
    let faults: Vec<&Fault<'_>> = events[n..]
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Fault(fault) if fault.input == (Tried::Alarm { key }) => Some(fault),
            _ => None,
        })
        .collect();
    let given_up = faults.iter().filter(|fault| fault.fate == Fate::Dropped).count() as u64;
    let mut alarm = alarm?;
    if given_up > 0 {
        alarm.due = alarm.every?.after(alarm.due, given_up);
    }
    alarm.attempts = faults.last().filter(|fault| fault.fate == Fate::Kept).map_or(0, |fault| fault.attempt);
    Some(alarm)
}

fn bond(key: u64, events: &Events<'_>) -> Option<Vec<u8>> {
    let answer = newest(events, |event| match event {
        Event::Changed(Change::Bond { key: k, what }) if k == key => Some(Some(what.to_vec())),
        Event::Changed(Change::Unbond { key: k }) if k == key => Some(None),
        Event::Ended { .. } | Event::Restored(_) => Some(None),
        _ => None,
    });
    answer.flatten()
}

fn waiting(me: Actor, events: &Events<'_>) -> BTreeMap<Id, Waiting> {
    let mut waiting = BTreeMap::new();
    for (n, &(position, event)) in events.iter().enumerate() {
        let arrivals: Vec<(Id, Message<'_>)> = match event {
            Event::Arrived(id, message) => vec![(id, message)],
            Event::Restored(changes) => {
                let sent = (1..).zip(changes.iter());
                sent.filter_map(
                    |(index, change)| if let Change::Sent(message) = change { Some((Id { position, index }, message)) } else { None },
                )
                .collect()
            }
            _ => Vec::new(),
        };
        for (id, message) in arrivals {
            if let Some((is_deferred, attempts)) = fate(id, n, events) {
                let Message { from, life, kind, envelope, body, .. } = message;
                assert_eq!(message.to, me);
                let (envelope, body) = (envelope.to_vec(), body.to_vec());
                waiting.insert(id, Waiting { is_deferred, attempts, from, life, kind, envelope, body });
            }
        }
    }
    waiting
}

/// Of the message that arrived by event `n`: none if it is gone.
fn fate(id: Id, n: usize, events: &Events<'_>) -> Option<(bool, u32)> {
    let (mut is_deferred, mut attempts) = (false, 0);
    for (at, (_, event)) in events.iter().enumerate().skip(n + 1) {
        match event {
            Event::Consumed(gone) if *gone == id => return None,
            Event::Fault(fault) if fault.input == Tried::Waiting(id) && fault.fate == Fate::Dropped => return None,
            Event::Fault(fault) if fault.input == Tried::Waiting(id) => attempts = fault.attempt,
            Event::Ended { is_buried: true, .. } => return None,
            Event::Restored(_) if is_deferred => return None,
            Event::Deferred(set) if *set == id => is_deferred = true,
            Event::Ended { .. } => is_deferred = false,
            Event::Changed(Change::Tag(new)) if *new != tag(&events[..at]) => is_deferred = false,
            _ => {}
        }
    }
    Some((is_deferred, attempts))
}
