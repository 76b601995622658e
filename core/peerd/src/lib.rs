//! Actors as Rust structs: typed messages, supervision, one code for native, Worker and simulator.
//!
//! ```
//! use peerd::prelude::*;
//!
//! #[derive(Message)]
//! enum Count {
//!     Add(u64),
//!     Get(Reply<u64>),
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Counter {
//!     total: u64,
//! }
//!
//! impl Actor for Counter {
//!     const NAME: &'static str = "counter";
//!     type Args = u64;
//!     type Message = Count;
//!
//!     fn init(total: u64, _: &mut Context<'_, '_, Counter>) -> Result<Counter, Crash> {
//!         Ok(Counter { total })
//!     }
//!
//!     fn handle(&mut self, message: Count, cx: &mut Context<'_, '_, Counter>) -> Result<(), Crash> {
//!         match message {
//!             Count::Add(more) => self.total += more,
//!             Count::Get(reply) => cx.reply(reply, &self.total),
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let mut system = System::new(vec![behaviour::<Counter>()]);
//! let counter = system.spawn::<Counter>(&40);
//! system.send(counter, &Count::Add(2));
//! assert_eq!(system.ask(counter, Count::Get), Ok(42));
//! ```
//!
//! ```text
//! Actor ─ behaviour ─▶ a Behaviour of the kernel        Message ─ bytes and refs ─▶ an envelope
//! System: a vat, a root that starts what you ask for, and time as you set it
//! ```
#![no_std]
extern crate alloc;
extern crate self as peerd;

mod addr;
mod key;
mod message;

mod actor;
pub mod caps;
mod event_sourced;
pub mod keyed;
pub mod namespace;
mod supervise;
pub mod work;

mod fallible;
pub mod system;

pub use actor::{Actor, Context, Kind, Near, Object, Signal, Table, behaviour, crash};
pub use addr::{Addr, Ref, Reply};
pub use event_sourced::EventSourced;
pub use key::Key;
pub use message::{Message, Reader, encode};
pub use namespace::{Namespace, NotFound};
pub use peerd_derive::Message;
pub use peerd_otp::{check_schemas, schema};
pub use peerd_vat::Writer;
pub use supervise::{Child, StartFailed, Supervised, Supervisor};
pub use system::System;

/// What an actor's file needs.
pub mod prelude {
    pub use crate::caps::{Attenuator, Lent, Terms, attenuator};
    pub use crate::keyed::{Access, Hand, Heard, Keyed, Keys, NotDone, Order, Step, Which, behaviour as keyed_behaviour};
    pub use crate::work::{NotAdded, Pulling, Work, WorkQueue};
    pub use crate::{
        Actor, Addr, Child, Context, EventSourced, Kind, Message, Namespace, Near, NotFound, Object, Ref, Reply, Signal, StartFailed,
        Supervised, Supervisor, System, Table, behaviour, crash,
    };
    pub use peerd_otp::{
        event_sourced::{Fold, Snapshots, Sourced},
        supervisor::{Restart, Shutdown, Strategy},
        work_pulling::Spec,
    };
    pub use peerd_vat::{Crash, Durability, Every, Missed, Reason, Rights, Settle, SpawnOptions, Time, Wall, WatchId};
    pub use serde::{Deserialize, Serialize};
}
