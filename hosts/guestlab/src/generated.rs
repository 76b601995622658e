//! Sources drawn from bytes, and what must hold of each: rewritten it does what it did, and takes the same fuel everywhere.
use arbitrary::{Arbitrary, Unstructured};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    ImportSection, Instruction as I, MemArg, MemArgTarget, MemorySection, MemoryType, Module, SectionId, TypeSection, ValType,
};
use wasm_smith::{Config, InstructionKind, InstructionKinds};
use wasmparser::{
    ExportSectionReader, FunctionSectionReader, GlobalSectionReader, ImportSectionReader, MemorySectionReader, Parser, Payload,
    TypeSectionReader,
};

use peerd_guest::abi::Why;
use peerd_guest::{Build, Limits, Refused, Rewritten, rewrite};

use crate::edit::{self, Edit, Judged};
use crate::engine::{ENGINES, Engine, Guest, Outcome, Ran, Reference};

/// Where the buffers of a drawn source are.
pub const STATE_AT: u32 = 64;
pub const STATE_MAX: u32 = 256;
const MESSAGE_AT: u32 = 512;
const MESSAGE_MAX: u32 = 64;

/// More than a drawn source can take, which ends itself.
const FUEL: i64 = 1 << 30;

/// Limit: functions that a turn calls. Of more, one never ends, and the turn with it.
const CALLED: usize = 2;

/// What kind of source it is.
#[derive(Clone, Copy, Debug, Arbitrary)]
struct Kind {
    floats: bool,
    /// Whether it may ask for more memory and get it.
    grows: bool,
    /// Its operators do not trap, three times in four.
    careful: Careful,
}

#[derive(Clone, Copy, Debug)]
struct Careful(bool);

impl<'a> Arbitrary<'a> for Careful {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        bytes.ratio(3, 4).map(Careful)
    }
}

pub struct Drawn {
    kind: Kind,
    pub source: Vec<u8>,
    /// How many of the mutable globals are exported for a look, in the source.
    globals: u32,
    edit: u64,
}

/// What came of a drawn source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// There were too few bytes for one.
    Nothing,
    Refused,
    Returned,
    Crashed,
}

/// Bytes to draw from.
#[must_use]
pub fn seeded(seed: u64) -> Vec<u8> {
    let mut word = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word.to_le_bytes()
    };
    (0..500).flat_map(|_| next()).collect()
}

/// A source, if the bytes suffice.
#[must_use]
pub fn draw(bytes: &[u8]) -> Option<Drawn> {
    let mut bytes = Unstructured::new(bytes);
    let kind = Kind::arbitrary(&mut bytes).ok()?;
    let edit = u64::arbitrary(&mut bytes).ok()?;
    let mut module = wasm_smith::Module::new(config(kind), &mut bytes).ok()?;
    module.ensure_termination(500).ok()?;
    let bytes = module.to_bytes();
    let (source, globals) = dressed(&bytes, kind)?;
    Some(Drawn { kind, source, globals, edit })
}

/// Everything that must hold of the source that these bytes are; an error says what does not.
pub fn check(bytes: &[u8]) -> Result<Seen, String> {
    let Some(drawn) = draw(bytes) else { return Ok(Seen::Nothing) };
    let limits = Limits { start_fuel: 1_000_000, ..Limits::default() };
    let class = match rewrite(&drawn.source, &limits) {
        Ok(class) => class,
        // Data beyond its memory; code beyond the limits.
        Err(Refused::Abi(_) | Refused::TooMany { .. }) => return Ok(Seen::Refused),
        Err(why) => return Err(format!("a source of what has rules: {why}")),
    };
    is_proof_against(&class, drawn.edit, &limits)?;
    let Some(ran) = is_the_same_everywhere(&class)? else {
        let reference = Reference::play(&drawn.source, drawn.globals, (STATE_AT, &state()), (MESSAGE_AT, &message()));
        // Deeper than a guest may be is not deep for the engine.
        return if reference.begun { Err("it does not begin, and its source does".into()) } else { Ok(Seen::Crashed) };
    };
    is_as_it_was(&drawn, &class, &ran)?;
    Ok(if let Outcome::Returned(_) = ran.outcome { Seen::Returned } else { Seen::Crashed })
}

