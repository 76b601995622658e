//! Syrup: values as bytes, each value in exactly one way.
//!
//! ```text
//! bytes ── Reader (limits, borrowed tokens, where each began) ──▶ tokens ──▶ Value
//! Value ──▶ Writer (canonical; the order of a struct's keys is chosen) ──▶ bytes
//! ```
//!
//! The reader refuses what a writer of the same value would not have written: leading zeros, other NaNs, unsorted or repeated keys,
//! anything behind the last byte. It counts depth and nodes and never calls itself, whatever the bytes say.
//!
//! It knows nothing of what records mean, and does no arithmetic: a large integer stays the digits it came as.
#![no_std]
extern crate alloc;

mod integer;
mod order;
mod reader;
mod value;
mod writer;

pub use integer::Integer;
pub use order::Order;
pub use reader::{Limits, Malformed, Reader, Token};
pub use value::Value;
pub use writer::Writer;
