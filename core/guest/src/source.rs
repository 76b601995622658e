//! A source module, read and checked: valid, within the class's limits, of the ABI's shape, with no operator that has no rule.
use alloc::vec::Vec;

use wasmparser::{
    BlockType, CompositeInnerType, ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, Export, ExternalKind, FuncType,
    FuncValidatorAllocations, FunctionBody, Global, Import, MemoryType, Operator, Parser, Payload, RefType, Table, TableInit, TypeRef,
    ValType, ValidPayload, Validator, WasmFeatures,
};

use crate::allow::{self, Rule};
use crate::limits::{LOCALS_ALL_MAX, LOCALS_MAX, Limits, PAGE, PARAMS_MAX, PIECE, REGION_MAX, RESULTS_MAX};
use crate::refused::Refused;
use crate::{abi, costs};

/// Typed function references and collected types are none of them; reference types are there for exceptions, and have no operator.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::EXCEPTIONS)
    .union(WasmFeatures::FLOATS);

/// Exports of every module that lld has linked.
const LINKERS: [&str; 2] = ["__data_end", "__heap_base"];

pub(crate) struct Source<'a> {
    pub types: Vec<FuncType>,
    /// Does it import `emit`? Its functions count from 1 then.
    pub emits: bool,
    pub functions: Vec<Function<'a>>,
    pub table: Option<(u32, Option<u32>)>,
    /// Types of the tags.
    pub tags: Vec<u32>,
    pub globals: Vec<Constant>,
    /// In the source's numbering.
    pub turn: u32,
    pub start: Option<u32>,
    pub state: Buffer,
    pub message: Buffer,
    pub elements: Vec<(u32, Vec<u32>)>,
    pub data: Vec<Segment<'a>>,
    pub pages: u32,
    /// More than `pages` only in a source that can grow.
    pub pages_max: u32,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Buffer {
    pub at: u32,
    pub bytes: u32,
}

pub(crate) struct Constant {
    pub kind: ValType,
    pub mutable: bool,
    pub value: Number,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
}

pub(crate) struct Segment<'a> {
    /// `None`: for `memory.init` only.
    pub at: Option<u32>,
    pub bytes: &'a [u8],
}

pub(crate) struct Function<'a> {
    pub kind: u32,
    pub body: FunctionBody<'a>,
    /// Parameters and locals.
    pub locals: u32,
    /// What it adds to the depth.
    pub weight: u32,
    /// Pays nothing at its entry, its callers pay for it; `None`: pays for itself.
    pub leaf: Option<u32>,
    /// What its own body costs, then each of its loops', in their order.
    pub regions: Vec<u32>,
    pub locally: Locally,
}

/// What a function keeps in locals of its own, and puts where it belongs before it calls anybody and before it ends. Why: a store in each
/// round of a loop is what a meter costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Locally {
    /// What is left of the fuel: in one with a loop. Not where exceptions are caught: what threw them may have taken some.
    pub fuel: bool,
    /// What it has marked: in one that marks more than once.
    pub marks: bool,
    /// Its one result.
    pub result: Option<ValType>,
}

impl Locally {
    pub fn anything(self) -> bool {
        self.fuel || self.marks
    }
}

impl Source<'_> {
    pub fn imports(&self) -> u32 {
        u32::from(self.emits)
    }

    /// Of a function's number in the source; `None`: the import.
    pub fn defined(&self, function: u32) -> Option<&Function<'_>> {
        self.functions.get(function.checked_sub(self.imports())? as usize)
    }
}

pub(crate) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Source<'a>, Refused> {
    if bytes.len() > limits.module_max as usize {
        return Err(Refused::Long { bytes: bytes.len(), max: limits.module_max });
    }
    let mut reading = Reading::default();
    let mut validator = Validator::new_with_features(FEATURES);
    let mut allocations = FuncValidatorAllocations::default();
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        // Before it is validated, so that what has no rule is called by its name.
        if let Payload::CodeSectionEntry(body) = &payload {
            check_operators(body)?;
        }
        if let ValidPayload::Func(to_validate, body) = validator.payload(&payload)? {
            let mut one = to_validate.into_validator(allocations);
            let shape = shape(&mut one, &body, &reading.types)?;
            allocations = one.into_allocations();
            reading.locals += shape.locals;
            at_most("locals of all functions", reading.locals, LOCALS_ALL_MAX)?;
            reading.shapes.push(shape);
        }
        reading.section(payload, limits)?;
    }
    reading.finish(limits)
}

