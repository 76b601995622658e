//! One request to a language model, in peerd's own words; each provider's dialect is a pair of pure functions below.
//!
//!   Request --encode--> HttpRequest --(host: fetch)--> bytes --Decoder--> Event.. then Reply | Failure
//!   Exchange drives that for one logical call: tries, time limits, cancellation.
//!
//! All types here survive JSON and postcard alike (no tagged enums, JSON values travel as text).
mod text;
mod types;

pub(crate) mod history;
mod names;

mod call;
mod fault;
mod sse;

mod anthropic;
mod openai;

mod decoder;

pub mod exchange;
mod retry;

#[cfg(test)]
mod tests;

pub use exchange::{Exchange, Now};
pub use fault::one_line;
pub use types::{Block, Event, HttpRequest, Image, KeySlot, Message, Request, Role, Stop, ToolResult, ToolSpec, ToolUse, Usage};
pub use types::{Failure, FailureKind, Reply};
