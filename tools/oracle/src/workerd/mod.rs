//! Programs of storage and alarms, on workerd's Durable Objects and on durable actors.
//!
//! ```text
//! seed ─▶ generate ─▶ Program ─▶ theirs (player.js, real time) ─▶ Story ─▶ trace ─┐
//!                        └─────▶ ours (one vat, virtual time) ──▶ Story ─▶ trace ─┴▶ compare ─▶ shrink
//! ```
mod cells;
mod certain;
mod compare;
mod generate;
mod keys;
pub mod live;
mod ours;
mod program;
mod shrink;
mod story;
mod text;
mod theirs;
