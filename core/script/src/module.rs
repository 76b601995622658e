//! The engine's module with a text in it.
use alloc::{string::String, vec::Vec};
use core::fmt;

use wasm_encoder::reencode::{RoundtripReencoder, utils::parse_data_section};
use wasm_encoder::{ConstExpr, CustomSection, DataCountSection, DataSection, Module, RawSection};
use wasmparser::{ExternalKind, Operator, Parser, Payload};

/// Limit: bytes of a behaviour's text. It is parsed within the engine's memory.
pub const TEXT_MAX: usize = 60 << 10;
/// Limit: bytes of a class's name.
pub const NAME_MAX: usize = 64;

/// Where the engine looks for its texts: address and length of the name, address and length of the behaviour, each a u32.
const SCRIPT: &str = "peerd_script";
const PAGE: u32 = 65_536;

/// Why there is no such class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Empty, longer than [`NAME_MAX`], or with something in it that a place in a file can't be told with.
    Name(String),
    Long {
        bytes: usize,
        max: usize,
    },
    /// A zero within it.
    Text,
    /// What was given as the engine is not what `./x quickjs` builds.
    Engine(&'static str),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Name(name) => write!(f, "{name:?} is no name of a class: up to {NAME_MAX} letters, digits and -_./"),
            Refused::Long { bytes, max } => write!(f, "{bytes} bytes of behaviour; at most {max}"),
            Refused::Text => write!(f, "a behaviour has no zeros in it"),
            Refused::Engine(what) => write!(f, "not the engine: {what}"),
        }
    }
}

impl core::error::Error for Refused {}

/// What is known of the engine's module.
#[derive(Default)]
struct Engine {
    script: Option<u32>,
    globals: Vec<Option<u32>>,
    pages: u64,
}

/// The source module of the class of this name with this behaviour, an ES module whose default export it is. Equal arguments give equal
/// bytes. Spawned without another word, its actors' children are of the class `name`: it must be added to a vat under it.
///
/// Each is a module of its own, to be checked, rewritten and compiled. Where there are many, [`text`](crate::text) costs less.
pub fn module(engine: &[u8], name: &str, text: &str) -> Result<Vec<u8>, Refused> {
    admit(name, text)?;
    let known = read(engine)?;
    let script = known.script.ok_or(Refused::Engine("no peerd_script"))?;
    // At the end of the memory, which the engine takes as its own when it has read them.
    let texts = [name.as_bytes(), text.as_bytes(), &[0]].concat();
    let end = u32::try_from(known.pages).ok().and_then(|pages| pages.checked_mul(PAGE)).ok_or(Refused::Engine("its memory"))?;
    let at = end.checked_sub(texts.len() as u32).ok_or(Refused::Engine("its memory"))? & !7;
    let places = [at, name.len() as u32, at + name.len() as u32, text.len() as u32].map(u32::to_le_bytes);
    write(engine, &[(script, places.as_flattened()), (at, &texts)])
}

/// Whether there can be a class of this name with this text.
pub(crate) fn admit(name: &str, text: &str) -> Result<(), Refused> {
    let is_named = (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if !is_named {
        return Err(Refused::Name(name.into()));
    }
    if text.len() > TEXT_MAX {
        return Err(Refused::Long { bytes: text.len(), max: TEXT_MAX });
    }
    if text.contains('\0') {
        return Err(Refused::Text);
    }
    Ok(())
}

fn read(engine: &[u8]) -> Result<Engine, Refused> {
    let invalid = |_| Refused::Engine("no module");
    let mut known = Engine::default();
    for payload in Parser::new(0).parse_all(engine) {
        match payload.map_err(invalid)? {
            Payload::MemorySection(section) => {
                for memory in section {
                    known.pages = memory.map_err(invalid)?.initial;
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let first = global.map_err(invalid)?.init_expr.get_operators_reader().read().map_err(invalid)?;
                    known.globals.push(if let Operator::I32Const { value } = first { Some(value as u32) } else { None });
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    if (export.name, export.kind) == (SCRIPT, ExternalKind::Global) {
                        known.script = known.globals.get(export.index as usize).copied().flatten();
                    }
                }
            }
            _ => {}
        }
    }
    Ok(known)
}

/// The same module, with more data.
fn write(engine: &[u8], added: &[(u32, &[u8])]) -> Result<Vec<u8>, Refused> {
    let invalid = |_| Refused::Engine("no module");
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(engine) {
        let payload = payload.map_err(invalid)?;
        let Some((id, range)) = payload.as_section() else { continue };
        if let Payload::CustomSection(section) = &payload {
            if section.name() == peerd_guest::abi::SECTION {
                module.section(&CustomSection { name: section.name().into(), data: section.data().into() });
            }
            continue;
        }
        match payload {
            Payload::DataCountSection { count, .. } => {
                module.section(&DataCountSection { count: count + added.len() as u32 });
            }
            Payload::DataSection(section) => {
                let mut data = DataSection::new();
                parse_data_section(&mut RoundtripReencoder, &mut data, section).map_err(|_| Refused::Engine("its data"))?;
                for (at, bytes) in added {
                    data.active(0, &ConstExpr::i32_const(*at as i32), bytes.iter().copied());
                }
                module.section(&data);
            }
            _ => {
                module.section(&RawSection { id, data: &engine[range.start as usize..range.end as usize] });
            }
        }
    }
    Ok(module.finish())
}
