//! Long functions cut into regions that are paid for one by one.
//!
//! The meter charges at the entry of a function and at the head of each loop, for all that stands there outside of inner loops, whichever way
//! is taken. An interpreter is one loop with an arm for each of its operations: each would pay for them all. So what follows a block, and
//! what is within an arm of an `if`, becomes a loop of its own that never goes round. It does what it did.
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, CodeSection, Function, Instruction, Module, RawSection};
use wasmparser::{FuncValidatorAllocations, FunctionBody, Operator, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use crate::ground::{Done, Stop};

/// A region is worth its charge, about ten operators, from here on.
const PIECE_MIN: u32 = 24;
/// And in functions with so long a region, whose pieces are many, from here.
const LONG: u32 = 1_000;
const PIECE_MIN_OF_LONG: u32 = 8;
/// A function all of whose regions are shorter stays as it is.
const REGION_MIN: u32 = 120;

pub fn divide(module: &[u8]) -> Done<Vec<u8>> {
    let bad = |error: wasmparser::Error| Stop::Failed(format!("the engine's module: {error}"));
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut allocations = FuncValidatorAllocations::default();
    let mut divided = Module::new();
    let mut code = CodeSection::new();
    let mut left = 0;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(bad)?;
        let valid = validator.payload(&payload).map_err(bad)?;
        if let ValidPayload::Func(to_validate, body) = valid {
            let mut one = to_validate.into_validator(allocations);
            let items = read(&mut one, &body).map_err(bad)?;
            allocations = one.into_allocations();
            let most = regions_max(&items);
            let function = match most {
                0..REGION_MIN => copied(&body)?,
                _ => write(&body, &items, if most < LONG { PIECE_MIN } else { PIECE_MIN_OF_LONG })?,
            };
            code.function(&function);
            left -= 1;
            if left == 0 {
                divided.section(&code);
            }
            continue;
        }
        match &payload {
            Payload::CodeSectionStart { count, .. } => left = *count,
            other => {
                if let Some((id, range)) = other.as_section() {
                    divided.section(&RawSection { id, data: &module[range.start as usize..range.end as usize] });
                }
            }
        }
    }
    Ok(divided.finish())
}

/// An operator, and what is known where it stands, before it.
struct Item<'a> {
    operator: Operator<'a>,
    cost: u32,
    /// The innermost block has nothing on the operand stack, and this place is reached.
    is_clear: bool,
}

fn read<'a>(
    validator: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    body: &FunctionBody<'a>,
) -> Result<Vec<Item<'a>>, wasmparser::Error> {
    let mut locals = body.get_binary_reader();
    validator.read_locals(&mut locals)?;
    let mut reader = body.get_operators_reader()?;
    let mut items = Vec::new();
    while !reader.eof() {
        let at = reader.original_position();
        let operator = reader.read()?;
        let frame = validator.get_control_frame(0);
        let is_clear = frame.is_some_and(|frame| !frame.unreachable && frame.height == validator.operand_stack_height() as usize);
        validator.op(at, &operator)?;
        let cost = cost(&operator);
        items.push(Item { operator, cost, is_clear });
    }
    Ok(items)
}

/// About what the meter takes for it.
fn cost(operator: &Operator<'_>) -> u32 {
    match operator {
        Operator::Block { .. } | Operator::Loop { .. } | Operator::Else | Operator::End | Operator::Nop => 0,
        Operator::Call { .. } => 4,
        Operator::CallIndirect { .. } => 66,
        _ => 1,
    }
}

/// What the dearest region costs.
fn regions_max(items: &[Item<'_>]) -> u32 {
    let mut costs = vec![0u32];
    let mut open = vec![0];
    let mut blocks = Vec::new();
    for item in items {
        costs[*open.last().expect("the function's own is never closed")] += item.cost;
        match item.operator {
            Operator::Loop { .. } => {
                open.push(costs.len());
                costs.push(0);
                blocks.push(true);
            }
            Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } => blocks.push(false),
            Operator::End if blocks.pop() == Some(true) => drop(open.pop()),
            _ => {}
        }
    }
    costs.into_iter().max().unwrap_or(0)
}

/// For each operator that opens a sequence, where it ends: an `else` or an `end`. The last one is the function's own.
fn closings(items: &[Item<'_>]) -> Vec<usize> {
    let mut closings = vec![items.len() - 1; items.len()];
    let mut open = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match item.operator {
            Operator::Block { .. } | Operator::If { .. } | Operator::Loop { .. } | Operator::TryTable { .. } => open.push(at),
            Operator::Else => {
                closings[open.pop().expect("an `if`")] = at;
                open.push(at);
            }
            Operator::End => {
                if let Some(opened) = open.pop() {
                    closings[opened] = at;
                }
            }
            _ => {}
        }
    }
    closings
}

/// A sequence that is being written.
struct Open {
    /// Its `else` or `end`.
    end: usize,
    /// The label, counted from the outermost, with those of our own loops.
    label: u32,
    kind: Option<BlockType>,
    /// Loops of ours that end where it ends.
    ours: u32,
}

