//! Encryption at rest: a journal's groups under a key of 32 bytes that the host brings.
//!
//! ```text
//! Key ── derive(header) ─▶ the file's key ─┐
//! position ─▶ nonce ───────────────────────┼─▶ AES-256-GCM-SIV ─▶ payload, 16 bytes longer
//! epoch, position, count, link before ─────┘
//! ```
//!
//! It draws nothing: what differs from group to group is where they stand. Why this cipher: two copies of one journal that were both
//! gone on with, on two machines or after an old copy of the folder was put back, have groups at the same places. With
//! AES-GCM or ChaCha20-Poly1305 that would give away both and the means to forge more; here it tells whether two such groups are equal, and no
//! more (RFC 8452).
//!
//! It does not keep the key, and hides neither how long groups are, nor when the files changed, nor how many records there are.
#![no_std]
extern crate alloc;

mod codec;
mod key;

pub use key::Key;

/// In the headers of files that it sealed.
pub const CODEC: u8 = 1;
