//! From a source to the two modules that run in its stead.
//!
//! ```text
//! functions   [yield] emit turn reset mark take_in give_out fill copy init grow begin [refill] | the source's own, in their order
//! globals     fuel depth dirty out out_end pages why pages_at_first | the source's own | the pristine value of each mutable one
//! memories    the source's own, which is imported | kernel
//! types       the source's own | those of the injected functions
//! locals      the source's own | t a d f l: i32, v m: i64, x: f32, y: f64
//! ```
//! Numbers of what is injected are fixed, so that the verifier needs to be told nothing.
mod body;
mod emission;
mod injected;
mod module;

use alloc::vec::Vec;

use wasm_encoder::ValType;

use crate::limits::{Limits, PAGE, granule_shift};
use crate::refused::Refused;
use crate::source::{self, Source};
use crate::verify::{Facts, facts};

/// Which of the two modules: they differ only in what they do when fuel is out, and take the same of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Traps.
    Trap,
    /// Asks `peerd.yield` for more.
    Yielding,
}

/// A class of guests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    pub trap: Vec<u8>,
    pub yielding: Vec<u8>,
    pub report: Report,
}

/// What a host needs to know of a class besides its modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Bytes of a guest's memory, which is as large from the beginning as it can get.
    pub memory_bytes: u32,
    /// How many of its first bytes the pristine image has; all behind it are 0.
    pub image_bytes: u32,
    /// The logarithm of what one bit of `__dirty` stands for.
    pub granule_shift: u32,
    /// Bytes of the buffers.
    pub state_max: u32,
    pub message_max: u32,
    /// How many mutable globals are exported for a swap, besides those of [`abi::exports`](crate::abi::exports).
    pub globals: u32,
    pub functions: u32,
    /// How many of those pay at their callers'.
    pub leaves: u32,
    pub source_bytes: u32,
    pub trap_bytes: u32,
}

/// Checks a source, rewrites it, and proves both results before anyone sees them.
pub fn rewrite(bytes: &[u8], limits: &Limits) -> Result<Rewritten, Refused> {
    let rewritten = unproven(bytes, limits)?;
    let Report { memory_bytes, image_bytes, granule_shift, state_max, message_max, globals, .. } = rewritten.report;
    let told = Facts { memory_bytes, image_bytes, granule_shift, state_max, message_max, globals };
    for (module, build) in [(&rewritten.trap, Build::Trap), (&rewritten.yielding, Build::Yielding)] {
        let unproven = |why: &dyn core::fmt::Display| Refused::Unproven(alloc::format!("{build:?}: {why}"));
        let facts = facts(module, build, limits).map_err(|why| unproven(&why))?;
        // Hosts size their buffers by it.
        if facts != told {
            return Err(unproven(&"the report is of another module"));
        }
    }
    Ok(rewritten)
}

fn unproven(bytes: &[u8], limits: &Limits) -> Result<Rewritten, Refused> {
    if !limits.hold() {
        return Err(Refused::Limits);
    }
    let source = source::read(bytes, limits)?;
    let trap = module::write(&source, &Layout::new(&source, limits, Build::Trap))?;
    let yielding = module::write(&source, &Layout::new(&source, limits, Build::Yielding))?;
    let layout = Layout::new(&source, limits, Build::Trap);
    let report = Report {
        memory_bytes: layout.memory_bytes(),
        image_bytes: layout.image_bytes,
        granule_shift: layout.shift,
        state_max: source.state.bytes,
        message_max: source.message.bytes,
        globals: source.globals.iter().filter(|global| global.mutable).count() as u32,
        functions: source.functions.len() as u32,
        leaves: source.functions.iter().filter(|function| function.leaf.is_some()).count() as u32,
        source_bytes: bytes.len() as u32,
        trap_bytes: trap.len() as u32,
    };
    Ok(Rewritten { trap, yielding, report })
}

/// Numbers of the injected globals.
mod global {
    pub const FUEL: u32 = 0;
    pub const DEPTH: u32 = 1;
    pub const DIRTY: u32 = 2;
    pub const OUT: u32 = 3;
    pub const OUT_END: u32 = 4;
    pub const PAGES: u32 = 5;
    pub const WHY: u32 = 6;
    /// What `PAGES` is in the pristine image.
    pub const PAGES_AT_FIRST: u32 = 7;
    pub const COUNT: u32 = 8;
}

