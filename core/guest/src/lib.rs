//! What a wasm guest may be, and how it becomes one that can harm nobody.
//!
//! ```text
//! source ─▶ read: valid, within limits, every operator has a rule ─▶ rewrite: two builds ─▶ verify: each ─▶ Rewritten
//!             │ Refused                                                                       │ Unproven
//! ```
//!
//! A rewritten guest is metered in fuel and in depth, marks what it writes, has one NaN, and runs one turn on a borrowed
//! instance: state and message are copied in, state and outbox out, and then it is as it was. It knows no kernel memory, no clock,
//! no pid. docs/guests.md has the rules, their costs, and what is proved.
//!
//! This crate runs nothing and knows no engine.
#![no_std]
extern crate alloc;

pub mod abi;
mod allow;
pub mod costs;
mod limits;
mod refused;
mod rewrite;
mod source;
mod verify;

pub use limits::{Limits, PAGE, dirty_ranges};
pub use refused::Refused;
pub use rewrite::{Build, Report, Rewritten, rewrite};
pub use verify::{Malformed, recover, verify};
