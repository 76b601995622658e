//! One operator of a rewritten module is left out, doubled, or another: what the verifier must make of that.
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, Function, Module};
use wasmparser::{FunctionBody, Operator, Parser, Payload, Validator, WasmFeatures};

use peerd_guest::{Build, Limits, recover, rewrite, verify};

/// The n-th edit of the operator at an index of a function's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    pub function: u32,
    pub operator: usize,
    pub way: usize,
}

/// What came of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// No module any more.
    Invalid,
    Rejected,
    /// It is exactly what another source is rewritten to.
    Another,
    /// The edit changes nothing.
    Same,
}

/// How many ways there are to edit an operator.
pub const WAYS: usize = 9;

/// Edits of every operator, in every way.
#[must_use]
pub fn edits(module: &[u8]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (function, body) in (0..).zip(bodies(module)) {
        let operators = body.get_operators_reader().expect("it is a module").into_iter().count();
        edits.extend((0..operators).flat_map(|operator| (0..WAYS).map(move |way| Edit { function, operator, way })));
    }
    edits
}

fn bodies(module: &[u8]) -> Vec<FunctionBody<'_>> {
    let payloads = Parser::new(0).parse_all(module).map(|payload| payload.expect("it is a module"));
    payloads
        .filter_map(|payload| match payload {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        })
        .collect()
}

/// The module with the edit, or `None`: the operator can't be edited so.
#[must_use]
pub fn edited(module: &[u8], edit: Edit) -> Option<Vec<u8>> {
    let mut editing = Editing { edit, next: 0, done: false };
    let mut edited = Module::new();
    editing.parse_core_module(&mut edited, Parser::new(0), module).ok()?;
    editing.done.then(|| edited.finish())
}

/// Whether an edited module is rejected or is another guest, well metered; an error says what promise does not hold.
pub fn judge(module: &[u8], edited: &[u8], build: Build, limits: &Limits) -> Result<Judged, String> {
    if module == edited {
        return Ok(Judged::Same);
    }
    if Validator::new_with_features(WasmFeatures::all()).validate_all(edited).is_err() {
        return if verify(edited, build, limits).is_ok() {
            Err("the verifier admits what is no module".into())
        } else {
            Ok(Judged::Invalid)
        };
    }
    if verify(edited, build, limits).is_err() {
        return Ok(Judged::Rejected);
    }
    let source = recover(edited, build, limits).map_err(|why| format!("it is admitted and can't be recovered: {why}"))?;
    let again = rewrite(&source, limits).map_err(|why| format!("it is admitted and its source is not: {why}"))?;
    let again = if build == Build::Trap { again.trap } else { again.yielding };
    if again == edited { Ok(Judged::Another) } else { Err("it is admitted and is not what its source is rewritten to".into()) }
}

struct Editing {
    edit: Edit,
    next: u32,
    done: bool,
}

impl Reencode for Editing {
    type Error = std::convert::Infallible;

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error<Self::Error>> {
        let locals = body.get_locals_reader()?.into_iter().map(|group| {
            let (count, kind) = group?;
            Ok((count, RoundtripReencoder.val_type(kind).map_err(|_| wasmparser_error())?))
        });
        let locals = locals.collect::<Result<Vec<_>, Error<Self::Error>>>()?;
        let mut operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        if self.next == self.edit.function {
            self.done = change(&mut operators, self.edit);
        }
        self.next += 1;
        let mut function = Function::new(locals);
        for operator in operators {
            let instruction = RoundtripReencoder.instruction(operator).map_err(|_| wasmparser_error())?;
            function.instruction(&instruction);
        }
        code.function(&function);
        Ok(())
    }
}

fn wasmparser_error() -> Error<std::convert::Infallible> {
    Error::InvalidConstExpr
}

/// Whether there is such a way for this operator.
fn change(operators: &mut Vec<Operator<'_>>, edit: Edit) -> bool {
    let Some(operator) = operators.get(edit.operator).cloned() else { return false };
    match edit.way {
        0 => drop(operators.remove(edit.operator)),
        1 => operators.insert(edit.operator, operator),
        2 if edit.operator > 0 => operators.swap(edit.operator - 1, edit.operator),
        way @ 3.. => match other(operator, way - 3) {
            Some(operator) => operators[edit.operator] = operator,
            None => return false,
        },
        _ => return false,
    }
    true
}

