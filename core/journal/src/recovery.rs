//! From the files of a vat to its image: the host reads what is asked for, and learns what counts and what does not.
//!
//! ```text
//! heads of all files ─▶ Chain ─▶ newest good snapshot ─▶ logs after it, group by group ─▶ Image, Opening
//! ```
use crate::{
    BadHead, Chain, Codec, Dropped, Epoch, File, Hash, Head, Header, Identity, Image, Opening, Place, Position, Record, Scan, Unchained,
    Vat, Why, Wrong,
    check::Digest,
    frame::{HEAD, HEADER},
    pieces::Cursor,
};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::mem;

/// Bytes that the host reads next. Fewer than asked for: the file ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub file: File,
    pub at: u64,
    pub length: usize,
}

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    End,
    /// This record and no later one.
    Position(Position),
    /// No commit that is later than this.
    Time(u64),
}

/// From which snapshot on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Since {
    #[default]
    Newest,
    /// One that does not hide what is after this.
    Position(Position),
    /// As far back as there is anything.
    Oldest,
}

pub struct Recovered {
    pub image: Image,
    /// None: nothing was ever opened here, or only a part was wanted.
    pub end: Option<Place>,
    pub identity: Option<Identity>,
    /// Greater than any that was ever used.
    pub epoch: Epoch,
    pub chain: Chain,
    pub notes: Vec<Note>,
    pub codec: Option<Box<dyn Codec>>,
}

impl Recovered {
    /// What a new owner's log begins with. `identity` is for a journal that has never been.
    #[must_use]
    pub fn opening(&self, identity: Identity, vat: Vat) -> Opening {
        Opening { identity: self.identity.unwrap_or(identity), vat, file: File::log(self.epoch, 0), before: self.end }
    }
}

/// A record, and the image before it or after it.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    pub epoch: Epoch,
    pub position: Position,
    pub record: Record<'a>,
    pub image: &'a Image,
}

