//! Links between vats in Workers of one origin: frames over message ports, and word of a Worker's end by its lock.
//!
//! ```text
//! Worker 1: vat ─ Output::Link ─▶ Lines::send ─▶ port ═══ port ─▶ hear ─ Input::Link ─▶ vat :Worker 2
//!           holds a lock while it lives ◀─────────── waits for it: granted, the Worker is gone ─ Input::LinkDown
//! ```
//! Whoever knows both Workers makes a `MessageChannel` and gives each an end of it. A Worker that begins anew gets a new one; what was
//! under way on the old one is lost, which is what a link's end means.
mod line;
mod web;

pub use line::{Hear, Lines};
