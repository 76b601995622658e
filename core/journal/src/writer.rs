//! Group commit: records gather until a flush is asked for, one flight of bytes is under way at a time, what landed is durable.
use crate::{
    Codec, Epoch, File, Hash, Header, Identity, Open, Place, Position, Record, Site, Vat,
    frame::{GROUP, GROUP_MAX, GroupHead, HEADER, put_record},
};
use alloc::{boxed::Box, vec::Vec};
use core::mem;

/// What a file begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub identity: Identity,
    pub vat: Vat,
    pub file: File,
    /// Where history ended so far: from now on that is fixed, and later bytes there never count.
    pub before: Option<Place>,
}

impl Opening {
    /// A journal that has never been.
    #[must_use]
    pub const fn first(identity: Identity, vat: Vat) -> Opening {
        Opening { identity, vat, file: File::log(Epoch(1), 0), before: None }
    }

    const fn position(&self) -> Position {
        match self.before {
            Some(before) => before.position,
            None => Position(0),
        }
    }
}

/// Bytes for the host: write them there, flush the file, then say `landed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight<'a> {
    /// To be flushed before these bytes are written: what a dead owner wrote there may be seen and still not be durable, and from now
    /// on it is history.
    pub flush_before: Option<File>,
    pub file: File,
    pub at: u64,
    pub bytes: &'a [u8],
    /// The newest record among them.
    pub upto: Position,
}

/// Nothing was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// So much has gathered that a flight has to land first.
    Full,
    /// This record alone is over the limit.
    TooLarge,
    /// A write or flush failed. What had not landed never happened.
    Broken,
    /// Another epoch owns the vat.
    Fenced,
    /// Something is under way or has gathered still.
    Busy,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The opening is written, nobody has asked for it yet.
    Opening,
    Idle,
    Flying,
    /// What is under way ends the file before. Then comes the opening of this one.
    Rolled,
}

pub struct Writer {
    opening: Opening,
    header: Header,
    codec: Option<Box<dyn Codec>>,
    mark: [u8; 8],
    /// Of the newest group that has taken off, and where it ends.
    link: Hash,
    length: u64,
    /// The newest record appended.
    newest: Position,
    // Invariant: begins with room for the group's head.
    gathered: Vec<u8>,
    count: u32,
    flight: Vec<u8>,
    flight_at: u64,
    flight_upto: Position,
    durable: Position,
    stage: Stage,
    stopped: Option<Refused>,
}

impl Writer {
    #[must_use]
    pub fn open(opening: Opening, codec: Option<Box<dyn Codec>>) -> Writer {
        let codec_id = codec.as_ref().map_or(0, |codec| codec.id());
        let Opening { identity, vat, file, .. } = opening;
        let position = opening.position();
        let header = Header { identity, vat, file, first: position.after(1), codec: codec_id };
        let mut writer = Writer {
            opening,
            header,
            codec,
            mark: header.mark(),
            link: header.link(),
            length: 0,
            newest: position,
            gathered: Vec::new(),
            count: 0,
            flight: Vec::new(),
            flight_at: 0,
            flight_upto: position,
            durable: position,
            stage: Stage::Idle,
            stopped: None,
        };
        writer.begin_file();
        writer
    }

    /// Header and opening group, which is never sealed: who reads the files must know first how they hang together.
    fn begin_file(&mut self) {
        self.gathered.resize(GROUP, 0);
        self.append(&Record::Open(Open { before: self.opening.before })).expect("the first record of a file is small");
        self.flight.clear();
        self.flight.extend_from_slice(&self.header.bytes());
        self.flight.resize(HEADER + GROUP, 0);
        self.flight.extend_from_slice(&self.gathered[GROUP..]);
        self.close_group(HEADER);
        self.flight_at = 0;
        self.stage = Stage::Opening;
    }

    /// # Errors
    /// When it was not appended.
    pub fn append(&mut self, record: &Record<'_>) -> Result<Position, Refused> {
        if let Some(why) = self.stopped {
            return Err(why);
        }
        if self.gathered.len() >= GROUP_MAX / 2 {
            return Err(Refused::Full);
        }
        let position = self.newest.after(1);
        if !put_record(&mut self.gathered, self.header.file.epoch, position, record) {
            return Err(Refused::TooLarge);
        }
        self.newest = position;
        self.count += 1;
        Ok(position)
    }

