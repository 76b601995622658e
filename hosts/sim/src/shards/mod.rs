//! Shards on several hosts: who holds which lease, while hosts join, leave, freeze and die, clocks run apart and the store fails.
//!
//! ```text
//! seed ─▶ Draw ─▶ play ─▶ Mesh { Store, machines { Host, Router, a Vat for each lease }, disks, clocks } ─▶ Checks
//! ```
//!
//! The vats are the kernel's, each with a journal; leases, placement and the way of messages are `core/mesh`. Nothing fences a disk:
//! who has lost its lease may write on, as a frozen tab may, and only the lease keeps it from saying so.
mod check;
mod clock;
mod disk;
mod machine;
mod mesh;
mod people;
mod play;
mod serve;
mod trouble;

pub use check::{CHECKERS, Lie};
pub use mesh::Mesh;
pub(crate) use play::{canary, run, strained, thousands};
pub use trouble::Strain;

/// What the runs did, by `Strain` and `CHECKERS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub faults: [u64; Strain::ALL.len()],
    pub checks: [u64; CHECKERS.len()],
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        for (mine, theirs) in self.faults.iter_mut().zip(other.faults).chain(self.checks.iter_mut().zip(other.checks)) {
            *mine += theirs;
        }
    }
}