/// Sees the records of the logs as they are read.
pub trait Witness {
    fn before(&mut self, past: Past<'_>);
    fn after(&mut self, past: Past<'_>);
}

/// Nobody looks.
impl Witness for () {
    fn before(&mut self, _: Past<'_>) {}
    fn after(&mut self, _: Past<'_>) {}
}

/// What was found and is not history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    pub file: File,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The end of a log.
    Dropped(Dropped),
    /// No head, and never acknowledged.
    NotOpened(BadHead),
    /// A snapshot that is not whole, or not what it says. An older one served.
    BadSnapshot(Option<Dropped>),
    /// Its epoch lost the vat before it was acknowledged.
    Stray,
}

/// Nothing is opened, and nothing is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Files(Unchained),
    /// Acknowledged bytes are not there or not good.
    Damaged {
        file: File,
        at: u64,
        why: Why,
    },
    /// History begins after a file that is gone, and no good snapshot stands there.
    NoStart(File),
    /// The sums are right, and the records don't follow from each other.
    Inconsistent {
        file: File,
        position: Position,
        why: Wrong,
    },
    /// Sealed by a codec that is not the one at hand; 0: not sealed at all.
    Codec {
        file: File,
        codec: u8,
    },
    /// Sealed under another key. Its bytes are those that were written, so with the right one nothing is lost.
    Sealed {
        file: File,
        at: u64,
    },
}

/// Limit: what is read at once.
const READ_MAX: usize = 256 << 10;

enum Stage {
    Heads(usize),
    /// `closed`: the hash that it closes with, once it has.
    Snapshot {
        candidate: usize,
        scan: Scan,
        closed: Option<Hash>,
    },
    /// Read, and not yet known to be what it says.
    Sum {
        candidate: usize,
        claimed: Hash,
        digest: Box<Digest>,
        cursor: Cursor,
    },
    Log {
        index: usize,
        scan: Scan,
    },
    Done,
    Refused(Refusal),
}

pub struct Recovery {
    expected: Option<Identity>,
    vat: Vat,
    until: Until,
    since: Since,
    codec: Option<Box<dyn Codec>>,
    names: Vec<File>,
    files: BTreeMap<File, (u64, Result<Head, BadHead>)>,
    chain: Chain,
    image: Image,
    end: Option<Place>,
    notes: Vec<Note>,
    /// How far the file at hand was read.
    at: u64,
    stage: Stage,
}

impl Recovery {
    /// `files`: what is in the vat's folder, with lengths. `expected`: the identity, if the host knows that there is a journal.
    #[must_use]
    pub fn new(
        expected: Option<Identity>,
        vat: Vat,
        files: impl IntoIterator<Item = (File, u64)>,
        until: Until,
        codec: Option<Box<dyn Codec>>,
    ) -> Recovery {
        let files: BTreeMap<_, _> = files.into_iter().map(|(file, length)| (file, (length, Err(BadHead::Short)))).collect();
        let mut recovery = Recovery {
            expected,
            vat,
            until,
            since: Since::Newest,
            codec,
            names: files.keys().copied().collect(),
            files,
            chain: Chain::default(),
            image: Image::default(),
            end: None,
            notes: Vec::new(),
            at: 0,
            stage: Stage::Heads(0),
        };
        if recovery.names.is_empty() {
            recovery.choose();
        }
        recovery
    }

    /// Takes no shorter way than one on which `give_to` sees each record after this position. Before anything is read.
    #[must_use]
    pub fn seeing_after(self, position: Position) -> Recovery {
        Recovery { since: Since::Position(position), ..self }
    }

    /// The way on which it sees the most.
    #[must_use]
    pub fn seeing_all(self) -> Recovery {
        Recovery { since: Since::Oldest, ..self }
    }

    /// None: it is done.
    #[must_use]
    pub fn read(&self) -> Option<Read> {
        let (file, at, end) = match &self.stage {
            Stage::Heads(n) => (self.names[*n], 0, HEAD as u64),
            Stage::Snapshot { candidate, .. } => {
                let file = self.chain.snapshots[*candidate].0.header.file;
                (file, self.at, u64::MAX)
            }
            // Nothing is read. A large image is summed up in pieces, so that a host can do something else in between.
            Stage::Sum { candidate, .. } => (self.chain.snapshots[*candidate].0.header.file, self.at, self.at),
            Stage::Log { index, .. } => {
                let log = self.chain.logs[*index];
                (log.head.header.file, self.at, log.end.map_or(u64::MAX, |end| end.length))
            }
            Stage::Done | Stage::Refused(_) => return None,
        };
        let length = usize::try_from(end.saturating_sub(at)).unwrap_or(READ_MAX).min(READ_MAX);
        Some(Read { file, at, length })
    }

    /// What was read.
    pub fn give(&mut self, bytes: &[u8]) {
        self.give_to(&mut (), bytes);
    }

    /// The same before a witness.
    pub fn give_to(&mut self, witness: &mut impl Witness, bytes: &[u8]) {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Heads(n) => {
                let file = self.names[n];
                self.files.entry(file).and_modify(|(_, head)| *head = Head::of(file, bytes));
                if n + 1 < self.names.len() {
                    self.stage = Stage::Heads(n + 1);
                } else {
                    self.choose();
                }
            }
            Stage::Snapshot { candidate, scan, closed } => self.snapshot(candidate, scan, closed, bytes),
            Stage::Sum { candidate, claimed, digest, cursor } => self.sum(candidate, claimed, digest, cursor),
            Stage::Log { index, scan } => self.log(index, scan, bytes, witness),
            done @ (Stage::Done | Stage::Refused(_)) => self.stage = done,
        }
    }

    /// # Errors
    /// When nothing may be opened here.
    pub fn finish(self) -> Result<Recovered, Refusal> {
        let epoch = Epoch(self.names.iter().map(|file| file.epoch.0).max().unwrap_or(0).saturating_add(1));
        let identity = self.chain.logs.last().map(|log| log.head.header.identity);
        let Recovery { chain, image, end, notes, codec, stage, .. } = self;
        match stage {
            Stage::Refused(why) => Err(why),
            _ => Ok(Recovered { image, end, identity, epoch, chain, notes, codec }),
        }
    }

    fn choose(&mut self) {
        match Chain::of(self.expected, self.vat, &self.files) {
            Err(why) => return self.stage = Stage::Refused(Refusal::Files(why)),
            Ok(chain) => self.chain = chain,
        }
        for &file in &self.chain.strays {
            let what = self.files[&file].1.err().map_or(What::Stray, What::NotOpened);
            self.notes.push(Note { file, what });
        }
        if self.chain.logs.is_empty() {
            return self.stage = Stage::Done;
        }
        let known = self.codec.as_ref().map_or(0, |codec| codec.id());
        let heads = self.chain.logs.iter().map(|log| log.head.header).chain(self.chain.snapshots.iter().map(|(head, _)| head.header));
        if let Some(header) = heads.into_iter().find(|header| header.codec != known) {
            return self.stage = Stage::Refused(Refusal::Codec { file: header.file, codec: header.codec });
        }
        self.begin(self.chain.snapshots.len());
    }

    /// From the newest snapshot before the `count`th that is old enough, or from nothing.
    fn begin(&mut self, count: usize) {
        let is_early = |place: Place| match self.until {
            Until::End => true,
            Until::Position(position) => place.position <= position,
            // What time it was there is in the log only.
            Until::Time(_) => false,
        };
        let wanted = |n: &usize| {
            let place = self.chain.snapshots[*n].1;
            is_early(place)
                && match self.since {
                    Since::Newest => true,
                    Since::Position(position) => place.position <= position,
                    // One that is needed: nothing older is left.
                    Since::Oldest => self.chain.floor() == Some(place),
                }
        };
        self.image = Image::default();
        if let Some(candidate) = (0..count).rev().find(wanted) {
            self.at = HEADER as u64;
            let scan = Scan::new(&self.chain.snapshots[candidate].0.header, None);
            self.stage = Stage::Snapshot { candidate, scan, closed: None };
        } else if let Some(floor) = self.chain.floor() {
            self.stage = Stage::Refused(Refusal::NoStart(floor.file()));
        } else {
            self.begin_log(0, None);
        }
    }

    fn begin_log(&mut self, index: usize, from: Option<Place>) {
        self.at = from.map_or(HEADER as u64, |place| place.length);
        self.stage = Stage::Log { index, scan: Scan::new(&self.chain.logs[index].head.header, from) };
    }

    fn snapshot(&mut self, candidate: usize, mut scan: Scan, mut closed: Option<Hash>, bytes: &[u8]) {
        self.at += bytes.len() as u64;
        scan.feed(bytes);
        let (_, place) = self.chain.snapshots[candidate];
        let mut is_good = true;
        while let Some(group) = scan.group(&mut self.codec) {
            for (_, record) in group.records() {
                is_good &= closed.is_none()
                    && match record {
                        Record::Open(_) => true,
                        Record::Snapshot(part) => self.image.load(part).is_ok(),
                        Record::Close { image } => {
                            closed = image;
                            self.image.position == place.position && image.is_some()
                        }
                        _ => false,
                    };
            }
        }
        if let Some(refusal) = sealed(self.chain.snapshots[candidate].0.header.file, &scan) {
            return self.stage = Stage::Refused(refusal);
        }
        match closed {
            _ if !is_good => self.pass_over(candidate, scan.dropped()),
            _ if bytes.len() == READ_MAX => self.stage = Stage::Snapshot { candidate, scan, closed },
            Some(claimed) => self.stage = Stage::Sum { candidate, claimed, digest: Box::default(), cursor: Cursor::START },
            None => self.pass_over(candidate, scan.dropped()),
        }
    }

    fn sum(&mut self, candidate: usize, claimed: Hash, mut digest: Box<Digest>, cursor: Cursor) {
        let (mut bytes, mut summed) = (Vec::new(), 0);
        let cursor = self.image.pieces(cursor, &mut |part| {
            let has_room = summed < READ_MAX;
            if has_room {
                digest.part(part, &mut bytes);
                summed += bytes.len();
            }
            has_room
        });
        if !cursor.is_end() {
            return self.stage = Stage::Sum { candidate, claimed, digest, cursor };
        }
        if digest.hash() != claimed {
            return self.pass_over(candidate, None);
        }
        let (_, place) = self.chain.snapshots[candidate];
        match self.chain.logs.iter().position(|log| log.head.header.file == place.file()) {
            Some(index) => self.begin_log(index, Some(place)),
            None => self.begin_log(0, None),
        }
    }

    /// An older one, or the log from its beginning, is as good.
    fn pass_over(&mut self, candidate: usize, dropped: Option<Dropped>) {
        let file = self.chain.snapshots[candidate].0.header.file;
        self.notes.push(Note { file, what: What::BadSnapshot(dropped) });
        self.chain.snapshots.remove(candidate);
        self.chain.strays.push(file);
        self.begin(candidate);
    }

    fn log(&mut self, index: usize, mut scan: Scan, bytes: &[u8], witness: &mut impl Witness) {
        let Read { length: asked, .. } = self.read_of(index);
        self.at += bytes.len() as u64;
        scan.feed(bytes);
        let log = self.chain.logs[index];
        let Header { file, .. } = log.head.header;
        while let Some(group) = scan.group(&mut self.codec) {
            for (position, record) in group.records() {
                if self.is_past(position, &record) {
                    return self.stage = Stage::Done;
                }
                let epoch = group.epoch;
                witness.before(Past { epoch, position, record, image: &self.image });
                if let Err(why) = self.image.apply(epoch, position, record) {
                    return self.stage = Stage::Refused(Refusal::Inconsistent { file, position, why });
                }
                witness.after(Past { epoch, position, record, image: &self.image });
            }
        }
        // At once: whoever has the wrong key must not take what it does not open for the end of history.
        if let Some(refusal) = sealed(file, &scan) {
            return self.stage = Stage::Refused(refusal);
        }
        let is_over = bytes.len() < asked || log.end.is_some_and(|end| self.at >= end.length);
        if !is_over {
            return self.stage = Stage::Log { index, scan };
        }
        let place = scan.place();
        let dropped = scan.dropped();
        match log.end {
            Some(end) if place != end => {
                let why = dropped.map_or(Why::Link, |dropped| dropped.why);
                self.stage = Stage::Refused(Refusal::Damaged { file, at: place.length, why });
            }
            Some(end) => {
                let late = self.files[&file].0.saturating_sub(end.length);
                if late > 0 {
                    let dropped = Dropped { why: Why::Late, bytes: late, is_damage: false };
                    self.notes.push(Note { file, what: What::Dropped(dropped) });
                }
                self.begin_log(index + 1, None);
            }
            None => {
                if let Some(dropped) = dropped {
                    if dropped.is_damage {
                        return self.stage = Stage::Refused(Refusal::Damaged { file, at: place.length, why: dropped.why });
                    }
                    self.notes.push(Note { file, what: What::Dropped(dropped) });
                }
                self.end = Some(place);
                self.stage = Stage::Done;
            }
        }
    }

    fn read_of(&self, index: usize) -> Read {
        let log = self.chain.logs[index];
        let left = log.end.map_or(READ_MAX as u64, |end| end.length.saturating_sub(self.at));
        Read { file: log.head.header.file, at: self.at, length: usize::try_from(left).unwrap_or(READ_MAX).min(READ_MAX) }
    }

    fn is_past(&self, position: Position, record: &Record<'_>) -> bool {
        match (self.until, record) {
            (Until::Position(last), _) => position > last,
            (Until::Time(last), Record::Commit(commit)) => commit.now > last,
            (Until::End | Until::Time(_), _) => false,
        }
    }
}

fn sealed(file: File, scan: &Scan) -> Option<Refusal> {
    let why = scan.dropped()?.why;
    (why == Why::Sealed).then(|| Refusal::Sealed { file, at: scan.place().length })
}
