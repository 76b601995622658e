//! How much of the past is kept, and when a log is worth a snapshot.
use crate::{Chain, File, Position};

/// What a host decides of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// So many milliseconds back one can go. Of nothing there are two snapshots and the log after the older one.
    pub past_ms: u64,
    /// Limit: what of that is over so many bytes of log goes first,
    pub past_bytes: u64,
    /// Limit: and what is over so many logs. Each opening reads the head of each.
    pub past_files: usize,
    /// A log that is shorter costs less than its snapshot would.
    pub log_bytes: u64,
}

/// A file that lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub file: File,
    pub length: u64,
    /// Milliseconds since it was last written.
    pub age_ms: u64,
}

impl Default for Keeping {
    /// As semantics 16 has it: 30 days, at most 1 GiB.
    fn default() -> Keeping {
        Keeping { past_ms: 30 * 24 * 3_600_000, past_bytes: 1 << 30, past_files: 4_096, log_bytes: 8 << 20 }
    }
}

impl Keeping {
    /// Of so many bytes of log that no snapshot has, beside a newest snapshot of so many.
    #[must_use]
    pub fn wants_snapshot(&self, log: u64, snapshot: u64) -> bool {
        log > self.log_bytes.max(snapshot)
    }

    /// The oldest place that is to be kept: the newest snapshot that is older than history goes back, or after which there is more log
    /// than is kept. A snapshot was written soon after its place was. None: nothing is kept for the past.
    #[must_use]
    pub fn oldest(&self, chain: &Chain, files: &[Kept]) -> Option<Position> {
        if self.past_ms == 0 || self.past_bytes == 0 {
            return None;
        }
        let kept = |file: File| files.iter().find(|kept| kept.file == file);
        let found = chain.snapshots.iter().rev().find(|(head, place)| {
            let logs = || chain.logs.iter().map(|log| log.head.header).filter(|header| header.first > place.position);
            let bytes: u64 = logs().filter_map(|header| kept(header.file)).map(|kept| kept.length).sum();
            let is_past = kept(head.header.file).is_some_and(|kept| kept.age_ms > self.past_ms);
            is_past || bytes > self.past_bytes || logs().count() > self.past_files
        });
        Some(found.map_or(Position(0), |(_, place)| place.position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Epoch, Hash, Head, Header, Identity, Log, Place, Vat};
    use alloc::{vec, vec::Vec};

    /// Logs of 100 records each, and a snapshot after each but the last.
    fn chain(logs: u64) -> Chain {
        let header = |file, first| Header { identity: Identity::default(), vat: Vat(1), file, first: Position(first), codec: 0 };
        let head = |file, first| Head { header: header(file, first), before: None };
        let place = |n| Place { epoch: Epoch(1), number: n, length: 0, link: Hash::of(&[]), position: Position((n + 1) * 100) };
        let logs_of = |n: u64| Log { head: head(File::log(Epoch(1), n), n * 100 + 1), end: None };
        let snapshots = (0..logs - 1).map(|n| (head(File::snapshot(Epoch(1), n), 0), place(n))).collect();
        Chain { logs: (0..logs).map(logs_of).collect(), snapshots, strays: vec![] }
    }

    /// Each log has 1,000 bytes, and a snapshot is an hour older than the next.
    fn files(chain: &Chain) -> Vec<Kept> {
        let count = chain.snapshots.len() as u64;
        let logs = chain.logs.iter().map(|log| Kept { file: log.head.header.file, length: 1_000, age_ms: 0 });
        let aged = (0..count).map(|n| Kept { file: File::snapshot(Epoch(1), n), length: 10, age_ms: (count - n) * 3_600_000 });
        logs.chain(aged).collect()
    }

    fn oldest(keeping: Keeping) -> Option<Position> {
        let chain = chain(6);
        keeping.oldest(&chain, &files(&chain))
    }

    const ALL: Keeping = Keeping { past_ms: u64::MAX, past_bytes: u64::MAX, past_files: usize::MAX, log_bytes: 0 };

    #[test]
    fn the_past_ends_at_the_first_bound_that_is_reached() {
        assert_eq!(oldest(ALL), Some(Position(0)));
        assert_eq!(oldest(Keeping { past_ms: 0, ..ALL }), None);
        // The newest snapshot is one hour old and of place 500.
        assert_eq!(oldest(Keeping { past_ms: 2 * 3_600_000, ..ALL }), Some(Position(300)));
        // After place 300 there are logs 3, 4 and 5.
        assert_eq!(oldest(Keeping { past_bytes: 2_500, ..ALL }), Some(Position(300)));
        assert_eq!(oldest(Keeping { past_files: 3, ..ALL }), Some(Position(200)));
    }
}
