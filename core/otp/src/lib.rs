//! Supervisors and servers, as ordinary behaviours over the kernel's verbs.
//!
//! ```text
//! Server   typed state ─ postcard bytes between turns ─▶ a Behaviour
//! Supervisor   child table, restart arithmetic, sequential start and stop ─▶ a Server
//! ```
//!
//! Nothing here touches the kernel's inside: whatever a supervisor does, any actor could.
#![no_std]
extern crate alloc;

mod server;

pub mod message;
pub mod requests;

pub mod registry;
pub mod sys;

mod apart;
mod naming;

pub mod gen_server;
pub mod statem;

pub mod event;
pub mod groups;
pub mod task;

pub mod crash_report;

pub mod intensity;
pub mod supervisor;

pub use server::{Server, behaviour};
