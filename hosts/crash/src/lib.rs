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
mod keys;
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
pub use keys::KEY;
pub use model::Model;
pub use play::{Mark, Size, Tape, VAT, play, recover, recover_under};
pub use rot::{after, back, flips, forged, lost};
pub use tally::Tally;
pub use vats::{given_up, taken_up, vats};
pub use workload::Workload;

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_journal::{File, Until};
    use peerd_seal::Key;
    use std::{fs, path::Path};

    fn kept(folder: &str) -> Store {
        let (mut store, folder) = (Store::default(), Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
        for entry in fs::read_dir(folder).expect("it is in the tree").filter_map(Result::ok) {
            if let Some(file) = File::of_name(&entry.file_name().to_string_lossy()) {
                store.0.insert(file, fs::read(entry.path()).expect("a file"));
            }
        }
        store
    }

    fn golden(folder: &str, key: Option<Key>) -> (usize, u64, String) {
        let store = kept(folder);
        let found = recover_under(key, &store, None, Until::End).unwrap_or_else(|why| panic!("{why:?}"));
        (store.0.len(), found.image.position.0, format!("{:?}", found.image.hash()))
    }

    /// Written by the first version, with `./x crash --keep`. Every later one must read it.
    #[test]
    fn the_journal_of_the_first_version_is_read() {
        assert_eq!(golden("golden", None), (7, 113, "cbb8d8048411".into()));
    }

    /// With `--sealed`.
    #[test]
    fn the_sealed_journal_of_the_first_version_is_read() {
        assert_eq!(golden("golden-sealed", Some(KEY)), (6, 66, "f1264d87d3dc".into()));
    }

    /// Of the first version that gives vats up, with `--given-up`: the lives of its actors go on.
    #[test]
    fn the_first_vat_that_was_given_up_is_taken_up() {
        let store = kept("golden-given-up");
        let found = recover(&store, None, Until::End).unwrap_or_else(|why| panic!("{why:?}"));
        assert_eq!(found.image.carried.len(), 4);
        assert_eq!(taken_up(store), Ok((57, vec![1; 4])));
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
            let tape = play(seed, Size { owners: 3, groups: 12, rolls: 6 }, (seed % 2 == 1).then_some(KEY))
                .unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            assert!(tape.mark.acked.0 > 0);
        }
    }
}
