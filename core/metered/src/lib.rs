//! Guests as actors of the kernel: one behaviour per class of guests, over an engine that runs one turn.
//!
//! ```text
//!  event ─▶ Guest (Behaviour) ─▶ Input ─▶ Engine: a small budget ─▶ done ──────▶ every entry checked against what it holds ─▶ Cx
//!             ▲                              └▶ exhausted                         one is wrong: the turn's crash, nothing happens
//!             └─ answer ◀── host: sliced ◀── call of the port, mailbox closed
//! ```
//!
//! At rest a guest is bytes in the kernel's slab: its refs, what it waits for, its own state. It never sees a ref, only indexes that mean
//! something in one turn (`peerd_actor::wire` has the layout). What it does wrong is a `Crash` of the turn, with a kind that says what;
//! what the host does wrong is tried again and counts for nothing.
//!
//! This crate knows no WebAssembly: engines are `Native` here and others in hosts.
#![no_std]
extern crate alloc;

pub mod slow;

mod engine;
mod native;

mod pending;
mod rest;

mod class;

mod given;
mod outbox;

mod guest;

pub use class::Class;
pub use engine::{Engine, Input, Limits, Outcome, Product, Trap};
pub use guest::{behaviour, own_state};
pub use native::Native;
pub use peerd_actor::wire::{ENTRY, HEADER, OUTBOX_MAX};
