//! Plays the cases of `conformance/`: data in, one verdict per case out, on virtual time.
//!
//! ```text
//! conformance/otp/NAME.case ─ Case::read ─▶ scenes × matrix ─▶ Play ─ steps ─▶ World (vats, a clock) ─ what happened ─▶ compare
//!                                                                                └ puppets and fixtures obey scripts
//! ```
//! Every step lists what must happen in answer to it, in order; anything else that happens is a failure, and so is anything
//! left over at the end. The same library runs in the native program and in a Worker; neither has a case of its own.
mod text;

mod case;
mod matrix;

mod stage;
mod words;

mod fixtures;
mod generic;
mod puppet;
mod supervise;

mod disk;
mod fleet;
mod net;
mod waker;
mod world;

mod play;
mod steps;

mod verdict;

#[cfg(test)]
mod canary;

#[cfg(target_arch = "wasm32")]
mod worker;

pub use verdict::{Row, judge};
