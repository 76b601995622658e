//! One request to a language model, in peerd's own words; each provider's dialect is a pair of pure functions below.
//!
//!   Request --encode--> HttpRequest --(host: fetch)--> bytes --Decoder--> Event.. then Reply | Failure
//!   Exchange drives that for one logical call: tries, time limits, cancellation.
//!
//! All types here survive JSON and postcard alike (no tagged enums, JSON values travel as text).
pub mod exchange;
mod history;
mod names;
mod sse;
mod text;
mod types;

pub use exchange::{Exchange, Now};
pub use types::{Block, Event, HttpRequest, Image, KeySlot, Message, Request, Role, Stop, ToolResult, ToolSpec, ToolUse, Usage};
pub use types::{Failure, FailureKind, Reply};
