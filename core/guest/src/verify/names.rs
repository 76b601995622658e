//! What an operator is called, what proposal it is of, and what follows from the name alone.
use alloc::format;
use alloc::string::{String, ToString};

use wasmparser::{BlockType, Catch, MemArg, MemArgTarget, Operator};

macro_rules! known {
    ($( @$proposal:ident $operator:ident $({ $($argument:ident: $kind:ty),* })? => $visit:ident ($($shape:tt)*))*) => {
        /// Proposal, name, and whether it has arguments.
        fn known(operator: &Operator<'_>) -> (&'static str, &'static str, bool) {
            match operator {
                $( Operator::$operator $({ $($argument: _),* })? => {
                    (stringify!($proposal), stringify!($visit), known!(@has $($($argument)*)?))
                } )*
                _ => ("", "visit_", true),
            }
        }
    };
    (@has) => { false };
    (@has $($argument:ident)+) => { true };
}

wasmparser::for_each_operator!(known);

/// As `i32_add`.
pub(super) fn name(operator: &Operator<'_>) -> &'static str {
    known(operator).1.strip_prefix("visit_").unwrap_or_default()
}

/// Whether a guest may have it at all. What needs a sequence around it is looked at besides.
pub(super) fn is_admitted(operator: &Operator<'_>) -> bool {
    match known(operator).0 {
        "mvp" | "sign_extension" | "saturating_float_to_int" | "exceptions" => true,
        "bulk_memory" => name(operator) == "memory_init",
        _ => false,
    }
}

/// What it costs by itself; a call of a leaf costs the leaf's operators besides.
pub(super) fn cost(operator: &Operator<'_>) -> u32 {
    let name = name(operator);
    match name {
        "nop" | "block" | "loop" | "else" | "end" | "try_table" => 0,
        "call" => 2,
        "call_indirect" => 66,
        _ if name.ends_with("_sqrt") || ["_div", "_div_s", "_div_u", "_rem_s", "_rem_u"].iter().any(|end| name.ends_with(end)) => 8,
        _ => 1,
    }
}

/// The operator with its arguments, for what occurs in injected functions; an empty text for all else.
pub(super) fn text(operator: &Operator<'_>) -> String {
    let name = name(operator);
    let memory = |memarg: &MemArg| match memarg.target {
        MemArgTarget::Memory(memory) => format!("{name} {memory} {}", memarg.offset),
        MemArgTarget::Array(_) => String::new(),
    };
    match operator {
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } if *blockty == BlockType::Empty => {
            name.to_string()
        }
        Operator::TryTable { try_table } if try_table.ty == BlockType::Empty => match try_table.catches.as_slice() {
            [Catch::All { label }] => format!("{name} all {label}"),
            _ => String::new(),
        },
        Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => format!("{name} {relative_depth}"),
        Operator::Call { function_index } => format!("{name} {function_index}"),
        Operator::LocalGet { local_index } | Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
            format!("{name} {local_index}")
        }
        Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => format!("{name} {global_index}"),
        Operator::I32Const { value } => format!("{name} {value}"),
        Operator::I64Const { value } => format!("{name} {value}"),
        Operator::I32Store { memarg }
        | Operator::I64Store { memarg }
        | Operator::I32Load { memarg }
        | Operator::I64Load { memarg }
        | Operator::I32Load8U { memarg }
        | Operator::I32Store8 { memarg } => memory(memarg),
        Operator::MemoryFill { mem } => format!("{name} {mem}"),
        Operator::MemoryCopy { dst_mem, src_mem } => format!("{name} {dst_mem} {src_mem}"),
        other if known(other).2 => String::new(),
        _ => name.to_string(),
    }
}
