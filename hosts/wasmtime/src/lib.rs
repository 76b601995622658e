//! Guests on wasmtime, natively: the modules that browsers run, byte for byte, with equal fuel and equal outcomes.
//!
//! ```text
//! source ─▶ Module: rewritten, proved, hashed ─┬─▶ Quick (Engine)   trap build, one instance, reset after each turn
//!                                              └─▶ Slow            yielding build, an instance and a fiber per turn, sliced
//! ```
//!
//! A class's instance has two memories: its own, and one through which state, message and outbox are exchanged and which the guest's
//! code can't name. Wasmtime's bounds checks are one wall; that no instruction of the guest's names the other memory is what
//! `peerd_guest` proves.
mod exchange;
mod machine;
mod module;
mod quick;
mod slow;
mod trap;

pub use module::{Module, NotLoaded};
pub use quick::Quick;
pub use slow::{SUSPENDED_MAX, Served, Slow};
