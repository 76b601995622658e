//! Reads one file from its bytes: whole groups, in order, each of them checked, up to the first that is not good.
use crate::{
    Codec, Epoch, File, Hash, Header, Place, Position, Record, Site,
    bytes::Take,
    frame::{BadRecord, GROUP, GroupHead, HEADER, LINK, take_record},
};
use alloc::{boxed::Box, vec::Vec};

/// Why the rest of a file does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It ends within a group.
    Short,
    /// There is no group where one should begin.
    Torn,
    /// A record is not what was appended.
    Checksum,
    /// A group is good in itself and does not follow from what is before it.
    Link,
    /// A group with other positions than the next: a second time, or after a gap.
    Order { found: Position },
    /// A group of another file.
    Foreign { epoch: Epoch },
    /// The sums are right and the meaning is not: written by a broken writer.
    Malformed,
    /// Its bytes are those that were written, and the codec does not open them.
    Sealed,
    /// It was written after the next file had fixed where this one ends.
    Late,
}

/// What was not taken of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub why: Why,
    pub bytes: u64,
    /// A later group of the same file is there, which was written only after this one had been flushed: not a torn write but damage.
    pub is_damage: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    pub epoch: Epoch,
    pub first: Position,
    pub count: u32,
    // Invariant: `count` good records.
    payload: &'a [u8],
}

impl<'a> Group<'a> {
    pub fn records(self) -> impl Iterator<Item = (Position, Record<'a>)> {
        let mut rest = Take(self.payload);
        (self.first.0..self.first.0 + u64::from(self.count)).map(move |position| {
            let position = Position(position);
            (position, take_record(&mut rest, self.epoch, position).expect("looked at before it was accepted"))
        })
    }
}

pub struct Scan {
    header: Header,
    mark: [u8; 8],
    link: Hash,
    newest: Position,
    /// Of the end of what was accepted.
    offset: u64,
    fed: u64,
    // Invariant: what of the file follows `offset`, as far as it was fed; while searching, a tail of it.
    buffer: Vec<u8>,
    used: usize,
    plain: Vec<u8>,
    stop: Option<Why>,
    is_damage: bool,
}

impl Scan {
    /// From the first group, or from a place in this file. Feed it what follows.
    #[must_use]
    pub fn new(header: &Header, from: Option<Place>) -> Scan {
        let newest = from.map_or(Position(header.first.0.saturating_sub(1)), |place| place.position);
        let offset = from.map_or(HEADER as u64, |place| place.length);
        Scan {
            header: *header,
            mark: header.mark(),
            link: from.map_or_else(|| header.link(), |place| place.link),
            newest,
            offset,
            fed: offset,
            buffer: Vec::new(),
            used: 0,
            plain: Vec::new(),
            stop: None,
            is_damage: false,
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(bytes);
        self.fed += bytes.len() as u64;
        if self.stop.is_some() {
            self.search();
        }
    }

    /// The next group. None: feed more, or it has stopped.
    pub fn group(&mut self, codec: &mut Option<Box<dyn Codec>>) -> Option<Group<'_>> {
        if self.stop.is_some() {
            return None;
        }
        match self.look(codec) {
            Ok(None) => None,
            Ok(Some(head)) => {
                let payload = self.used + GROUP;
                self.used += head.size();
                self.offset += head.size() as u64;
                self.newest = Position(self.newest.0 + u64::from(head.count));
                let end = payload + head.length as usize;
                self.link = Hash(*self.buffer[end..].first_chunk().expect("a group ends with its link"));
                let payload = if codec.is_some() && !self.plain.is_empty() { &self.plain[..] } else { &self.buffer[payload..end] };
                Some(Group { epoch: self.header.file.epoch, first: head.first, count: head.count, payload })
            }
            Err(why) => {
                self.stop = Some(why);
                self.is_damage = matches!(why, Why::Order { found } if found > self.newest.after(1));
                self.used += 1;
                self.search();
                None
            }
        }
    }

    /// A group is taken whole or not at all: everything about it is looked at before.
    fn look(&mut self, codec: &mut Option<Box<dyn Codec>>) -> Result<Option<GroupHead>, Why> {
        let bytes = &self.buffer[self.used..];
        let Some(first) = bytes.first_chunk::<GROUP>() else { return Ok(None) };
        let head = GroupHead::of(first).ok_or(Why::Torn)?;
        if head.mark != self.mark || head.epoch != self.header.file.epoch {
            return Err(Why::Foreign { epoch: head.epoch });
        }
        if head.first != self.newest.after(1) {
            return Err(Why::Order { found: head.first });
        }
        if head.count == 0 || head.first.0.checked_add(u64::from(head.count)).is_none() {
            return Err(Why::Malformed);
        }
        let Some(group) = bytes.get(..head.size()) else { return Ok(None) };
        let (covered, link) = group.split_at(group.len() - LINK);
        if self.link.then(covered).0 != link {
            return Err(Why::Link);
        }
        self.plain.clear();
        let payload = match codec {
            // The opening group is never sealed.
            Some(codec) if self.offset > HEADER as u64 => {
                let site = Site { header: &self.header, first: head.first, count: head.count, before: self.link };
                codec.open(site, &covered[GROUP..], &mut self.plain).then_some(&self.plain[..]).ok_or(Why::Sealed)?
            }
            _ => &covered[GROUP..],
        };
        let mut rest = Take(payload);
        for n in 0..head.count {
            let position = head.first.after(u64::from(n));
            take_record(&mut rest, self.header.file.epoch, position).map_err(|bad| match bad {
                BadRecord::Checksum => Why::Checksum,
                BadRecord::Malformed => Why::Malformed,
            })?;
        }
        rest.end().ok_or(Why::Malformed)?;
        Ok(Some(head))
    }

    /// After the first bad group: is there a good one behind it?
    fn search(&mut self) {
        let rest = &self.buffer[self.used..];
        let later = rest.windows(GROUP).filter(|window| window[..8] == self.mark).any(|window| {
            let head = GroupHead::of(window.try_into().expect("windows of that length"));
            head.is_some_and(|head| head.epoch == self.header.file.epoch && head.first > self.newest.after(1))
        });
        self.is_damage |= later;
        self.used = self.buffer.len().saturating_sub(GROUP - 1).max(self.used);
    }

    /// Of everything accepted so far, in this file.
    #[must_use]
    pub fn place(&self) -> Place {
        let File { epoch, number, .. } = self.header.file;
        Place { epoch, number, length: self.offset, link: self.link, position: self.newest }
    }

    /// The file has no more bytes: what of it was not taken.
    #[must_use]
    pub fn dropped(&self) -> Option<Dropped> {
        let bytes = self.fed - self.offset;
        (bytes > 0).then(|| Dropped { why: self.stop.unwrap_or(Why::Short), bytes, is_damage: self.is_damage })
    }
}
