//! The way back: of a module that passes, the source that is rewritten to it.
use alloc::format;
use alloc::vec::Vec;
use core::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataCountSection, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, ImportSection, MemorySection, MemoryType, Module, StartSection, TableSection, TagSection,
    TypeSection, ValType,
};
use wasmparser::{DataKind, ElementItems, ElementKind, Operator, Parser, Payload};

use super::{Frame, GLOBALS, Read, Verdict, malformed, read};
use crate::abi;
use crate::limits::Limits;
use crate::rewrite::Build;

/// A source of which [`rewrite`](crate::rewrite()) makes exactly `bytes`. That there is one is what the verifier's word means, so its
/// tests ask for it; and whoever has only the module can read what it was.
pub fn recover(bytes: &[u8], build: Build, limits: &Limits) -> Verdict<Vec<u8>> {
    let read = read(bytes, build, limits, true)?;
    let sections = sections(bytes)?;
    write(&read, &sections).or_else(|error| malformed(0, format!("{error}")))
}

/// What is taken over as it is but for its numbers.
#[derive(Default)]
struct Sections<'a> {
    types: Vec<wasmparser::FuncType>,
    kinds: Vec<u32>,
    tables: Option<wasmparser::TableSectionReader<'a>>,
    tags: Option<wasmparser::TagSectionReader<'a>>,
    globals: Vec<wasmparser::Global<'a>>,
    elements: Option<wasmparser::ElementSectionReader<'a>>,
    data: Option<wasmparser::DataSectionReader<'a>>,
    locals: Vec<Vec<(u32, wasmparser::ValType)>>,
}

fn sections(bytes: &[u8]) -> Verdict<Sections<'_>> {
    let mut sections = Sections::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => sections.types = section.into_iter_err_on_gc_types().collect::<Result<_, _>>()?,
            Payload::FunctionSection(section) => sections.kinds = section.into_iter().collect::<Result<_, _>>()?,
            Payload::TableSection(section) => sections.tables = Some(section),
            Payload::TagSection(section) => sections.tags = Some(section),
            Payload::GlobalSection(section) => sections.globals = section.into_iter().collect::<Result<_, _>>()?,
            Payload::ElementSection(section) => sections.elements = Some(section),
            Payload::DataSection(section) => sections.data = Some(section),
            Payload::CodeSectionEntry(body) => {
                sections.locals.push(body.get_locals_reader()?.into_iter().collect::<Result<_, _>>()?);
            }
            _ => {}
        }
    }
    Ok(sections)
}

/// From a rewritten module's numbers to its source's.
struct Back<'a> {
    frame: &'a Frame,
    emits: bool,
}

impl Reencode for Back<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(function.checked_sub(self.frame.first_own).map_or(0, |own| own + u32::from(self.emits)))
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error<Infallible>> {
        Ok(global - GLOBALS.len() as u32)
    }

    fn memory_index(&mut self, _guests: u32) -> Result<u32, Error<Infallible>> {
        Ok(0)
    }
}

