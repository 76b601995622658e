//! The operators that a guest may use, each with its rule. What is not here is refused: a rule is never guessed.
use alloc::format;
use alloc::string::String;

use wasmparser::{BlockType, Operator};

/// What the rewriting does about an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Copied; costs nothing, and is no work.
    Free,
    /// Opens a block that is no loop.
    Open,
    If,
    /// Its head is charged.
    Loop,
    TryTable,
    End,
    /// Copied.
    Plain,
    /// Copied, and dear.
    Division,
    /// Marks its granule; a float's bits become visible.
    Store(Value),
    /// A float's bits become visible.
    Bits(Value),
    /// A float's sign becomes visible.
    Sign(Value),
    Call,
    CallIndirect,
    Throw,
    Fill,
    Copy,
    Init,
    Grow,
    Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    I32,
    I64,
    F32,
    F64,
}

/// `None`: there is no rule, so no such guest.
#[rustfmt::skip]
pub(crate) fn rule(operator: &Operator<'_>) -> Option<Rule> {
    use Operator::*;
    Some(match operator {
        Nop | Else => Rule::Free,
        Block { .. } => Rule::Open,
        If { .. } => Rule::If,
        Loop { .. } => Rule::Loop,
        TryTable { .. } => Rule::TryTable,
        End => Rule::End,

        Unreachable | Br { .. } | BrIf { .. } | BrTable { .. } | Return | Drop | Select => Rule::Plain,
        LocalGet { .. } | LocalSet { .. } | LocalTee { .. } | GlobalGet { .. } | GlobalSet { .. } => Rule::Plain,
        I32Const { .. } | I64Const { .. } | F32Const { .. } | F64Const { .. } => Rule::Plain,
        I32Load { .. } | I64Load { .. } | F32Load { .. } | F64Load { .. } | I32Load8S { .. } | I32Load8U { .. } | I32Load16S { .. }
        | I32Load16U { .. } | I64Load8S { .. } | I64Load8U { .. } | I64Load16S { .. } | I64Load16U { .. } | I64Load32S { .. }
        | I64Load32U { .. } => Rule::Plain,
        I32Eqz | I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS | I32GeU => Rule::Plain,
        I64Eqz | I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU | I64GeS | I64GeU => Rule::Plain,
        F32Eq | F32Ne | F32Lt | F32Gt | F32Le | F32Ge | F64Eq | F64Ne | F64Lt | F64Gt | F64Le | F64Ge => Rule::Plain,
        I32Clz | I32Ctz | I32Popcnt | I32Add | I32Sub | I32Mul | I32And | I32Or | I32Xor | I32Shl | I32ShrS | I32ShrU | I32Rotl
        | I32Rotr => Rule::Plain,
        I64Clz | I64Ctz | I64Popcnt | I64Add | I64Sub | I64Mul | I64And | I64Or | I64Xor | I64Shl | I64ShrS | I64ShrU | I64Rotl
        | I64Rotr => Rule::Plain,
        F32Abs | F32Neg | F32Ceil | F32Floor | F32Trunc | F32Nearest | F32Add | F32Sub | F32Mul | F32Min | F32Max => Rule::Plain,
        F64Abs | F64Neg | F64Ceil | F64Floor | F64Trunc | F64Nearest | F64Add | F64Sub | F64Mul | F64Min | F64Max => Rule::Plain,
        I32WrapI64 | I32TruncF32S | I32TruncF32U | I32TruncF64S | I32TruncF64U | I64ExtendI32S | I64ExtendI32U | I64TruncF32S
        | I64TruncF32U | I64TruncF64S | I64TruncF64U => Rule::Plain,
        F32ConvertI32S | F32ConvertI32U | F32ConvertI64S | F32ConvertI64U | F32DemoteF64 | F64ConvertI32S | F64ConvertI32U
        | F64ConvertI64S | F64ConvertI64U | F64PromoteF32 | F32ReinterpretI32 | F64ReinterpretI64 => Rule::Plain,
        I32Extend8S | I32Extend16S | I64Extend8S | I64Extend16S | I64Extend32S => Rule::Plain,
        I32TruncSatF32S | I32TruncSatF32U | I32TruncSatF64S | I32TruncSatF64U | I64TruncSatF32S | I64TruncSatF32U | I64TruncSatF64S
        | I64TruncSatF64U => Rule::Plain,

        I32DivS | I32DivU | I32RemS | I32RemU | I64DivS | I64DivU | I64RemS | I64RemU => Rule::Division,
        F32Sqrt | F32Div | F64Sqrt | F64Div => Rule::Division,

        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } => Rule::Store(Value::I32),
        I64Store { .. } | I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => Rule::Store(Value::I64),
        F32Store { .. } => Rule::Store(Value::F32),
        F64Store { .. } => Rule::Store(Value::F64),
        I32ReinterpretF32 => Rule::Bits(Value::F32),
        I64ReinterpretF64 => Rule::Bits(Value::F64),
        F32Copysign => Rule::Sign(Value::F32),
        F64Copysign => Rule::Sign(Value::F64),

        Call { .. } => Rule::Call,
        CallIndirect { .. } => Rule::CallIndirect,
        Throw { .. } | ThrowRef => Rule::Throw,

        MemoryFill { .. } => Rule::Fill,
        MemoryCopy { .. } => Rule::Copy,
        MemoryInit { .. } => Rule::Init,
        MemoryGrow { .. } => Rule::Grow,
        MemorySize { .. } => Rule::Size,
        _ => return None,
    })
}

/// Of an operator that opens a block: what that takes and leaves.
pub(crate) fn block(operator: &Operator<'_>) -> Option<BlockType> {
    match operator {
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => Some(*blockty),
        Operator::TryTable { try_table } => Some(try_table.ty),
        _ => None,
    }
}

/// May it stand in a function that pays nothing at its entry? A list of what may, so that a new rule is none of a leaf's.
pub(crate) fn in_leaf(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::Free | Rule::Open | Rule::If | Rule::End | Rule::Plain | Rule::Division | Rule::Store(_) | Rule::Bits(_) | Rule::Sign(_)
    )
}

/// `MemoryAtomicNotify`, without its arguments.
pub(crate) fn name(operator: &Operator<'_>) -> String {
    let text = format!("{operator:?}");
    text.split([' ', '{', '(']).next().unwrap_or_default().into()
}