/// Why the guest's is the first: engines keep the place of one memory at hand, and it is this one.
const GUEST: u32 = 0;
const KERNEL: u32 = 1;

/// The injected functions, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Injected {
    Emit,
    Turn,
    Reset,
    Mark,
    TakeIn,
    GiveOut,
    Fill,
    Copy,
    Init,
    Grow,
    Begin,
    Refill,
}

impl Injected {
    const ALL: [Injected; 12] = [
        Injected::Emit,
        Injected::Turn,
        Injected::Reset,
        Injected::Mark,
        Injected::TakeIn,
        Injected::GiveOut,
        Injected::Fill,
        Injected::Copy,
        Injected::Init,
        Injected::Grow,
        Injected::Begin,
        Injected::Refill,
    ];

    fn all(build: Build) -> impl Iterator<Item = Injected> {
        Self::ALL.into_iter().filter(move |function| build == Build::Yielding || *function != Injected::Refill)
    }

    fn signature(self) -> (Vec<ValType>, Vec<ValType>) {
        use ValType::{I32, I64};
        let of = |params: &[ValType], results: &[ValType]| (params.to_vec(), results.to_vec());
        match self {
            Injected::Emit => of(&[I32, I64, I64, I32, I32], &[]),
            Injected::Turn => of(&[I32; 9], &[I32]),
            Injected::Reset => of(&[I32], &[]),
            Injected::Mark => of(&[I32; 2], &[]),
            Injected::TakeIn | Injected::GiveOut | Injected::Fill | Injected::Copy => of(&[I32; 3], &[]),
            Injected::Init => of(&[I32; 3], &[I32; 3]),
            Injected::Grow => of(&[I32], &[I32]),
            Injected::Begin | Injected::Refill => of(&[], &[]),
        }
    }
}

/// Where everything stands in a rewritten module.
struct Layout {
    build: Build,
    /// Whether the source's function 0 is `emit`.
    emits: bool,
    types: u32,
    globals: u32,
    pages: u32,
    pages_max: u32,
    shift: u32,
    image_bytes: u32,
    depth_max: u32,
    start_fuel: u32,
}

impl Layout {
    fn new(source: &Source<'_>, limits: &Limits, build: Build) -> Self {
        let shift = granule_shift(source.pages_max);
        let memory = source.pages_max * PAGE;
        let extent = source.data.iter().filter_map(|segment| Some(segment.at? + segment.bytes.len() as u32)).max().unwrap_or(0);
        // A start function may write anywhere.
        let extent = if source.start.is_some() { memory } else { extent };
        Layout {
            build,
            emits: source.emits,
            types: source.types.len() as u32,
            globals: source.globals.len() as u32,
            pages: source.pages,
            pages_max: source.pages_max,
            shift,
            image_bytes: extent.next_multiple_of(1 << shift).min(memory),
            depth_max: limits.depth_max,
            start_fuel: limits.start_fuel,
        }
    }

    fn memory_bytes(&self) -> u32 {
        self.pages_max * PAGE
    }

    fn imported(&self) -> u32 {
        u32::from(self.build == Build::Yielding)
    }

    fn injected(&self, function: Injected) -> u32 {
        self.imported() + function as u32
    }

    /// The new number of a source's function.
    fn function(&self, function: u32) -> u32 {
        let imports = u32::from(self.emits);
        let first = self.imported() + Injected::all(self.build).count() as u32;
        if function < imports { self.injected(Injected::Emit) } else { first + function - imports }
    }

    fn global(&self, global: u32) -> u32 {
        global::COUNT + global
    }

    /// Of the pristine value of the mutable global with this number among the mutable ones.
    fn pristine(&self, mutable: u32) -> u32 {
        global::COUNT + self.globals + mutable
    }

    fn kind(&self, function: Injected) -> u32 {
        self.types + function as u32
    }

    fn yield_kind(&self) -> u32 {
        self.types + Injected::ALL.len() as u32
    }
}
