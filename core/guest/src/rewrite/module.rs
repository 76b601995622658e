//! The sections of a rewritten module.
use alloc::format;
use alloc::vec::Vec;

use wasm_encoder::reencode::Reencode;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    FunctionSection, GlobalSection, GlobalType, Ieee32, Ieee64, ImportSection, MemoryType, Module, RefType, StartSection, TableSection,
    TableType, TagKind, TagSection, TagType, TypeSection, ValType,
};

use super::body::{self, Renumber, unwritable};
use super::{Build, GUEST, Injected, Layout, injected};
use crate::abi::{self, exports};
use crate::limits::{BODY_MAX, REWRITTEN_MAX};
use crate::refused::Refused;
use crate::source::{Number, Source, at_most};

pub(super) fn write(source: &Source<'_>, layout: &Layout) -> Result<Vec<u8>, Refused> {
    let mut module = Module::new();
    module.section(&types(source, layout)?);
    module.section(&imports(layout));
    let mut functions = FunctionSection::new();
    for function in Injected::all(layout.build) {
        functions.function(layout.kind(function));
    }
    for function in &source.functions {
        functions.function(function.kind);
    }
    module.section(&functions);
    if let Some((minimum, maximum)) = source.table {
        let (minimum, maximum) = (minimum.into(), maximum.map(u64::from));
        module.section(TableSection::new().table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum,
            maximum,
            shared: false,
        }));
    }
    if !source.tags.is_empty() {
        let mut tags = TagSection::new();
        for kind in &source.tags {
            tags.tag(TagType { kind: TagKind::Exception, func_type_idx: *kind });
        }
        module.section(&tags);
    }
    module.section(&globals(source, layout)?);
    module.section(&exported(source, layout));
    if source.start.is_some() {
        module.section(&StartSection { function_index: layout.injected(Injected::Begin) });
    }
    if !source.elements.is_empty() {
        let mut elements = ElementSection::new();
        for (at, functions) in &source.elements {
            let functions: Vec<u32> = functions.iter().map(|function| layout.function(*function)).collect();
            elements.active(None, &ConstExpr::i32_const(*at as i32), Elements::Functions((&functions).into()));
        }
        module.section(&elements);
    }
    if !source.data.is_empty() {
        module.section(&DataCountSection { count: source.data.len() as u32 });
    }
    let mut code = CodeSection::new();
    for function in Injected::all(layout.build) {
        code.function(&injected::write(function, source, layout));
    }
    for function in &source.functions {
        let body = body::write(source, function, layout)?;
        at_most("bytes of a rewritten function", body.byte_len() as u32, BODY_MAX)?;
        code.function(&body);
        at_most("bytes of the rewritten code", code.byte_len() as u32, REWRITTEN_MAX)?;
    }
    module.section(&code);
    if !source.data.is_empty() {
        let mut data = DataSection::new();
        for segment in &source.data {
            let bytes = segment.bytes.iter().copied();
            match segment.at {
                Some(at) => data.active(GUEST, &ConstExpr::i32_const(at as i32), bytes),
                None => data.passive(bytes),
            };
        }
        module.section(&data);
    }
    Ok(module.finish())
}

fn memory(minimum: u64, maximum: Option<u64>) -> MemoryType {
    MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None }
}

fn types(source: &Source<'_>, layout: &Layout) -> Result<TypeSection, Refused> {
    let mut types = TypeSection::new();
    for kind in &source.types {
        let kind = Renumber(layout).func_type(kind.clone()).map_err(unwritable)?;
        types.ty().func_type(&kind);
    }
    for function in Injected::ALL {
        let (params, results) = function.signature();
        types.ty().function(params, results);
    }
    // `yield`.
    types.ty().function([], [ValType::I32]);
    Ok(types)
}

fn imports(layout: &Layout) -> ImportSection {
    let mut imports = ImportSection::new();
    if layout.build == Build::Yielding {
        imports.import(abi::MODULE, abi::YIELD, EntityType::Function(layout.yield_kind()));
    }
    let pages = layout.pages_max.into();
    imports.import(abi::MODULE, abi::MEMORY, memory(pages, Some(pages)));
    imports.import(abi::MODULE, abi::KERNEL, memory(1, None));
    imports
}

fn value(number: Number) -> ConstExpr {
    match number {
        Number::I32(value) => ConstExpr::i32_const(value),
        Number::I64(value) => ConstExpr::i64_const(value),
        Number::F32(bits) => ConstExpr::f32_const(Ieee32::new(bits)),
        Number::F64(bits) => ConstExpr::f64_const(Ieee64::new(bits)),
    }
}

fn globals(source: &Source<'_>, layout: &Layout) -> Result<GlobalSection, Refused> {
    let mut globals = GlobalSection::new();
    let kind = |val_type, mutable| GlobalType { val_type, mutable, shared: false };
    let (i32, i64) = (kind(ValType::I32, true), kind(ValType::I64, true));
    globals.global(i32, &ConstExpr::i32_const(layout.start_fuel as i32));
    globals.global(i32, &ConstExpr::i32_const(0));
    globals.global(i64, &ConstExpr::i64_const(0));
    globals.global(i32, &ConstExpr::i32_const(0));
    globals.global(i32, &ConstExpr::i32_const(0));
    globals.global(i32, &ConstExpr::i32_const(layout.pages as i32));
    globals.global(i32, &ConstExpr::i32_const(0));
    globals.global(i32, &ConstExpr::i32_const(layout.pages as i32));
    let mut pristine = Vec::new();
    for global in &source.globals {
        let val_type = Renumber(layout).val_type(global.kind).map_err(unwritable)?;
        globals.global(kind(val_type, global.mutable), &value(global.value));
        if global.mutable {
            pristine.push((kind(val_type, true), value(global.value)));
        }
    }
    for (kind, value) in pristine {
        globals.global(kind, &value);
    }
    Ok(globals)
}

fn exported(source: &Source<'_>, layout: &Layout) -> ExportSection {
    let mut exported = ExportSection::new();
    exported.export(abi::MEMORY, ExportKind::Memory, GUEST);
    exported.export(exports::TURN, ExportKind::Func, layout.injected(Injected::Turn));
    exported.export(exports::RESET, ExportKind::Func, layout.injected(Injected::Reset));
    let own = [exports::FUEL, exports::DEPTH, exports::DIRTY, exports::OUT, exports::OUT_END, exports::PAGES, exports::WHY];
    for (name, number) in own.into_iter().zip(0..) {
        exported.export(name, ExportKind::Global, number);
    }
    for (number, (global, _)) in injected::mutable(source).enumerate() {
        exported.export(&format!("{}{number}", exports::GLOBAL), ExportKind::Global, layout.global(global));
    }
    exported
}
