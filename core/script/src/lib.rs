//! Actors written in JavaScript: a class of guests is an engine and a text.
//!
//! ```text
//! quickjs.wasm ─▶ rewrite, compile once ─▶ a turn with text(name, ..), whose memory is the class's image ─▶ handles: is it a behaviour?
//! quickjs.wasm ─▶ module(.., name, ..): a source of its own ─▶ rewrite, compile ───────────────────────────▶ check: is it a behaviour?
//!                  │ Refused                │ peerd_guest::Refused                                            │ NoBehaviour
//! ```
//!
//! Either way the engine has evaluated the text before the first turn, so that each finds it parsed. docs/javascript-actors.md says what a
//! behaviour looks like.
//!
//! This crate runs nothing itself and knows no engine of WebAssembly.
#![no_std]
extern crate alloc;

mod check;
mod json;
mod module;
mod text;

pub use check::{NoBehaviour, check, handles};
pub use json::Json;
pub use module::{NAME_MAX, Refused, TEXT_MAX, module};
pub use text::text;

use peerd_guest::Limits;

/// Of a turn before it counts as slow: about 0.1 ms. The smallest one takes a twentieth of it.
pub const FUEL: u64 = 2_000_000;

/// Of every class of this kind.
#[must_use]
pub fn limits() -> Limits {
    // Evaluating a text is done once for all turns, and one frame of the engine's interpreter weighs what ten of another program do. An
    // unoptimised frame takes about 8 bytes a local or operand and some 64 besides: 3,000 are less than 600 KB of a browser's 984.
    Limits { start_fuel: 2_000_000_000, depth_max: 3_000, pages_max: 32, ..Limits::default() }
}
