//! OCapN on the sockets of this machine: one thread that turns a [`Node`], and whoever has the objects.
//!
//! ```text
//! socket ─ Reactor ─ Event ─▶ Node ─ Input ─▶ Peer (core/captp)
//!                     sockets ◀─ Send, Dial ─┴─ Deliver, Settled ─▶ Objects
//! ```
//! Why one thread: a round trip then wakes each side once, as an echo of bytes does. Handlers that take long belong elsewhere, and answer
//! later by the call's resolver.
#![allow(clippy::disallowed_methods, reason = "a host: it has the clock and the sockets")]
mod carrier;
mod connection;
mod opening;
mod reactor;

mod layer;
mod memory;
mod node;

pub use layer::{Layer, entropy};
pub use memory::Memory;
pub use node::{Call, Node, Objects, Session, now};
pub use opening::Manner;
pub use reactor::{Conn, Event, Listener, Reactor};
