//! What a guest and its host have agreed on: names, the message's header, the outbox's entries. Version 1.
//!
//! A source module imports at most `peerd.emit (op: i32, a: i64, b: i64, ptr: i32, len: i32)`, has one memory, exported as `memory`,
//! two immutable i32 globals with a constant value, exported as `peerd_state` and `peerd_message`: where its two buffers lie, a custom
//! section `peerd.abi` of three u32: version, bytes of the state buffer, bytes of the message buffer, and a function exported as
//! `peerd_turn (state_len: i32, message_len: i32) -> i32`: the length of the new state, which is then in the state buffer, or
//! [`FAILED`]. All integers are little-endian.

pub const VERSION: u32 = 1;

/// The module's name of all that is imported.
pub const MODULE: &str = "peerd";
/// What a source may import.
pub const EMIT: &str = "emit";
/// What a rewritten module imports besides its own memory, which is called as it was: the kernel's.
pub const KERNEL: &str = "kernel";
/// And, in the yielding build: `() -> i32`, fuel to go on with, or 0 to end the turn.
pub const YIELD: &str = "yield";

/// The custom section of a source.
pub const SECTION: &str = "peerd.abi";
pub const MEMORY: &str = "memory";
pub const STATE: &str = "peerd_state";
pub const MESSAGE: &str = "peerd_message";
pub const TURN: &str = "peerd_turn";

/// What a turn that failed returns; the last entry it emitted says why.
pub const FAILED: i32 = -1;

/// What stands before a message's body: kind u16, flags u16, state_refs u32, message_refs u32, mark u32, key u64, now_ms u64, seed u64.
pub mod header {
    pub const BYTES: u32 = 40;
    pub const KIND: u32 = 0;
    pub const FLAGS: u32 = 2;
    pub const STATE_REFS: u32 = 4;
    pub const MESSAGE_REFS: u32 = 8;
    pub const MARK: u32 = 12;
    pub const KEY: u32 = 16;
    pub const NOW_MS: u32 = 24;
    pub const SEED: u32 = 32;
}

/// An entry of the outbox: op u32, len u32, a u64, b u64, then `len` bytes, then zeros up to a multiple of 8.
pub mod entry {
    pub const OP: u32 = 0;
    pub const LEN: u32 = 4;
    pub const A: u32 = 8;
    pub const B: u32 = 16;
    /// Where the payload begins.
    pub const BYTES: u32 = 24;
    pub const ALIGN: u32 = 8;

    /// How many bytes an entry with a payload of `length` takes.
    #[must_use]
    pub const fn size(length: u32) -> u64 {
        BYTES as u64 + (length as u64).next_multiple_of(ALIGN as u64)
    }
}

/// What a turn that returned has told: two words.
pub mod told {
    /// Where the outbox ends.
    pub const OUT: u32 = 0;
    /// Fuel that is left.
    pub const FUEL: u32 = 4;
    pub const BYTES: u32 = 8;
}

/// What a rewritten module exports; nothing of the source's but its memory.
pub mod exports {
    /// `(state, state_len, message, message_len, fuel, out, out_end, new_state, told) -> i32`: addresses are the kernel's. What is at
    /// `told` (see [`told`](super::told)) is written after a normal return only.
    pub const TURN: &str = "__turn";
    /// `(image)`: puts memory and globals back to what they were after instantiation; `image` is the address of the first
    /// [`Report::image_bytes`](crate::Report) of such a memory in the kernel's.
    pub const RESET: &str = "__reset";
    pub const FUEL: &str = "__fuel";
    pub const DEPTH: &str = "__depth";
    pub const DIRTY: &str = "__dirty";
    pub const OUT: &str = "__out";
    pub const OUT_END: &str = "__out_end";
    pub const PAGES: &str = "__pages";
    pub const WHY: &str = "__why";
    /// Before the number of a mutable global of the guest's, counted from 0.
    pub const GLOBAL: &str = "__g";
}

/// What stands in `__why` after a trap of ours; 0 after every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Why {
    /// The guest's own trap, or out of fuel, which is so when `__fuel` is below 0.
    Guest = 0,
    /// More weighted frames than [`Limits::depth_max`](crate::Limits).
    Depth = 1,
    /// An entry that the outbox has no room for.
    Outbox = 2,
    /// A new state longer than the state buffer.
    State = 3,
    /// The host gave more state or message than the buffers hold.
    Input = 4,
}

impl Why {
    #[must_use]
    pub fn of(code: i32) -> Self {
        [Why::Depth, Why::Outbox, Why::State, Why::Input].into_iter().find(|why| *why as i32 == code).unwrap_or(Why::Guest)
    }
}
