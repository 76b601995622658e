//! Modules made by hand to get past the verifier: each is what a rewriting makes but for one thing, in the sections or in the code.
use std::convert::Infallible;

use peerd_guest::{Build, Limits, verify};
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction as I, MemorySection, MemoryType, Module, RefType, StartSection,
    TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{Parser, Validator, WasmFeatures};

use crate::source::{class, guest, turn};

/// What is done to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trick {
    Nothing,
    /// The kernel's memory for everyone.
    ExportKernel,
    /// A way to the guest's own functions, past the turn.
    ExportGuest,
    ExportFuelAsMine,
    TurnIsGuests,
    ImportClock,
    ImportGlobal,
    KernelOfTwoPages,
    KernelFirst,
    DataIntoKernel,
    DataBeyond,
    TurnInTable,
    ResetInTable,
    MarkInTable,
    SecondTable,
    StartIsTurn,
    StartIsGuests,
    RichFuel,
    DirtyAtFirst,
    MorePages,
    MemoryThatGrows,
    SecondMemory,
    ImmutableWhy,
    OneMoreGlobal,
    OneMoreType,
    TagHoldsException,
    Custom,
    GuestWithoutLocals,
    GuestReadsKernel,
    GuestWritesKernel,
    GuestCopiesKernel,
    GuestFillsKernel,
    GuestGrowsKernel,
    GuestSizesKernel,
    GuestSetsFuel,
    GuestReadsFuel,
    GuestSetsOut,
    GuestSetsOutEnd,
    GuestSetsDirty,
    GuestSetsDepth,
    GuestReadsOut,
    GuestSetsItsDepth,
    GuestReadsItsDepth,
    GuestCallsTurn,
    GuestCallsReset,
    GuestCallsMark,
    GuestCallsInit,
    GuestCallsBegin,
    GuestStoresUnmarked,
    GuestShowsNan,
    GuestLoopsFree,
    GuestRecursesUntold,
    GuestThrowsFree,
    GuestGrowsReally,
    GuestFillsItself,
    GuestDropsData,
    GuestSetsTable,
    GuestTailCalls,
    GuestUsesVectors,
    GuestLeavesUnsettled,
    GuestChoosesToLeave,
}

/// A number that stands nowhere else.
const MARK: i32 = 77_777;

struct Tricked {
    trick: Trick,
    bodies: u32,
}

impl Tricked {
    fn is(&self, trick: Trick) -> bool {
        self.trick == trick
    }

