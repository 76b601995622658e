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

/// The number of a type that an operator names.
pub(super) fn kind(operator: &Operator<'_>) -> Option<u32> {
    let block = |block: &BlockType| match block {
        BlockType::FuncType(kind) => Some(*kind),
        BlockType::Empty | BlockType::Type(_) => None,
    };
    match operator {
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => block(blockty),
        Operator::TryTable { try_table } => block(&try_table.ty),
        Operator::CallIndirect { type_index, .. } => Some(*type_index),
        _ => None,
    }
}

/// What calls nobody, has no cycle and does no bulk work.
pub(super) fn may_be_in_leaf(operator: &Operator<'_>) -> bool {
    !matches!(
        operator,
        Operator::Loop { .. }
            | Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::TryTable { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::MemoryGrow { .. }
            | Operator::MemorySize { .. }
    )
}

/// Of a load or a store of numbers.
#[rustfmt::skip]
pub(super) fn memory<'a>(operator: &'a Operator<'_>) -> Option<&'a MemArg> {
    use Operator::*;
    match operator {
        I32Load { memarg } | I64Load { memarg } | F32Load { memarg } | F64Load { memarg } | I32Load8S { memarg } | I32Load8U { memarg }
        | I32Load16S { memarg } | I32Load16U { memarg } | I64Load8S { memarg } | I64Load8U { memarg } | I64Load16S { memarg }
        | I64Load16U { memarg } | I64Load32S { memarg } | I64Load32U { memarg } | I32Store { memarg } | I64Store { memarg }
        | F32Store { memarg } | F64Store { memarg } | I32Store8 { memarg } | I32Store16 { memarg } | I64Store8 { memarg }
        | I64Store16 { memarg } | I64Store32 { memarg } => Some(memarg),
        _ => None,
    }
}

/// The farthest label that an operator may go to; 0 for what goes nowhere. Those of a `try_table` are counted from outside of it.
pub(super) fn farthest(operator: &Operator<'_>) -> Result<u32, wasmparser::Error> {
    Ok(match operator {
        Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => *relative_depth,
        Operator::BrTable { targets } => targets.targets().try_fold(targets.default(), |most, label| label.map(|label| label.max(most)))?,
        Operator::TryTable { try_table } => try_table.catches.iter().map(caught_at).max().unwrap_or(0),
        _ => 0,
    })
}

fn caught_at(catch: &Catch) -> u32 {
    match catch {
        Catch::One { label, .. } | Catch::OneRef { label, .. } | Catch::All { label } | Catch::AllRef { label } => *label,
    }
}
