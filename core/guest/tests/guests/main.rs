//! Guests that run: in wasmtime and in wasmi, whole and in slices, rewritten and as they were.
mod aborts;
mod drawn;
mod edits;
mod holes;
mod hostile;
mod kernels;
mod source;
mod thin;
