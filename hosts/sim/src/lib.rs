//! Seeded worlds: a vat with virtual time, scripted ports and faults, watched by checkers, told as a transcript.
//!
//! ```text
//! seed ─▶ Draw ─▶ scenario ─▶ World { vat, clock, ports, faults } ─▶ Fact ─▶ Checks     a violation ends the run
//!                    ▲                                                └────▶ Transcript  the same text everywhere
//!                    └── run: twice per seed, and both transcripts must be equal
//! ```
//!
//! It reads no clock, no random source and no environment, so that a seed is the whole reproduction.

mod digest;
mod draw;
mod fault;
mod inject;

pub mod cast;
mod check;
mod clock;
mod ports;
mod tally;
mod world;

mod scenario;
mod script;

mod link;
mod shards;

pub mod fuzz;

mod transcript;
mod words;

mod run;

pub use check::Tamper;
pub use digest::Digest;
pub use draw::Draw;
pub use fault::{Fault, Kind};
pub use inject::Injector;
pub use link::Cluster;
pub use ports::{BOOK, ECHO, Manner};
pub use run::{Outcome, hash, kept_seeds, run};
pub use scenario::{Expect, Play, SCENARIOS, Scenario, spec};
pub use script::{Scale, Script, Step, shrink};
pub use shards::Mesh;
pub use tally::Tally;
pub use transcript::{Transcript, render};
pub use world::{FAULT, LOST, Watch, World};
