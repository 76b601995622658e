//! Writes a snapshot beside the log and, once it is durable, names the files that nobody needs any more.
use crate::{
    Chain, Codec, File, Flight, Head, Header, Image, Opening, Place, Position, Record, Refused, Writer, check::Digest, pieces::Cursor,
};
use alloc::{boxed::Box, vec::Vec};

/// What the host does next. When it has been done, ask for the next; when it can't be done, drop the compaction: the old files
/// are all there still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    Write(Flight<'a>),
    Flush(File),
    Delete(File),
}

/// Limit: so much is gathered before it is written.
const WRITE: usize = 256 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// What was not whole when the vat was opened goes first, so that no unfinished snapshot is ever older than a finished one.
    Strays,
    Write,
    Flush,
    Deletes,
}

pub struct Compaction {
    image: Image,
    place: Place,
    header: Header,
    writer: Writer,
    cursor: Cursor,
    /// Of the pieces so far: in the end the image's hash.
    digest: Digest,
    is_closed: bool,
    stage: Stage,
    strays: Vec<File>,
    needless: Vec<File>,
    deleted: Vec<File>,
}

impl Compaction {
    /// `image` is the fold up to `place`. `oldest` is the oldest position that somebody may want to come back to.
    #[must_use]
    pub fn new(
        image: Image,
        place: Place,
        of: &Opening,
        chain: &Chain,
        oldest: Option<Position>,
        codec: Option<Box<dyn Codec>>,
    ) -> Compaction {
        let used = chain.snapshots.iter().map(|(head, _)| head.header.file).chain(chain.strays.iter().copied());
        let number = used.filter(|file| file.epoch == of.file.epoch).map(|file| file.number + 1).max().unwrap_or(0);
        let file = File::snapshot(of.file.epoch, number);
        let writer = Writer::open(Opening { file, before: Some(place), ..*of }, codec);
        Compaction {
            image,
            place,
            header: writer.header(),
            writer,
            cursor: Cursor::START,
            digest: Digest::default(),
            is_closed: false,
            stage: Stage::Strays,
            strays: chain.strays.clone(),
            needless: chain.needless(place, oldest),
            deleted: Vec::new(),
        }
    }

    /// None: it is done.
    ///
    /// # Errors
    /// When a piece is over the limits of a record.
    pub fn step(&mut self) -> Result<Option<Step<'_>>, Refused> {
        if self.stage == Stage::Strays {
            if let Some(file) = self.strays.pop() {
                self.deleted.push(file);
                return Ok(Some(Step::Delete(file)));
            }
            self.stage = Stage::Write;
        }
        if self.stage == Stage::Write {
            // Nothing of a snapshot counts before it is whole: one flush at the end is enough.
            self.writer.landed();
            self.gather()?;
            if self.writer.has_flight() {
                return Ok(self.writer.flight().map(Step::Write));
            }
            self.stage = Stage::Flush;
        }
        if self.stage == Stage::Flush {
            self.stage = Stage::Deletes;
            return Ok(Some(Step::Flush(self.header.file)));
        }
        let next = self.needless.pop();
        self.deleted.extend(next);
        Ok(next.map(Step::Delete))
    }

    fn gather(&mut self) -> Result<(), Refused> {
        if self.is_closed {
            return Ok(());
        }
        let (writer, digest, mut bytes, mut failed) = (&mut self.writer, &mut self.digest, Vec::new(), None);
        self.cursor = self.image.pieces(self.cursor, &mut |part| {
            if writer.gathered() >= WRITE {
                return false;
            }
            digest.part(part, &mut bytes);
            failed = writer.append(&Record::Snapshot(part)).err();
            failed.is_none()
        });
        if let Some(why) = failed {
            return Err(why);
        }
        if self.cursor.is_end() {
            self.writer.append(&Record::Close { image: Some(self.digest.hash()) })?;
            self.is_closed = true;
        }
        Ok(())
    }

    /// Every step was done: the chain is without what is gone, and with the snapshot.
    pub fn done(self, chain: &mut Chain) {
        let is_there = |file: File| !self.deleted.contains(&file);
        chain.strays.retain(|file| is_there(*file));
        chain.logs.retain(|log| is_there(log.head.header.file));
        chain.snapshots.retain(|(head, _)| is_there(head.header.file));
        chain.snapshots.push((Head { header: self.header, before: Some(self.place) }, self.place));
    }
}
