//! A page as the agent sees it: snapshots rendered within a budget, refs resolved by evidence, actions read back.
//!
//! ```text
//! page ─ JSON ─▶ snapshot ─┬─▶ budget (render, refs) ─▶ fence ─▶ model
//!                          └─▶ fingerprint ─▶ resolve ─▶ act ─▶ diff
//! ```
pub mod words;

mod snapshot;

mod fingerprint;
mod refs;

mod acted;
mod budget;
mod diff;
mod fence;
mod find;
mod render;
mod resolve;

mod input;
pub mod tools;

mod verdict;

pub mod drive;

#[cfg(test)]
pub(crate) mod sample;

pub use fence::fence;
pub use fingerprint::Fingerprint;
pub use tools::{is_tab_tool, specs};