fn check_operators(body: &FunctionBody<'_>) -> Result<(), Refused> {
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let at = reader.original_position();
        let operator = reader.read()?;
        if allow::rule(&operator).is_none() {
            return Err(Refused::Operator { at, name: allow::name(&operator) });
        }
    }
    Ok(())
}

/// What is known of a function when it has been validated, before its callees are.
struct Shape<'a> {
    body: FunctionBody<'a>,
    locals: u32,
    weight: u32,
    leaf: Option<u32>,
    loops: bool,
    stores: u32,
    catches: bool,
}

fn shape<'a>(
    validator: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    body: &FunctionBody<'a>,
    types: &[FuncType],
) -> Result<Shape<'a>, Refused> {
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let locals = validator.len_locals();
    at_most("locals of a function", locals, LOCALS_MAX)?;
    let mut operators = body.get_operators_reader()?;
    let (mut height, mut count, mut cost, mut leaf) = (0, 0, locals / costs::LOCALS, locals < costs::LEAF_MAX);
    let (mut loops, mut stores, mut catches) = (false, 0u32, false);
    while !operators.eof() {
        let at = operators.original_position();
        let operator = operators.read()?;
        validator.op(at, &operator)?;
        height = height.max(validator.operand_stack_height());
        let rule = allow::rule(&operator).ok_or_else(|| Refused::Operator { at, name: allow::name(&operator) })?;
        if let Some(BlockType::FuncType(kind)) = allow::block(&operator) {
            at_most("values that a block takes", types[kind as usize].params().len() as u32, RESULTS_MAX)?;
        }
        leaf &= allow::in_leaf(rule);
        loops |= rule == Rule::Loop;
        stores += u32::from(matches!(rule, Rule::Store(_)));
        catches |= rule == Rule::TryTable;
        count += 1;
        cost = cost.saturating_add(costs::of(rule));
    }
    operators.finish()?;
    leaf &= count < costs::LEAF_MAX && cost < costs::LEAF_MAX;
    let weight = 1 + (locals + height) / 16;
    Ok(Shape { body: body.clone(), locals, weight, leaf: leaf.then_some(cost), loops, stores, catches })
}

#[derive(Default)]
struct Reading<'a> {
    types: Vec<FuncType>,
    emits: bool,
    kinds: Vec<u32>,
    /// Of all functions so far.
    locals: u32,
    table: Option<(u32, Option<u32>)>,
    memory: Option<MemoryType>,
    tags: Vec<u32>,
    globals: Vec<Constant>,
    exports: Vec<Export<'a>>,
    start: Option<u32>,
    elements: Vec<(u32, Vec<u32>)>,
    data: Vec<Segment<'a>>,
    abi: Option<&'a [u8]>,
    shapes: Vec<Shape<'a>>,
}

fn count(what: &'static str, count: u32, limits: &Limits) -> Result<(), Refused> {
    at_most(what, count, limits.items_max)
}

pub(crate) fn at_most(what: &'static str, count: u32, max: u32) -> Result<(), Refused> {
    if count > max { Err(Refused::TooMany { what, count: count.into(), max: max.into() }) } else { Ok(()) }
}

