//! One function of the source, operator by operator.
use alloc::vec::Vec;
use core::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{BlockType, Function as Body, Instruction as I, ValType};
use wasmparser::{MemArgTarget, Operator};

use super::emission::Emission;
use super::{GUEST, Injected, Layout, global};
use crate::abi::Why;
use crate::allow::{self, Rule, Value};
use crate::costs;
use crate::refused::Refused;
use crate::source::{Function, Source, local_groups};

/// The source's numbers, renumbered.
pub(super) struct Renumber<'a>(pub &'a Layout);

impl Reencode for Renumber<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.0.function(function))
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.0.global(global))
    }

    fn memory_index(&mut self, _only: u32) -> Result<u32, Error<Infallible>> {
        Ok(GUEST)
    }
}

pub(super) fn unwritable(error: Error<Infallible>) -> Refused {
    Refused::Invalid { at: 0, why: alloc::format!("{error}") }
}

/// Numbers of the locals that are added behind a function's own.
struct Locals {
    /// For a moment: fuel, and values of type i32.
    t: u32,
    /// The address of a store.
    a: u32,
    /// The depth of this frame.
    d: u32,
    v: u32,
    x: u32,
    y: u32,
}

pub(super) fn write(source: &Source<'_>, function: &Function<'_>, layout: &Layout) -> Result<Body, Refused> {
    let n = function.locals;
    let locals = Locals { t: n, a: n + 1, d: n + 2, v: n + 3, x: n + 4, y: n + 5 };
    let mut groups = Vec::new();
    for (count, kind) in local_groups(&function.body)? {
        groups.push((count, Renumber(layout).val_type(kind).map_err(unwritable)?));
    }
    groups.extend([(3, ValType::I32), (1, ValType::I64), (1, ValType::F32), (1, ValType::F64)]);
    let mut writing = Writing { source, function, layout, locals, emission: Emission::new(layout), loops: 0 };
    writing.entry();
    let mut reader = function.body.get_operators_reader()?;
    while !reader.eof() {
        writing.operator(reader.read()?)?;
    }
    let mut body = Body::new(groups);
    body.raw(writing.emission.bytes);
    Ok(body)
}

struct Writing<'a> {
    source: &'a Source<'a>,
    function: &'a Function<'a>,
    layout: &'a Layout,
    locals: Locals,
    emission: Emission<'a>,
    /// How many have been opened.
    loops: usize,
}

impl Writing<'_> {
    fn entry(&mut self) {
        // Its callers pay, and it calls nobody: neither fuel nor depth can run away in it.
        if self.function.leaf.is_some() {
            return;
        }
        self.emission.charge(self.function.regions[0], self.locals.t);
        let d = self.locals.d;
        self.emission.ops([I::GlobalGet(global::DEPTH), I::I32Const(self.function.weight as i32), I::I32Add, I::LocalTee(d)]);
        self.emission.ops([I::I32Const(self.layout.depth_max as i32), I::I32GtU, I::If(BlockType::Empty)]);
        self.emission.fail(Why::Depth);
        self.emission.op(I::End);
    }

    fn copied(&mut self, operator: Operator<'_>) -> Result<(), Refused> {
        let instruction = Renumber(self.layout).instruction(operator).map_err(unwritable)?;
        self.emission.op(instruction);
        Ok(())
    }

    /// Tells whom it calls how deep it is. Nothing has to be undone: not at a return, and not where an exception is caught.
    fn deepen(&mut self) {
        self.emission.ops([I::LocalGet(self.locals.d), I::GlobalSet(global::DEPTH)]);
    }

    fn operator(&mut self, operator: Operator<'_>) -> Result<(), Refused> {
        let rule = allow::rule(&operator).expect("it was checked when the source was read");
        match rule {
            Rule::Free | Rule::Open | Rule::If | Rule::TryTable | Rule::End | Rule::Plain | Rule::Division => {
                self.copied(operator)?;
            }
            Rule::Loop => {
                self.copied(operator)?;
                self.loops += 1;
                self.emission.charge(self.function.regions[self.loops], self.locals.t);
            }
            Rule::Call => {
                let Operator::Call { function_index } = operator else { unreachable!("it is what the rule is for") };
                // `emit` and leaves look at no depth.
                if self.source.defined(function_index).is_some_and(|callee| callee.leaf.is_none()) {
                    self.deepen();
                }
                self.copied(operator)?;
            }
            Rule::CallIndirect => {
                self.deepen();
                self.copied(operator)?;
            }
            Rule::Throw => {
                self.emission.charge(costs::THROW, self.locals.t);
                self.copied(operator)?;
            }
            Rule::Store(value) => self.store(operator, value)?,
            Rule::Bits(value) | Rule::Sign(value) => {
                self.canonical(value);
                self.copied(operator)?;
            }
            Rule::Fill => self.emission.call(Injected::Fill),
            Rule::Copy => self.emission.call(Injected::Copy),
            Rule::Init => {
                self.emission.call(Injected::Init);
                self.copied(operator)?;
            }
            Rule::Grow => self.emission.call(Injected::Grow),
            Rule::Size => self.emission.op(I::GlobalGet(global::PAGES)),
        }
        Ok(())
    }

    fn store(&mut self, operator: Operator<'_>, value: Value) -> Result<(), Refused> {
        let (kept, a) = (self.kept(value), self.locals.a);
        self.emission.ops([I::LocalSet(kept), I::LocalTee(a)]);
        self.emission.mark(a, offset(&operator));
        self.emission.op(I::LocalGet(kept));
        match value {
            Value::I32 | Value::I64 => {}
            Value::F32 => self.emission.canonical_f32(kept),
            Value::F64 => self.emission.canonical_f64(kept),
        }
        self.copied(operator)
    }

    /// Where a value of this type is kept for a moment.
    fn kept(&self, value: Value) -> u32 {
        match value {
            Value::I32 => self.locals.t,
            Value::I64 => self.locals.v,
            Value::F32 => self.locals.x,
            Value::F64 => self.locals.y,
        }
    }

    /// Of the float on top of the stack.
    fn canonical(&mut self, value: Value) {
        let kept = self.kept(value);
        self.emission.op(I::LocalTee(kept));
        match value {
            Value::F32 => self.emission.canonical_f32(kept),
            _ => self.emission.canonical_f64(kept),
        }
    }
}

fn offset(operator: &Operator<'_>) -> u32 {
    use Operator::*;
    let (I32Store { memarg }
    | I32Store8 { memarg }
    | I32Store16 { memarg }
    | I64Store { memarg }
    | I64Store8 { memarg }
    | I64Store16 { memarg }
    | I64Store32 { memarg }
    | F32Store { memarg }
    | F64Store { memarg }) = operator
    else {
        unreachable!("it is what the rule is for")
    };
    assert!(matches!(memarg.target, MemArgTarget::Memory(_)), "no other target is a valid source's");
    memarg.offset as u32
}