/// An operator like it: another number, another memory, another comparison.
fn other(operator: Operator<'_>, way: usize) -> Option<Operator<'_>> {
    use Operator as O;
    let near =
        |number: u32| [number.checked_add(1), number.checked_sub(1), Some(0)].get(way).copied().flatten().filter(|near| *near != number);
    Some(match operator {
        O::I32Const { value } => {
            O::I32Const { value: *[value.wrapping_add(1), value.wrapping_sub(1), 0, -1, value / 2, i32::MAX].get(way)? }
        }
        O::I64Const { value } => O::I64Const { value: *[value.wrapping_add(1), value.wrapping_sub(1), 0, -1].get(way)? },
        O::F32Const { value } if way == 0 => O::F32Const { value: f32::from_bits(value.bits() ^ 1).into() },
        O::F64Const { value } if way == 0 => O::F64Const { value: f64::from_bits(value.bits() ^ 1).into() },
        O::LocalGet { local_index } => O::LocalGet { local_index: near(local_index)? },
        O::LocalSet { local_index } => O::LocalSet { local_index: near(local_index)? },
        O::LocalTee { local_index } if way == 3 => O::LocalSet { local_index },
        O::LocalTee { local_index } => O::LocalTee { local_index: near(local_index)? },
        O::GlobalGet { global_index } => O::GlobalGet { global_index: near(global_index)? },
        O::GlobalSet { global_index } => O::GlobalSet { global_index: near(global_index)? },
        O::Call { function_index } => O::Call { function_index: near(function_index)? },
        O::Br { relative_depth } => O::Br { relative_depth: near(relative_depth)? },
        O::BrIf { relative_depth } => O::BrIf { relative_depth: near(relative_depth)? },
        O::MemoryCopy { dst_mem, src_mem } => match way {
            0 => O::MemoryCopy { dst_mem: 1 - dst_mem, src_mem },
            1 => O::MemoryCopy { dst_mem, src_mem: 1 - src_mem },
            _ => return None,
        },
        O::CallIndirect { type_index, table_index } => O::CallIndirect { type_index: near(type_index)?, table_index },
        O::MemoryFill { mem } if way == 0 => O::MemoryFill { mem: 1 - mem },
        O::MemoryInit { data_index, mem } if way == 0 => O::MemoryInit { data_index, mem: 1 - mem },
        O::Unreachable if way == 0 => O::Nop,
        O::I32LtS if way == 0 => O::I32LtU,
        O::I32LtS if way == 1 => O::I32LeS,
        O::I32LtU if way == 0 => O::I32LeU,
        O::I32GtU if way == 0 => O::I32GtS,
        O::I32GtU if way == 1 => O::I32GeU,
        O::I32LeS if way == 0 => O::I32LtS,
        O::I32LeU if way == 0 => O::I32LtU,
        O::I32GeU if way == 0 => O::I32GtU,
        O::I64GtS if way == 0 => O::I64GeS,
        O::I64GtS if way == 1 => O::I64GtU,
        O::I32Add if way == 0 => O::I32Sub,
        O::I32Sub if way == 0 => O::I32Add,
        O::I64Add if way == 0 => O::I64Sub,
        O::I64Sub if way == 0 => O::I64Add,
        O::I64Or if way == 0 => O::I64And,
        O::I64Or if way == 1 => O::I64Xor,
        O::I64And if way == 0 => O::I64Or,
        O::I64Shl if way == 0 => O::I64ShrU,
        O::I64ShrU if way == 0 => O::I64ShrS,
        O::I32ShrU if way == 0 => O::I32ShrS,
        O::F32Eq if way == 0 => O::F32Ne,
        O::F64Eq if way == 0 => O::F64Ne,
        O::I64ExtendI32U if way == 0 => O::I64ExtendI32S,
        O::I64Eqz if way == 0 => return Some(O::I32WrapI64),
        operator => return memory(operator, way),
    })
}

/// The same access of the other memory, or of another place.
fn memory(mut operator: Operator<'_>, way: usize) -> Option<Operator<'_>> {
    use Operator as O;
    let (O::I32Load { memarg }
    | O::I64Load { memarg }
    | O::I32Load8U { memarg }
    | O::F32Load { memarg }
    | O::F64Load { memarg }
    | O::I32Store { memarg }
    | O::I64Store { memarg }
    | O::F32Store { memarg }
    | O::F64Store { memarg }
    | O::I32Store8 { memarg }
    | O::I32Store16 { memarg }
    | O::I64Store8 { memarg }
    | O::I64Store16 { memarg }
    | O::I64Store32 { memarg }) = &mut operator
    else {
        return None;
    };
    let wasmparser::MemArgTarget::Memory(index) = memarg.target else { return None };
    match way {
        0 => memarg.target = wasmparser::MemArgTarget::Memory(1 - index),
        1 => memarg.offset += 8,
        2 if memarg.offset > 0 => memarg.offset = 0,
        _ => return None,
    }
    Some(operator)
}
