//! Actors written in JavaScript: a class of guests is an engine and a text.
//!
//! ```text
//! quickjs.wasm, name, text ─▶ module: a source of the guest ABI ─▶ rewrite, compile ─▶ check: is the text a behaviour? ─▶ a class
//!                              │ Refused                            │ peerd_guest       │ NoBehaviour
//! ```
//!
//! The engine evaluates the text when a module is instantiated, so that each turn finds it parsed; what is wrong with it is therefore told
//! by the first instance, to whoever asks with [`check`]. docs/javascript-actors.md says what a behaviour looks like.
//!
//! This crate runs nothing itself and knows no engine of WebAssembly.
#![no_std]
extern crate alloc;

mod check;
mod json;
mod module;

pub use check::{NoBehaviour, check};
pub use json::Json;
pub use module::{NAME_MAX, Refused, TEXT_MAX, module};

use peerd_guest::Limits;

/// Of a turn before it counts as slow: about 0.1 ms. The smallest one takes a twentieth of it.
pub const FUEL: u64 = 2_000_000;

/// Of every class of this kind.
#[must_use]
pub fn limits() -> Limits {
    // Evaluating a text is done once for all turns, and one frame of the engine's interpreter weighs what ten of another program do.
    Limits { start_fuel: 2_000_000_000, depth_max: 3_000, ..Limits::default() }
}
