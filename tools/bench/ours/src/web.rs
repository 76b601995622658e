//! The same programs in a Worker: the page writes a line into `line(length)` and calls `ask`, which says where the answer is.
#![allow(unsafe_code, reason = "exports by name, and bytes that JavaScript wrote")]
use crate::{Machine, answer};
use std::cell::RefCell;

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// Nanoseconds.
    safe fn now() -> f64;
}

const MACHINE: Machine = Machine { instead: |_| None, ns: || now() as u64, bytes: || core::arch::wasm32::memory_size(0) as u64 * 65_536 };

thread_local! {
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Where the next line, this long, is to be written; afterwards where the answer is.
#[unsafe(no_mangle)]
extern "C" fn line(length: usize) -> *mut u8 {
    LINE.with_borrow_mut(|line| {
        line.resize(length, 0);
        line.as_mut_ptr()
    })
}

/// The answer's length.
#[unsafe(no_mangle)]
extern "C" fn ask() -> usize {
    let line = LINE.with_borrow(|line| String::from_utf8_lossy(line).into_owned());
    let answer = answer(MACHINE, &line);
    LINE.set(answer.into_bytes());
    LINE.with_borrow(Vec::len)
}