    /// What the guest's first function does instead of what it is charged for. It costs the same, so that nothing else gives it away.
    fn operators(&self) -> Vec<I<'static>> {
        use Trick::*;
        let at = |memory| wasm_encoder::MemArg { offset: 0, align: 0, target: wasm_encoder::MemArgTarget::Memory(memory), ordering: None };
        let zero = I::I32Const(0);
        match self.trick {
            GuestLeavesUnsettled => vec![zero, I::Drop, I::Br(1)],
            GuestChoosesToLeave => vec![zero, I::BrTable([].as_slice().into(), 1)],
            GuestReadsKernel => vec![zero, I::I32Load(at(1)), I::Drop],
            GuestWritesKernel => vec![zero.clone(), zero, I::I32Store(at(1))],
            GuestCopiesKernel => vec![zero.clone(), zero.clone(), zero, I::MemoryCopy { dst_mem: 0, src_mem: 1 }],
            GuestFillsKernel => vec![zero.clone(), zero.clone(), zero, I::MemoryFill(1)],
            GuestGrowsKernel => vec![zero, I::MemoryGrow(1), I::Drop],
            GuestSizesKernel => vec![I::MemorySize(1), I::Drop],
            GuestSetsFuel => vec![I::I32Const(i32::MAX), I::GlobalSet(0)],
            GuestReadsFuel => vec![I::GlobalGet(0), I::Drop],
            GuestSetsOut => vec![zero, I::GlobalSet(3)],
            GuestSetsOutEnd => vec![I::I32Const(-1), I::GlobalSet(4)],
            GuestSetsDirty => vec![I::I64Const(0), I::GlobalSet(2)],
            GuestSetsDepth => vec![zero, I::GlobalSet(1)],
            GuestSetsItsDepth => vec![zero, I::LocalSet(2)],
            GuestReadsItsDepth => vec![I::LocalGet(2), I::Drop],
            GuestReadsOut => vec![I::GlobalGet(3), I::Drop],
            GuestCallsTurn => [vec![zero; 9], vec![I::Call(1), I::Drop]].concat(),
            GuestCallsReset => vec![zero, I::Call(2)],
            GuestCallsMark => vec![zero.clone(), zero, I::Call(3)],
            GuestCallsInit => [vec![zero; 3], vec![I::Call(6), I::Drop, I::Drop, I::Drop]].concat(),
            GuestCallsBegin => vec![I::Call(10)],
            GuestStoresUnmarked => vec![zero.clone(), zero, I::I32Store(at(0))],
            GuestShowsNan => vec![I::F32Const(f32::NAN.into()), I::I32ReinterpretF32, I::Drop],
            GuestLoopsFree => vec![zero, I::Drop, I::Loop(wasm_encoder::BlockType::Empty), I::End],
            GuestRecursesUntold => vec![I::Call(11)],
            GuestThrowsFree => vec![zero, I::Throw(0)],
            GuestGrowsReally => vec![zero, I::MemoryGrow(0), I::Drop],
            GuestFillsItself => vec![zero.clone(), zero.clone(), zero, I::MemoryFill(0)],
            GuestDropsData => vec![I::DataDrop(0), I::DataDrop(0)],
            GuestSetsTable => vec![zero, I::RefNull(wasm_encoder::HeapType::FUNC), I::TableSet(0)],
            GuestTailCalls => vec![zero, I::Drop, I::ReturnCall(11)],
            GuestUsesVectors => vec![I::V128Const(0), I::Drop],
            _ => vec![I::I32Const(MARK), I::Drop],
        }
    }

    fn cost(&self) -> usize {
        let cost = |operator: &I<'_>| match operator {
            I::Loop(_) | I::End => 0,
            I::Call(_) => 2,
            _ => 1,
        };
        self.operators().iter().map(cost).sum()
    }

    /// As much work as the trick is: what it takes the place of.
    fn padding(&self) -> Vec<I<'static>> {
        let cost = self.cost();
        assert!(cost >= 2);
        let mut padding = vec![I::I32Const(MARK)];
        padding.extend((0..cost - 2).map(|_| I::I32Eqz));
        padding.push(I::Drop);
        padding
    }

    /// One that does nothing, and is charged for so much.
    fn source(&self) -> String {
        let eqz = "i32.eqz ".repeat(self.cost() - 2);
        let fields = format!(
            "(table 2 2 funcref) (elem (i32.const 0) $first) (global $g (mut i32) (i32.const 3)) (tag $t (param i32))
             (data (i32.const 4000) \"data\") (data (i32.const 100) \"more\") (func $first (loop) i32.const {MARK} {eqz} drop)"
        );
        guest(&format!("{fields} {}", turn("(call $first) (i32.const 0)")))
    }

    /// The body with the trick in the place of the padding.
    fn body(&self, body: &wasmparser::FunctionBody<'_>) -> Result<Function, Error<Infallible>> {
        if self.is(Trick::GuestWithoutLocals) {
            return Ok(Function::new([]).instruction(&I::End).clone());
        }
        let mut function = Function::new([(5, ValType::I32), (2, ValType::I64), (1, ValType::F32), (1, ValType::F64)]);
        let operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mark = operators.iter().position(|operator| *operator == wasmparser::Operator::I32Const { value: MARK });
        let mark = mark.expect("the first function has its mark");
        let end = mark + self.padding().len();
        for operator in &operators[..mark] {
            function.instruction(&RoundtripReencoder.instruction(operator.clone()).map_err(|_| Error::InvalidConstExpr)?);
        }
        for operator in self.operators() {
            function.instruction(&operator);
        }
        for operator in &operators[end..] {
            function.instruction(&RoundtripReencoder.instruction(operator.clone()).map_err(|_| Error::InvalidConstExpr)?);
        }
        Ok(function)
    }
}

type Done = Result<(), Error<Infallible>>;

impl Reencode for Tricked {
    type Error = Infallible;

    fn parse_type_section(&mut self, types: &mut TypeSection, section: wasmparser::TypeSectionReader<'_>) -> Done {
        if self.is(Trick::TagHoldsException) {
            let mut is_replaced = false;
            for kind in section.into_iter_err_on_gc_types() {
                let kind = self.func_type(kind?)?;
                if !is_replaced && kind.params() == [ValType::I32] && kind.results().is_empty() {
                    is_replaced = true;
                    types.ty().function([ValType::EXNREF], []);
                } else {
                    types.ty().func_type(&kind);
                }
            }
            return Ok(());
        }
        utils::parse_type_section(self, types, section)?;
        if self.is(Trick::OneMoreType) {
            types.ty().function([], []);
        }
        Ok(())
    }

