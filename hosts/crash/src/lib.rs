//! Power cuts for the journal: a workload on a tape, a store that loses what was not flushed, and what recovery makes of it.
//!
//! ```text
//! Workload ─▶ Owner (Writer, Compaction) ─▶ Tape ─▶ crash anywhere on it ─▶ Store ─▶ Recovery ─▶ one of the images written?
//!                 └─▶ Image, Model: the fold as it lives, and once more, naively
//! ```
mod cuts;
mod disk;
mod forge;
pub mod fuzz;
mod model;
mod play;
pub mod power;
mod rot;
mod tally;
pub mod trace;
mod vats;
mod workload;

pub use cuts::cut;
pub use disk::{Disk, Fate, Op, Store};
pub use forge::Forge;
pub use model::Model;
pub use play::{Mark, Size, Tape, VAT, play, recover};
pub use rot::{after, back, flips, forged, lost};
pub use tally::Tally;
pub use vats::vats;
pub use workload::Workload;

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_journal::{File, Until};
    use std::fs;

    /// Written by the first version, with `./x crash --keep`. Every later one must read it.
    #[test]
    fn the_journal_of_the_first_version_is_read() {
        let mut store = Store::default();
        for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/golden")).expect("it is in the tree").filter_map(Result::ok) {
            if let Some(file) = File::of_name(&entry.file_name().to_string_lossy()) {
                store.0.insert(file, fs::read(entry.path()).expect("a file"));
            }
        }
        let found = recover(&store, None, Until::End).unwrap_or_else(|why| panic!("{why:?}"));
        assert_eq!((store.0.len(), found.image.position.0, format!("{:?}", found.image.hash())), (7, 113, "cbb8d8048411".into()));
    }

    #[test]
    fn durable_actors_lose_and_double_nothing() {
        for seed in 0..300 {
            vats(seed).unwrap_or_else(|why| panic!("{why}"));
        }
    }

    #[test]
    fn runs_without_faults_hold_and_their_folds_are_the_models() {
        for seed in 0..200 {
            let tape = play(seed, Size { owners: 3, groups: 12, rolls: 6 }).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            assert!(tape.mark.acked.0 > 0);
        }
    }
}
