//! Why a source is no guest.
use alloc::string::String;
use core::fmt;

/// A source that is not admitted as a class of guests, and what about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The class's limits are out of range.
    Limits,
    /// More bytes than the class admits.
    Long { bytes: usize, max: u32 },
    /// Not a module of the admitted features of WebAssembly.
    Invalid { at: u64, why: String },
    /// An operator that has no rule.
    Operator { at: u64, name: String },
    /// An import that is not the ABI's.
    Import(String),
    /// An export whose name is kept for what is injected.
    Export(String),
    /// The ABI asks for it, and it is missing or of another shape.
    Abi(&'static str),
    /// A version of the ABI that is not spoken here.
    Version(u32),
    /// More than the class admits of something.
    TooMany { what: &'static str, count: u64, max: u64 },
    /// Something that outlives a reset, or has no rule.
    Kind(&'static str),
    /// What was rewritten did not pass the verifier: a bug of ours, and the class is not admitted.
    Unproven(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Limits => write!(f, "the limits of the class are out of range"),
            Refused::Long { bytes, max } => write!(f, "{bytes} bytes of module; at most {max}"),
            Refused::Invalid { at, why } => write!(f, "no valid module at byte {at}: {why}"),
            Refused::Operator { at, name } => write!(f, "{name} at byte {at} has no rule"),
            Refused::Import(name) => write!(f, "imports {name}; a guest may import peerd.emit and nothing else"),
            Refused::Export(name) => write!(f, "exports {name}; names that begin with __ are not the guest's"),
            Refused::Abi(what) => write!(f, "the guest ABI asks for {what}"),
            Refused::Version(version) => write!(f, "version {version} of the guest ABI is not spoken here"),
            Refused::TooMany { what, count, max } => write!(f, "{count} {what}; at most {max}"),
            Refused::Kind(what) => write!(f, "{what} has no rule"),
            Refused::Unproven(why) => write!(f, "the rewritten module did not pass the verifier: {why}"),
        }
    }
}

impl core::error::Error for Refused {}

impl From<wasmparser::Error> for Refused {
    fn from(error: wasmparser::Error) -> Self {
        Refused::Invalid { at: error.offset(), why: error.message().into() }
    }
}
