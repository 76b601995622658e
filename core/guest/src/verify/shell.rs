//! The sections around the code: what may be imported, exported, initialised, and put into the table.
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, MemoryType, Operator, Payload, RefType, TableInit, TypeRef, ValType,
};

use super::{FUNCTIONS, Frame, GLOBALS, GUEST, Verdict, malformed};
use crate::limits::Limits;
use crate::rewrite::Build;

/// Types of the functions of [`FUNCTIONS`].
const SIGNATURES: [&str; 12] = [
    "i32 i64 i64 i32 i32 ->",
    "i32 i32 i32 i32 i32 i32 i32 i32 i32 -> i32",
    "i32 ->",
    "i32 i32 ->",
    "i32 i32 i32 ->",
    "i32 i32 i32 ->",
    "i32 i32 i32 ->",
    "i32 i32 i32 ->",
    "i32 i32 i32 -> i32 i32 i32",
    "i32 -> i32",
    "->",
    "->",
];

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Global {
    pub kind: ValType,
    pub mutable: bool,
    /// As an operator tells it.
    pub value: String,
}

#[derive(Default)]
pub(super) struct Shell {
    types: Vec<String>,
    /// `module.name` and what it is.
    imports: Vec<(String, String)>,
    yield_kind: Option<u32>,
    functions: Vec<u32>,
    tables: Vec<u64>,
    memories: Vec<MemoryType>,
    /// Types of the tags.
    tags: Vec<u32>,
    globals: Vec<Global>,
    exports: Vec<(String, ExternalKind, u32)>,
    start: Option<u32>,
    /// Every function that a segment names.
    elements: Vec<u32>,
    /// Where the segments that are put in place end.
    extents: Vec<u64>,
}

fn signature(kind: &wasmparser::FuncType) -> String {
    let all = |values: &[ValType]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    format!("{} -> {}", all(kind.params()), all(kind.results())).trim().to_string()
}

fn is_passable(value: &ValType) -> bool {
    matches!(value, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64) || *value == ValType::Ref(RefType::EXNREF)
}

