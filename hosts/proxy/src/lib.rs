//! The proxy of the Linux machine: what its programs send to 127.0.0.1:3128 becomes requests, and what is answered becomes bytes for them.
//!
//! ```text
//! program ─ bytes ─▶ Conn ─ CONNECT? ─▶ TLS ends here ─┐
//!            ▲        └─ GET http://.. ────────────────┴─▶ request ─▶ Event::Ask ─▶ whoever decides, and fetches
//!            └────────────── bytes ◀─ answer ◀─ head, piece, end, or a refusal in words ◀────────┘
//! ```
//! It opens nothing and decides nothing. A program that speaks HTTPS believes it because the machine trusts this life's own authority, whose
//! key nobody keeps: encryption ends where the machine does, and begins anew where the browser fetches.
mod request;

mod answer;

mod authority;

mod conn;

mod proxy;

#[cfg(target_family = "wasm")]
mod face;

#[cfg(test)]
mod tests;

pub use proxy::{Event, Proxy};
