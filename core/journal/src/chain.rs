//! Which files are history: each log names the place before it, and the newest opened log names the newest.
use crate::{
    BadHead, Codec, File, Header, Identity, Open, Place, Position, Record, Role, Scan, Vat,
    frame::{HEAD, HEADER},
};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::iter;

/// What a file's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub header: Header,
    pub before: Option<Place>,
}

impl Head {
    /// # Errors
    /// When they say nothing.
    pub fn of(file: File, bytes: &[u8]) -> Result<Head, BadHead> {
        let header = Header::of(bytes)?;
        if header.file != file {
            return Err(BadHead::Torn);
        }
        let mut scan = Scan::new(&header, None);
        scan.feed(bytes.get(HEADER..HEAD).ok_or(BadHead::Short)?);
        let group = scan.group(&mut None::<Box<dyn Codec>>).ok_or(BadHead::NotOpened)?;
        match group.records().next() {
            Some((_, Record::Open(Open { before }))) if group.count == 1 => Ok(Head { header, before }),
            _ => Err(BadHead::NotOpened),
        }
    }
}

/// A log that is history, as far as `end`, if the next one has fixed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    pub head: Head,
    pub end: Option<Place>,
}

/// The files of one vat, told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Oldest first. The oldest may follow a place in a file that is gone.
    pub logs: Vec<Log>,
    /// Oldest first, each with the place that it is the fold of.
    pub snapshots: Vec<(Head, Place)>,
    /// Of no use to anybody.
    pub strays: Vec<File>,
}

/// Why nothing may be opened here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchained {
    /// There should be a journal, and there is none.
    Lost,
    /// A file of another journal, or of another vat.
    Foreign(File),
    Version(File, u16),
    /// It was acknowledged, and can't be read.
    Damaged(File),
}

/// Limit: what one vat keeps by default besides its logs (semantics 16).
pub const SNAPSHOTS_KEPT: usize = 2;

impl Chain {
    /// `files` with their lengths and heads.
    ///
    /// # Errors
    /// When something is there that was history, and is not readable as such.
    pub fn of(expected: Option<Identity>, vat: Vat, files: &BTreeMap<File, (u64, Result<Head, BadHead>)>) -> Result<Chain, Unchained> {
        for (&file, (_, head)) in files {
            match head {
                Err(BadHead::Version(version)) => return Err(Unchained::Version(file, *version)),
                Ok(Head { header, .. }) if header.vat != vat => return Err(Unchained::Foreign(file)),
                Ok(Head { header, .. }) if expected.is_some_and(|expected| expected != header.identity) => {
                    return Err(Unchained::Foreign(file));
                }
                _ => {}
            }
        }
        let of_role = |role| files.iter().filter(move |(file, _)| file.role == role);
        let mut good = of_role(Role::Log).filter_map(|(_, (_, head))| head.as_ref().ok());
        let newest = good.next_back();
        // One that was opened and never acknowledged has at most its head. Longer ones were history.
        let newest_file = newest.map(|head| head.header.file);
        let broken = of_role(Role::Log).find(|(file, (length, head))| head.is_err() && *length > HEAD as u64 && Some(**file) > newest_file);
        if let Some((file, _)) = broken {
            return Err(Unchained::Damaged(*file));
        }
        let Some(newest) = newest else {
            return match expected {
                Some(_) => Err(Unchained::Lost),
                // Snapshots without a log: the log was there once.
                None if of_role(Role::Snapshot).any(|(_, (_, head))| head.is_ok()) => Err(Unchained::Lost),
                None => Ok(Chain { strays: files.keys().copied().collect(), ..Chain::default() }),
            };
        };
        let logs = walk(newest, files);
        let identity = newest.header.identity;
        let mut chain = Chain { logs, ..Chain::default() };
        for (&file, (_, head)) in files {
            match head {
                Ok(head) if head.header.identity != identity => return Err(Unchained::Foreign(file)),
                Ok(head) if file.role == Role::Snapshot => match head.before.filter(|place| chain.has(*place)) {
                    Some(place) => chain.snapshots.push((*head, place)),
                    None => chain.strays.push(file),
                },
                _ if chain.logs.iter().any(|log| log.head.header.file == file) => {}
                _ => chain.strays.push(file),
            }
        }
        chain.snapshots.sort_by_key(|(head, place)| (place.position, head.header.file));
        Ok(chain)
    }

