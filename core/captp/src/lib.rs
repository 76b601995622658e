//! OCapN CapTP without input or output: what two programs that hold references to each other's objects say, as a pure machine.
//!
//! ```text
//! bytes ─ Framing ─▶ frame ─ dialect ─▶ op ─▶ Peer ─▶ Output::Deliver, Settled ─▶ whoever has the objects
//!                                              │ sessions: exports, imports, questions, answers
//!                                              │ promises, gifts, dials: across sessions
//! Output::Send ◀─ Framing ◀─ frame ◀─ dialect ◀┴─ call, settle, listen, release ◀─ whoever has the objects
//! ```
//!
//! A host moves bytes and tells the time; whoever has the objects names each by a number of its own. The wire is that of OCapN's peers
//! as they are deployed (docs/captp.md lists what we write and where that is not the draft).
//!
//! Nothing here reads a clock, draws randomness or opens a connection, and nothing that a peer sends can make it panic, recurse or hold more
//! than its [`Limits`] add up to.
#![no_std]
extern crate alloc;

// In the order a message goes: from bytes to what it means, and what is kept of it.
mod auth;
mod cell;
mod dialect;
mod entropy;
mod fault;
mod framing;
mod give;
mod keys;
mod peer;
mod records;
mod session;
mod slab;
// What its user sees.
mod handles;
mod io;
mod limits;
mod location;
mod uri;
mod value;

pub use io::{Auth, Conn, Dial, Flavour, Framing, Input, Netlayer, Outcome, Output, Part, Policy, Reason, Refused, Role, Time};
pub use limits::Limits;
pub use location::{Location, NotALocator, Sturdyref};
pub use peer::{Peer, Sizes, Totals};
pub use peerd_syrup::Integer;
pub use value::{Far, Object, Promise, Ref, Resolver, Value};
