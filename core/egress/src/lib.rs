//! What may leave the browser for an actor that was not written by us: a pure policy of addresses, and a log of all that was asked.
//!
//! ```text
//! ask ─▶ Fetch::begin ─▶ judged ─▶ Hop ─▶ host fetches it, follows nothing ─┬─ head, body ─▶ counted ─▶ answer
//!            │              ▲                                             └─ redirect ─▶ Fetch::redirected
//!            └─ Refusal     └──────────────────────────────────────────────────────────────────┘
//!               each verdict is an entry of the Audit
//! ```
//! Nothing is granted by default. A `Grant` is for one origin, and a redirect to another one needs that one's own. What is judged is what is
//! fetched: a `Hop` carries the address as it was read, written anew. Cookies and credentials are never sent. The `broker` is the actor that lends it.
#![no_std]
extern crate alloc;

mod target;

mod place;

mod grant;
mod refusal;

mod fetch;

mod audit;

pub mod broker;

pub use audit::{ADDRESS_MAX, Audit, Entry, Verdict};
pub use fetch::{Ask, Fetch, Hop, REDIRECTS_MAX};
pub use grant::{Allowance, Grant, Methods};
pub use place::Special;
pub use refusal::Refusal;
pub use target::Target;
