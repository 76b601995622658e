//! Seeded worlds: a vat with virtual time, scripted ports and faults, watched by checkers, told as a transcript.
//!
//! ```text
//! seed ─▶ Draw ─▶ scenario ─▶ World { vat, clock, ports, faults } ─▶ Fact ─▶ Checks     a violation ends the run
//!                    ▲                                                └────▶ Transcript  the same text everywhere
//!                    └── run: twice per seed, and both transcripts must be equal
//! ```
//!
//! It reads no clock, no random source and no environment, so that a seed is the whole reproduction.

mod draw;
mod faults;

pub mod cast;
mod check;
mod ports;
mod world;

mod scenario;

mod transcript;
mod words;

mod run;

pub use check::Tamper;
pub use draw::Draw;
pub use faults::Injector;
pub use ports::{BOOK, ECHO, Manner};
pub use run::{Outcome, hash, kept_seeds, run};
pub use scenario::{Expect, SCENARIOS, Scenario, spec};
pub use transcript::{Transcript, render};
pub use world::World;
