//! What this peer and one that others wrote do with each other when they meet, as cases that any host plays.
//!
//! ```text
//! case (async) ─ Cx: call, get, release ─▶ Peer ─▶ the host's bytes ─▶ Goblins, which does what its hub is told
//!                ▲ settled ───────────────── Stage ◀─ what the machine tells, calls of our own objects answered
//! ```
//! A case is written from top to bottom and waits where it must; [`Play`] asks it again after everything that has happened.
mod cases;
mod cx;
mod play;
mod stage;

pub use cases::{CASES, Case, Places};
pub use cx::{Cx, Held};
pub use play::Play;
pub use stage::{Host, Stage};
