//! The journal: what a vat's turns leave behind, so that a crash at any byte leaves a prefix of them and nothing else.
//!
//! ```text
//! Record ─▶ Writer ─▶ Flight ─▶ host writes and flushes ─▶ landed ─▶ durable up to a Position
//!
//! files ─▶ Recovery ─▶ Scan (groups: sums, link, order) ─▶ Image (the fold) ─▶ Opening of the next epoch
//!              └─▶ Chain (which files are history)             └─▶ Compaction (snapshot beside the log, then deletes)
//! ```
//!
//! Bytes in, bytes out: it opens no file, asks no clock and runs nobody's code. To it an actor is a number with bytes. The format is
//! in docs/journal.md.
#![no_std]
extern crate alloc;

mod bytes;
mod check;
mod names;

mod file;
mod message;

mod change;
mod every;
mod part;
mod record;

mod codec;
mod frame;
mod writer;

mod scan;

mod durable;
mod image;
mod pieces;

mod chain;
mod compaction;
mod keeping;
mod recovery;

mod bookmark;
mod export;
mod history;

#[cfg(test)]
mod tests;

pub use bookmark::Bookmark;
pub use chain::{Chain, Head, Log, SNAPSHOTS_KEPT, Unchained};
pub use change::{Change, Changes, Code, Delivery, List};
pub use codec::{Codec, Site};
pub use compaction::{Compaction, Step};
pub use durable::{Alarm, Durable, Waiting};
pub use every::{Every, Missed};
pub use export::{Export, exported, image_of};
pub use file::{File, Place, Role};
pub use frame::{BadHead, GROUP, GROUP_MAX, HEAD, HEADER, Header, LINK, RECORD, RECORD_MAX, VERSION};
pub use history::{Deed, History, LastBy};
pub use image::{Asked, Image, Lease, Wrong};
pub use keeping::{Keeping, Kept};
pub use message::{Message, Origin};
pub use names::{Actor, Epoch, Hash, Id, Identity, Position, Vat};
pub use part::{Part, Standing};
pub use record::{Commit, Consumed, Fate, Fault, Kind, Open, Outcome, Record, Rung, Tried};
pub use recovery::{Note, Past, Read, Recovered, Recovery, Refusal, Until, What, Witness};
pub use scan::{Dropped, Group, Scan, Why};
pub use writer::{Flight, Opening, Refused, Writer};