impl<'a> Reading<'a> {
    fn section(&mut self, payload: Payload<'a>, limits: &Limits) -> Result<(), Refused> {
        match payload {
            Payload::TypeSection(section) => {
                count("types", section.count(), limits)?;
                for group in section {
                    for kind in group?.into_types() {
                        let CompositeInnerType::Func(kind) = kind.composite_type.inner else {
                            return Err(Refused::Kind("a type of collected memory"));
                        };
                        kind.params().iter().chain(kind.results()).try_for_each(|value| passable(*value))?;
                        at_most("parameters of a function", kind.params().len() as u32, PARAMS_MAX)?;
                        at_most("results of a function", kind.results().len() as u32, RESULTS_MAX)?;
                        self.types.push(kind);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.import(&import?)?;
                }
            }
            Payload::FunctionSection(section) => {
                count("functions", section.count(), limits)?;
                self.kinds = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.table(&table?, limits)?;
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    if self.memory.replace(memory?).is_some() {
                        return Err(Refused::Kind("a second memory"));
                    }
                }
            }
            Payload::TagSection(section) => {
                count("tags", section.count(), limits)?;
                self.tags = section.into_iter().map(|tag| self.tag(tag?.func_type_idx)).collect::<Result<_, Refused>>()?;
            }
            Payload::GlobalSection(section) => {
                count("globals", section.count(), limits)?;
                self.globals = section.into_iter().map(|global| constant(&global?)).collect::<Result<_, Refused>>()?;
            }
            Payload::ExportSection(section) => {
                count("exports", section.count(), limits)?;
                self.exports = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => {
                count("element segments", section.count(), limits)?;
                let placed = section.into_iter().filter_map(|segment| match segment {
                    Ok(segment) => elements(segment, limits).transpose(),
                    Err(error) => Some(Err(error.into())),
                });
                self.elements = placed.collect::<Result<_, Refused>>()?;
            }
            Payload::DataSection(section) => {
                count("data segments", section.count(), limits)?;
                self.data = section.into_iter().map(|segment| data(segment?)).collect::<Result<_, Refused>>()?;
            }
            Payload::CustomSection(section) if section.name() == abi::SECTION => self.abi = Some(section.data()),
            // Names and the like: not taken over.
            Payload::CustomSection(_) => {}
            Payload::Version { .. } | Payload::DataCountSection { .. } | Payload::End(_) => {}
            Payload::CodeSectionStart { .. } | Payload::CodeSectionEntry(_) => {}
            _ => return Err(Refused::Kind("a section that is not known here")),
        }
        Ok(())
    }

    fn import(&mut self, import: &Import<'_>) -> Result<(), Refused> {
        let name = || Refused::Import([import.module, ".", import.name].concat());
        let TypeRef::Func(kind) = import.ty else { return Err(name()) };
        if self.emits || (import.module, import.name) != (abi::MODULE, abi::EMIT) {
            return Err(name());
        }
        self.emits = true;
        use ValType::{I32, I64};
        match self.types.get(kind as usize) {
            Some(kind) if kind.params() == [I32, I64, I64, I32, I32] && kind.results().is_empty() => Ok(()),
            _ => Err(Refused::Abi("peerd.emit (i32, i64, i64, i32, i32) -> ()")),
        }
    }

    /// One that held another would hold all that were caught before it, however many.
    fn tag(&self, kind: u32) -> Result<u32, Refused> {
        let is_of_numbers = self.types.get(kind as usize).is_some_and(|kind| !kind.params().iter().any(ValType::is_reference_type));
        if is_of_numbers { Ok(kind) } else { Err(Refused::Kind("an exception that holds another")) }
    }

    fn table(&mut self, table: &Table<'_>, limits: &Limits) -> Result<(), Refused> {
        let (initial, max) = (table.ty.initial, table.ty.maximum);
        if table.ty.element_type != RefType::FUNCREF || table.ty.table64 || !matches!(table.init, TableInit::RefNull) {
            return Err(Refused::Kind("a table of anything but functions"));
        }
        if initial > limits.table_max.into() {
            return Err(Refused::TooMany { what: "entries of the table", count: initial, max: limits.table_max.into() });
        }
        // Nothing grows it.
        let max = max.map(|max| max.min(limits.table_max.into()) as u32);
        match self.table.replace((initial as u32, max)) {
            None => Ok(()),
            Some(_) => Err(Refused::Kind("a second table")),
        }
    }

    fn exported(&self, name: &str, kind: ExternalKind) -> Option<u32> {
        self.exports.iter().find(|export| export.name == name && export.kind == kind).map(|export| export.index)
    }

    /// The address of a buffer.
    fn address(&self, name: &str) -> Option<u32> {
        let global = self.globals.get(self.exported(name, ExternalKind::Global)? as usize)?;
        match global.value {
            Number::I32(at) if !global.mutable => Some(at as u32),
            _ => None,
        }
    }

    fn finish(mut self, limits: &Limits) -> Result<Source<'a>, Refused> {
        // What linkers add is not taken over, like every other export.
        let is_ours = |export: &&Export<'_>| export.name.starts_with("__") && !LINKERS.contains(&export.name);
        if let Some(export) = self.exports.iter().find(is_ours) {
            return Err(Refused::Export(export.name.into()));
        }
        let memory = self.memory.filter(|_| self.exported(abi::MEMORY, ExternalKind::Memory) == Some(0));
        let memory = memory.ok_or(Refused::Abi("one memory, exported as memory"))?;
        let pages_max = u64::from(limits.pages_max);
        if memory.initial > pages_max {
            return Err(Refused::TooMany { what: "pages of memory", count: memory.initial, max: pages_max });
        }
        let pages = memory.initial as u32;
        let first = u32::from(self.emits);
        let turn = self.exported(abi::TURN, ExternalKind::Func).filter(|turn| *turn >= first);
        let kind = turn.and_then(|turn| self.types.get(*self.kinds.get((turn - first) as usize)? as usize));
        let is_turn = kind.is_some_and(|kind| kind.params() == [ValType::I32, ValType::I32] && kind.results() == [ValType::I32]);
        let turn = turn.filter(|_| is_turn).ok_or(Refused::Abi("peerd_turn (i32, i32) -> i32"))?;
        let (state, message) = self.buffers(pages)?;
        let functions = regions(core::mem::take(&mut self.shapes), &self.kinds, &self.types, first)?;
        let grows = functions.iter().try_fold(false, |grows, function| Ok::<_, Refused>(grows || has_grow(&function.body)?))?;
        let pages_max = if grows { memory.maximum.map_or(pages_max, |max| max.min(pages_max)) as u32 } else { pages };
        let source = Source {
            types: self.types,
            emits: self.emits,
            functions,
            table: self.table,
            tags: self.tags,
            globals: self.globals,
            turn,
            start: self.start,
            state,
            message,
            elements: self.elements,
            data: self.data,
            pages,
            pages_max,
        };
        if source.data.iter().any(|segment| segment.at.is_some_and(|at| u64::from(at) + segment.bytes.len() as u64 > bytes(pages))) {
            return Err(Refused::Abi("data within the memory"));
        }
        if source.start.is_some_and(|start| start < first) {
            return Err(Refused::Abi("a start function of its own"));
        }
        Ok(source)
    }

