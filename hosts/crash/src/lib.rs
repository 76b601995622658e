//! Power cuts for the journal: a workload on a tape, a store that loses what was not flushed, and what recovery makes of it.
//!
//! ```text
//! Workload ─▶ Owner (Writer, Compaction) ─▶ Tape ─▶ crash anywhere on it ─▶ Store ─▶ Recovery ─▶ one of the images written?
//!                 └─▶ Image, Model: the fold as it lives, and once more, naively
//! ```
mod cuts;
mod disk;
mod model;
mod play;
mod rot;
mod tally;
mod workload;

pub use cuts::cut;
pub use disk::{Disk, Fate, Op, Store};
pub use model::Model;
pub use play::{Mark, Size, Tape, VAT, play, recover};
pub use rot::{after, back, flips, forged, lost};
pub use tally::Tally;
pub use workload::Workload;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_without_faults_hold_and_their_folds_are_the_models() {
        for seed in 0..200 {
            let tape = play(seed, Size { owners: 3, groups: 12, rolls: 6 }).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            assert!(tape.mark.acked.0 > 0);
        }
    }
}
