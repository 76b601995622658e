//! One run: owners of a vat, one after another, write, roll, compact, and lose power; what they did is on a tape.
use crate::{
    disk::{Disk, Fate, Op, Store},
    model::Model,
    workload::Workload,
};
use peerd_journal::{
    Chain, Compaction, Epoch, File, Identity, Image, Open, Opening, Position, Record, Recovered, Recovery, Refusal, Step, Until, Vat,
    Writer,
};
use peerd_seal::Key;
use std::collections::BTreeMap;

pub const VAT: Vat = Vat(3);

/// How large a run is.
#[derive(Clone, Copy)]
pub struct Size {
    pub owners: u64,
    pub groups: u64,
    /// One in so many groups is followed by another file, and perhaps a snapshot. 0: none is.
    pub rolls: u64,
}

/// What must hold at any place of the tape.
#[derive(Clone, Default)]
pub struct Mark {
    /// Acknowledged as durable before this op.
    pub acked: Position,
    /// An opening has landed: the host knows that there is a journal.
    pub is_begun: bool,
}

#[derive(Default)]
pub struct Tape {
    pub ops: Vec<(Op, Mark)>,
    /// The image at the end of each group, by its last position. Of the history that counts: each owner forgets what was lost.
    pub images: BTreeMap<Position, Image>,
    /// Ends of earlier histories: a crash within them may find what a later owner never saw.
    pub lost: BTreeMap<Position, Vec<Image>>,
    pub identity: Identity,
    /// Under which its files are sealed, if they are.
    pub key: Option<Key>,
    /// What frozen owners wrote when others had the vat.
    pub late: Vec<(File, u64, Vec<u8>)>,
    pub model: Model,
    /// After everything.
    pub disk: Disk,
    pub mark: Mark,
    pub compactions: u64,
    pub records: u64,
}

impl Tape {
    fn op(&mut self, op: Op) {
        self.disk.apply(&op);
        self.ops.push((op, self.mark.clone()));
    }

    fn ack(&mut self, position: Position) {
        self.mark.acked = self.mark.acked.max(position);
    }

    /// All that was written.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.ops.iter().map(|(op, _)| if let Op::Write { bytes, .. } = op { bytes.len() } else { 0 }).sum()
    }

    pub fn recover(&self, store: &Store, until: Until) -> Result<Recovered, Refusal> {
        recover_under(self.key, store, Some(self.identity), until)
    }

    /// Whether a prefix of some history ends with this image.
    pub fn knows(&self, image: &Image) -> bool {
        let lost = || self.lost.get(&image.position).is_some_and(|images| images.contains(image));
        self.images.get(&image.position) == Some(image) || lost() || *image == Image::default()
    }
}

pub fn recover(store: &Store, expected: Option<Identity>, until: Until) -> Result<Recovered, Refusal> {
    recover_under(None, store, expected, until)
}

pub fn recover_under(key: Option<Key>, store: &Store, expected: Option<Identity>, until: Until) -> Result<Recovered, Refusal> {
    let mut recovery = Recovery::new(expected, VAT, store.files(), until, key.map(Key::codec));
    while let Some(read) = recovery.read() {
        recovery.give(store.read(read));
    }
    recovery.finish()
}

/// # Errors
/// When a run without faults doesn't hold.
pub fn play(seed: u64, size: Size, key: Option<Key>) -> Result<Tape, String> {
    let mut work = Workload::new(seed);
    let mut tape = Tape { identity: Identity((u128::from(seed) + 1).to_le_bytes()), key, ..Tape::default() };
    let mut model = Model::default();
    for _ in 0..size.owners {
        // Each owner dies with a flight under way: killed, and the next sees what was written; or the power goes, and it doesn't.
        if work.draw.one_in(2) {
            tape.op(Op::Cut);
        }
        let store = tape.disk.crash(Fate::All);
        let expected = tape.mark.is_begun.then_some(tape.identity);
        let found = recover_under(key, &store, expected, Until::End).map_err(|why| format!("an owner can't open: {why:?}"))?;
        let known = tape.images.get(&found.image.position).cloned().unwrap_or_default();
        if found.image != known || found.image.position < tape.mark.acked {
            return Err(format!("an owner finds {:?} after {:?} was acknowledged", found.image.position, tape.mark.acked));
        }
        for (position, image) in tape.images.split_off(&found.image.position.after(1)) {
            tape.lost.entry(position).or_default().push(image);
        }
        model.forget_after(found.image.position);
        Owner::new(&mut tape, &mut model, &mut work, found).write(size)?;
    }
    tape.model = model;
    Ok(tape)
}