    fn buffers(&self, pages: u32) -> Result<(Buffer, Buffer), Refused> {
        let words: Option<[u32; 3]> = self.abi.and_then(|section| {
            let (words, []) = section.as_chunks::<4>() else { return None };
            <[[u8; 4]; 3]>::try_from(words).ok().map(|words| words.map(u32::from_le_bytes))
        });
        let [version, state_max, message_max] = words.ok_or(Refused::Abi("a section peerd.abi of three u32"))?;
        if version != abi::VERSION {
            return Err(Refused::Version(version));
        }
        let buffer = |name, bytes_max| {
            let at = self.address(name).filter(|at| u64::from(*at) + u64::from(bytes_max) <= bytes(pages));
            at.map(|at| Buffer { at, bytes: bytes_max })
        };
        let state = buffer(abi::STATE, state_max).ok_or(Refused::Abi("peerd_state, a buffer within the memory"))?;
        let message = buffer(abi::MESSAGE, message_max).filter(|message| message.bytes >= abi::header::BYTES);
        Ok((state, message.ok_or(Refused::Abi("peerd_message, a buffer within the memory with room for a header"))?))
    }
}

fn bytes(pages: u32) -> u64 {
    u64::from(pages) * u64::from(PAGE)
}

/// What may be on the operand stack: numbers, and exceptions that were caught.
fn passable(value: ValType) -> Result<(), Refused> {
    match value {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 | ValType::Ref(RefType::EXNREF) => Ok(()),
        _ => Err(Refused::Kind("a value that is no number")),
    }
}

fn constant(global: &Global<'_>) -> Result<Constant, Refused> {
    Ok(Constant { kind: global.ty.content_type, mutable: global.ty.mutable, value: number(&global.init_expr)? })
}

fn number(expression: &ConstExpr<'_>) -> Result<Number, Refused> {
    let mut reader = expression.get_operators_reader();
    let number = match reader.read()? {
        Operator::I32Const { value } => Number::I32(value),
        Operator::I64Const { value } => Number::I64(value),
        Operator::F32Const { value } => Number::F32(value.bits()),
        Operator::F64Const { value } => Number::F64(value.bits()),
        _ => return Err(Refused::Kind("a value that is no constant number")),
    };
    match reader.read()? {
        Operator::End => Ok(number),
        _ => Err(Refused::Kind("a value that is no constant number")),
    }
}

fn place(expression: &ConstExpr<'_>) -> Result<u32, Refused> {
    match number(expression)? {
        Number::I32(at) => Ok(at as u32),
        _ => Err(Refused::Kind("a place that is no constant")),
    }
}

