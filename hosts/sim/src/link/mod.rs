//! Several vats of one installation and the network between them: scenarios of the vat link.
//!
//! ```text
//! seed ─▶ Draw ─▶ play ─▶ Cluster { vats of talkers, Network } ─▶ words of the talkers ─▶ Checks
//! ```
mod check;
mod cluster;
mod network;
mod play;
mod talker;

pub use check::{CHECKERS, Lie};
pub use cluster::Cluster;
pub use network::Trouble;
#[cfg(test)]
pub(crate) use play::lied_to;
pub(crate) use play::{canary, carried, lossy, run, steady};

/// What the runs of linked vats did, by `Trouble` and `CHECKERS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub faults: [u64; Trouble::ALL.len()],
    pub checks: [u64; CHECKERS.len()],
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        for (mine, theirs) in self.faults.iter_mut().zip(other.faults).chain(self.checks.iter_mut().zip(other.checks)) {
            *mine += theirs;
        }
    }
}
