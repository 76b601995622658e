//! Whether a module is one that a rewriting makes: read anew, by other code than the rewriting's, from the bytes alone.
//!
//! What passes imports the kernel's memory, and no operator of the guest's names it; pays for each region at its head exactly what
//! the operators in it cost; says how deep it is before each call; marks each store; shows no NaN but the one; and touches nothing
//! that was injected but in the sequences that do so. The injected functions are compared with their texts, operator by operator.
//! What is found to be the guest's own is therefore a source, and the module what that source is rewritten to.
mod function;
mod injected;
mod names;
mod shell;

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
const FUNCTIONS: [&str; 10] = ["emit", "turn", "reset", "mark", "fill", "copy", "init", "grow", "begin", "refill"];

/// The guest's memory; 0 is the kernel's.
const GUEST: u32 = 1;

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
    let mut validator = Validator::new_with_features(features());
    let mut allocations = FuncValidatorAllocations::default();
    let mut parser = Parser::new(0);
    parser.set_features(features());
    let (mut shell, mut bodies) = (Shell::default(), Vec::new());
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        if let ValidPayload::Func(to_validate, body) = validator.payload(&payload)? {
            let mut one = to_validate.into_validator(allocations);
            bodies.push(Code::read(&mut one, &body)?);
            allocations = one.into_allocations();
        }
        shell.section(&payload)?;
    }
    let frame = shell.check(build, limits)?;
    let (injected, guests) = bodies.split_at(FUNCTIONS.len() - usize::from(build == Build::Trap));
    injected::check(injected, &frame)?;
    let own = guests.iter().map(|code| Own::read(code, &frame)).collect::<Verdict<Vec<Own>>>()?;
    own.iter().try_for_each(|function| function.check(&own, &frame))
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
}

impl<'a> Code<'a> {
    fn read(validator: &mut FuncValidator<ValidatorResources>, body: &FunctionBody<'a>) -> Verdict<Self> {
        validator.read_locals(&mut body.get_binary_reader())?;
        let mut reader = body.get_operators_reader()?;
        let mut operators = Vec::new();
        while !reader.eof() {
            let at = reader.original_position();
            let operator = reader.read()?;
            validator.op(at, &operator)?;
            operators.push((at, operator, validator.operand_stack_height()));
        }
        let locals = (0..validator.len_locals()).map(|local| validator.get_local_type(local).expect("it is below their number")).collect();
        Ok(Code { at: body.range().start, operators, locals })
    }
}
