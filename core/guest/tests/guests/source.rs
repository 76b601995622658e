//! How the sources of these tests are put together: what the ABI asks for, around what a test is about.

use peerd_guest::{Limits, Rewritten, rewrite};

pub fn class(wat: &str) -> Rewritten {
    class_of(wat, &Limits::default())
}

pub fn class_of(wat: &str, limits: &Limits) -> Rewritten {
    rewrite(&wat::parse_str(wat).expect("it is wat"), limits).unwrap_or_else(|why| panic!("{why}"))
}

/// Where a guest's buffers are.
pub const STATE_AT: u32 = 1_024;
pub const MESSAGE_AT: u32 = 2_048;
/// Behind the message's header.
pub const BODY_AT: u32 = MESSAGE_AT + 40;

/// A source of one page with 512 bytes of state and 1,024 of message at most, and these fields.
pub fn guest(fields: &str) -> String {
    with_memory("(memory (export \"memory\") 1)", fields)
}

pub fn with_memory(memory: &str, fields: &str) -> String {
    with_buffers(memory, 512, 1_024, fields)
}

pub fn with_buffers(memory: &str, state_max: u32, message_max: u32, fields: &str) -> String {
    let hex = |value: u32| value.to_le_bytes().map(|byte| format!("\\{byte:02x}")).concat();
    format!(
        "(module
            (import \"peerd\" \"emit\" (func $emit (param i32 i64 i64 i32 i32)))
            {memory}
            (global (export \"peerd_state\") i32 (i32.const {STATE_AT}))
            (global (export \"peerd_message\") i32 (i32.const {MESSAGE_AT}))
            (@custom \"peerd.abi\" \"{}{}{}\")
            {fields})",
        hex(1),
        hex(state_max),
        hex(message_max),
    )
}

/// A turn of these operators; it has the locals $i, $j (i32), $l (i64), $x (f64).
pub fn turn(operators: &str) -> String {
    format!(
        "(func (export \"peerd_turn\") (param $sl i32) (param $ml i32) (result i32)
            (local $i i32) (local $j i32) (local $l i64) (local $x f64)
            {operators})"
    )
}
