//! The benchmark's programs with guests in place of their actors: a line `PROGRAM UNITS` is answered as `bench-ours` does.
//!
//! worker.js writes each guest's module into `line(length)` and calls `load`, then lines as for the native actors. What takes slices,
//! and what compares a module with its source, is driven from there.
#![allow(unsafe_code, reason = "exports by name, and bytes that JavaScript wrote")]
mod agree;
mod classes;
mod hogs;
mod kernels;
mod script;

use bench_ours::{Machine, answer};
use std::cell::RefCell;

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// Nanoseconds.
    safe fn now() -> f64;
}

fn ns() -> u64 {
    now() as u64
}

const MACHINE: Machine = Machine { instead: classes::behaviour, ns, bytes: || core::arch::wasm32::memory_size(0) as u64 * 65_536 };

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

/// Says this, and how long it is.
fn say(answer: String) -> usize {
    LINE.set(answer.into_bytes());
    LINE.with_borrow(Vec::len)
}

/// The length of what a panic said: the line has it.
#[unsafe(no_mangle)]
extern "C" fn panicked() -> usize {
    LINE.with_borrow(Vec::len)
}

/// The line is a guest's name of this length and its module behind it. The answer's length: `ok`, or why not.
#[unsafe(no_mangle)]
extern "C" fn load(name: usize) -> usize {
    std::panic::set_hook(Box::new(|info| LINE.set(info.to_string().into_bytes())));
    let line = LINE.take();
    let (name, module) = line.split_at(name);
    say(match classes::load(&String::from_utf8_lossy(name), module) {
        Ok(()) => "ok".into(),
        Err(why) => format!("failed {why}"),
    })
}

/// The answer's length.
#[unsafe(no_mangle)]
extern "C" fn ask() -> usize {
    let line = String::from_utf8(LINE.take()).expect("a line is text");
    say(answer(MACHINE, &line))
}
