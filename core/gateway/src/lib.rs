//! Between the actors of a vat and the objects of CapTP peers: each is a ref to the other side, as if it were of its own kind.
//!
//! ```text
//! actor ─ message, call ─▶ a ref (an object of the gateway) ─▶ gateway ─ bytes ─▶ port ─▶ connection ─▶ peer
//!       ◀─ message, call ─ the gateway, for whoever has it there ◀── Peer (core/captp) ◀─ bytes ─ host ◀──┘
//! ```
//! What an actor gives away through the gateway is exported with the right to send and nothing else; what comes is a ref that sends. A
//! call settles as the promise on the other side does, and what nobody has any more is given back, in both directions. Bodies are
//! `portable` values. The gateway is volatile, as connections are; what it offers under lasting names is a durable `registry`'s, and is
//! offered again by the gateway of the next life.
#![no_std]
extern crate alloc;

mod exchange;
mod gateway;
mod presences;

pub mod portable;
pub mod registry;
pub mod wire;

pub use gateway::{Faces, NAME, Reply, Request, spawn};
pub use wire::{Layer, Settings};

use alloc::{boxed::Box, vec, vec::Vec};
use peerd_vat::Behaviour;

/// For a vat's table.
#[must_use]
pub fn behaviours() -> Vec<Box<dyn Behaviour>> {
    vec![gateway::behaviour(), registry::behaviour()]
}
