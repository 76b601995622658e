//! The injected functions, as they have to be: texts, with names for numbers that differ from class to class.
//!
//! `$name` is a number that the sections tell; `?name` one that this text is the first to tell, the same wherever it stands;
//! `@take t` takes what is on the stack from the fuel below it, by way of local t.
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wasmparser::ValType;

use super::{Code, Entries, FUNCTIONS, Frame, GLOBALS, GUEST, Verdict, malformed};
use crate::rewrite::Build;

/// The kernel's memory.
const KERNEL: u32 = 1;

const EMIT: &str = "
    local_get 4, i64_extend_i32_u, i64_const 7, i64_add, i64_const -8, i64_and, local_tee 6, i64_const 24, i64_add
    global_get $out_end, i64_extend_i32_u, global_get $out, i64_extend_i32_u, i64_sub, i64_gt_s
    if, i32_const 2, global_set $why, unreachable, end
    global_get $fuel, local_get 4, i32_const 4, i32_shr_u, i32_const 20, i32_add, @take 5
    global_get $out, local_get 0, i32_store 1 0
    global_get $out, local_get 4, i32_store 1 4
    global_get $out, local_get 1, i64_store 1 8
    global_get $out, local_get 2, i64_store 1 16
    local_get 4
    if
        global_get $out, local_get 6, i32_wrap_i64, i32_add, i64_const 0, i64_store 1 16
        global_get $out, i32_const 24, i32_add, local_get 3, local_get 4, call $give_out
    end
    global_get $out, local_get 6, i32_wrap_i64, i32_add, i32_const 24, i32_add, global_set $out, end";

const TURN_CALL: &str = "local_get 1, local_get 3, call ?turn, local_set 9";

fn turn(frame: &Frame) -> String {
    let call = if frame.tags {
        format!("block, block, try_table all 0, {TURN_CALL}, end, br 1, end, unreachable, end")
    } else {
        TURN_CALL.to_string()
    };
    format!(
        "local_get 4, global_set $fuel, i32_const 0, global_set $depth, i32_const 0, global_set $why
         local_get 5, global_set $out, local_get 6, global_set $out_end
         local_get 1, i32_const ?state_max, i32_gt_u, local_get 3, i32_const ?message_max, i32_gt_u, i32_or
         if, i32_const 4, global_set $why, unreachable, end
         global_get $fuel, local_get 1, local_get 3, i32_add, i32_const 4, i32_shr_u, i32_const 50, i32_add, @take 10
         i32_const ?state, local_get 1, call $mark
         i32_const ?message, local_get 3, call $mark
         i32_const ?state, local_get 0, local_get 1, call $take_in
         i32_const ?message, local_get 2, local_get 3, call $take_in
         {call}
         local_get 9, i32_const 0, i32_lt_s
         if, i32_const -1, local_set 9
         else
           local_get 9, i32_const ?state_max, i32_gt_u, if, i32_const 3, global_set $why, unreachable, end
           global_get $fuel, local_get 9, i32_const 4, i32_shr_u, @take 10
           local_get 7, i32_const ?state, local_get 9, call $give_out
         end
         local_get 8, global_get $out, i32_store 1 0
         local_get 8, global_get $fuel, i32_store 1 4
         i32_const 0, global_set $out_end
         local_get 9, end"
    )
}

const RESET: &str = "
    global_get $out_end, if, i64_const -1, global_set $dirty, i32_const 0, global_set $out_end, end
    block, loop
        global_get $dirty, i64_eqz, br_if 1
        global_get $dirty, i64_ctz, local_tee 4, i32_wrap_i64, i32_const $shift, i32_shl, local_set 1
        global_get $dirty, local_get 4, i64_shr_u, i64_const -1, i64_xor, i64_ctz, i32_wrap_i64
        i32_const $shift, i32_shl, i32_const 8, i32_add, local_set 2
        global_get $dirty, global_get $dirty, i64_const 1, local_get 4, i64_shl, i64_add, i64_and, global_set $dirty
        local_get 1, i32_const $memory, i32_ge_u, br_if 0
        local_get 2, i32_const $memory, local_get 1, i32_sub, local_tee 3
        local_get 2, local_get 3, i32_lt_u, select, local_set 2
        i32_const 0, local_set 3
        local_get 1, i32_const $image, i32_lt_u
        if
            local_get 2, i32_const $image, local_get 1, i32_sub, local_tee 3
            local_get 2, local_get 3, i32_lt_u, select, local_set 3
            local_get 1, local_get 0, local_get 1, i32_add, local_get 3, memory_copy 0 1
        end
        local_get 3, local_get 2, i32_lt_u
        if
            local_get 1, local_get 3, i32_add, i32_const 0, local_get 2, local_get 3, i32_sub, memory_fill 0
        end
        br 0
    end, end";