/// One edit of it is rejected, or is another guest.
fn is_proof_against(class: &Rewritten, edit: u64, limits: &Limits) -> Result<(), String> {
    let build = if edit & 1 == 0 { Build::Trap } else { Build::Yielding };
    let module = crate::engine::module(class, build);
    let edits = edit::edits(module);
    let edit: Edit = edits[(edit >> 1) as usize % edits.len()];
    let Some(edited) = edit::edited(module, edit) else { return Ok(()) };
    let injected = if build == Build::Trap { 11 } else { 12 };
    match edit::judge(module, &edited, build, limits) {
        // The turn and the beginning tell where buffers are, and whom to call.
        Ok(Judged::Another) if edit.function < injected && ![1, 10].contains(&edit.function) => {
            Err(format!("{edit:?} of an injected function is admitted"))
        }
        Ok(_) => Ok(()),
        Err(why) => Err(format!("{edit:?}: {why}")),
    }
}

pub(crate) fn state() -> Vec<u8> {
    (0..100).collect()
}

pub(crate) fn message() -> Vec<u8> {
    (100..160).collect()
}

/// `None`: it does not begin, on any engine.
fn is_the_same_everywhere(class: &Rewritten) -> Result<Option<Ran>, String> {
    let mut told: Option<(Ran, Vec<u8>)> = None;
    let begun = ENGINES.map(|engine| Guest::begun(engine, class, Build::Trap).is_some());
    if begun.contains(&true) && begun.contains(&false) {
        return Err("it begins on one engine and not on the other".into());
    }
    if !begun[0] {
        return Ok(None);
    }
    let plays = ENGINES.map(|engine| (engine, Build::Trap, i32::MAX));
    for (engine, build, slice) in plays.into_iter().chain([(Engine::Wasmi, Build::Yielding, 61)]) {
        let mut guest = Guest::new(engine, class, build);
        let pristine = guest.memory();
        let ran = guest.turn(&state(), &message(), FUEL, slice);
        // Bytes that a trap left behind may stand in the middle of one piece of bulk work.
        let memory = if let Outcome::Returned(_) = ran.outcome { guest.memory() } else { Vec::new() };
        guest.reset();
        if guest.memory() != pristine {
            return Err(format!("{engine:?} {build:?}: the memory is not as it was"));
        }
        if guest.turn(&state(), &message(), FUEL, slice) != ran {
            return Err(format!("{engine:?} {build:?}: the next tenant has another turn"));
        }
        match &told {
            None => told = Some((ran, memory)),
            Some(told) if *told == (ran.clone(), memory) => {}
            Some((told, _)) => return Err(format!("{engine:?} {build:?} is another: {ran:?} for {told:?}")),
        }
    }
    Ok(told.map(|(ran, _)| ran))
}

/// As the source itself, where that can be told apart from what has rules: no NaN's bits, no memory that only we know of.
fn is_as_it_was(drawn: &Drawn, class: &Rewritten, ran: &Ran) -> Result<(), String> {
    if drawn.kind.floats {
        return Ok(());
    }
    let reference = Reference::play(&drawn.source, drawn.globals, (STATE_AT, &state()), (MESSAGE_AT, &message()));
    let reaches_beyond = class.report.memory_bytes as usize > reference.memory.len() || drawn.kind.grows;
    match (&ran.outcome, reference.returned) {
        (Outcome::Crashed(Why::Depth | Why::Outbox), _) => Ok(()),
        (Outcome::Crashed(Why::State), Some(length)) if length > STATE_MAX as i32 => Ok(()),
        (Outcome::Crashed(Why::Guest), None) => Ok(()),
        (Outcome::Returned(_), None) if reaches_beyond => Ok(()),
        (Outcome::Returned(length), Some(was)) if *length == was.max(-1) => {
            let state = reference.memory.get(STATE_AT as usize..).unwrap_or_default();
            if ran.state != state[..was.max(0) as usize] {
                return Err("the state is another than the source's".into());
            }
            if ran.outbox != reference.outbox {
                return Err("the outbox is another than the source's".into());
            }
            let mut guest = Guest::new(ENGINES[0], class, Build::Trap);
            guest.turn(&self::state(), &message(), FUEL, 0);
            let memory = guest.memory();
            let (same, beyond) = memory.split_at(reference.memory.len().min(memory.len()));
            if same != &reference.memory[..same.len()] || beyond.iter().any(|byte| *byte != 0) {
                return Err("the memory is another than the source's".into());
            }
            let globals: Vec<i64> = (0..drawn.globals).map(|number| guest.global(&format!("__g{number}"))).collect();
            if globals != reference.globals { Err("the globals are others than the source's".into()) } else { Ok(()) }
        }
        (outcome, was) => Err(format!("{outcome:?} for a source that has {was:?}")),
    }
}

