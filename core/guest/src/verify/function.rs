//! One function of the guest's: what was injected is recognised and taken off, and what is left has to be worth what was charged.
use alloc::format;
use alloc::vec::Vec;

use wasmparser::{BlockType, MemArgTarget, Operator as O, ValType};

use super::names::{cost, farthest, is_admitted, kind, may_be_in_leaf, memory, name};
use super::{Code, Frame, GLOBALS, GUEST, Verdict, malformed};
use crate::rewrite::Build;

/// A function as it is without what was injected.
pub(super) struct Own<'a> {
    at: u64,
    pub operators: Vec<O<'a>>,
    /// Whether it calls `emit`, and whether it asks for memory.
    pub emits: bool,
    pub grows: bool,
    /// How many of its parameters and locals are its own.
    pub locals: usize,
    regions: Vec<Region>,
    calls: Vec<Call>,
    /// What the entry takes in fuel and adds to the depth; `None`: nothing stands there.
    entry: Option<u32>,
    weight: u32,
    /// Whether its operators let it stand without an entry, and what they cost then.
    could_be_leaf: bool,
    own_cost: u32,
}

/// What is paid at one place: the operators of a body, or of a loop, outside of the loops in it.
struct Region {
    at: u64,
    cost: u64,
    /// Functions of the guest's that it calls directly; leaves among them are paid for here.
    callees: Vec<u32>,
    charged: u32,
}

struct Call {
    at: u64,
    callee: u32,
    /// Whether it is told how deep it is.
    told: bool,
}

/// The locals behind a guest's own.
#[derive(Clone, Copy)]
struct Locals {
    t: u32,
    a: u32,
    d: u32,
    f: u32,
    l: u32,
    v: u32,
    m: u32,
    x: u32,
    y: u32,
}

const ADDED: [ValType; 9] =
    [ValType::I32, ValType::I32, ValType::I32, ValType::I32, ValType::I32, ValType::I64, ValType::I64, ValType::F32, ValType::F64];

/// What has been put where it belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Settled {
    fuel: bool,
    marks: bool,
}

const FUEL: u32 = 0;
const DEPTH: u32 = 1;
const DIRTY: u32 = 2;
const PAGES: u32 = 5;
const WHY: u32 = 6;

struct Reading<'r, 'a> {
    code: &'r Code<'a>,
    frame: &'r Frame,
    /// Of the next operator.
    next: usize,
    locals: Locals,
    own_locals: u32,
    /// Whether it has to keep its fuel, and its marks, in locals.
    keeps_fuel: bool,
    keeps_marks: bool,
}