fn reset(frame: &Frame) -> String {
    let globals = frame.mutable().map(|(own, copy)| format!(", global_get {copy}, global_set {own}"));
    format!("{RESET}{}, global_get $pages_at_first, global_set $pages, end", globals.collect::<String>())
}

const MARK: &str = "
    local_get 1
    if
        global_get $dirty, i64_const -1, i64_const 63
        local_get 0, i64_extend_i32_u, local_get 1, i64_extend_i32_u, i64_add, i64_const 1, i64_sub, i64_const $shift, i64_shr_u
        local_get 0, i64_extend_i32_u, i64_const $shift, i64_shr_u, local_tee 2
        i64_sub, i64_sub, i64_shr_u, local_get 2, i64_shl, i64_or, global_set $dirty
    end, end";

/// `to` and `from` are memories.
fn moved(to: u32, from: u32) -> String {
    let step = |step: u32, load: &str, store: &str| {
        format!(
            "block, loop
                local_get 2, i32_const {step}, i32_lt_u, br_if 1
                local_get 0, local_get 1, {load} {from} 0, {store} {to} 0
                local_get 0, i32_const {step}, i32_add, local_set 0
                local_get 1, i32_const {step}, i32_add, local_set 1
                local_get 2, i32_const {step}, i32_sub, local_set 2
                br 0
             end, end"
        )
    };
    format!(
        "local_get 2, i32_const 256, i32_gt_u
         if, local_get 0, local_get 1, local_get 2, memory_copy {to} {from}, return, end
         {}
         {}
         end",
        step(8, "i64_load", "i64_store"),
        step(1, "i32_load8_u", "i32_store8")
    )
}

const FILL: &str = "
    block, loop
        local_get 2, i32_const 65536, i32_le_u, br_if 1
        global_get $fuel, i32_const 4096, @take 3
        local_get 0, i32_const 65536, call $mark
        local_get 0, local_get 1, i32_const 65536, memory_fill 0
        local_get 0, i32_const 65536, i32_add, local_set 0
        local_get 2, i32_const 65536, i32_sub, local_set 2
        br 0
    end, end
    global_get $fuel, local_get 2, i32_const 4, i32_shr_u, @take 3
    local_get 0, local_get 2, call $mark
    local_get 0, local_get 1, local_get 2, memory_fill 0, end";

