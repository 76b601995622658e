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
    FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator, Parser, ValType, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
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
    facts(bytes, build, limits).map(|_| ())
}

/// What hosts have to know, as a module that passes says it itself: of each kernel's buffer and of its guest's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub memory_bytes: u32,
    pub image_bytes: u32,
    pub granule_shift: u32,
    pub state_max: u32,
    pub message_max: u32,
    pub globals: u32,
}

pub(crate) fn facts(bytes: &[u8], build: Build, limits: &Limits) -> Verdict<Facts> {
    let Read { frame, entries, .. } = read(bytes, build, limits, false)?;
    Ok(Facts {
        memory_bytes: frame.pages_max * 65_536,
        image_bytes: frame.image_bytes,
        granule_shift: frame.shift,
        state_max: entries.state_max,
        message_max: entries.message_max,
        globals: frame.mutable().count() as u32,
    })
}

/// What a module is without all that was injected.
struct Read<'a> {
    frame: Frame,
    entries: Entries,
    /// Without their operators, unless those are asked for: of all functions together they are hundreds of megabytes at worst.
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

fn read<'a>(bytes: &'a [u8], build: Build, limits: &Limits, with_operators: bool) -> Verdict<Read<'a>> {
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
            bodies.push((to_validate, body));
        }
        shell.section(&payload)?;
    }
    let frame = shell.check(build, limits)?;
    let mut code = |(to_validate, body): (FuncToValidate<ValidatorResources>, FunctionBody<'a>)| {
        let kind = to_validate.ty;
        let mut one = to_validate.into_validator(core::mem::take(&mut allocations));
        let code = Code::read(&mut one, &body, kind);
        allocations = one.into_allocations();
        code
    };
    let guests = bodies.split_off(FUNCTIONS.len() - usize::from(build == Build::Trap));
    let injected = bodies.into_iter().map(&mut code).collect::<Verdict<Vec<Code<'a>>>>()?;
    let entries = injected::check(&injected, &frame)?;
    let (mut own, mut locals) = (Vec::new(), 0);
    for body in guests {
        let mut one = Own::read(&code(body)?, &frame)?;
        if !with_operators {
            one.operators = Vec::new();
        }
        locals += one.locals;
        own.push(one);
        if locals > 1 << 20 {
            return malformed(0, "more locals than all functions may have");
        }
    }
    own.iter().try_for_each(|function| function.check(&own, &frame))?;
    if (frame.emits || own.iter().any(|function| function.emits)) && !frame.has_type_of_emit {
        return malformed(0, "an emit that is not imported");
    }
    if frame.pages != frame.pages_max && !own.iter().any(|function| function.grows) {
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
    /// How many parameters and results each type has.
    params: Vec<usize>,
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
        if body.range().end - body.range().start > 1 << 20 {
            return malformed(body.range().start, "a function that is too long");
        }
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
