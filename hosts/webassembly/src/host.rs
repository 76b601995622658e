//! What js/guests.js is asked, and what it told.

use crate::quick::Told;

/// Results of a turn that are no length.
pub const FAILED: i32 = -1;
pub const TRAPPED: i32 = i32::MIN;

#[link(wasm_import_module = "guests")]
unsafe extern "C" {
    /// Both builds; pages of a guest's memory, a granule's logarithm. The class's number; -1: the browser takes none, -2: its start failed.
    pub fn load(trap: *const u8, trap_length: usize, yielding: *const u8, yielding_length: usize, pages: u32, shift: u32) -> i32;
    /// Copies the first bytes of a pristine memory to here.
    pub fn image(class: i32, to: *mut u8, length: usize);
    /// The number of a class of the same code whose memory is as a turn with this message and no state leaves it, or what `turn` says that
    /// is no length. Of one that trapped `left` and `why` of the class that was given tell more.
    pub fn prepare(
        class: i32,
        message: *const u8,
        message_length: usize,
        out: *mut u8,
        out_end: *mut u8,
        next: *mut u8,
        told: *mut Told,
    ) -> i32;
    /// The length of the state that this turn left.
    pub safe fn prepared(class: i32) -> usize;
    /// Where that copy stays.
    pub fn keep(class: i32, image: *const u8);
    /// A new state's length, or one of the above; anything else is this engine's own failure.
    pub fn turn(
        class: i32,
        state: *const u8,
        state_length: usize,
        message: *const u8,
        message_length: usize,
        fuel: i32,
        out: *mut u8,
        out_end: *mut u8,
        next: *mut u8,
        told: *mut Told,
    ) -> i32;
    /// Fuel that the last turn of this class that trapped left; below 0 it was exhausted.
    pub safe fn left(class: i32) -> i32;
    /// How the last turn that trapped did: see `trap`.
    pub safe fn why(class: i32) -> i32;
    /// A slow turn, of the number it is given here. What it is given stays where it is until it has ended.
    pub fn begin(
        turn: u32,
        class: i32,
        state: *const u8,
        state_length: usize,
        message: *const u8,
        message_length: usize,
        cap_low: u32,
        cap_high: u32,
        slice: i32,
    );
    /// 1 if that is the end of it; else it ends soon, and that is told.
    pub safe fn cancel(turn: u32) -> i32;
}