fn constant(expression: &ConstExpr<'_>) -> Verdict<Operator<'static>> {
    let mut reader = expression.get_operators_reader();
    let at = reader.original_position();
    let value = match reader.read()? {
        Operator::I32Const { value } => Operator::I32Const { value },
        Operator::I64Const { value } => Operator::I64Const { value },
        Operator::F32Const { value } => Operator::F32Const { value },
        Operator::F64Const { value } => Operator::F64Const { value },
        _ => return malformed(at, "a value that is no constant number"),
    };
    match reader.read()? {
        Operator::End => Ok(value),
        _ => malformed(at, "a value that is no constant number"),
    }
}

fn address(expression: &ConstExpr<'_>) -> Verdict<u32> {
    match constant(expression)? {
        Operator::I32Const { value } => Ok(value as u32),
        _ => malformed(0, "a place that is no i32"),
    }
}

impl Shell {
    pub fn section(&mut self, payload: &Payload<'_>) -> Verdict {
        match payload {
            Payload::TypeSection(section) => {
                for kind in section.clone().into_iter_err_on_gc_types() {
                    let kind = kind?;
                    if !kind.params().iter().chain(kind.results()).all(is_passable) {
                        return malformed(section.range().start, "a type of what is no number");
                    }
                    if kind.params().len() > 64 || kind.results().len() > 20 {
                        return malformed(section.range().start, "a type of too many values");
                    }
                    self.types.push(signature(&kind));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    let import = import?;
                    if let TypeRef::Func(kind) = import.ty {
                        self.yield_kind = Some(kind);
                    }
                    let what = match import.ty {
                        TypeRef::Func(kind) => self.types.get(kind as usize).cloned().unwrap_or_default(),
                        TypeRef::Memory(memory) => {
                            self.memories.push(memory);
                            "memory".to_string()
                        }
                        _ => "something else".to_string(),
                    };
                    self.imports.push((format!("{}.{}", import.module, import.name), what));
                }
            }
            Payload::FunctionSection(section) => self.functions = section.clone().into_iter().collect::<Result<_, _>>()?,
            Payload::TableSection(section) => {
                for table in section.clone() {
                    let table = table?;
                    if table.ty.element_type != RefType::FUNCREF || table.ty.table64 || !matches!(table.init, TableInit::RefNull) {
                        return malformed(section.range().start, "a table of anything but functions");
                    }
                    self.tables.push(table.ty.initial);
                }
            }
            Payload::MemorySection(section) => return malformed(section.range().start, "a memory that is not imported"),
            Payload::TagSection(section) => {
                for tag in section.clone() {
                    self.tags.push(tag?.func_type_idx);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section.clone() {
                    let global = global?;
                    let value = format!("{:?}", constant(&global.init_expr)?);
                    self.globals.push(Global { kind: global.ty.content_type, mutable: global.ty.mutable, value });
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    self.exports.push((export.name.to_string(), export.kind, export.index));
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(*func),
            Payload::ElementSection(section) => {
                for segment in section.clone() {
                    let segment = segment?;
                    let (ElementKind::Active { table_index: None | Some(0), offset_expr }, ElementItems::Functions(functions)) =
                        (segment.kind, segment.items)
                    else {
                        return malformed(section.range().start, "elements that are not functions put in place");
                    };
                    address(&offset_expr)?;
                    for function in functions {
                        self.elements.push(function?);
                    }
                }
            }
            Payload::DataSection(section) => {
                for segment in section.clone() {
                    let segment = segment?;
                    match segment.kind {
                        DataKind::Active { memory_index: GUEST, offset_expr } => {
                            self.extents.push(u64::from(address(&offset_expr)?) + segment.data.len() as u64);
                        }
                        DataKind::Active { .. } => return malformed(section.range().start, "data for the kernel's memory"),
                        DataKind::Passive if segment.data.len() > 65_536 => {
                            return malformed(section.range().start, "a passive segment longer than a piece");
                        }
                        DataKind::Passive => {}
                    }
                }
            }
            Payload::Version { .. } | Payload::DataCountSection { .. } | Payload::End(_) => {}
            Payload::CodeSectionStart { .. } | Payload::CodeSectionEntry(_) => {}
            Payload::CustomSection(section) => return malformed(section.range().start, "a custom section"),
            _ => return malformed(0, "a section that is not known here"),
        }
        Ok(())
    }

    pub fn check(self, build: Build, limits: &Limits) -> Verdict<Frame> {
        let yields = build == Build::Yielding;
        let wanted = [("peerd.yield", "-> i32"), ("peerd.memory", "memory"), ("peerd.kernel", "memory")];
        let wanted = &wanted[usize::from(!yields)..];
        if !self.imports.iter().map(|(name, what)| (name.as_str(), what.as_str())).eq(wanted.iter().copied()) {
            return malformed(0, "other imports than two memories, and yield where there is one");
        }
        let first = u32::from(yields);
        let count = FUNCTIONS.len() - usize::from(!yields);
        let first_own = first + count as u32;
        let own_types = self
            .types
            .len()
            .checked_sub(SIGNATURES.len() + 1)
            .filter(|own| self.types[*own..].iter().map(String::as_str).eq(SIGNATURES.into_iter().chain(["-> i32"])));
        let Some(own_types) = own_types else { return malformed(0, "not the types of the injected functions") };
        let kinds = (own_types as u32..).take(count);
        let of_yield = (own_types + SIGNATURES.len()) as u32;
        if !self.functions.iter().copied().take(count).eq(kinds) || self.yield_kind.is_some_and(|kind| kind != of_yield) {
            return malformed(0, "an injected function of another type");
        }
        if self.functions.iter().skip(count).chain(&self.tags).any(|kind| *kind >= own_types as u32) {
            return malformed(0, "a function or a tag of the guest's of a type that is not its own");
        }
        if self.tags.iter().any(|kind| self.types[*kind as usize].contains("ref")) {
            return malformed(0, "an exception that holds another");
        }
        let [memory, kernel] = self.memories.as_slice() else { return malformed(0, "not two memories") };
        let pages_max = memory.initial;
        if *kernel != plain(1, None) || *memory != plain(pages_max, Some(pages_max)) || pages_max > limits.pages_max.into() {
            return malformed(0, "a memory that is not of one size within the limits");
        }
        if self.tables.len() > 1 || self.tables.iter().any(|entries| *entries > limits.table_max.into()) {
            return malformed(0, "more than one table, or one beyond the limits");
        }
        let (pages, own_globals) = self.globals(limits, pages_max)?;
        let begin = first + FUNCTIONS.iter().position(|known| *known == "begin").expect("it is one of them") as u32;
        if self.start.is_some_and(|start| start != begin) {
            return malformed(0, "a start function that is not begin");
        }
        // `emit` is in the place of the import, which a source may have in its table.
        if self.elements.iter().any(|function| *function != first && *function < first_own) {
            return malformed(0, "an injected function in the table");
        }
        let memory_bytes = pages_max * 65_536;
        if self.extents.iter().any(|end| *end > u64::from(pages) * 65_536) {
            return malformed(0, "data beyond the memory");
        }
        // 64 granules, none smaller than 1 KiB, cover the memory.
        let shift = (10..=18).find(|shift| memory_bytes <= 64 << shift).expect("the limits allow 16 MiB at most");
        let extent = if self.start.is_some() { memory_bytes } else { self.extents.iter().copied().max().unwrap_or(0) };
        let image_bytes = (extent.div_ceil(1 << shift) << shift).min(memory_bytes) as u32;
        Ok(Frame {
            build,
            first,
            first_own,
            own_types: own_types as u32,
            params: self.count(0),
            results: self.count(1),
            own_kinds: self.functions.iter().skip(count).map(|kind| self.types[*kind as usize].clone()).collect(),
            emits: self.elements.contains(&first),
            has_type_of_emit: self.types[..own_types].iter().any(|kind| kind == SIGNATURES[0]),
            own_globals,
            globals: self.globals,
            pages,
            pages_max: pages_max as u32,
            image_bytes,
            shift,
            tags: !self.tags.is_empty(),
            start: self.start.is_some(),
            depth_max: limits.depth_max,
        })
    }

    /// Of each type, the values on one side of its arrow.
    fn count(&self, side: usize) -> Vec<usize> {
        self.types.iter().map(|kind| kind.split("->").nth(side).map_or(0, |values| values.split_whitespace().count())).collect()
    }

    /// Pages at first, and the number of the guest's own globals. Exports are looked at on the way: they tell which are mutable.
    fn globals(&self, limits: &Limits, pages_max: u64) -> Verdict<(u32, u32)> {
        let first = u32::from(self.imports.len() == 3);
        let mut exports = Vec::from([
            ("memory".to_string(), ExternalKind::Memory, GUEST),
            ("__turn".to_string(), ExternalKind::Func, first + 1),
            ("__reset".to_string(), ExternalKind::Func, first + 2),
        ]);
        exports.extend(GLOBALS[..7].iter().zip(0..).map(|(name, number)| (format!("__{name}"), ExternalKind::Global, number)));
        let mutable = self.exports.len().saturating_sub(exports.len());
        let Some(copies) = self.globals.len().checked_sub(mutable).filter(|copies| *copies >= GLOBALS.len()) else {
            return malformed(0, "fewer globals than are injected");
        };
        let (injected, own) = self.globals[..copies].split_at(GLOBALS.len());
        let own_mutable: Vec<(u32, &Global)> = (GLOBALS.len() as u32..).zip(own).filter(|(_, global)| global.mutable).collect();
        if !self.globals[copies..].iter().eq(own_mutable.iter().map(|(_, global)| *global)) {
            return malformed(0, "pristine values that are not those of the guest's mutable globals");
        }
        exports.extend(own_mutable.iter().zip(0..).map(|((global, _), number)| (format!("__g{number}"), ExternalKind::Global, *global)));
        if self.exports != exports {
            return malformed(0, "other exports than a rewriting's");
        }
        let pages: Option<u32> = (0..=pages_max as u32).find(|pages| injected[5].value == i32(*pages));
        let Some(pages) = pages else { return malformed(0, "more pages at first than there are") };
        let zero = i32(0);
        let values = [
            i32(limits.start_fuel),
            zero.clone(),
            "I64Const { value: 0 }".into(),
            zero.clone(),
            zero.clone(),
            i32(pages),
            zero,
            i32(pages),
        ];
        for ((global, value), name) in injected.iter().zip(values).zip(GLOBALS) {
            let kind = if name == "dirty" { ValType::I64 } else { ValType::I32 };
            if *global != (Global { kind, mutable: true, value }) {
                return malformed(0, format!("global {name} is another"));
            }
        }
        if own.iter().any(|global| !is_passable(&global.kind) || matches!(global.kind, ValType::Ref(_))) {
            return malformed(0, "a global that is no number");
        }
        Ok((pages, own.len() as u32))
    }
}

pub(super) fn i32(value: u32) -> String {
    format!("{:?}", Operator::I32Const { value: value as i32 })
}

fn plain(initial: u64, maximum: Option<u64>) -> MemoryType {
    MemoryType { memory64: false, shared: false, initial, maximum, page_size_log2: None }
}