fn write(read: &Read<'_>, sections: &Sections<'_>) -> Result<Vec<u8>, Error<Infallible>> {
    let Read { frame, entries, own } = read;
    // One that imports `emit` and never uses it is rewritten to the same.
    let emit = sections.types[..frame.own_types as usize].iter().position(|kind| {
        use wasmparser::ValType::{I32, I64};
        kind.params() == [I32, I64, I64, I32, I32] && kind.results().is_empty()
    });
    let mut back = Back { frame, emits: emit.is_some() };
    let mut module = Module::new();
    let mut types = TypeSection::new();
    for kind in &sections.types[..frame.own_types as usize] {
        types.ty().func_type(&back.func_type(kind.clone())?);
    }
    module.section(&types);
    if let Some(emit) = emit {
        module.section(ImportSection::new().import(abi::MODULE, abi::EMIT, EntityType::Function(emit as u32)));
    }
    let mut functions = FunctionSection::new();
    let own_kinds = &sections.kinds[(frame.first_own - frame.first) as usize..];
    for kind in own_kinds {
        functions.function(*kind);
    }
    module.section(&functions);
    if let Some(section) = &sections.tables {
        let mut tables = TableSection::new();
        back.parse_table_section(&mut tables, section.clone())?;
        module.section(&tables);
    }
    let (minimum, maximum) = (frame.pages.into(), Some(frame.pages_max.into()));
    module.section(MemorySection::new().memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None }));
    if let Some(section) = &sections.tags {
        let mut tags = TagSection::new();
        back.parse_tag_section(&mut tags, section.clone())?;
        module.section(&tags);
    }
    let mut globals = GlobalSection::new();
    for global in &sections.globals[GLOBALS.len()..frame.globals_end() as usize] {
        back.parse_global(&mut globals, global.clone())?;
    }
    module.section(&globals);
    let mut exports = ExportSection::new();
    exports.export(abi::MEMORY, ExportKind::Memory, 0);
    exports.export(abi::TURN, ExportKind::Func, back.function_index(entries.turn)?);
    for (name, at) in [(abi::STATE, entries.state), (abi::MESSAGE, entries.message)] {
        let global = (GLOBALS.len() as u32..frame.globals_end()).find(|global| frame.is_constant(*global, at));
        exports.export(name, ExportKind::Global, back.global_index(global.expect("the verifier has looked for it"))?);
    }
    module.section(&exports);
    if let Some(start) = entries.start {
        module.section(&StartSection { function_index: back.function_index(start)? });
    }
    if let Some(section) = &sections.elements {
        module.section(&elements(&mut back, section)?);
    }
    if let Some(section) = &sections.data {
        module.section(&DataCountSection { count: section.count() });
    }
    let mut code = CodeSection::new();
    let locals = &sections.locals[(frame.first_own - frame.first) as usize..];
    for ((function, groups), kind) in own.iter().zip(locals).zip(own_kinds) {
        let params = sections.types[*kind as usize].params().len();
        let mut body = Function::new(own_groups(&mut back, groups, function.locals - params)?);
        for operator in &function.operators {
            body.instruction(&back.instruction(operator.clone())?);
        }
        code.function(&body);
    }
    module.section(&code);
    if let Some(section) = &sections.data {
        module.section(&data(section)?);
    }
    let words = [abi::VERSION, entries.state_max, entries.message_max].map(u32::to_le_bytes).concat();
    module.section(&CustomSection { name: abi::SECTION.into(), data: words.into() });
    Ok(module.finish())
}

/// The groups of locals without those that were added, of which the last four groups are.
fn own_groups(back: &mut Back<'_>, groups: &[(u32, wasmparser::ValType)], own: usize) -> Result<Vec<(u32, ValType)>, Error<Infallible>> {
    let (mut left, mut kept) = (own as u32, Vec::new());
    for (count, kind) in groups {
        let count = (*count).min(left);
        left -= count;
        if count > 0 {
            kept.push((count, back.val_type(*kind)?));
        }
    }
    Ok(kept)
}

fn elements(back: &mut Back<'_>, section: &wasmparser::ElementSectionReader<'_>) -> Result<ElementSection, Error<Infallible>> {
    let mut elements = ElementSection::new();
    for segment in section.clone() {
        let segment = segment?;
        if let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(functions)) = (segment.kind, segment.items) {
            let numbers = functions.into_iter().collect::<Result<Vec<u32>, _>>()?;
            let numbers = numbers.into_iter().map(|function| back.function_index(function)).collect::<Result<Vec<u32>, _>>()?;
            elements.active(None, &back.const_expr(offset_expr)?, Elements::Functions((&numbers).into()));
        }
    }
    Ok(elements)
}

fn data(section: &wasmparser::DataSectionReader<'_>) -> Result<DataSection, Error<Infallible>> {
    let mut data = DataSection::new();
    for segment in section.clone() {
        let segment = segment?;
        let bytes = segment.data.iter().copied();
        match segment.kind {
            DataKind::Active { offset_expr, .. } => {
                let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else { continue };
                data.active(0, &ConstExpr::i32_const(value), bytes)
            }
            DataKind::Passive => data.passive(bytes),
        };
    }
    Ok(data)
}
