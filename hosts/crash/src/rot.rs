//! What no power cut does: bits flipped, groups moved, forged or written twice, owners that come back, whole stores lost.
use crate::{Fate, Store, Tally, Tape, VAT, cuts::holds, disk::write, play::recover_under};
use peerd_journal::{
    Commit, Epoch, File, GROUP, HEADER, Header, Identity, LINK, Opening, Position, Record, Refusal, Role, Unchained, Until, Writer,
};
use peerd_seal::Key;
use peerd_sim::Draw;
use std::ops::{Range, RangeInclusive};

/// One bit of each byte of each file.
pub fn flips(seed: u64, tape: &Tape, tally: &mut Tally) {
    let (store, mut draw) = (tape.disk.crash(Fate::All), Draw::new(seed ^ 0xf11b));
    let whole = tape.recover(&store, Until::End).expect("nothing has happened to it").image.position;
    let newest = *store.0.keys().rfind(|file| file.role == Role::Log).expect("there is a log");
    let last = groups(&store.0[&newest]).pop().expect("it is opened").start;
    for (&file, bytes) in &store.0 {
        for at in 0..bytes.len() {
            let mut flipped = store.clone();
            flipped.0.get_mut(&file).expect("it is there")[at] ^= 1 << draw.below(8);
            let result = match tape.recover(&flipped, Until::End) {
                Err(refusal) => {
                    tally.refusal(&refusal);
                    // There is another way to the same image than a snapshot.
                    (file.role == Role::Log).then_some(()).ok_or_else(|| format!("seed {seed}, {} byte {at}: {refusal:?}", file.name()))
                }
                Ok(found) => {
                    tally.notes(&found.notes);
                    let may_miss = file == newest && at >= last;
                    let is_good = tape.knows(&found.image) && (found.image.position == whole || may_miss);
                    is_good.then_some(()).ok_or_else(|| format!("seed {seed}, {} byte {at}: {:?}", file.name(), found.image.position))
                }
            };
            tally.judged("flipped", result);
        }
    }
}

/// Where the groups of a file lie, its opening included.
fn groups(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut at, mut groups) = (HEADER, Vec::new());
    while let Some(head) = bytes.get(at..at + GROUP) {
        let length = u32::from_le_bytes(head[24..28].try_into().expect("four bytes")) as usize;
        let end = at + GROUP + length + LINK;
        if end > bytes.len() {
            break;
        }
        groups.push(at..end);
        at = end;
    }
    groups
}

/// Of a run of one owner in one file: what is done to one of its groups must be seen.
pub fn forged(seed: u64, tape: &Tape, tally: &mut Tally) {
    let file = File::log(Epoch(1), 0);
    let store = tape.disk.crash(Fate::All);
    let (bytes, mut draw) = (&store.0[&file], Draw::new(seed ^ 0xf02));
    let groups = groups(bytes);
    let mut try_one = |kind, n: usize, forged: Vec<u8>| {
        let mut store = Store::default();
        store.0.insert(file, forged);
        let limit = tape.images.keys().nth(n - 1).copied().expect("a group before it");
        let result = match tape.recover(&store, Until::End) {
            Err(refusal) => {
                tally.refusal(&refusal);
                Ok(())
            }
            Ok(found) => {
                tally.notes(&found.notes);
                let is_good = found.image.position <= limit && tape.knows(&found.image);
                is_good.then_some(()).ok_or_else(|| format!("seed {seed}, group {n} was taken"))
            }
        };
        tally.judged(kind, result);
    };
    for n in 1..groups.len() {
        let mut forged = bytes.clone();
        let payload = groups[n].start + GROUP..groups[n].end - LINK;
        forged[payload.start + draw.below(payload.len() as u64) as usize] ^= 1 << draw.below(8);
        try_one("relinked", n, relinked(forged, &groups));
        if let Some(other) = other_seed(tape, n..=n) {
            let mut forged = bytes.clone();
            let covered = groups[n].start..groups[n].end - LINK;
            forged[covered.clone()].copy_from_slice(&other[covered]);
            try_one("forked", n, forged);
        }
        // The link before it is only sealed in: without a key nobody can tell.
        if tape.key.is_some()
            && n > 1
            && let Some(other) = other_seed(tape, n - 1..=n)
        {
            let mut forged = bytes.clone();
            forged[groups[n].clone()].copy_from_slice(&other[groups[n].clone()]);
            try_one("spliced", n, relinked(forged, &groups));
        }
        let mut without = bytes.clone();
        without.drain(groups[n].clone());
        if n + 1 < groups.len() {
            try_one("hole", n, without);
        }
    }
}

