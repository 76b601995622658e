//! Bytes on their way from one Worker to another in memory that both share: one writes, the other reads, and nobody waits for a lock.
//!
//! ```text
//! write ─ head ─▶ ░░░░▓▓▓▓▓▓▓▓░░░░ ─ tail ─▶ read
//! ```
//! `head` and `tail` count all bytes ever written and read, and wrap. Each is stored by one side only, after the bytes it speaks of.
use js_sys::{Atomics, Int32Array, SharedArrayBuffer, Uint8Array};

/// Words of the front, each on a cache line of its own.
const HEAD: u32 = 0;
const TAIL: u32 = 16;
/// What the reader does when there is nothing to read.
const READER: u32 = 32;
/// 1: the writer has more than there was room for.
const WRITER: u32 = 48;
/// Bytes before a ring's own.
const FRONT: u32 = 256;

/// Of `READER`: it looks again by itself, has to be called, or is held in a wait that a notification ends.
const LOOKS: i32 = 0;
const SLEEPS: i32 = 1;
const WAITS: i32 = 2;

/// One direction.
pub(crate) struct Ring {
    front: Int32Array,
    bytes: Uint8Array,
    /// How many those are: a power of two.
    room: u32,
}

impl Ring {
    /// The two in this memory, each in one half of it. None: it has not the length of any two.
    pub fn pair(shared: &SharedArrayBuffer) -> Option<[Ring; 2]> {
        let half = shared.byte_length() / 2;
        let room = half.checked_sub(FRONT).filter(|room| room.is_power_of_two() && *room >= 4)?;
        Some([0, half].map(|at| Ring {
            front: Int32Array::new_with_byte_offset_and_length(shared, at, FRONT / 4),
            bytes: Uint8Array::new_with_byte_offset_and_length(shared, at + FRONT, room),
            room,
        }))
    }

    fn load(&self, word: u32) -> u32 {
        Atomics::load(&self.front, word).expect("a word of the front").cast_unsigned()
    }

    fn store(&self, word: u32, value: u32) {
        Atomics::store(&self.front, word, value.cast_signed()).expect("a word of the front");
    }

    fn exchange(&self, word: u32, value: i32) -> i32 {
        Atomics::exchange(&self.front, word, value).expect("a word of the front")
    }

    /// As many of these as there is room for. How many.
    pub fn write(&self, bytes: &[u8]) -> usize {
        let head = self.load(HEAD);
        let free = self.room - head.wrapping_sub(self.load(TAIL));
        let length = bytes.len().min(free as usize);
        let at = head % self.room;
        let (first, second) = bytes[..length].split_at(length.min((self.room - at) as usize));
        self.bytes.subarray(at, at + first.len() as u32).copy_from(first);
        if !second.is_empty() {
            self.bytes.subarray(0, second.len() as u32).copy_from(second);
        }
        self.store(HEAD, head.wrapping_add(length as u32));
        length
    }

    /// All that is there.
    pub fn read(&self) -> Vec<u8> {
        let (head, tail) = (self.load(HEAD), self.load(TAIL));
        // What the other side has written is not believed to fit.
        let mut bytes = vec![0; head.wrapping_sub(tail).min(self.room) as usize];
        if bytes.is_empty() {
            return bytes;
        }
        let at = tail % self.room;
        let in_first = bytes.len().min((self.room - at) as usize);
        let (first, second) = bytes.split_at_mut(in_first);
        self.bytes.subarray(at, at + first.len() as u32).copy_to(first);
        if !second.is_empty() {
            self.bytes.subarray(0, second.len() as u32).copy_to(second);
        }
        self.store(TAIL, tail.wrapping_add(bytes.len() as u32));
        bytes
    }

    fn has_more(&self) -> bool {
        self.load(HEAD) != self.load(TAIL)
    }

    /// The writer, when it has written: whether the reader has to be called.
    pub fn rouse(&self) -> bool {
        match self.exchange(READER, LOOKS) {
            SLEEPS => true,
            WAITS => {
                Atomics::notify(&self.front, READER).expect("a word of the front");
                false
            }
            _ => false,
        }
    }

    /// The reader, when there is nothing: whether it may leave, and is called. Otherwise something has come.
    pub fn sleep(&self) -> bool {
        self.exchange(READER, SLEEPS);
        !self.has_more() || self.exchange(READER, LOOKS) == LOOKS
    }

    /// The reader: something is there, or has come within so long, in which this thread does nothing else.
    pub fn wait(&self, ms: f64) -> bool {
        self.exchange(READER, WAITS);
        if !self.has_more() {
            // Not allowed in a page's own thread: there it is as if nothing had come.
            let _ = Atomics::wait_with_timeout(&self.front, READER, WAITS, ms);
        }
        self.exchange(READER, LOOKS);
        self.has_more()
    }

    /// The writer, when not all was taken: the reader says when there is room. Then it looks once more itself.
    pub fn is_short_of_room(&self) {
        self.exchange(WRITER, 1);
    }

    /// The reader, when it has read: whether the writer has to be called.
    pub fn made_room(&self) -> bool {
        self.load(WRITER) == 1 && self.exchange(WRITER, 0) == 1
    }
}