    fn parse_import_section(&mut self, imports: &mut ImportSection, section: wasmparser::ImportSectionReader<'_>) -> Done {
        let plain = |minimum, maximum| MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None };
        let (own, kernel) = match self.trick {
            Trick::KernelOfTwoPages => (plain(1, Some(1)), plain(2, None)),
            Trick::MemoryThatGrows => (plain(1, Some(2)), plain(1, None)),
            Trick::MorePages => (plain(300, Some(300)), plain(1, None)),
            _ => (plain(1, Some(1)), plain(1, None)),
        };
        match self.trick {
            Trick::KernelOfTwoPages | Trick::MemoryThatGrows | Trick::MorePages => {
                imports.import("peerd", "memory", EntityType::Memory(own));
                imports.import("peerd", "kernel", EntityType::Memory(kernel));
            }
            Trick::KernelFirst => {
                imports.import("peerd", "kernel", EntityType::Memory(kernel));
                imports.import("peerd", "memory", EntityType::Memory(own));
            }
            _ => utils::parse_import_section(self, imports, section)?,
        }
        if self.is(Trick::ImportGlobal) {
            let kind = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
            imports.import("peerd", "now", EntityType::Global(kind));
        }
        if self.is(Trick::ImportClock) {
            imports.import("peerd", "now", EntityType::Function(0));
        }
        Ok(())
    }

    fn parse_table_section(&mut self, tables: &mut TableSection, section: wasmparser::TableSectionReader<'_>) -> Done {
        utils::parse_table_section(self, tables, section)?;
        if self.is(Trick::SecondTable) {
            tables.table(TableType { element_type: RefType::FUNCREF, table64: false, minimum: 1, maximum: None, shared: false });
        }
        Ok(())
    }

    fn parse_global_section(&mut self, globals: &mut GlobalSection, section: wasmparser::GlobalSectionReader<'_>) -> Done {
        for (number, global) in section.into_iter().enumerate() {
            let global = global?;
            let kind = |val_type, mutable| GlobalType { val_type, mutable, shared: false };
            match (number, self.trick) {
                (0, Trick::RichFuel) => drop(globals.global(kind(ValType::I32, true), &ConstExpr::i32_const(i32::MAX))),
                (2, Trick::DirtyAtFirst) => drop(globals.global(kind(ValType::I64, true), &ConstExpr::i64_const(1))),
                (6, Trick::ImmutableWhy) => drop(globals.global(kind(ValType::I32, false), &ConstExpr::i32_const(0))),
                _ => self.parse_global(globals, global)?,
            }
        }
        if self.is(Trick::OneMoreGlobal) {
            let kind = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
            globals.global(kind, &ConstExpr::i32_const(0));
        }
        Ok(())
    }

    fn parse_export_section(&mut self, exports: &mut ExportSection, section: wasmparser::ExportSectionReader<'_>) -> Done {
        for export in section {
            let mut export = export?;
            if self.is(Trick::TurnIsGuests) && export.name == "__turn" {
                export.index = 11;
            }
            self.parse_export(exports, export)?;
        }
        match self.trick {
            Trick::ExportKernel => drop(exports.export("kernel", ExportKind::Memory, 1)),
            Trick::ExportGuest => drop(exports.export("more", ExportKind::Func, 11)),
            Trick::ExportFuelAsMine => drop(exports.export("__g1", ExportKind::Global, 0)),
            _ => {}
        }
        Ok(())
    }

    fn parse_element_section(&mut self, elements: &mut ElementSection, section: wasmparser::ElementSectionReader<'_>) -> Done {
        utils::parse_element_section(self, elements, section)?;
        let function = match self.trick {
            Trick::TurnInTable => 1,
            Trick::ResetInTable => 2,
            Trick::MarkInTable => 3,
            _ => return Ok(()),
        };
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions([function].as_slice().into()));
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Done {
        self.bodies += 1;
        if self.bodies == 12 {
            code.function(&self.body(&body)?);
        } else {
            utils::parse_function_body(self, code, body)?;
        }
        Ok(())
    }

    fn parse_data_section(&mut self, data: &mut DataSection, section: wasmparser::DataSectionReader<'_>) -> Done {
        for (number, segment) in section.into_iter().enumerate() {
            let segment = segment?;
            let bytes = segment.data.iter().copied();
            match self.trick {
                // Not the one that reaches farthest: that would show in the image.
                Trick::DataIntoKernel if number == 1 => drop(data.active(1, &ConstExpr::i32_const(0), bytes)),
                Trick::DataBeyond => drop(data.active(0, &ConstExpr::i32_const(65_535), bytes)),
                _ => self.parse_data(data, segment)?,
            }
        }
        Ok(())
    }

    fn parse_function_section(&mut self, functions: &mut FunctionSection, section: wasmparser::FunctionSectionReader<'_>) -> Done {
        utils::parse_function_section(self, functions, section)
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        after: Option<wasm_encoder::SectionId>,
        before: Option<wasm_encoder::SectionId>,
    ) -> Done {
        if before == Some(wasm_encoder::SectionId::Tag) && self.is(Trick::SecondMemory) {
            let one = MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None };
            module.section(MemorySection::new().memory(one));
        }
        if after == Some(wasm_encoder::SectionId::Export) {
            match self.trick {
                Trick::StartIsTurn => drop(module.section(&StartSection { function_index: 1 })),
                Trick::StartIsGuests => drop(module.section(&StartSection { function_index: 11 })),
                _ => {}
            }
        }
        Ok(())
    }
}

