//! Whether a module is one that a rewriting makes: read anew, by other code than the rewriting's, from the bytes alone.
//!
//! What passes imports the kernel's memory, and no operator of the guest's names it; pays for each region at its head exactly what
//! the operators in it cost; says how deep it is before each call; marks each store; shows no NaN but the one; and touches nothing
//! that was injected but in the sequences that do so. The injected functions are compared with their texts, operator by operator.
//! What is found to be the guest's own is therefore a source, and the module what that source is rewritten to.
mod function;
mod injected;
mod names;
mod recover;
mod shell;

pub use recover::recover;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wasmparser::{
    FuncValidator, FuncValidatorAllocations, FunctionBody, Operator, Parser, ValType, ValidPayload, Validator, ValidatorResources,
    WasmFeatures,
};

use crate::limits::Limits;
use crate::rewrite::Build;
use function::Own;
use shell::Shell;

/// A module that no rewriting makes, and the first thing about it that shows so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// A byte of the module, or 0.
    pub at: u64,
    pub why: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.why, self.at)
    }
}

impl core::error::Error for Malformed {}

impl From<wasmparser::Error> for Malformed {
    fn from(error: wasmparser::Error) -> Self {
        Malformed { at: error.offset(), why: error.message().into() }
    }
}

type Verdict<T = ()> = Result<T, Malformed>;

fn malformed<T>(at: u64, why: impl Into<String>) -> Verdict<T> {
    Err(Malformed { at, why: why.into() })
}

/// Numbers of the injected globals, in the order in which they stand before the guest's.
const GLOBALS: [&str; 8] = ["fuel", "depth", "dirty", "out", "out_end", "pages", "why", "pages_at_first"];

/// And of the functions before the guest's; a yielding build has all of them.
const FUNCTIONS: [&str; 12] = ["emit", "turn", "reset", "mark", "take_in", "give_out", "fill", "copy", "init", "grow", "begin", "refill"];

/// The guest's memory; the other is the kernel's.
const GUEST: u32 = 0;

/// What a module of core wasm may use; two memories, and never the kernel's by the guest.
fn features() -> WasmFeatures {
    use WasmFeatures as F;
    [
        F::MUTABLE_GLOBAL,
        F::SATURATING_FLOAT_TO_INT,
        F::SIGN_EXTENSION,
        F::MULTI_VALUE,
        F::BULK_MEMORY,
        F::FLOATS,
        F::REFERENCE_TYPES,
        F::GC_TYPES,
        F::EXCEPTIONS,
        F::MULTI_MEMORY,
    ]
    .into_iter()
    .fold(F::empty(), F::union)
}

/// Proves that `bytes` is what [`rewrite`](crate::rewrite()) makes of some source under these limits, for this build.
pub fn verify(bytes: &[u8], build: Build, limits: &Limits) -> Verdict {
    read(bytes, build, limits).map(|_| ())
}

/// What a module is without all that was injected.
struct Read<'a> {
    frame: Frame,
    entries: Entries,
    own: Vec<Own<'a>>,
}

/// What the injected functions know of the guest.
struct Entries {
    turn: u32,
    start: Option<u32>,
    state: u32,
    state_max: u32,
    message: u32,
    message_max: u32,
}

