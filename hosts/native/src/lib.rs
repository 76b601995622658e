//! A vat on a thread of its own: the real clock, handles for any thread, and a journal on files.
//!
//! ```
//! use peerd_native::prelude::*; // The one line: of `peerd`, time is set by hand.
//!
//! # #[derive(Message)]
//! # enum Count { Add(u64), Total(Reply<u64>) }
//! # #[derive(Serialize, Deserialize)]
//! # struct Counter { total: u64 }
//! # impl Actor for Counter {
//! #     const NAME: &'static str = "counter";
//! #     type Args = u64;
//! #     type Message = Count;
//! #     fn init(total: u64, _: &mut Context<'_, '_, Counter>) -> Result<Counter, Crash> { Ok(Counter { total }) }
//! #     fn handle(&mut self, message: Count, cx: &mut Context<'_, '_, Counter>) -> Result<(), Crash> {
//! #         match message { Count::Add(more) => self.total += more, Count::Total(reply) => cx.reply(reply, &self.total) }
//! #         Ok(())
//! #     }
//! # }
//! let mut system = System::new(vec![behaviour::<Counter>()]);
//! let counter = system.spawn::<Counter>(&40);
//! let handle = system.handle();
//! let other = std::thread::spawn(move || handle.send(counter, Count::Add(2)));
//! assert!(other.join().expect("it has no bug").is_ok());
//! assert_eq!(system.ask(counter, Count::Total), Ok(42));
//! ```
//!
//! ```text
//! Handle ─ Item ─▶ Inbox (bounded) ─▶ Engine: take in, run some turns, obey, sleep ─▶ Slot ─▶ Pending: wait, or await
//!   any thread                          the vat's thread  └ Lines: before full mailboxes  └▶ Queue ─▶ Port: native code
//! ```
//! [`System::open`] gives a system a journal on files of this machine: actors that are started by `keep` outlive it. A [`Journal`] is
//! the same without a vat.
//!
//! It obeys and decides nothing. What native code asks of actors goes by the root, an actor like others (`root.rs`).
#![allow(clippy::disallowed_methods, reason = "a host: it has the clock and the threads")]
mod clock;
mod refused;

mod log;
mod shared;

mod inbox;
mod line;
mod pending;
mod port;

mod order;
mod root;

mod engine;
mod obey;

mod handle;
mod keyed;
mod probe;
mod system;
mod vats;

mod store;
mod swap;

mod folder;

mod compactor;
mod export;
mod past;
mod told;

mod journal;
mod keeper;

mod cluster;

pub use cluster::{Acquaintance, Cluster, HostNumber, NotDone, Shards};
pub use export::{import, rekey};
pub use folder::Failed;
pub use handle::Handle;
pub use journal::{Found, Journal};
pub use peerd::check_schemas;
pub use peerd_journal::{Bookmark, Identity};
pub use peerd_mesh::{Shard, Terms};
pub use peerd_vat::deeds::{Letter, Told, What};
pub use pending::Pending;
pub use port::Port;
pub use probe::Probe;
pub use refused::{End, Refused};
pub use store::Store;
pub use system::System;
pub use told::history;
pub use vats::Vats;

/// What an actor's file needs, with the real clock.
pub mod prelude {
    pub use crate::{End, Handle, Pending, Port, Refused, System, Vats};
    pub use peerd::prelude::*;
}