/// `None`: it is not put in place at instantiation, and there is no operator for it.
fn elements(segment: Element<'_>, limits: &Limits) -> Result<Option<(u32, Vec<u32>)>, Refused> {
    let ElementKind::Active { offset_expr, .. } = segment.kind else { return Ok(None) };
    let functions = match segment.items {
        ElementItems::Functions(functions) => functions.into_iter().collect::<Result<Vec<u32>, _>>()?,
        ElementItems::Expressions(_, expressions) => {
            let function = |expression: Result<ConstExpr<'_>, wasmparser::Error>| match expression?.get_operators_reader().read()? {
                Operator::RefFunc { function_index } => Ok(function_index),
                _ => Err(Refused::Kind("an element that is no function")),
            };
            expressions.into_iter().map(function).collect::<Result<Vec<u32>, Refused>>()?
        }
    };
    if functions.len() > limits.table_max as usize {
        return Err(Refused::TooMany { what: "entries of the table", count: functions.len() as u64, max: limits.table_max.into() });
    }
    Ok(Some((place(&offset_expr)?, functions)))
}

fn data(segment: Data<'_>) -> Result<Segment<'_>, Refused> {
    let at = match segment.kind {
        DataKind::Active { offset_expr, .. } => Some(place(&offset_expr)?),
        // Copied in one piece.
        DataKind::Passive if segment.data.len() > PIECE as usize => {
            return Err(Refused::TooMany { what: "bytes of a passive segment", count: segment.data.len() as u64, max: PIECE.into() });
        }
        DataKind::Passive => None,
    };
    Ok(Segment { at, bytes: segment.data })
}

fn has_grow(body: &FunctionBody<'_>) -> Result<bool, Refused> {
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        if matches!(reader.read()?, Operator::MemoryGrow { .. }) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Each function with what its regions cost, which needs to know which functions are leaves.
fn regions<'a>(shapes: Vec<Shape<'a>>, kinds: &[u32], types: &[FuncType], first: u32) -> Result<Vec<Function<'a>>, Refused> {
    let leaves: Vec<Option<u32>> = shapes.iter().map(|shape| shape.leaf).collect();
    let leaf = |function: u32| function.checked_sub(first).and_then(|function| leaves[function as usize]);
    let function = |(shape, kind): (Shape<'a>, &u32)| {
        let mut costs = Vec::from([shape.locals / costs::LOCALS]);
        let mut open = Vec::from([0]);
        // Which regions enclose the operator at hand: the last one pays.
        let mut blocks: Vec<Rule> = Vec::new();
        let mut reader = shape.body.get_operators_reader()?;
        while !reader.eof() {
            let operator = reader.read()?;
            let rule = allow::rule(&operator).expect("it was checked when it was read");
            let callee = if let Operator::Call { function_index } = operator { leaf(function_index).unwrap_or(0) } else { 0 };
            let region = &mut costs[*open.last().expect("the function's own is never closed")];
            *region += costs::of(rule) + callee;
            if *region > REGION_MAX {
                return Err(Refused::TooMany { what: "fuel between two charges", count: (*region).into(), max: REGION_MAX.into() });
            }
            match rule {
                Rule::Loop => {
                    open.push(costs.len());
                    costs.push(0);
                    blocks.push(rule);
                }
                Rule::Open | Rule::If | Rule::TryTable => blocks.push(rule),
                Rule::End if blocks.pop() == Some(Rule::Loop) => drop(open.pop()),
                _ => {}
            }
        }
        // Every cycle passes one that costs something.
        costs.iter_mut().for_each(|cost| *cost = (*cost).max(1));
        let Shape { body, locals, weight, leaf, loops, stores, catches } = shape;
        // Several results would need a type of their own for the block around them.
        let locally = match types.get(*kind as usize).map(FuncType::results) {
            Some(results @ ([] | [_])) => {
                Locally { fuel: loops && !catches, marks: stores > 1 || loops && stores == 1, result: results.first().copied() }
            }
            _ => Locally::default(),
        };
        Ok(Function { kind: *kind, body, locals, weight, leaf, regions: costs, locally })
    };
    shapes.into_iter().zip(kinds).map(function).collect()
}

/// Also what the locals of a body are, in groups.
pub(crate) fn local_groups(body: &FunctionBody<'_>) -> Result<Vec<(u32, ValType)>, Refused> {
    let groups = body.get_locals_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
    groups.iter().try_for_each(|(_, value)| passable(*value))?;
    Ok(groups)
}
