//! A page as the agent sees it: snapshots rendered within a budget, refs resolved by evidence, actions read back.
mod fingerprint;

pub use fingerprint::Fingerprint;
