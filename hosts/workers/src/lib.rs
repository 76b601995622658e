//! Links between vats in Workers of one origin: bytes over shared memory or message ports, and word of a Worker's end by its lock.
//!
//! ```text
//! Worker 1: vat ─ Output::Link ─▶ Lines::send ─▶ ring or port ═══▶ hear ─ Input::Link ─▶ vat :Worker 2
//!           holds a lock while it lives ◀─────────── waits for it: granted, the Worker is gone ─ Input::LinkDown
//! ```
//! Whoever knows both Workers makes a `MessageChannel` and gives each an end of it, and to both the same memory where the page
//! may share any. A Worker that begins anew gets new ones; what was under way on the old is lost, which is what a link's end means.
//! On a ring, the port only calls a reader that sleeps; one that is at work, or lingers, sees what has come by itself.
mod line;
mod ring;
mod web;

pub use line::{Hear, Lines, Side};