const COPY: &str = "
    local_get 0, local_get 1, i32_gt_u
    if, block, loop
        local_get 2, i32_const 65536, i32_le_u, br_if 1
        global_get $fuel, i32_const 4096, @take 3
        local_get 2, i32_const 65536, i32_sub, local_set 2
        local_get 0, local_get 2, i32_add, i32_const 65536, call $mark
        local_get 0, local_get 2, i32_add, local_get 1, local_get 2, i32_add, i32_const 65536, memory_copy 0 0
        br 0
    end, end, else, block, loop
        local_get 2, i32_const 65536, i32_le_u, br_if 1
        global_get $fuel, i32_const 4096, @take 3
        local_get 0, i32_const 65536, call $mark
        local_get 0, local_get 1, i32_const 65536, memory_copy 0 0
        local_get 0, i32_const 65536, i32_add, local_set 0
        local_get 1, i32_const 65536, i32_add, local_set 1
        local_get 2, i32_const 65536, i32_sub, local_set 2
        br 0
    end, end, end
    global_get $fuel, local_get 2, i32_const 4, i32_shr_u, @take 3
    local_get 0, local_get 2, call $mark
    local_get 2, i32_const 1, i32_sub, i32_const 32, i32_lt_u
    if
        local_get 2, i32_const 16, i32_gt_u
        if
            local_get 0, i32_const 0, i32_add, local_get 1, i32_const 0, i32_add, i64_load 0 0
            local_get 0, i32_const 8, i32_add, local_get 1, i32_const 8, i32_add, i64_load 0 0
            local_get 0, local_get 2, i32_add, i32_const 16, i32_sub, local_get 1, local_get 2, i32_add, i32_const 16, i32_sub, i64_load 0 0
            local_get 0, local_get 2, i32_add, i32_const 8, i32_sub, local_get 1, local_get 2, i32_add, i32_const 8, i32_sub, i64_load 0 0
            i64_store 0 0, i64_store 0 0, i64_store 0 0, i64_store 0 0, return
        end
        local_get 2, i32_const 8, i32_ge_u
        if
            local_get 0, local_get 1, i64_load 0 0
            local_get 0, local_get 2, i32_add, i32_const 8, i32_sub, local_get 1, local_get 2, i32_add, i32_const 8, i32_sub, i64_load 0 0
            i64_store 0 0, i64_store 0 0, return
        end
        local_get 2, i32_const 4, i32_ge_u
        if
            local_get 0, local_get 1, i32_load 0 0
            local_get 0, local_get 2, i32_add, i32_const 4, i32_sub, local_get 1, local_get 2, i32_add, i32_const 4, i32_sub, i32_load 0 0
            i32_store 0 0, i32_store 0 0, return
        end
        local_get 0, local_get 1, i32_load8_u 0 0
        local_get 0, local_get 2, i32_const 1, i32_shr_u, i32_add, local_get 1, local_get 2, i32_const 1, i32_shr_u, i32_add, i32_load8_u 0 0
        local_get 0, local_get 2, i32_const 1, i32_sub, i32_add, local_get 1, local_get 2, i32_const 1, i32_sub, i32_add, i32_load8_u 0 0
        i32_store8 0 0, i32_store8 0 0, i32_store8 0 0, return
    end
    local_get 0, local_get 1, local_get 2, memory_copy 0 0, end";

const INIT: &str = "
    local_get 2, i32_const 65536, i32_gt_u, if, unreachable, end
    global_get $fuel, local_get 2, i32_const 4, i32_shr_u, @take 3
    local_get 0, local_get 2, call $mark
    local_get 0, local_get 1, local_get 2, end";

const GROW: &str = "
    global_get $fuel, i32_const 10000, @take 1
    local_get 0, i32_const $pages_max, global_get $pages, i32_sub, i32_gt_u, if, i32_const -1, return, end
    global_get $pages, global_get $pages, local_get 0, i32_add, global_set $pages, end";

fn begin(frame: &Frame) -> String {
    if !frame.start {
        return "end".to_string();
    }
    let globals = frame.mutable().map(|(own, copy)| format!(", global_get {own}, global_set {copy}"));
    let globals = globals.collect::<String>();
    format!("call ?start{globals}, global_get $pages, global_set $pages_at_first, i64_const 0, global_set $dirty, end")
}

const REFILL: &str = "
    loop
        call 0, local_tee 0, i32_const 0, i32_le_s, if, unreachable, end
        global_get $fuel, local_get 0, i32_add, global_set $fuel
        global_get $fuel, i32_const 0, i32_lt_s, br_if 0
    end, end";

/// What it must be called with and have for locals, and its text.
fn expected(function: &str, frame: &Frame) -> (&'static str, String) {
    match function {
        "emit" => ("i32 i64 i64 i32 i32 i32 i64", EMIT.into()),
        "turn" => ("i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32", turn(frame)),
        "reset" => ("i32 i32 i32 i32 i64", reset(frame)),
        "mark" => ("i32 i32 i64", MARK.into()),
        "take_in" => ("i32 i32 i32", moved(GUEST, KERNEL)),
        "give_out" => ("i32 i32 i32", moved(KERNEL, GUEST)),
        "fill" => ("i32 i32 i32 i32", FILL.into()),
        "copy" => ("i32 i32 i32 i32", COPY.into()),
        "init" => ("i32 i32 i32 i32", INIT.into()),
        "grow" => ("i32 i32", GROW.into()),
        "begin" => ("", begin(frame)),
        _ => ("i32", REFILL.into()),
    }
}