/// As if what was done to them had been done before they were linked: only sums of records, and seals, can know.
fn relinked(mut forged: Vec<u8>, groups: &[Range<usize>]) -> Vec<u8> {
    let mut link = Header::of(&forged).expect("a good file").link();
    for group in groups {
        link = link.then(&forged[group.start..group.end - LINK]);
        forged[group.end - LINK..group.end].copy_from_slice(&link.0);
    }
    forged
}

/// The same file, as it were had the turns of these groups drawn other random seeds: good in itself, and not what was written.
fn other_seed(tape: &Tape, groups: RangeInclusive<usize>) -> Option<Vec<u8>> {
    let ends: Vec<Position> = tape.images.keys().copied().collect();
    let altered = ends[groups.start() - 1].after(1)..=ends[*groups.end()];
    let mut writer = Writer::open(Opening::first(tape.identity, VAT), tape.key.map(Key::codec));
    let (mut bytes, mut is_other) = (writer.flight()?.bytes.to_vec(), false);
    writer.landed();
    for (_, position, record) in tape.model.records().skip(1) {
        let record = match record {
            Record::Commit(commit) if altered.contains(&position) => {
                is_other = true;
                Record::Commit(Commit { seed: !commit.seed, ..commit })
            }
            record => record,
        };
        writer.append(&record).ok()?;
        if ends.contains(&position) {
            bytes.extend_from_slice(writer.flight()?.bytes);
            writer.landed();
        }
    }
    is_other.then_some(bytes)
}

/// What comes after the end of history changes nothing: groups a second time, owners that were only frozen.
pub fn after(seed: u64, tape: &Tape, tally: &mut Tally) {
    let store = tape.disk.crash(Fate::All);
    let newest = *store.0.keys().rfind(|file| file.role == Role::Log).expect("there is a log");
    for group in groups(&store.0[&newest]) {
        let mut twice = store.clone();
        let bytes = twice.0.get_mut(&newest).expect("it is there");
        bytes.extend_from_within(group.clone());
        holds(tape, &tape.mark, &twice, "twice", &format!("seed {seed}, group at {}", group.start), tally);
    }
    let mut late = store;
    for (file, at, bytes) in tape.late.iter().filter(|(file, ..)| file.epoch < newest.epoch) {
        if let Some(old) = late.0.get_mut(file) {
            write(old, *at, bytes);
        }
        holds(tape, &tape.mark, &late, "late", &format!("seed {seed}, {}", file.name()), tally);
    }
}

/// A store that is gone, or another's, is never an empty start.
pub fn lost(seed: u64, tape: &Tape, tally: &mut Tally) {
    let refused = tape.recover(&Store::default(), Until::End).err();
    let is_lost = refused == Some(Refusal::Files(Unchained::Lost));
    tally.judged("lost", is_lost.then_some(()).ok_or_else(|| format!("seed {seed}: an empty store: {refused:?}")));
    let refused = recover_under(tape.key, &tape.disk.crash(Fate::All), Some(Identity([0xee; 16])), Until::End).err();
    let is_foreign = matches!(refused, Some(Refusal::Files(Unchained::Foreign(_))));
    tally.judged("lost", is_foreign.then_some(()).ok_or_else(|| format!("seed {seed}: another's store: {refused:?}")));
}

/// Any place that was written can be come back to, if its log is there still.
pub fn back(seed: u64, tape: &Tape, tally: &mut Tally) {
    let store = tape.disk.crash(Fate::All);
    for (position, image) in &tape.images {
        let result = match tape.recover(&store, Until::Position(*position)) {
            Ok(found) if found.image == *image => Ok(()),
            // Compacted away.
            Err(Refusal::NoStart(_)) if tape.compactions > 1 => Ok(()),
            Ok(found) => Err(format!("seed {seed}: {:?} instead of {position:?}", found.image.position)),
            Err(refusal) => Err(format!("seed {seed}: {refusal:?}")),
        };
        tally.judged("bookmark", result);
    }
}
