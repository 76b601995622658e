//! Guests on two engines, as they were and rewritten, and what must be the same.
//!
//! ```text
//! bytes ─▶ generated: a source ─▶ rewrite ─▶ engine: wasmtime, wasmi, whole and in slices ─▶ the same, and as the source
//!                                     └────▶ edit: one operator of it is another ─▶ refused, or what another source is rewritten to
//! ```
//! It runs real engines and no more of the world. The fuzzer has one of them (the feature `wasmtime` is off).
#[cfg(feature = "wasmtime")]
pub mod corpus;
pub mod edit;
pub mod engine;
pub mod generated;