struct Writing<'a> {
    items: &'a [Item<'a>],
    closings: &'a [usize],
    open: Vec<Open>,
    labels: u32,
    piece_min: u32,
}

impl Writing<'_> {
    /// Does what stands from here to the end of the sequence cost enough?
    fn is_worth_it(&self, from: usize, end: usize) -> bool {
        let (mut at, mut cost) = (from, 0);
        while at < end {
            cost += self.items[at].cost;
            if cost >= self.piece_min {
                return true;
            }
            at = if matches!(self.items[at].operator, Operator::Loop { .. }) { self.closings[at] } else { at + 1 };
        }
        false
    }

    fn target(&self, depth: u32) -> u32 {
        let to = &self.open[self.open.len() - 1 - depth as usize];
        self.labels - 1 - to.label
    }
}

fn write(body: &FunctionBody<'_>, items: &[Item<'_>], piece_min: u32) -> Done<Function> {
    let mut function = locals(body)?;
    let closings = closings(items);
    let outermost = Open { end: items.len() - 1, label: 0, kind: None, ours: 0 };
    let mut writing = Writing { items, closings: &closings, open: vec![outermost], labels: 1, piece_min };
    // The operator before was the end of a block, or the beginning of an arm.
    let mut is_fresh = false;
    for (at, item) in items.iter().enumerate() {
        let top = writing.open.last().expect("the function's own is closed last");
        if is_fresh
            && item.is_clear
            && at < top.end
            && let Some(kind) = top.kind
            && writing.is_worth_it(at, top.end)
        {
            function.instruction(&Instruction::Loop(kind));
            writing.labels += 1;
            writing.open.last_mut().expect("it is there").ours += 1;
        }
        is_fresh = false;
        match &item.operator {
            Operator::Block { .. } | Operator::If { .. } | Operator::Loop { .. } => {
                let instruction = encoded(item.operator.clone())?;
                let (Instruction::Block(kind) | Instruction::If(kind) | Instruction::Loop(kind)) = instruction else {
                    unreachable!("it is encoded as what it is")
                };
                function.instruction(&instruction);
                is_fresh = matches!(item.operator, Operator::If { .. });
                // One with parameters has them on the stack, where a loop of ours would not find them.
                let kind = if matches!(kind, BlockType::FunctionType(_)) { None } else { Some(kind) };
                writing.open.push(Open { end: closings[at], label: writing.labels, kind, ours: 0 });
                writing.labels += 1;
            }
            Operator::Else | Operator::End => {
                let top = writing.open.last_mut().expect("one is open");
                for _ in 0..std::mem::take(&mut top.ours) {
                    function.instruction(&Instruction::End);
                    writing.labels -= 1;
                }
                is_fresh = true;
                if matches!(item.operator, Operator::Else) {
                    function.instruction(&Instruction::Else);
                    top.end = closings[at];
                } else {
                    function.instruction(&Instruction::End);
                    writing.labels -= 1;
                    writing.open.pop();
                }
            }
            Operator::Br { relative_depth } => {
                function.instruction(&Instruction::Br(writing.target(*relative_depth)));
            }
            Operator::BrIf { relative_depth } => {
                function.instruction(&Instruction::BrIf(writing.target(*relative_depth)));
            }
            Operator::BrTable { targets } => {
                let failed = |error: wasmparser::Error| Stop::Failed(error.to_string());
                let mut to = Vec::new();
                for target in targets.targets() {
                    to.push(writing.target(target.map_err(failed)?));
                }
                function.instruction(&Instruction::BrTable(to.into(), writing.target(targets.default())));
            }
            Operator::TryTable { .. } => return Err(Stop::Failed("the engine catches exceptions".into())),
            other => {
                function.instruction(&encoded(other.clone())?);
            }
        }
    }
    Ok(function)
}

fn copied(body: &FunctionBody<'_>) -> Done<Function> {
    let mut function = locals(body)?;
    let mut reader = body.get_operators_reader().map_err(|error| Stop::Failed(error.to_string()))?;
    while !reader.eof() {
        let operator = reader.read().map_err(|error| Stop::Failed(error.to_string()))?;
        function.instruction(&encoded(operator)?);
    }
    Ok(function)
}

fn locals(body: &FunctionBody<'_>) -> Done<Function> {
    let failed = |error: wasmparser::Error| Stop::Failed(error.to_string());
    let mut groups = Vec::new();
    for group in body.get_locals_reader().map_err(failed)? {
        let (count, kind) = group.map_err(failed)?;
        groups.push((count, RoundtripReencoder.val_type(kind).map_err(|error| Stop::Failed(error.to_string()))?));
    }
    Ok(Function::new(groups))
}

fn encoded(operator: Operator<'_>) -> Done<Instruction<'_>> {
    RoundtripReencoder.instruction(operator).map_err(|error| Stop::Failed(error.to_string()))
}
