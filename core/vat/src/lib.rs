//! The kernel: actors as bytes, turns as transactions, in one sans-IO object.
//!
//! ```text
//! Input ─▶ admit ─▶ mailbox ─▶ turn (Behaviour, Cx) ─▶ commit ─▶ gate ─▶ Output
//!            │refused            │crash: dropped whole     └▶ mailboxes, relations, timers of this vat
//! ```
//!
//! It has no clock, no randomness, no I/O and no async: time and entropy are inputs, everything else is an output.
//! It knows no supervisors, names, servers or retries; those are ordinary behaviours over the seven verbs of `Cx`.
#![no_std]
extern crate alloc;

mod facets;
mod objects;
mod refs;
mod time;

mod boundary;
mod reason;

mod shelf;
mod slab;
mod state;

mod keeping;
mod keyed;
mod lives;
mod paged;
mod pool;
mod relations;
mod shots;
mod siblings;
mod slots;
mod timers;

mod entry;
mod mailbox;
mod writer;

mod deadlock;
mod door;
mod lanes;
mod waits;

mod around;
mod behaviour;
mod cx;
mod map;
mod swap;
mod tables;
mod turn;

mod admit;
mod clock;
mod plain;
mod ready;
mod schedule;
mod step;

mod birth;
mod commit;
mod held;
mod send;
mod settle;

mod bonds;
mod death;
mod faults;
mod identity;
mod monitor;
mod signals;

mod durable;
mod gate;
mod ledger;
mod leftovers;
mod link;
mod rest;
mod rows;
mod status;
mod system;
mod told;
mod trace;
mod upgrade;
mod vat;
mod watched;
mod words;

#[cfg(test)]
mod tests;

pub use around::{Around, around};
pub use behaviour::{Answer, Behaviour, Code, Event, Identity, SpawnOptions};
pub use boundary::{Activity, Counters, DeadClass, DeadLetter, Input, Last, Output, Outputs, Ran, Refused, Report, Row, Said};
pub use cx::{CALL_MS, Cx, INFINITY_MS};
pub use door::Open;
pub use durable::deeds;
pub use durable::{Arm, Every, Flight, Missed, NotRestored, NotSealed, Poison, Position, journal_label, journal_name};
pub use gate::{Durability, Stamp};
pub use keeping::KeptChild;
pub use leftovers::Leftovers;
pub use map::{Entries, Map, NotPut};
pub use monitor::{Alias, Aliased, WatchOptions};
pub use ready::Class;
pub use reason::{Crash, Reason, Settle};
pub use refs::{ActorId, CallId, Incarnation, PortId, REF_TO_NOBODY, Ref, Rights, VatId, WatchId};
pub use rest::IDLE_MS;
pub use shelf::{Shelf, StateId, append};
pub use status::{Line, Statistics, Status};
pub use swap::Swap;
pub use system::System;
pub use time::{Dial, Time, Wall};
pub use trace::{Fact, MessageKind, What};
pub use turn::Place;
pub use vat::{Config, Vat};
pub use watched::LOG_MAX;
pub use words::{Handled, Why, Words};
pub use writer::{Paper, Writer};
