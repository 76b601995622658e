//! The vat for actors written in JavaScript: a behaviour is a function of a module, called once per turn.
//!
//! ```text
//! module/peerd.js ─ System ─▶ Kernel (a vat) ─ turn ─▶ Function ─▶ Host.turn: your function (state, message, cx)
//!                                                         ◀─ the new state, and what it asked for of `cx`: Command
//! ```
//! State and messages are JSON in which a ref is a place in the table beside it: `{"@":0}`. What a turn asks for is buffered in
//! JavaScript and applied here in order, so that a turn that throws has asked for nothing.
mod host;
mod table;

mod record;
mod words;

mod command;
mod supervise;

mod function;

mod kernel;

pub use kernel::Kernel;
