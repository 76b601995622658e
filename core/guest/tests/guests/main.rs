//! Guests that run: in wasmtime and in wasmi, whole and in slices, rewritten and as they were.
mod aborts;
mod engine;
mod source;
mod thin;
