//! Every record is read as it was put, and what a file looks like does not change unnoticed.
use super::kit::{begun, count};
use crate::{
    Actor, Alarm, Change, Code, Commit, Consumed, Delivery, Epoch, Every, Fate, Fault, Hash, Id, List, Message, Missed, Open, Origin,
    Outcome, Part, Place, Position, Record, Rung, Standing, Tried, Vat,
};
use alloc::vec::Vec;

const ID: Id = Id { position: Position(300), index: 2 };
const CODE: Code<'_> = Code { name: "counter", hash: Hash([3; 32]) };
const MESSAGE: Message<'_> = Message { to: Actor(1), from: Actor(0), life: 2, kind: 4, envelope: b"e", body: b"body" };
const FAR: Origin = Origin::Far { peer: Vat(9), epoch: Epoch(8), seq: 7 };

fn changes() -> List {
    let all = [
        Change::Born { actor: Actor(1), code: CODE, options: b"o" },
        Change::State(b"state"),
        Change::Put { key: b"k", value: b"" },
        Change::Delete { key: b"k" },
        Change::Clear,
        Change::Sent(MESSAGE),
        Change::Out { peer: Vat(1), seq: 1 << 40, bytes: b"out" },
        Change::Asked { delivery: Delivery::AtMostOnce, bytes: b"ask" },
        Change::Alarm { key: 1, due: u64::MAX, every: None },
        Change::Alarm { key: 2, due: 7, every: Some(Every::ms(1_000)) },
        Change::Alarm { key: 3, due: 7, every: Some(Every::ms(u64::MAX).missed(Missed::Each(u32::MAX))) },
        Change::Unset { key: 1 },
        Change::Forgotten { actor: Actor(2) },
        Change::Bond { key: 3, what: b"w" },
        Change::Unbond { key: 3 },
        Change::Tag(5),
        Change::Deferred,
        Change::Options(b"how"),
    ];
    all.into_iter().collect()
}

#[test]
fn every_record_is_read_as_it_was_put() {
    let list = changes();
    let commit = |consumed| {
        let (actor, changes) = (Actor(1), list.changes());
        Record::Commit(Commit { actor, life: 1, turn: 2, now: 3, seed: 4, is_confirmed: true, consumed, changes })
    };
    let place = Place { epoch: Epoch(1), number: 2, length: 3, link: Hash([4; 32]), position: Position(5) };
    let asked = Part::Asked { id: ID, actor: Actor(1), delivery: Delivery::AtLeastOnce, is_attempted: true, bytes: b"b" };
    let actor =
        Part::Actor { actor: Actor(1), life: 2, turn: 3, last: Position(4), tag: 5, standing: Standing::Parked, code: CODE, options: b"o" };
    let records = [
        Record::Open(Open { before: None }),
        Record::Open(Open { before: Some(place) }),
        Record::Close { image: None },
        Record::Close { image: Some(Hash([5; 32])) },
        Record::Admit { origin: FAR, message: MESSAGE },
        commit(Consumed::Nothing),
        commit(Consumed::Waiting(ID)),
        commit(Consumed::Inline { origin: Origin::Near, message: MESSAGE }),
        commit(Consumed::Alarm { key: 1 }),
        Record::Fault(Fault {
            actor: Actor(1),
            life: 1,
            input: Tried::Waiting(ID),
            attempt: 3,
            rung: Rung::Park,
            fate: Fate::Kept,
            reason: b"r",
        }),
        Record::Fault(Fault {
            actor: Actor(1),
            life: 1,
            input: Tried::Alarm { key: 9 },
            attempt: 1,
            rung: Rung::Restart,
            fate: Fate::Kept,
            reason: b"",
        }),
        Record::Fault(Fault {
            actor: Actor(1),
            life: 1,
            input: Tried::Nothing,
            attempt: 0,
            rung: Rung::Stop,
            fate: Fate::Dropped,
            reason: b"",
        }),
        Record::End { actor: Actor(1), life: 1, is_buried: true, reason: b"normal" },
        Record::Forget { actor: Actor(1) },
        Record::Ack { peer: Vat(1), epoch: Epoch(2), upto: 3 },
        Record::Effect { id: ID, outcome: Outcome::Attempted },
        Record::Effect { id: ID, outcome: Outcome::Result(b"done") },
        Record::Lease { shard: 1, epoch: Epoch(2), holder: Vat(3), is_sealed: true },
        Record::Upgrade { actor: Actor(1), from: Hash([1; 32]), to: CODE },
        Record::Restore { actor: Actor(1), to: Position(3), changes: list.changes() },
        Record::Lent { actor: Actor(1), rights: 67 },
        Record::Carried { actor: Actor(1), life: 2, bytes: b"c" },
        Record::Snapshot(Part::Vat { position: Position(1), epoch: Epoch(2), is_closed: true, over: Position(1) }),
        Record::Snapshot(actor),
        Record::Snapshot(Part::State { actor: Actor(1), bytes: b"s" }),
        Record::Snapshot(Part::Entry { actor: Actor(1), key: b"k", value: b"v" }),
        Record::Snapshot(Part::Waiting { id: ID, is_deferred: true, attempts: 2, message: MESSAGE }),
        Record::Snapshot(Part::Alarm { actor: Actor(1), key: 2, alarm: Alarm { due: 3, set: Position(4), every: None, attempts: 0 } }),
        Record::Snapshot(Part::Alarm { actor: Actor(1), key: 2, alarm: Alarm { due: 3, set: Position(4), every: None, attempts: 5 } }),
        Record::Snapshot(Part::Alarm {
            actor: Actor(1),
            key: 2,
            alarm: Alarm { due: 3, set: Position(4), every: Some(Every::ms(60_000).missed(Missed::Skip)), attempts: 0 },
        }),
        Record::Snapshot(Part::Bond { actor: Actor(1), key: 2, what: b"w" }),
        Record::Snapshot(Part::Out { peer: Vat(1), epoch: Epoch(2), seq: 3, bytes: b"o" }),
        Record::Snapshot(Part::Inbox { peer: Vat(1), epoch: Epoch(2), seq: 3 }),
        Record::Snapshot(asked),
        Record::Snapshot(Part::Lease { shard: 1, epoch: Epoch(2), holder: Vat(3), is_sealed: false }),
        Record::Snapshot(Part::Lent { actor: Actor(1), rights: 67 }),
        Record::Snapshot(Part::Blank { actor: Actor(1) }),
        Record::Snapshot(Part::Carried { actor: Actor(1), bytes: b"c" }),
    ];
    for record in records {
        let mut body = Vec::new();
        record.put(&mut body);
        assert_eq!(Record::of(record.kind(), &body), Some(record));
        body.push(0);
        assert_eq!(Record::of(record.kind(), &body), None, "a byte too many");
    }
}

/// A journal that exists must stay readable: a change of this hash is a change of the format, and of its version.
#[test]
fn the_format_is_version_1() {
    let (mut files, mut writer) = begun(None);
    for to in 2..=9 {
        count(&mut writer, to);
    }
    files.land(&mut writer);
    let hash = Hash::of(&files.0[&writer.header().file]);
    assert_eq!(alloc::format!("{hash:?}"), "d96266b0d84b");
}
