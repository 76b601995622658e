//! Bytes as commands to a forger: files whose sums are right and whose meaning is anything. What is accepted must be an image that
//! can be compacted and read back, and no larger than what it was read from.
use crate::{VAT, disk::Store, forge::Forge, play::recover, workload::Workload};
use peerd_journal::{Compaction, File, Identity, Image, Kind, Position, Record, Recovered, Role, Step, Until, Writer};
use peerd_sim::Draw;

const IDENTITY: Identity = Identity([5; 16]);
const CLOSE: u8 = 2;

struct Forger<'a> {
    bytes: &'a [u8],
    store: Store,
    forge: Forge,
    /// The newest log, if a snapshot is being forged.
    log: Option<Forge>,
    /// Of the log so far, and of the snapshot at hand; none once a record could not follow.
    image: Option<Image>,
    loaded: Image,
    work: Workload,
}

/// # Errors
/// What was accepted and should not have been, or is not kept.
pub fn journal(bytes: &[u8]) -> Result<(), String> {
    let first = File::log(peerd_journal::Epoch(1), 0);
    let forge = Forge::open(IDENTITY, VAT, first, None);
    let mut image = Image::default();
    image.apply(first.epoch, Position(1), Record::Open(peerd_journal::Open { before: None })).map_err(|wrong| wrong.0.to_owned())?;
    let (image, work) = (Some(image), Workload::new(1));
    let mut forger = Forger { bytes, store: Store::default(), forge, log: None, image, loaded: Image::default(), work };
    while let Some(command) = forger.byte() {
        forger.obey(command);
    }
    let Forger { mut store, mut forge, log, .. } = forger;
    forge.close();
    for mut forge in log.into_iter().chain([forge]) {
        forge.close();
        store.0.entry(forge.file).or_insert(forge.bytes);
    }
    let Ok(found) = recover(&store, None, Until::End) else { return Ok(()) };
    let size: usize = store.0.values().map(Vec::len).sum();
    let weight = weigh(&found.image);
    if weight > size {
        return Err(format!("an image of {weight} bytes from files of {size}"));
    }
    match found.end {
        Some(_) => keeps(store, found),
        None => Ok(()),
    }
}

impl Forger<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn number(&mut self) -> usize {
        usize::from(self.byte().unwrap_or(0))
    }

    fn obey(&mut self, command: u8) {
        match command % 8 {
            0 | 1 => {
                let kind = command / 16;
                let (body, rest) = self.bytes.split_at(self.bytes.len().min(usize::from(command / 8 % 2) * 24 + 8));
                self.bytes = rest;
                self.record(kind, body);
            }
            2 | 3 => self.follow(),
            4 => self.forge.close(),
            5 => self.next(command / 8),
            6 => {
                self.forge.close();
                let at = self.number() * 256 + self.number();
                let length = self.forge.bytes.len();
                self.forge.bytes[at % length] ^= 1 << (command / 8 % 8);
            }
            _ => {
                self.forge.close();
                let length = self.forge.bytes.len();
                let cut = self.number() % length;
                self.forge.bytes.truncate(length - cut);
            }
        }
    }

    fn record(&mut self, kind: u8, body: &[u8]) {
        let position = self.forge.record(kind, body);
        let record = Kind::of(kind).and_then(|kind| Record::of(kind, body));
        match (record, self.forge.file.role) {
            (Some(Record::Snapshot(part)), Role::Snapshot) => {
                let _ = self.loaded.load(part);
            }
            (Some(record), Role::Log) => {
                let epoch = self.forge.file.epoch;
                self.image = self.image.take().and_then(|mut image| image.apply(epoch, position, record).is_ok().then_some(image));
            }
            (None, Role::Log) => self.image = None,
            (_, Role::Snapshot) => {}
        }
    }

    /// A record that can follow.
    fn follow(&mut self) {
        let seed = self.number() as u64;
        let Some(image) = self.image.clone().filter(|_| self.forge.file.role == Role::Log) else { return };
        self.work.draw = Draw::new(seed);
        let mut drawn = None;
        self.work.record(&image, &mut |record| {
            let mut body = Vec::new();
            record.put(&mut body);
            drawn = Some((record.kind() as u8, body));
        });
        if let Some((kind, body)) = drawn {
            self.record(kind, &body);
        }
    }

    /// Another file: a log after this one, or a snapshot of where the log stands.
    fn next(&mut self, how: u8) {
        let place = self.forge.place();
        let mut file = self.forge.file;
        match self.log.take() {
            Some(log) => {
                if how & 1 == 0 {
                    let mut body = vec![1];
                    body.extend(self.loaded.hash().0);
                    self.forge.record(CLOSE, &body);
                    self.forge.close();
                }
                self.keep(log);
            }
            None if how & 2 == 0 => {
                file.role = Role::Snapshot;
                self.loaded = Image::default();
                let snapshot = Forge::open(IDENTITY, VAT, file, Some(place));
                let log = std::mem::replace(&mut self.forge, snapshot);
                if let Some(image) = self.image.clone().filter(|_| how & 4 == 0) {
                    self.copy(&image, &log);
                }
                self.log = Some(log);
            }
            None => {
                if how & 8 == 0 {
                    file.number = file.number.wrapping_add(1);
                } else {
                    (file.epoch.0, file.number) = (file.epoch.0.wrapping_add(1), 0);
                }
                let before = (how & 16 == 0).then_some(place);
                self.keep(Forge::open(IDENTITY, VAT, file, before));
                let (epoch, position) = (file.epoch, place.position.after(1));
                let open = Record::Open(peerd_journal::Open { before });
                self.image = self.image.take().and_then(|mut image| image.apply(epoch, position, open).is_ok().then_some(image));
            }
        }
    }

    /// The file at hand is done with; another is at hand.
    fn keep(&mut self, next: Forge) {
        let mut done = std::mem::replace(&mut self.forge, next);
        done.close();
        self.store.0.insert(done.file, done.bytes);
    }

    /// All pieces of an image, as a compaction would write them.
    fn copy(&mut self, image: &Image, log: &Forge) {
        let opening = peerd_journal::Opening::first(IDENTITY, VAT);
        let place = peerd_journal::Place { epoch: log.file.epoch, position: image.position, ..peerd_journal::Place::default() };
        let mut compaction = Compaction::new(image.clone(), place, &opening, &peerd_journal::Chain::default(), None, None);
        while let Ok(Some(step)) = compaction.step() {
            let Step::Write(flight) = step else { continue };
            let Ok(header) = peerd_journal::Header::of(flight.bytes) else { continue };
            let mut scan = peerd_journal::Scan::new(&header, None);
            scan.feed(&flight.bytes[peerd_journal::HEADER..]);
            while let Some(group) = scan.group(&mut None) {
                for (_, record) in group.records() {
                    if let Record::Snapshot(_) = record {
                        let mut body = Vec::new();
                        record.put(&mut body);
                        self.record(Kind::Snapshot as u8, &body);
                    }
                }
            }
        }
    }
}