impl<'a> Own<'a> {
    pub fn read(code: &Code<'a>, frame: &Frame) -> Verdict<Own<'a>> {
        let Some(own_locals) = code.locals.len().checked_sub(ADDED.len()).filter(|own| code.locals[*own..] == ADDED) else {
            return malformed(code.at, "a function without the added locals");
        };
        let n = own_locals as u32;
        let locals = Locals { t: n, a: n + 1, d: n + 2, f: n + 3, l: n + 4, v: n + 5, m: n + 6, x: n + 7, y: n + 8 };
        // Nothing that is injected into a guest's function is one of these.
        let count = |is: &dyn Fn(&O<'_>) -> bool| code.operators.iter().filter(|(_, operator, _)| is(operator)).count();
        let loops = count(&|operator| matches!(operator, O::Loop { .. })) > 0;
        let stores = count(&|operator| name(operator).contains("_store"));
        let catches = count(&|operator| matches!(operator, O::TryTable { .. })) > 0;
        let one_result = frame.results.get(code.kind as usize).is_some_and(|results| *results <= 1);
        let keeps_fuel = one_result && loops && !catches;
        let keeps_marks = one_result && (stores > 1 || stores == 1 && loops);
        Reading { code, frame, next: 0, locals, own_locals: n, keeps_fuel, keeps_marks }.read()
    }

    pub fn check(&self, all: &[Own<'_>], frame: &Frame) -> Verdict {
        let leaf = |callee: u32| {
            let own = &all[(callee - frame.first_own) as usize];
            own.is_leaf().then_some(u64::from(own.own_cost))
        };
        if self.is_leaf() {
            // It has one region and calls nobody.
            return if self.entry.is_none() { Ok(()) } else { malformed(self.at, "a leaf that pays") };
        }
        if self.entry != Some(self.weight) {
            return malformed(self.at, format!("an entry that adds {:?} to the depth instead of {}", self.entry, self.weight));
        }
        for region in &self.regions {
            let cost = region.cost + region.callees.iter().filter_map(|callee| leaf(*callee)).sum::<u64>();
            if u64::from(region.charged) != cost.max(1) || cost > 1 << 24 {
                return malformed(region.at, format!("{} of fuel for what costs {}", region.charged, cost.max(1)));
            }
        }
        match self.calls.iter().find(|call| call.told == leaf(call.callee).is_some()) {
            Some(call) => malformed(call.at, "a call that tells a leaf its depth, or another none"),
            None => Ok(()),
        }
    }

    fn is_leaf(&self) -> bool {
        self.could_be_leaf && self.own_cost < 64
    }
}

impl<'a> Reading<'_, 'a> {
    fn read(mut self) -> Verdict<Own<'a>> {
        let mut own = Own {
            at: self.code.at,
            operators: Vec::new(),
            emits: false,
            grows: false,
            locals: self.own_locals as usize,
            regions: Vec::new(),
            calls: Vec::new(),
            entry: None,
            weight: 0,
            could_be_leaf: self.own_locals < 64,
            own_cost: self.own_locals / 8,
        };
        own.regions.push(Region { at: self.code.at, cost: u64::from(self.own_locals / 8), callees: Vec::new(), charged: 0 });
        if self.keeps() {
            match self.peek(0) {
                Some(O::Block { blockty: BlockType::Empty | BlockType::Type(_) }) => self.next += 1,
                other => return malformed(self.at(), format!("{other:?} instead of the block around a body")),
            }
        }
        if self.keeps_marks {
            self.expect("no mark yet", &[O::I32Const { value: -1 }, O::LocalSet { local_index: self.locals.l }])?;
        }
        if self.is(0, &O::GlobalGet { global_index: FUEL }) {
            own.regions[0].charged = self.charge(false)?;
            own.entry = Some(self.depth()?);
        }
        // The regions that are open, and whether each open block is a loop.
        let (mut open, mut blocks) = (Vec::from([0]), Vec::new());
        let (mut height, mut count) = (0, 0u32);
        while self.next < self.code.operators.len() {
            let settled = self.settled()?;
            let told = self.told_depth();
            let at = self.at();
            let operator = self.own(told, settled)?;
            height = height.max(self.code.operators[self.next - 1].2);
            count += 1;
            own.could_be_leaf &= may_be_in_leaf(&operator);
            own.emits |= operator == O::Call { function_index: self.frame.function("emit") };
            own.grows |= matches!(operator, O::MemoryGrow { .. });
            self.branches(&operator, blocks.len() as u32, at)?;
            let region: &mut Region = &mut own.regions[*open.last().expect("the body's own is never closed")];
            let price = cost(&operator);
            region.cost += u64::from(price);
            own.own_cost = own.own_cost.saturating_add(price);
            match operator {
                O::Call { function_index } if function_index >= self.frame.first_own => {
                    region.callees.push(function_index);
                    own.calls.push(Call { at, callee: function_index, told });
                }
                O::Block { .. } | O::If { .. } | O::TryTable { .. } => blocks.push(false),
                O::Loop { .. } => {
                    blocks.push(true);
                    open.push(own.regions.len());
                    let charged = self.charge(self.keeps_fuel)?;
                    own.regions.push(Region { at, cost: 0, callees: Vec::new(), charged });
                }
                O::End => match blocks.pop() {
                    Some(true) => drop(open.pop()),
                    Some(false) => {}
                    None if self.keeps() => {
                        // That was the end of the block around it.
                        if self.settled()? != self.all() {
                            return malformed(self.at(), "an end that does not settle all");
                        }
                        self.expect("an end", &[O::End])?;
                    }
                    None => {}
                },
                _ => {}
            }
            own.operators.push(operator);
        }
        own.could_be_leaf &= count < 64;
        own.weight = 1 + (self.own_locals + height) / 16;
        Ok(own)
    }

    /// Behind the block around the body there is what settles, which no branch may leave out.
    fn branches(&self, operator: &O<'a>, blocks: u32, at: u64) -> Verdict {
        if self.keeps() && farthest(operator)? > blocks {
            return malformed(at, "a branch past what settles");
        }
        let takes = match operator {
            O::CallIndirect { .. } => 0,
            _ => kind(operator).map_or(0, |kind| self.frame.params[kind as usize]),
        };
        if takes > 20 { malformed(at, "a block that takes too many values") } else { Ok(()) }
    }

    fn at(&self) -> u64 {
        self.code.operators.get(self.next).map_or(self.code.at, |(at, ..)| *at)
    }

    fn peek(&self, ahead: usize) -> Option<&O<'a>> {
        self.code.operators.get(self.next + ahead).map(|(_, operator, _)| operator)
    }