fn config(kind: Kind) -> Config {
    Config {
        allow_floats: kind.floats,
        allowed_instructions: InstructionKinds::new(&[
            InstructionKind::Numeric,
            InstructionKind::Parametric,
            InstructionKind::Variable,
            InstructionKind::Memory,
            InstructionKind::Control,
        ]),
        disallow_traps: kind.careful.0,
        bulk_memory_enabled: true,
        exceptions_enabled: false,
        gc_enabled: false,
        compact_imports_enabled: false,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        extended_const_enabled: false,
        max_imports: 0,
        min_memories: 1,
        max_memories: 1,
        max_tables: 1,
        max_table_elements: 100,
        min_types: 3,
        min_funcs: 2,
        max_funcs: 12,
        max_instructions: 200,
        max_data_segments: 3,
        max_memory32_bytes: 1 << 17,
        ..Config::default()
    }
}

/// What the ABI asks for, around a drawn module: a turn that calls its functions and tells what they give.
fn dressed(module: &[u8], kind: Kind) -> Option<(Vec<u8>, u32)> {
    let mut dressing = Dressing::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::TypeSection(section) => dressing.types = section.into_iter_err_on_gc_types().collect::<Result<_, _>>().ok()?,
            Payload::FunctionSection(section) => dressing.functions = section.into_iter().collect::<Result<_, _>>().ok()?,
            Payload::GlobalSection(section) => {
                for (number, global) in (0..).zip(section) {
                    let global = global.ok()?;
                    dressing.globals += 1;
                    if global.ty.mutable {
                        dressing.mutable.push(number);
                    }
                }
            }
            _ => {}
        }
    }
    if dressing.functions.is_empty() {
        return None;
    }
    dressing.grows = kind.grows;
    let mut source = Module::new();
    dressing.parse_core_module(&mut source, Parser::new(0), module).ok()?;
    let words = [1, STATE_MAX, MESSAGE_MAX].map(u32::to_le_bytes).concat();
    source.section(&CustomSection { name: "peerd.abi".into(), data: words.into() });
    Some((source.finish(), dressing.mutable.len() as u32))
}

#[derive(Default)]
struct Dressing {
    types: Vec<wasmparser::FuncType>,
    functions: Vec<u32>,
    globals: u32,
    mutable: Vec<u32>,
    grows: bool,
    bodies: usize,
    has_imports: bool,
    has_globals: bool,
    has_exports: bool,
}

impl Dressing {
    fn buffers(&self, globals: &mut GlobalSection) {
        for at in [STATE_AT, MESSAGE_AT] {
            globals.global(GlobalType { val_type: ValType::I32, mutable: false, shared: false }, &ConstExpr::i32_const(at as i32));
        }
    }

    fn import(&mut self, imports: &mut ImportSection) {
        self.has_imports = true;
        imports.import("peerd", "emit", EntityType::Function(self.types.len() as u32));
    }

    fn export(&self, exports: &mut ExportSection) {
        exports.export("memory", ExportKind::Memory, 0);
        exports.export("peerd_turn", ExportKind::Func, 1 + self.functions.len() as u32);
        exports.export("peerd_state", ExportKind::Global, self.globals);
        exports.export("peerd_message", ExportKind::Global, self.globals + 1);
        for (number, global) in self.mutable.iter().enumerate() {
            exports.export(&format!("g{number}"), ExportKind::Global, *global);
        }
    }

