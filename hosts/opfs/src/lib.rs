//! The journal's host in a dedicated Worker: files in the origin's private file system, one owner at a time by Web Locks.
//!
//! ```text
//! steal the vat's lock ─▶ Recovery reads the old files ─▶ the epoch's own lock ─▶ its file's opening, flushed ─▶ Journal
//! append ─▶ Pace: some ms, or so many bytes ─▶ one write, one flush ─▶ is the lock still ours? ─▶ landed, or fenced
//! ```
//! `Journal` takes records; `Durable` is a vat whose durable actors write their own.
//!
//! A stolen lock stops nobody: a frozen tab that thaws still writes and flushes. So each owner writes files of its own epoch only,
//! the next one's opening says how much of them counts, and nothing is called durable before the browser has said, after the
//! flush, that the vat's lock is held by who holds the epoch's.
mod trouble;
mod web;

mod folder;
mod lock;

mod room;
mod slice;

mod files;
mod pace;

mod compactor;

mod copy;
mod swap;

mod durable;
mod journal;
mod past;

pub use compactor::News;
pub use copy::{copy, restore};
pub use durable::{Durable, Keeper};
pub use files::{KEEPING, Settings};
pub use journal::{Journal, Opened};
pub use pace::Pace;
pub use past::{go_back, history};
pub use room::{FREE_MIN, Room};
pub use trouble::Trouble;