fn read<'a>(bytes: &'a [u8], build: Build, limits: &Limits) -> Verdict<Read<'a>> {
    if !limits.hold() {
        return malformed(0, "the limits are out of range");
    }
    let mut validator = Validator::new_with_features(features());
    let mut allocations = FuncValidatorAllocations::default();
    let mut parser = Parser::new(0);
    parser.set_features(features());
    let (mut shell, mut bodies) = (Shell::default(), Vec::new());
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        if let ValidPayload::Func(to_validate, body) = validator.payload(&payload)? {
            let kind = to_validate.ty;
            let mut one = to_validate.into_validator(allocations);
            bodies.push(Code::read(&mut one, &body, kind)?);
            allocations = one.into_allocations();
        }
        shell.section(&payload)?;
    }
    let frame = shell.check(build, limits)?;
    let (injected, guests) = bodies.split_at(FUNCTIONS.len() - usize::from(build == Build::Trap));
    let entries = injected::check(injected, &frame)?;
    let own = guests.iter().map(|code| Own::read(code, &frame)).collect::<Verdict<Vec<Own<'a>>>>()?;
    own.iter().try_for_each(|function| function.check(&own, &frame))?;
    let has = |is: &dyn Fn(&Operator<'_>) -> bool| own.iter().any(|function| function.operators.iter().any(is));
    let emit = frame.function("emit");
    if (frame.emits || has(&|operator| *operator == Operator::Call { function_index: emit })) && !frame.has_type_of_emit {
        return malformed(0, "an emit that is not imported");
    }
    if frame.pages != frame.pages_max && !has(&|operator| matches!(operator, Operator::MemoryGrow { .. })) {
        return malformed(0, "room to grow for a guest that does not");
    }
    Ok(Read { frame, entries, own })
}

/// What the sections tell, checked.
struct Frame {
    build: Build,
    /// Of the first injected function, and of the guest's first.
    first: u32,
    first_own: u32,
    /// Guest's globals, and which are mutable with their types' and values' copies behind.
    globals: Vec<shell::Global>,
    own_globals: u32,
    own_types: u32,
    /// How many results each type has.
    results: Vec<usize>,
    /// Of each of the guest's own functions, in words.
    own_kinds: Vec<String>,
    /// Whether `emit` is in the table, and whether a type of the guest's own is its.
    emits: bool,
    has_type_of_emit: bool,
    pages: u32,
    pages_max: u32,
    image_bytes: u32,
    shift: u32,
    tags: bool,
    start: bool,
    depth_max: u32,
}

impl Frame {
    fn function(&self, name: &str) -> u32 {
        self.first + FUNCTIONS.iter().position(|known| *known == name).expect("it is one of them") as u32
    }

    /// Whether an immutable global of the guest's has this value.
    fn has_constant(&self, value: u32) -> bool {
        (GLOBALS.len() as u32..self.globals_end()).any(|global| self.is_constant(global, value))
    }

    fn is_constant(&self, global: u32, value: u32) -> bool {
        self.globals[global as usize] == shell::Global { kind: ValType::I32, mutable: false, value: shell::i32(value) }
    }

    /// The first number of a global that is no more the guest's.
    fn globals_end(&self) -> u32 {
        GLOBALS.len() as u32 + self.own_globals
    }

    /// Of the guest's mutable globals, with the copies of their pristine values.
    fn mutable(&self) -> impl Iterator<Item = (u32, u32)> {
        let own = (GLOBALS.len() as u32..self.globals_end()).filter(|number| self.globals[*number as usize].mutable);
        own.zip(self.globals_end()..)
    }
}

/// A body, with the height of the operand stack after each operator.
struct Code<'a> {
    at: u64,
    operators: Vec<(u64, Operator<'a>, u32)>,
    /// Of parameters and locals.
    locals: Vec<ValType>,
    /// The number of its type.
    kind: u32,
}

impl<'a> Code<'a> {
    fn read(validator: &mut FuncValidator<ValidatorResources>, body: &FunctionBody<'a>, kind: u32) -> Verdict<Self> {
        validator.read_locals(&mut body.get_binary_reader())?;
        let mut reader = body.get_operators_reader()?;
        let mut operators = Vec::new();
        while !reader.eof() {
            let at = reader.original_position();
            let operator = reader.read()?;
            validator.op(at, &operator)?;
            operators.push((at, operator, validator.operand_stack_height()));
        }
        reader.finish()?;
        let locals = (0..validator.len_locals()).map(|local| validator.get_local_type(local).expect("it is below their number")).collect();
        Ok(Code { at: body.range().start, operators, locals, kind })
    }
}
