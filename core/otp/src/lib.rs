//! Supervisors, servers and what stands beside them, as ordinary behaviours over the kernel's verbs.
//!
//! ```text
//! Server       a typed state ─▶ a Behaviour                    everything below is a Server
//! gen_server   call, cast, info, continue, hibernate           statem    states, postpone, time-outs, modules
//! event        publish to handlers and subscribers             task      one piece of work, one answer
//! registry     names, by capability                            groups    who belongs together, on all vats
//! namespace    one actor for each key                          store     values with revisions
//! event_sourced a state that kept events come to              work_pulling items to who has room for them
//! keyed        one call at a time for each key
//! supervisor   children, restart arithmetic, start and stop    intensity how many restarts are too many
//!
//! message      typed bodies and callers                        requests  many calls under one roof
//! sys          status and end of a server, by proof of control crash_report   a report as a person reads it
//! ```
//!
//! Nothing here touches the kernel's inside: whatever a supervisor does, any actor could.
#![no_std]
extern crate alloc;

mod schema;
mod schemas;
mod server;

pub mod message;
pub mod requests;

pub mod registry;
pub mod sys;

mod apart;
mod naming;
mod pieces;

pub mod gen_server;
pub mod statem;

pub mod event;
pub mod event_sourced;
pub mod groups;
pub mod keyed;
pub mod namespace;
pub mod store;
pub mod task;
pub mod work_pulling;

pub mod crash_report;

pub mod intensity;
pub mod supervisor;

pub use schema::schema;
pub use schemas::check_schemas;
pub use server::{Server, behaviour};