    fn is(&self, ahead: usize, operator: &O<'_>) -> bool {
        self.peek(ahead) == Some(operator)
    }

    /// Takes these, all of them, off.
    fn expect(&mut self, what: &str, operators: &[O<'_>]) -> Verdict {
        for operator in operators {
            if !self.is(0, operator) {
                return malformed(self.at(), format!("{what}: {:?} instead of {operator:?}", self.peek(0)));
            }
            self.next += 1;
        }
        Ok(())
    }

    fn constant(&mut self, what: &str) -> Verdict<u32> {
        match self.peek(0) {
            Some(O::I32Const { value }) if *value >= 0 => {
                let value = *value as u32;
                self.next += 1;
                Ok(value)
            }
            other => malformed(self.at(), format!("{what}: {other:?} instead of a constant")),
        }
    }

    fn keeps(&self) -> bool {
        self.keeps_fuel || self.keeps_marks
    }

    /// What of what is kept in locals is put where others look for it, here.
    fn settled(&mut self) -> Verdict<Settled> {
        let put = [O::LocalGet { local_index: self.locals.f }, O::GlobalSet { global_index: FUEL }];
        let fuel = self.keeps_fuel && self.is(0, &put[0]) && self.is(1, &put[1]);
        if fuel {
            self.expect("fuel", &put)?;
        }
        let marks = self.keeps_marks && self.is(0, &O::GlobalGet { global_index: DIRTY });
        if marks {
            self.settled_marks()?;
        }
        Ok(Settled { fuel, marks })
    }

    fn all(&self) -> Settled {
        Settled { fuel: self.keeps_fuel, marks: self.keeps_marks }
    }

    /// Marks of a frame that is left by a trap are told by nobody: then all of the memory is put back. So they count while others run
    /// only where a turn can wait meanwhile, or an exception can leave the frame.
    fn all_for_call(&self) -> Settled {
        Settled { fuel: self.keeps_fuel, marks: self.keeps_marks && (self.frame.build == Build::Yielding || self.frame.tags) }
    }

    fn settled_marks(&mut self) -> Verdict {
        self.expect(
            "marks",
            &[
                O::GlobalGet { global_index: DIRTY },
                O::LocalGet { local_index: self.locals.m },
                O::I64Or,
                O::GlobalSet { global_index: DIRTY },
            ],
        )
    }

    /// Others may have taken of the fuel.
    fn resumed(&mut self) -> Verdict {
        if self.keeps_fuel {
            self.expect("fuel", &[O::GlobalGet { global_index: FUEL }, O::LocalSet { local_index: self.locals.f }])?;
        }
        Ok(())
    }

    /// A charge, and how much it takes: of what is kept here, or of what there is.
    fn charge(&mut self, of_kept: bool) -> Verdict<u32> {
        let Locals { t, f, .. } = self.locals;
        self.expect("a charge", &[if of_kept { O::LocalGet { local_index: f } } else { O::GlobalGet { global_index: FUEL } }])?;
        let cost = self.constant("a charge")?;
        self.expect("a charge", &[O::I32Sub, O::LocalTee { local_index: if self.keeps_fuel { f } else { t } }])?;
        if !self.keeps_fuel {
            self.expect("a charge", &[O::GlobalSet { global_index: FUEL }, O::LocalGet { local_index: t }])?;
        }
        self.expect("a charge", &[O::I32Const { value: 0 }, O::I32LtS, O::If { blockty: BlockType::Empty }])?;
        if self.keeps_fuel {
            self.expect("fuel", &[O::LocalGet { local_index: f }, O::GlobalSet { global_index: FUEL }])?;
        }
        match self.frame.build {
            Build::Trap => self.expect("no fuel", &[O::Unreachable])?,
            Build::Yielding => {
                if self.keeps_marks {
                    self.settled_marks()?;
                }
                self.expect("no fuel", &[O::Call { function_index: self.frame.function("refill") }])?;
                self.resumed()?;
            }
        }
        self.expect("a charge", &[O::End])?;
        Ok(cost)
    }

    /// Behind the charge of an entry: the depth of the caller and how much this frame adds.
    fn depth(&mut self) -> Verdict<u32> {
        self.expect("a depth", &[O::GlobalGet { global_index: DEPTH }])?;
        let weight = self.constant("a depth")?;
        self.expect(
            "a depth",
            &[
                O::I32Add,
                O::LocalTee { local_index: self.locals.d },
                O::I32Const { value: self.frame.depth_max as i32 },
                O::I32GtU,
                O::If { blockty: BlockType::Empty },
                O::I32Const { value: 1 },
                O::GlobalSet { global_index: WHY },
                O::Unreachable,
                O::End,
            ],
        )?;
        Ok(weight)
    }

    /// Before a call.
    fn told_depth(&mut self) -> bool {
        let is = self.is(0, &O::LocalGet { local_index: self.locals.d }) && self.is(1, &O::GlobalSet { global_index: DEPTH });
        if is {
            self.next += 2;
        }
        is
    }

    /// The next operator that the guest has of its own, with what was injected for it taken off.
    fn own(&mut self, told: bool, settled: Settled) -> Verdict<O<'a>> {
        let at = self.at();
        let Some(operator) = self.peek(0).cloned() else { return malformed(at, "an end") };
        let Locals { t, f, v, x, y, .. } = self.locals;
        if told && !matches!(operator, O::Call { .. } | O::CallIndirect { .. }) {
            return malformed(at, "a depth that is told to nobody");
        }
        // A call that tells no depth is a leaf's, which takes nothing.
        let due = match operator {
            O::Return => self.all(),
            _ if told || self.is_helper(&operator) => self.all_for_call(),
            _ => Settled::default(),
        };
        if settled != due {
            return malformed(at, "what is kept here is settled where it need not be, or not where it must");
        }
        match operator {
            O::LocalSet { local_index } if [t, v, x, y].contains(&local_index) => self.store(local_index),
            O::LocalTee { local_index } if [x, y].contains(&local_index) => self.bits(local_index),
            O::GlobalGet { global_index: FUEL } if !self.keeps_fuel => self.throw(),
            O::LocalGet { local_index } if local_index == f && self.keeps_fuel => self.throw(),
            O::GlobalGet { global_index: PAGES } => {
                self.next += 1;
                Ok(O::MemorySize { mem: GUEST })
            }
            O::Call { function_index } if function_index < self.frame.first_own => self.helper(function_index, told),
            O::CallIndirect { .. } if !told => malformed(at, "an indirect call that tells no depth"),
            O::Call { .. } | O::CallIndirect { .. } if told => {
                self.plain(&operator, at)?;
                self.next += 1;
                self.resumed()?;
                Ok(operator)
            }
            _ => {
                self.plain(&operator, at)?;
                self.next += 1;
                Ok(operator)
            }
        }
    }

