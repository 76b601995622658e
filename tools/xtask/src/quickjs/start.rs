//! The engine's module with a start function, which a linker has no word for: what it leaves is part of the image that each turn begins with.
use wasm_encoder::{Module, RawSection, SectionId, StartSection};
use wasmparser::{ExternalKind, Parser, Payload};

use crate::ground::{Done, Stop};

pub fn started(module: &[u8], name: &str) -> Done<Vec<u8>> {
    let bad = |error: wasmparser::Error| Stop::Failed(format!("the engine's module: {error}"));
    let mut started = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(bad)?;
        let Some((id, range)) = payload.as_section() else { continue };
        started.section(&RawSection { id, data: &module[range.start as usize..range.end as usize] });
        let Payload::ExportSection(section) = payload else { continue };
        assert_eq!(id, SectionId::Export as u8, "the start is what follows the exports");
        let mut index = None;
        for export in section {
            let export = export.map_err(bad)?;
            if export.name == name && export.kind == ExternalKind::Func {
                index = Some(export.index);
            }
        }
        let function_index = index.ok_or_else(|| Stop::Failed(format!("the engine's module has no {name}")))?;
        started.section(&StartSection { function_index });
    }
    Ok(started.finish())
}
