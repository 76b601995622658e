//! One function of the source, operator by operator.
use alloc::vec::Vec;
use core::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{BlockType, Function as Body, Instruction as I, ValType};
use wasmparser::{MemArgTarget, Operator};

use super::emission::Emission;
use super::{Build, GUEST, Injected, Layout, global};
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
#[derive(Clone, Copy)]
struct Locals {
    /// For a moment: fuel, and values of type i32.
    t: u32,
    /// The address of a store.
    a: u32,
    /// The depth of this frame.
    d: u32,
    /// Fuel and marks, where they are kept here.
    f: u32,
    m: u32,
    /// The address that was marked last, if that is known.
    l: u32,
    v: u32,
    x: u32,
    y: u32,
}

pub(super) fn write(source: &Source<'_>, function: &Function<'_>, layout: &Layout) -> Result<Body, Refused> {
    let n = function.locals;
    let locals = Locals { t: n, a: n + 1, d: n + 2, f: n + 3, l: n + 4, v: n + 5, m: n + 6, x: n + 7, y: n + 8 };
    let mut groups = Vec::new();
    for (count, kind) in local_groups(&function.body)? {
        groups.push((count, Renumber(layout).val_type(kind).map_err(unwritable)?));
    }
    groups.extend([(5, ValType::I32), (2, ValType::I64), (1, ValType::F32), (1, ValType::F64)]);
    let mut writing = Writing { source, function, layout, locals, emission: Emission::new(layout), loops: 0, open: 0 };
    writing.entry()?;
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
    /// Blocks that are open.
    open: u32,
}

impl Writing<'_> {
    fn entry(&mut self) -> Result<(), Refused> {
        let locally = self.function.locally;
        if locally.anything() {
            // Whatever leaves the function by a branch passes the end of this.
            let result = locally.result.map(|result| Renumber(self.layout).val_type(result)).transpose().map_err(unwritable)?;
            self.emission.op(I::Block(result.map_or(BlockType::Empty, BlockType::Result)));
        }
        if locally.marks {
            // No store is there.
            self.emission.ops([I::I32Const(-1), I::LocalSet(self.locals.l)]);
        }
        // Its callers pay, and it calls nobody: neither fuel nor depth can run away in it.
        if self.function.leaf.is_some() {
            return Ok(());
        }
        self.emission.op(I::GlobalGet(global::FUEL));
        self.charge(self.function.regions[0]);
        let d = self.locals.d;
        self.emission.ops([I::GlobalGet(global::DEPTH), I::I32Const(self.function.weight as i32), I::I32Add, I::LocalTee(d)]);
        self.emission.ops([I::I32Const(self.layout.depth_max as i32), I::I32GtU, I::If(BlockType::Empty)]);
        self.emission.fail(Why::Depth);
        self.emission.op(I::End);
        Ok(())
    }

    /// Takes this much of the fuel on the stack.
    fn charge(&mut self, cost: u32) {
        let (locally, Locals { t, f, m, .. }) = (self.function.locally, self.locals);
        self.emission.op(I::I32Const(cost as i32));
        if !locally.fuel {
            self.emission.take_marking(t, locally.marks.then_some(m));
            return;
        }
        self.emission.ops([I::I32Sub, I::LocalTee(f), I::I32Const(0), I::I32LtS, I::If(BlockType::Empty)]);
        self.emission.ops([I::LocalGet(f), I::GlobalSet(global::FUEL)]);
        self.emission.refill(locally.marks.then_some(m));
        if self.layout.build == Build::Yielding {
            self.emission.ops([I::GlobalGet(global::FUEL), I::LocalSet(f)]);
        }
        self.emission.op(I::End);
    }

    fn charge_again(&mut self, cost: u32) {
        let here = self.function.locally.fuel;
        self.emission.op(if here { I::LocalGet(self.locals.f) } else { I::GlobalGet(global::FUEL) });
        self.charge(cost);
    }

    /// What is kept here is put where others look for it: for good.
    fn settle(&mut self) {
        self.settle_fuel();
        if self.function.locally.marks {
            self.emission.settle_marks(self.locals.m);
        }
    }

    /// The same, for whoever is called. Its marks are looked at when a turn waits, and are lost when it is left by an exception.
    fn settle_for_call(&mut self) {
        match self.layout.build == Build::Yielding || !self.source.tags.is_empty() {
            true => self.settle(),
            false => self.settle_fuel(),
        }
    }

    fn settle_fuel(&mut self) {
        if self.function.locally.fuel {
            self.emission.ops([I::LocalGet(self.locals.f), I::GlobalSet(global::FUEL)]);
        }
    }

    /// Others have taken of the fuel. What they have marked is not to be known here.
    fn resume(&mut self) {
        if self.function.locally.fuel {
            self.emission.ops([I::GlobalGet(global::FUEL), I::LocalSet(self.locals.f)]);
        }
    }

    fn help(&mut self, function: Injected) {
        self.settle_for_call();
        self.emission.call(function);
        self.resume();
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
            Rule::Free | Rule::Plain | Rule::Division => {
                if operator == Operator::Return {
                    self.settle();
                }
                self.copied(operator)?;
            }
            Rule::Open | Rule::If | Rule::TryTable => {
                self.open += 1;
                self.copied(operator)?;
            }
            Rule::End => {
                if self.open == 0 && self.function.locally.anything() {
                    self.emission.op(I::End);
                    self.settle();
                }
                self.open = self.open.saturating_sub(1);
                self.copied(operator)?;
            }
            Rule::Loop => {
                self.open += 1;
                self.copied(operator)?;
                self.loops += 1;
                self.charge_again(self.function.regions[self.loops]);
            }
            Rule::Call => {
                let Operator::Call { function_index } = operator else { unreachable!("it is what the rule is for") };
                let callee = self.source.defined(function_index);
                if callee.is_some_and(|callee| callee.leaf.is_some()) {
                    // It takes nothing, and nobody can wait in it.
                    return self.copied(operator);
                }
                self.settle_for_call();
                // `emit` looks at no depth.
                if callee.is_some() {
                    self.deepen();
                }
                self.copied(operator)?;
                self.resume();
            }
            Rule::CallIndirect => {
                self.settle_for_call();
                self.deepen();
                self.copied(operator)?;
                self.resume();
            }
            Rule::Throw => {
                self.charge_again(costs::THROW);
                self.settle();
                self.copied(operator)?;
            }
            Rule::Store(value) => self.store(operator, value)?,
            Rule::Bits(value) | Rule::Sign(value) => {
                self.canonical(value);
                self.copied(operator)?;
            }
            Rule::Fill => self.help(Injected::Fill),
            Rule::Copy => self.help(Injected::Copy),
            Rule::Init => {
                self.help(Injected::Init);
                self.copied(operator)?;
            }
            Rule::Grow => self.help(Injected::Grow),
            Rule::Size => self.emission.op(I::GlobalGet(global::PAGES)),
        }
        Ok(())
    }

    fn store(&mut self, operator: Operator<'_>, value: Value) -> Result<(), Refused> {
        let (kept, a) = (self.kept(value), self.locals.a);
        self.emission.ops([I::LocalSet(kept), I::LocalTee(a)]);
        match self.function.locally.marks {
            true => self.emission.mark_locally(a, offset(&operator), self.locals.m, self.locals.l),
            false => self.emission.mark(a, offset(&operator)),
        }
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
