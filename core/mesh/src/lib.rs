//! Which host runs a shard now: a store of leases, the holder's side of it, and the way of messages to whoever holds one.
//!
//! ```text
//! Host ── Ask { held, released, leaving } ──▶ Store ── Change ─▶ made durable by its owner, before
//!   ▲ may_speak                                 │ plan: free shards, and who is to give one up
//!   │                                           ▼
//!   └── Open, Seal, Drop ◀── Answer { kept, granted, yields } ──┘        Router: Deliver, Forward, or wait within a deadline
//! ```
//!
//! A shard is a vat: a journal of its own, opened by whoever holds its lease, under the lease's epoch. Nothing here reads a clock,
//! opens a journal or speaks to anybody; of actors it knows the fixed shard of each
//! (`shard_of`), and how to ask for one there (`directory`).
#![no_std]
extern crate alloc;

mod names;

mod plan;
mod store;

mod host;

mod route;

pub mod directory;

#[cfg(test)]
mod tests;

pub use host::{Host, Input, Output, Phase};
pub use names::{Epoch, HostId, Lease, Shard, Terms, shard_of};
pub use route::{Id, Lost, Parcel, Router, Way};
pub use store::{Answer, Ask, Change, Found, Store};