    /// The place lies in these logs, or is where the oldest of them begins.
    fn has(&self, place: Place) -> bool {
        let starts = self.logs.first().is_some_and(|log| log.head.before == Some(place));
        starts || self.logs.iter().any(|log| log.head.header.file == place.file() && log.end.is_none_or(|end| place.length <= end.length))
    }

    /// What the oldest log follows, if that is gone.
    #[must_use]
    pub fn floor(&self) -> Option<Place> {
        self.logs.first().and_then(|log| log.head.before)
    }

    /// The logs that no snapshot has.
    pub fn unfolded_logs(&self) -> impl Iterator<Item = &Log> {
        let newest = self.snapshots.last();
        self.logs.iter().filter(move |log| newest.is_none_or(|(_, place)| log.head.header.first > place.position))
    }

    /// Bytes of log that no snapshot has, and of the newest snapshot. `lengths`: of the files that lie there.
    pub fn unfolded(&self, lengths: impl IntoIterator<Item = (File, u64)>) -> (u64, u64) {
        let newest = self.snapshots.last();
        let logs: Vec<File> = self.unfolded_logs().map(|log| log.head.header.file).collect();
        let (mut log, mut snapshot) = (0, 0);
        for (file, length) in lengths {
            if newest.is_some_and(|(head, _)| head.header.file == file) {
                snapshot = length;
            } else if logs.contains(&file) {
                log += length;
            }
        }
        (log, snapshot)
    }

    /// The writer has gone on in another file.
    pub fn opened(&mut self, header: Header, before: Option<Place>) {
        if let Some(last) = self.logs.last_mut() {
            last.end = before;
        }
        self.logs.push(Log { head: Head { header, before }, end: None });
    }

    /// What nobody needs once a snapshot of `place` is durable. Kept are the newest snapshots, one that is not newer than `oldest`, the
    /// oldest place somebody may want to come back to, and the logs after all these.
    #[must_use]
    pub fn needless(&self, place: Place, oldest: Option<Position>) -> Vec<File> {
        let places = || iter::once(place).chain(self.snapshots.iter().rev().map(|(_, place)| *place));
        let newer = places().take_while(|place| oldest.is_some_and(|oldest| place.position > oldest)).count();
        let kept = SNAPSHOTS_KEPT.max(newer + usize::from(oldest.is_some()));
        // With fewer than that the whole log is the other way back.
        let Some(floor) = places().nth(kept - 1) else { return Vec::new() };
        let logs = self.logs.iter().filter(|log| log.head.header.file < floor.file() || log.end == Some(floor));
        let old = self.snapshots.iter().rev().skip(kept - 1).map(|(head, _)| head.header.file);
        logs.map(|log| log.head.header.file).chain(old).collect()
    }
}

/// From the newest log back to the first, or to one whose predecessor is gone.
fn walk(newest: &Head, files: &BTreeMap<File, (u64, Result<Head, BadHead>)>) -> Vec<Log> {
    let mut logs: Vec<Log> = Vec::new();
    let mut at = Some((*newest, None));
    while let Some((head, end)) = at {
        logs.push(Log { head, end });
        // Strictly older, or a broken writer could send us round in circles.
        let before = head.before.filter(|before| before.file() < head.header.file);
        at = before.and_then(|before| {
            let (_, found) = files.get(&before.file())?;
            found.as_ref().ok().map(|found| (*found, Some(before)))
        });
    }
    logs.reverse();
    logs
}
