//! The side of the ABI that is in the module: buffers, the import, memory, the end after a panic. Version 1.
#![expect(unsafe_code, reason = "an import, exported statics and an allocator can be written in no other way; a guest has no threads")]
use crate::{Actor, Sink, turn};
use core::{
    alloc::{GlobalAlloc, Layout},
    cell::{Cell, UnsafeCell},
    ptr,
};

#[link(wasm_import_module = "peerd")]
unsafe extern "C" {
    fn emit(op: u32, a: u64, b: u64, payload: *const u8, length: usize);
}

/// What the host writes to before a turn, and reads from after it.
#[repr(C, align(16))]
pub struct Buffer<const N: usize>(UnsafeCell<[u8; N]>);

// A module has one thread.
unsafe impl<const N: usize> Sync for Buffer<N> {}

impl<const N: usize> Buffer<N> {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made once, in a static")]
    pub const fn new() -> Buffer<N> {
        Buffer(UnsafeCell::new([0; N]))
    }
}

/// The custom section `peerd.abi`: the ABI's version and the sizes of the buffers.
#[must_use]
pub const fn abi(state_max: usize, message_max: usize) -> [u8; 12] {
    let (version, state, message) = (1u32.to_le_bytes(), (state_max as u32).to_le_bytes(), (message_max as u32).to_le_bytes());
    [version[0], version[1], version[2], version[3], state[0], state[1], state[2], state[3], message[0], message[1], message[2], message[3]]
}

struct Host;

impl Sink for Host {
    fn emit(&mut self, op: u32, a: u64, b: u64, payload: &[u8]) {
        unsafe { emit(op, a, b, payload.as_ptr(), payload.len()) }
    }
}

/// What `peerd_turn` does.
pub fn run<A: Actor, const S: usize, const M: usize>(
    state: &Buffer<S>,
    message: &Buffer<M>,
    state_length: i32,
    message_length: i32,
) -> i32 {
    // Nobody else touches the buffers during a turn, and the state's is written only when nothing reads it any more.
    let before = unsafe { &(&*state.0.get())[..state_length as usize] };
    let handled = unsafe { &(&*message.0.get())[..message_length as usize] };
    let mut length = state_length;
    let store = |after: &[u8]| {
        length = after.len() as i32;
        if after.len() > S {
            return false;
        }
        if !ptr::eq(after, before) {
            unsafe { ptr::copy_nonoverlapping(after.as_ptr(), state.0.get().cast::<u8>(), after.len()) };
        }
        true
    };
    if turn::<A>(before, handled, &mut Host, store) { length } else { -1 }
}

/// The allocator of a module. Only ever upwards, and never beyond the memory that the module began with, so that its host can keep it
/// small: the memory is as it was at the next turn, whatever this one has taken. A module that needs more is linked with more
/// (`--initial-memory`).
pub struct Bump {
    next: Cell<usize>,
}

// A module has one thread.
unsafe impl Sync for Bump {}

const PAGE: usize = 64 * 1024;

unsafe extern "C" {
    /// Where the linker says that free memory begins.
    static __heap_base: u8;
}

impl Bump {
    fn take(&self, layout: Layout) -> *mut u8 {
        let from = if self.next.get() == 0 { (&raw const __heap_base) as usize } else { self.next.get() };
        let start = from.next_multiple_of(layout.align());
        match start.checked_add(layout.size()) {
            Some(end) if end <= core::arch::wasm32::memory_size(0) * PAGE => {
                self.next.set(end);
                start as *mut u8
            }
            _ => ptr::null_mut(),
        }
    }
}

unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout)
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if at as usize + layout.size() == self.next.get() {
            self.next.set(at as usize);
        }
    }

    /// What was taken last grows where it is.
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if at as usize + layout.size() == self.next.get() {
            self.next.set(at as usize);
            let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return ptr::null_mut() };
            let grown = self.take(wanted);
            if grown.is_null() {
                self.next.set(at as usize + layout.size());
            }
            return grown;
        }
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return ptr::null_mut() };
        let grown = self.take(wanted);
        if !grown.is_null() {
            unsafe { ptr::copy_nonoverlapping(at, grown, layout.size().min(size)) };
        }
        grown
    }
}

impl Bump {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "made once, in a static")]
    pub const fn new() -> Bump {
        Bump { next: Cell::new(0) }
    }
}

/// A panic ends the turn: a trap takes all that it asked for with it.
pub fn panicked() -> ! {
    core::arch::wasm32::unreachable()
}