fn tricked(trick: Trick) -> Vec<u8> {
    let mut module = Module::new();
    let mut tricked = Tricked { trick, bodies: 0 };
    let original = class(&tricked.source()).trap;
    tricked.parse_core_module(&mut module, Parser::new(0), &original).expect("it is a module");
    if trick == Trick::Custom {
        module.section(&CustomSection { name: "metadata.code.branch_hint".into(), data: [0].as_slice().into() });
    }
    let bytes = module.finish();
    assert!(trick == Trick::Nothing || bytes != original, "{trick:?} does nothing");
    bytes
}

#[test]
fn no_module_made_by_hand_gets_past_the_verifier() {
    use Trick::*;
    let is_proved = |trick| verify(&tricked(trick), Build::Trap, &Limits::default());
    assert_eq!(is_proved(Nothing), Ok(()));
    let tricks = [
        ExportKernel,
        ExportGuest,
        ExportFuelAsMine,
        TurnIsGuests,
        ImportClock,
        ImportGlobal,
        KernelOfTwoPages,
        KernelFirst,
        DataIntoKernel,
        DataBeyond,
        TurnInTable,
        ResetInTable,
        MarkInTable,
        SecondTable,
        StartIsTurn,
        StartIsGuests,
        RichFuel,
        DirtyAtFirst,
        MorePages,
        MemoryThatGrows,
        SecondMemory,
        ImmutableWhy,
        OneMoreGlobal,
        OneMoreType,
        TagHoldsException,
        Custom,
        GuestWithoutLocals,
        GuestReadsKernel,
        GuestWritesKernel,
        GuestCopiesKernel,
        GuestFillsKernel,
        GuestGrowsKernel,
        GuestSizesKernel,
        GuestSetsFuel,
        GuestReadsFuel,
        GuestSetsOut,
        GuestSetsOutEnd,
        GuestSetsDirty,
        GuestSetsDepth,
        GuestReadsOut,
        GuestSetsItsDepth,
        GuestReadsItsDepth,
        GuestCallsTurn,
        GuestCallsReset,
        GuestCallsMark,
        GuestCallsInit,
        GuestCallsBegin,
        GuestStoresUnmarked,
        GuestShowsNan,
        GuestLoopsFree,
        GuestRecursesUntold,
        GuestThrowsFree,
        GuestGrowsReally,
        GuestFillsItself,
        GuestDropsData,
        GuestSetsTable,
        GuestTailCalls,
        GuestUsesVectors,
        GuestLeavesUnsettled,
        GuestChoosesToLeave,
    ];
    let admitted: Vec<Trick> = tricks.into_iter().filter(|trick| is_proved(*trick).is_ok()).collect();
    assert_eq!(admitted, []);
    // An engine would take most of them: it is the verifier that does not.
    let valid = tricks.into_iter().filter(|trick| Validator::new_with_features(WasmFeatures::all()).validate_all(&tricked(*trick)).is_ok());
    assert!(valid.count() > 35);
}