    /// Everything gathered so far, as one group. None: nothing has gathered, or a flight is under way already.
    pub fn flight(&mut self) -> Option<Flight<'_>> {
        if !self.has_flight() {
            return None;
        }
        let old = self.opening.before.map(Place::file).filter(|old| old.epoch != self.header.file.epoch);
        let flush_before = old.filter(|_| self.stage == Stage::Opening);
        if self.stage == Stage::Idle {
            self.seal();
        }
        self.stage = Stage::Flying;
        Some(Flight { flush_before, file: self.header.file, at: self.flight_at, bytes: &self.flight, upto: self.flight_upto })
    }

    fn seal(&mut self) {
        let first = self.newest.0 + 1 - u64::from(self.count);
        match &mut self.codec {
            None => mem::swap(&mut self.gathered, &mut self.flight),
            Some(codec) => {
                self.flight.clear();
                self.flight.resize(GROUP, 0);
                let site = Site { header: &self.header, first: Position(first), count: self.count, before: self.link };
                codec.seal(site, &self.gathered[GROUP..], &mut self.flight);
            }
        }
        self.flight_at = self.length;
        self.close_group(0);
    }

    /// The group that begins there in the flight gets its head and its link.
    fn close_group(&mut self, start: usize) {
        let length = u32::try_from(self.flight.len() - start - GROUP).expect("a group is at most GROUP_MAX, and a codec adds little");
        let first = Position(self.newest.0 + 1 - u64::from(self.count));
        let head = GroupHead { mark: self.mark, epoch: self.header.file.epoch, first, length, count: self.count };
        self.flight[start..start + GROUP].copy_from_slice(&head.bytes());
        self.link = self.link.then(&self.flight[start..]);
        self.flight.extend_from_slice(&self.link.0);
        self.length += self.flight.len() as u64;
        self.flight_upto = self.newest;
        self.gathered.clear();
        self.gathered.resize(GROUP, 0);
        self.count = 0;
    }

    /// The flight is written and flushed. Returns what is durable now.
    pub fn landed(&mut self) -> Position {
        if self.stopped.is_some() {
            return self.durable;
        }
        match self.stage {
            Stage::Flying => (self.stage, self.durable) = (Stage::Idle, self.flight_upto),
            Stage::Rolled => (self.stage, self.durable) = (Stage::Opening, self.opening.position()),
            Stage::Opening | Stage::Idle => {}
        }
        self.durable
    }

    /// The flight was not written, or not flushed: nothing more is appended here. The same bytes are not tried again, because after a
    /// failed flush nobody knows what the file holds.
    pub fn failed(&mut self) {
        self.stopped.get_or_insert(Refused::Broken);
    }

    /// The lock is gone: it neither appends nor says that something is durable.
    pub fn fence(&mut self) {
        self.stopped = Some(Refused::Fenced);
    }

    /// Goes on in another file of the same epoch. Returns where this one ends. A flight may be under way if its bytes are written and
    /// flushed, so that only the word of it is out; the opening of the other file comes after that.
    ///
    /// # Errors
    /// `Busy` when something has gathered, and why nothing is written any more.
    pub fn roll(&mut self) -> Result<Place, Refused> {
        if let Some(why) = self.stopped {
            return Err(why);
        }
        let next = match self.stage {
            Stage::Idle if self.count == 0 => Stage::Opening,
            Stage::Flying if self.count == 0 => Stage::Rolled,
            _ => return Err(Refused::Busy),
        };
        let end = self.place();
        self.opening.before = Some(end);
        self.opening.file.number += 1;
        self.header.file = self.opening.file;
        self.header.first = self.newest.after(1);
        (self.mark, self.link, self.length) = (self.header.mark(), self.header.link(), 0);
        self.begin_file();
        self.stage = next;
        Ok(end)
    }

    /// The end of what has taken off.
    #[must_use]
    pub const fn place(&self) -> Place {
        let File { epoch, number, .. } = self.header.file;
        Place { epoch, number, length: self.length, link: self.link, position: self.flight_upto }
    }

    #[must_use]
    pub const fn header(&self) -> Header {
        self.header
    }

    /// What seals it, for who reads or writes the same journal beside it.
    #[must_use]
    pub fn codec(&self) -> Option<Box<dyn Codec>> {
        self.codec.as_ref().map(|codec| codec.again())
    }

    #[must_use]
    pub const fn opening(&self) -> &Opening {
        &self.opening
    }

    /// `flight` would give one.
    #[must_use]
    pub fn has_flight(&self) -> bool {
        let has = match self.stage {
            Stage::Opening => true,
            Stage::Idle => self.count > 0,
            Stage::Flying | Stage::Rolled => false,
        };
        has && self.stopped.is_none()
    }

    /// Why nothing is taken any more, nor becomes durable.
    #[must_use]
    pub const fn stopped(&self) -> Option<Refused> {
        self.stopped
    }

    #[must_use]
    pub const fn durable(&self) -> Position {
        self.durable
    }

    #[must_use]
    pub const fn newest(&self) -> Position {
        self.newest
    }

    /// Bytes that wait for the next flight: for a host that flushes by size.
    #[must_use]
    pub const fn gathered(&self) -> usize {
        self.gathered.len() - GROUP
    }
}
