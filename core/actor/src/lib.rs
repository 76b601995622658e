//! Actors that run as guests: compiled to WebAssembly and metered, isolated and moved by a host, or compiled natively and run as they are.
//!
//! ```
//! use peerd_actor::prelude::*;
//!
//! #[derive(Message)]
//! enum Count {
//!     Add(u64),
//!     Get(Reply<u64>),
//! }
//!
//! #[derive(Message)]
//! struct Counter {
//!     total: u64,
//! }
//!
//! #[actor]
//! impl Actor for Counter {
//!     const NAME: &'static str = "counter";
//!     type Args = u64;
//!     type Message = Count;
//!
//!     fn init(total: u64, _: &mut Context<'_, Counter>) -> Result<Counter, Crash> {
//!         Ok(Counter { total })
//!     }
//!
//!     fn handle(&mut self, message: Count, cx: &mut Context<'_, Counter>) -> Result<(), Crash> {
//!         match message {
//!             Count::Add(more) => self.total += more,
//!             Count::Get(reply) => cx.reply(reply, &self.total),
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! ```text
//! state, message ─▶ turn ─▶ Actor::handle ─▶ Context ─▶ Sink: entries of the outbox ─▶ new state
//!                            wasm32: `guest`, over the ABI            natively: whatever calls `turn`
//! ```
//!
//! For wasm32 the crate of an actor is `no_std` and a `cdylib`; `#[actor]` puts its allocator, its panic handler and the exports into
//! it: one actor in a module. A panic is the turn's failure there; natively it is a bug of the whole program, as anywhere.
#![no_std]
extern crate alloc;
extern crate self as peerd_actor;

pub mod wire;

mod addr;
mod message;
mod reason;

mod actor;
mod context;
mod turn;

#[cfg(target_arch = "wasm32")]
pub mod guest;

pub use actor::{Actor, Answer, Old, Signal};
pub use addr::{Addr, Reply, Rights};
pub use context::{Context, SpawnOptions};
pub use message::{Message, Reader, Writer};
pub use peerd_derive::{GuestMessage as Message, actor};
pub use reason::{Crash, Reason, Settle};
pub use turn::{Sink, turn};

/// What an actor's file needs.
pub mod prelude {
    pub use crate::{Actor, Addr, Answer, Context, Crash, Message, Old, Reason, Reply, Rights, Settle, Signal, SpawnOptions, actor};
    pub use alloc::{boxed::Box, collections::BTreeMap, format, string::String, vec, vec::Vec};
}