    /// What stands by itself.
    fn plain(&self, operator: &O<'_>, at: u64) -> Verdict {
        if kind(operator).is_some_and(|kind| kind >= self.frame.own_types) {
            return malformed(at, format!("{} of a type that is not the guest's own", name(operator)));
        }
        let own_globals = GLOBALS.len() as u32..self.frame.globals_end();
        let refused = match operator {
            _ if !is_admitted(operator) => true,
            O::LocalGet { local_index } | O::LocalSet { local_index } | O::LocalTee { local_index } => *local_index >= self.own_locals,
            O::GlobalGet { global_index } | O::GlobalSet { global_index } => !own_globals.contains(global_index),
            O::MemorySize { .. } | O::MemoryGrow { .. } | O::MemoryInit { .. } | O::Throw { .. } | O::ThrowRef => true,
            O::I32ReinterpretF32 | O::I64ReinterpretF64 | O::F32Copysign | O::F64Copysign => true,
            _ if name(operator).contains("_store") => true,
            _ => memory(operator).is_some_and(|memarg| memarg.target != MemArgTarget::Memory(GUEST)),
        };
        if refused { malformed(at, format!("{} by itself", name(operator))) } else { Ok(()) }
    }

    /// What is thrown is paid for where it is.
    fn throw(&mut self) -> Verdict<O<'a>> {
        let charged = self.charge(self.keeps_fuel)?;
        let at = self.at();
        if self.settled()? != self.all() {
            return malformed(at, "a throw that does not settle all");
        }
        match self.peek(0).cloned() {
            Some(operator @ (O::Throw { .. } | O::ThrowRef)) if charged == 1_000 => {
                self.next += 1;
                Ok(operator)
            }
            other => malformed(at, format!("{charged} of fuel for {other:?}")),
        }
    }

    fn is_helper(&self, operator: &O<'_>) -> bool {
        matches!(operator, O::Call { function_index } if *function_index < self.frame.first_own)
    }

    /// A call of what does bulk work, or `emit`.
    fn helper(&mut self, function: u32, told: bool) -> Verdict<O<'a>> {
        let at = self.at();
        let is = |name: &str| self.frame.function(name) == function;
        // What prepares a `memory.init` stands before it, and takes fuel.
        let operator = match self.peek(if self.keeps_fuel { 3 } else { 1 }) {
            _ if told => return malformed(at, "a depth that is told to nobody"),
            _ if is("emit") => O::Call { function_index: function },
            _ if is("fill") => O::MemoryFill { mem: GUEST },
            _ if is("copy") => O::MemoryCopy { dst_mem: GUEST, src_mem: GUEST },
            _ if is("grow") => O::MemoryGrow { mem: GUEST },
            Some(O::MemoryInit { data_index, mem: GUEST }) if is("init") => O::MemoryInit { data_index: *data_index, mem: GUEST },
            _ => return malformed(at, format!("a call of function {function}")),
        };
        self.next += 1;
        self.resumed()?;
        // Behind what prepares it.
        self.next += usize::from(matches!(operator, O::MemoryInit { .. }));
        Ok(operator)
    }

    /// Value away, mark, value back, one NaN, store.
    fn store(&mut self, kept: u32) -> Verdict<O<'a>> {
        let a = self.locals.a;
        self.expect("a store", &[O::LocalSet { local_index: kept }, O::LocalTee { local_index: a }])?;
        let offset = if self.keeps_marks { self.mark_here(a)? } else { self.mark(a)? };
        self.expect("a store", &[O::LocalGet { local_index: kept }])?;
        if [self.locals.x, self.locals.y].contains(&kept) {
            self.one_nan(kept)?;
        }
        let at = self.at();
        let Some(operator) = self.peek(0).cloned() else { return malformed(at, "an end") };
        let Locals { t, v, x, .. } = self.locals;
        let wanted = match name(&operator) {
            "i32_store" | "i32_store8" | "i32_store16" => t,
            "i64_store" | "i64_store8" | "i64_store16" | "i64_store32" => v,
            "f32_store" => x,
            "f64_store" => self.locals.y,
            other => return malformed(at, format!("{other} where a store is")),
        };
        let marked = memory(&operator).is_some_and(|memarg| memarg.target == MemArgTarget::Memory(GUEST) && memarg.offset == offset.into());
        if wanted != kept || !marked {
            return malformed(at, "a store of something else than was marked");
        }
        self.next += 1;
        Ok(operator)
    }

    /// Into the global; the offset of what is marked.
    fn mark(&mut self, a: u32) -> Verdict<u32> {
        self.expect("a mark", &[O::GlobalGet { global_index: DIRTY }, O::I64Const { value: 1 }])?;
        let offset = self.address(a)?;
        self.bit()?;
        self.expect("a mark", &[O::GlobalSet { global_index: DIRTY }])?;
        Ok(offset)
    }

    /// Into the local, unless it is the granule that was marked last.
    fn mark_here(&mut self, a: u32) -> Verdict<u32> {
        let Locals { l, m, .. } = self.locals;
        let (marked, marks) = (O::LocalGet { local_index: l }, O::LocalGet { local_index: m });
        let offset = self.address(a)?;
        let granule = O::I32Const { value: 1 << self.frame.shift };
        self.expect("a mark", &[marked.clone(), O::I32Xor, granule, O::I32GeU, O::If { blockty: BlockType::Empty }])?;
        if self.address(a)? != offset {
            return malformed(self.at(), "a mark of two addresses");
        }
        self.expect("a mark", &[O::LocalSet { local_index: l }, marks, O::I64Const { value: 1 }, marked])?;
        self.bit()?;
        self.expect("a mark", &[O::LocalSet { local_index: m }, O::End])?;
        Ok(offset)
    }

    /// What is stored to: local `a`, and a constant offset.
    fn address(&mut self, a: u32) -> Verdict<u32> {
        self.expect("an address", &[O::LocalGet { local_index: a }])?;
        let (Some(O::I32Const { value }), true) = (self.peek(0), self.is(1, &O::I32Add)) else { return Ok(0) };
        let offset = *value as u32;
        self.next += 2;
        if offset == 0 { malformed(self.at(), "an offset that adds nothing") } else { Ok(offset) }
    }

    fn bit(&mut self) -> Verdict {
        let shift = O::I32Const { value: self.frame.shift as i32 };
        self.expect("a mark", &[shift, O::I32ShrU, O::I64ExtendI32U, O::I64Shl, O::I64Or])
    }

    /// A float whose bits, or whose sign, are about to be seen.
    fn bits(&mut self, kept: u32) -> Verdict<O<'a>> {
        self.expect("a float", &[O::LocalTee { local_index: kept }])?;
        self.one_nan(kept)?;
        let at = self.at();
        let operator = match self.peek(0) {
            Some(operator @ (O::I32ReinterpretF32 | O::F32Copysign)) if kept == self.locals.x => operator.clone(),
            Some(operator @ (O::I64ReinterpretF64 | O::F64Copysign)) if kept == self.locals.y => operator.clone(),
            other => return malformed(at, format!("{other:?} where a float's bits are seen")),
        };
        self.next += 1;
        Ok(operator)
    }

    fn one_nan(&mut self, kept: u32) -> Verdict {
        let single = kept == self.locals.x;
        let is_nan = match self.peek(0) {
            Some(O::F32Const { value }) => single && value.bits() == 0x7fc0_0000,
            Some(O::F64Const { value }) => !single && value.bits() == 0x7ff8_0000_0000_0000,
            _ => false,
        };
        if !is_nan {
            return malformed(self.at(), format!("{:?} instead of the one NaN", self.peek(0)));
        }
        self.next += 1;
        let eq = if single { O::F32Eq } else { O::F64Eq };
        self.expect("a NaN", &[O::LocalGet { local_index: kept }, O::LocalGet { local_index: kept }, eq, O::Select])
    }
}