    /// Calls the first functions with constants, sends each result, and leaves the sum of them.
    fn turn(&self) -> Function {
        let mut turn = Function::new([(1, ValType::I64), (1, ValType::I64)]);
        let (sum, one) = (2, 3);
        for (number, kind) in self.functions.iter().enumerate().take(CALLED) {
            let kind = &self.types[*kind as usize];
            for (place, param) in kind.params().iter().enumerate() {
                turn.instruction(&match param {
                    wasmparser::ValType::I32 => I::I32Const((number * 7 + place) as i32 * 37),
                    wasmparser::ValType::I64 => I::I64Const((number * 7 + place) as i64 * 1_000_003),
                    wasmparser::ValType::F32 => I::F32Const((place as f32 * 1.5).into()),
                    _ => I::F64Const((place as f64 * 2.5).into()),
                });
            }
            turn.instruction(&I::Call(1 + number as u32));
            for result in kind.results().iter().rev() {
                match result {
                    wasmparser::ValType::I32 => drop(turn.instruction(&I::I64ExtendI32S)),
                    wasmparser::ValType::I64 => {}
                    wasmparser::ValType::F32 => drop(turn.instruction(&I::I32ReinterpretF32).instruction(&I::I64ExtendI32U)),
                    _ => drop(turn.instruction(&I::I64ReinterpretF64)),
                }
                turn.instruction(&I::LocalTee(one)).instruction(&I::LocalGet(sum)).instruction(&I::I64Add).instruction(&I::LocalSet(sum));
                for instruction in [I::I32Const(1), I::LocalGet(one), I::LocalGet(sum), I::I32Const(STATE_AT as i32)] {
                    turn.instruction(&instruction);
                }
                turn.instruction(&I::I32Const(number as i32)).instruction(&I::Call(0));
            }
        }
        let at = MemArg { offset: u64::from(STATE_AT) + 8, align: 0, target: MemArgTarget::Memory(0), ordering: None };
        for instruction in [I::I32Const(0), I::LocalGet(sum), I::I64Store(at), I::I32Const(64), I::End] {
            turn.instruction(&instruction);
        }
        turn
    }
}

type Done = Result<(), Error<std::convert::Infallible>>;

impl Reencode for Dressing {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        Ok(function + 1)
    }

    /// What would outlive a reset is nothing.
    fn instruction<'a>(&mut self, operator: wasmparser::Operator<'a>) -> Result<I<'a>, Error<Self::Error>> {
        match operator {
            wasmparser::Operator::DataDrop { .. } => Ok(I::Nop),
            operator => utils::instruction(self, operator),
        }
    }

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Done {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32, ValType::I64, ValType::I64, ValType::I32, ValType::I32], []);
        types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
        Ok(())
    }

    fn parse_import_section(&mut self, imports: &mut ImportSection, _none: ImportSectionReader<'_>) -> Done {
        self.import(imports);
        Ok(())
    }

    fn parse_function_section(&mut self, functions: &mut FunctionSection, section: FunctionSectionReader<'_>) -> Done {
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.types.len() as u32 + 1);
        Ok(())
    }

    fn parse_memory_section(&mut self, memories: &mut MemorySection, _section: MemorySectionReader<'_>) -> Done {
        let maximum = Some(if self.grows { 4 } else { 2 });
        memories.memory(MemoryType { minimum: 2, maximum, memory64: false, shared: false, page_size_log2: None });
        Ok(())
    }

    fn parse_global_section(&mut self, globals: &mut GlobalSection, section: GlobalSectionReader<'_>) -> Done {
        self.has_globals = true;
        utils::parse_global_section(self, globals, section)?;
        self.buffers(globals);
        Ok(())
    }

    fn parse_export_section(&mut self, exports: &mut ExportSection, _section: ExportSectionReader<'_>) -> Done {
        self.has_exports = true;
        self.export(exports);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Done {
        utils::parse_function_body(self, code, body)?;
        self.bodies += 1;
        if self.bodies == self.functions.len() {
            code.function(&self.turn());
        }
        Ok(())
    }

    /// The sections that a drawn module may lack; in the order of sections, each where it belongs.
    fn intersperse_section_hook(&mut self, module: &mut Module, after: Option<SectionId>, before: Option<SectionId>) -> Done {
        let order = |section: Option<SectionId>, none: u8| {
            section.map_or(none, |section| match section {
                SectionId::Custom | SectionId::Type => 1,
                SectionId::Import => 2,
                SectionId::Function => 3,
                SectionId::Table => 4,
                SectionId::Memory => 5,
                SectionId::Tag => 6,
                SectionId::Global => 7,
                SectionId::Export => 8,
                SectionId::Start => 9,
                _ => 10,
            })
        };
        let (after, before) = (order(after, 0), order(before, 11));
        let is_here = |section: u8| after < section && section < before;
        if is_here(2) && after > 0 && !self.has_imports {
            let mut imports = ImportSection::new();
            self.import(&mut imports);
            module.section(&imports);
        }
        if is_here(7) && !self.has_globals {
            self.has_globals = true;
            let mut globals = GlobalSection::new();
            self.buffers(&mut globals);
            module.section(&globals);
        }
        if is_here(8) && !self.has_exports {
            self.has_exports = true;
            let mut exports = ExportSection::new();
            self.export(&mut exports);
            module.section(&exports);
        }
        Ok(())
    }
}
