//! Folds a log into a snapshot beside the vat that goes on writing the next, then deletes what nobody needs.
use crate::{
    Failed,
    folder::{Folder, Pen},
};
use peerd_journal::{Chain, Compaction, Keeping, Kept, Opening, Place, Position, Step, Until};
use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::SystemTime,
};

pub(crate) struct Compactor(JoinHandle<Result<(Compaction, u64), Failed>>);

impl Compactor {
    /// `chain` has the file that `opening` is of, whose first flight has landed; `place` is where the one before it ends.
    pub fn start(folder: Arc<Folder>, chain: Chain, opening: Opening, place: Place, oldest: Option<Position>) -> Compactor {
        let work = move || compact(&folder, &chain, &opening, place, oldest);
        Compactor(thread::Builder::new().name("snapshot".into()).spawn(work).expect("there can be one thread more"))
    }

    pub fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    /// The compaction, for the chain, and the length of its snapshot.
    pub fn join(self) -> Result<(Compaction, u64), Failed> {
        self.0.join().expect("it reads files that were written by us, and panics at none")
    }
}

/// Does it all. Whatever fails, or is cut off, leaves the old files or the new.
pub(crate) fn compact(
    folder: &Folder,
    chain: &Chain,
    opening: &Opening,
    place: Place,
    oldest: Option<Position>,
) -> Result<(Compaction, u64), Failed> {
    // Read again, so that nobody has to keep the fold in memory between two compactions.
    let found = folder.recover(Some(opening.identity), opening.vat, Until::Position(place.position))?;
    let mut compaction = Compaction::new(found.image, place, opening, chain, oldest, found.codec);
    let (mut pen, mut bytes) = (Pen::default(), 0);
    while let Some(step) = compaction.step().map_err(Failed::Stopped)? {
        match step {
            Step::Write(flight) => {
                bytes = flight.at + flight.bytes.len() as u64;
                pen.write(folder, flight)?;
            }
            Step::Flush(_) => pen.flush(folder, true)?,
            Step::Delete(file) => folder.delete(file)?,
        }
    }
    folder.flush_names()?;
    Ok((compaction, bytes))
}

/// The oldest place that is to be kept. Who can't tell keeps all.
pub(crate) fn oldest(folder: &Folder, chain: &Chain, keeping: &Keeping) -> Option<Position> {
    let Ok(files) = folder.ages() else { return Some(Position(0)) };
    let age = |written: SystemTime| written.elapsed().map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    let kept: Vec<Kept> = files.into_iter().map(|(file, length, written)| Kept { file, length, age_ms: age(written) }).collect();
    keeping.oldest(chain, &kept)
}