pub(super) fn check(bodies: &[Code<'_>], frame: &Frame) -> Verdict<Entries> {
    let mut numbers = numbers(frame);
    for (name, code) in FUNCTIONS.iter().zip(bodies) {
        let (locals, text) = expected(name, frame);
        let has: Vec<ValType> = locals.split_whitespace().map(kind).collect();
        if code.locals != has {
            return malformed(code.at, format!("{name} has other locals than {locals}"));
        }
        compare(name, code, &lines(&text, frame), &mut numbers)?;
    }
    // An i32 constant is told with its sign: what is at or above 2 GiB is nothing here.
    let number = |name: &str| match numbers.get(name).map(|number| u32::try_from(*number)) {
        Some(Ok(number)) => Ok(number),
        _ => malformed(0, format!("{name} is no number of the guest's")),
    };
    let entries = Entries {
        turn: number("?turn")?,
        start: if frame.start { Some(number("?start")?) } else { None },
        state: number("?state")?,
        state_max: number("?state_max")?,
        message: number("?message")?,
        message_max: number("?message_max")?,
    };
    let is_buffer = |at: u32, bytes: u32| {
        let told = frame.has_constant(at);
        told && u64::from(at) + u64::from(bytes) <= u64::from(frame.pages) * 65_536
    };
    if !is_buffer(entries.state, entries.state_max) || !is_buffer(entries.message, entries.message_max) || entries.message_max < 40 {
        return malformed(0, "a buffer that is not within the memory, or not where the guest says");
    }
    // What is left on the stack of one that takes less may be taken for its result, so a valid call is not proof of its type.
    let is_own = |function: u32, kind: &str| {
        let own = function.checked_sub(frame.first_own).and_then(|own| frame.own_kinds.get(own as usize));
        own.is_some_and(|own| own == kind)
    };
    if !is_own(entries.turn, "i32 i32 -> i32") || entries.start.is_some_and(|start| !is_own(start, "->")) {
        return malformed(0, "an entry that is not the guest's own, or of another type");
    }
    Ok(entries)
}

fn kind(name: &str) -> ValType {
    if name == "i64" { ValType::I64 } else { ValType::I32 }
}

fn numbers(frame: &Frame) -> BTreeMap<String, i64> {
    let mut numbers = BTreeMap::new();
    let mut set = |name: &str, number: u32| {
        numbers.insert(format!("${name}"), i64::from(number));
    };
    GLOBALS.iter().zip(0..).for_each(|(name, number)| set(name, number));
    ["mark", "take_in", "give_out", "refill"].into_iter().for_each(|name| set(name, frame.function(name)));
    set("shift", frame.shift);
    set("memory", frame.pages_max * 65_536);
    set("image", frame.image_bytes);
    set("pages_max", frame.pages_max);
    numbers
}

fn lines(text: &str, frame: &Frame) -> Vec<String> {
    let refill = match frame.build {
        Build::Trap => "unreachable",
        Build::Yielding => "call $refill",
    };
    let mut lines = Vec::new();
    for line in text.split([',', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("@take ") {
            None => lines.push(line.to_string()),
            Some(local) => {
                let tee = format!("local_tee {local}");
                let get = format!("local_get {local}");
                let taken = ["i32_sub", &tee, "global_set $fuel", &get, "i32_const 0", "i32_lt_s", "if", refill, "end"];
                lines.extend(taken.map(str::to_string));
            }
        }
    }
    lines
}

fn compare(name: &str, code: &Code<'_>, lines: &[String], numbers: &mut BTreeMap<String, i64>) -> Verdict {
    for (index, (at, operator, _)) in code.operators.iter().enumerate() {
        let found = super::names::text(operator);
        let Some(line) = lines.get(index) else { return malformed(*at, format!("{name} goes on after its end")) };
        let expected = match line.split_once(' ') {
            Some((operator, number)) if number.starts_with('?') && !numbers.contains_key(number) => {
                let told = found.strip_prefix(operator).and_then(|told| told.trim().parse().ok());
                let Some(told) = told else { return malformed(*at, format!("{name}: `{found}` instead of `{line}`")) };
                numbers.insert(number.to_string(), told);
                found.clone()
            }
            Some((operator, number)) if number.starts_with(['?', '$']) => match numbers.get(number) {
                Some(told) => format!("{operator} {told}"),
                None => return malformed(*at, format!("{name}: nothing is called {number}")),
            },
            _ => line.clone(),
        };
        if found != expected {
            return malformed(*at, format!("{name}: `{found}` instead of `{expected}`"));
        }
    }
    if code.operators.len() != lines.len() {
        return malformed(code.at, format!("{name} ends too soon"));
    }
    Ok(())
}