struct Owner<'a> {
    tape: &'a mut Tape,
    model: &'a mut Model,
    work: &'a mut Workload,
    writer: Writer,
    image: Image,
    chain: Chain,
}

impl<'a> Owner<'a> {
    fn new(tape: &'a mut Tape, model: &'a mut Model, work: &'a mut Workload, found: Recovered) -> Owner<'a> {
        let opening: Opening = found.opening(tape.identity, VAT);
        let writer = Writer::open(opening, found.codec);
        let mut chain = found.chain;
        chain.opened(writer.header(), opening.before);
        Owner { tape, model, work, writer, image: found.image, chain }
    }

    fn write(mut self, size: Size) -> Result<(), String> {
        let groups = size.groups;
        self.opened();
        self.fly(true);
        self.tape.mark.is_begun = true;
        for n in 0..groups {
            for _ in 0..self.work.draw.between(1, 4) {
                self.append();
            }
            // The last flight of an owner is under way when the power goes.
            self.fly(n + 1 < groups);
            if n + 1 < groups && size.rolls > 0 && self.work.draw.one_in(size.rolls) {
                self.roll()?;
            }
        }
        if self.model.image() != self.image {
            return Err(format!("the fold differs from the model at {:?}", self.image.position));
        }
        self.linger();
        Ok(())
    }

    /// It was only frozen: what it writes later, it writes after the next owner has opened.
    fn linger(mut self) {
        self.writer.landed();
        let end = Record::Close { image: None };
        self.writer.append(&end).expect("nothing stopped it");
        if let Some(flight) = self.writer.flight() {
            self.tape.late.push((flight.file, flight.at, flight.bytes.to_vec()));
        }
    }

    /// The writer has put an opening record; the live image has to follow.
    fn opened(&mut self) {
        let record = Record::Open(Open { before: self.writer.opening().before });
        let (epoch, position) = (self.writer.header().file.epoch, self.writer.newest());
        take(self.tape, self.model, &mut self.image, epoch, position, &record);
    }

    fn append(&mut self) {
        let before = self.image.clone();
        let Owner { tape, model, work, writer, image, .. } = self;
        work.record(&before, &mut |record| {
            let position = writer.append(record).expect("a small record, and a writer that has not failed");
            take(tape, model, image, writer.header().file.epoch, position, record);
        });
    }

    /// One group: written, and flushed unless the power is about to go.
    fn fly(&mut self, lands: bool) {
        let Some(flight) = self.writer.flight() else { return };
        let (file, at, bytes) = (flight.file, flight.at, flight.bytes.to_vec());
        if let Some(old) = flight.flush_before {
            self.tape.op(Op::Flush(old));
        }
        self.tape.images.insert(self.image.position, self.image.clone());
        self.tape.op(Op::Write { file, at, bytes });
        self.tape.ack(self.writer.durable());
        if lands {
            self.tape.op(Op::Flush(file));
            let durable = self.writer.landed();
            self.tape.ack(durable);
        }
    }

    /// Another file, and a snapshot of everything before it.
    fn roll(&mut self) -> Result<(), String> {
        let place = self.writer.roll().map_err(|why| format!("a roll is refused: {why:?}"))?;
        let image = self.image.clone();
        self.chain.opened(self.writer.header(), Some(place));
        self.opened();
        self.fly(true);
        if self.work.draw.one_in(3) {
            return Ok(());
        }
        let mut compaction = Compaction::new(image, place, self.writer.opening(), &self.chain, None, self.writer.codec());
        while let Some(step) = compaction.step().map_err(|why| format!("a snapshot is refused: {why:?}"))? {
            let op = match step {
                Step::Write(flight) => Op::Write { file: flight.file, at: flight.at, bytes: flight.bytes.to_vec() },
                Step::Flush(file) => Op::Flush(file),
                Step::Delete(file) => Op::Delete(file),
            };
            self.tape.op(op);
        }
        compaction.done(&mut self.chain);
        self.tape.compactions += 1;
        Ok(())
    }
}

/// What the writer put, the live image and the model have, too.
fn take(tape: &mut Tape, model: &mut Model, image: &mut Image, epoch: Epoch, position: Position, record: &Record<'_>) {
    image.apply(epoch, position, *record).expect("drawn so that it follows");
    model.add(epoch, position, record);
    tape.records += 1;
}