/// Another owner opens it and compacts it: the same image must come back, by the snapshot alone.
fn keeps(mut store: Store, found: Recovered) -> Result<(), String> {
    let (place, image) = (found.end.expect("the caller looked"), found.image.clone());
    if place.position != image.position {
        return Err(format!("the end is at {:?}, the image at {:?}", place.position, image.position));
    }
    let mut writer = Writer::open(found.opening(IDENTITY, VAT), None);
    if let Some(flight) = writer.flight() {
        store.0.insert(flight.file, flight.bytes.to_vec());
    }
    writer.landed();
    let mut compaction = Compaction::new(image.clone(), place, writer.opening(), &found.chain, None, None);
    while let Some(step) = compaction.step().map_err(|why| format!("a snapshot is refused: {why:?}"))? {
        match step {
            Step::Write(flight) => store.0.entry(flight.file).or_default().extend_from_slice(flight.bytes),
            Step::Flush(_) => {}
            Step::Delete(file) => drop(store.0.remove(&file)),
        }
    }
    // Without the logs before it: only the snapshot can tell.
    store.0.retain(|file, _| *file == writer.header().file || (file.role == Role::Snapshot && file.epoch == writer.header().file.epoch));
    match recover(&store, Some(IDENTITY), Until::Position(image.position)) {
        Ok(again) if again.image == image => Ok(()),
        Ok(again) => Err(format!("compacted at {:?}, it comes back otherwise at {:?}", image.position, again.image.position)),
        Err(refusal) => Err(format!("compacted, it is refused: {refusal:?}")),
    }
}

/// Bytes that an image holds by reference to what was read.
fn weigh(image: &Image) -> usize {
    let actors = image.actors.values().map(|actor| {
        let map: usize = actor.map.iter().map(|(key, value)| key.len() + value.len()).sum();
        let waiting: usize = actor.waiting.values().map(|entry| entry.body.len() + entry.envelope.len()).sum();
        let bonds: usize = actor.bonds.values().map(Vec::len).sum();
        actor.state.len() + actor.options.len() + actor.behaviour.len() + map + waiting + bonds
    });
    actors.sum::<usize>()
        + image.outbox.values().map(Vec::len).sum::<usize>()
        + image.asked.values().map(|asked| asked.bytes.len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_commands_break_no_promise() {
        for seed in 0..3_000 {
            let mut draw = Draw::new(seed);
            let bytes: Vec<u8> = (0..draw.below(200)).map(|_| draw.number() as u8).collect();
            journal(&bytes).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        }
    }
}
