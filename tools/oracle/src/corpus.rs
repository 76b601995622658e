//! Programs with what the other system told about them, kept as text so that a machine without it can still compare.
//!
//! A block per program: its lines, then what is expected of each step, behind `= `. Blocks are apart by an empty line.
use crate::Trace;
use std::{
    fmt::{Display, Write},
    fs,
    path::Path,
};

/// What has a text form and is read back from it. The error is the line that is no part of it.
pub trait Readable: Display + Sized {
    fn read(text: &str) -> Result<Self, String>;
}

pub struct Kept<P> {
    pub program: P,
    pub expected: Trace,
}

/// Programs of one file, so that a person can open it.
const FILE_PROGRAMS: usize = 100;

/// Those of one oracle, by the word that its files begin with.
pub fn read<P: Readable>(folder: &Path, oracle: &str) -> Result<Vec<Kept<P>>, String> {
    let files = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let is_its = |path: &Path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(oracle));
    let mut paths: Vec<_> = files.filter_map(Result::ok).map(|file| file.path()).filter(|path| is_its(path)).collect();
    paths.sort();
    let mut kept = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
            kept.push(of_block(block.trim_end()).map_err(|line| format!("{}: `{line}`", path.display()))?);
        }
    }
    Ok(kept)
}

fn of_block<P: Readable>(block: &str) -> Result<Kept<P>, String> {
    let (expected, program): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("= "));
    let program = P::read(&program.join("\n"))?;
    Ok(Kept { program, expected: expected.into_iter().map(|line| line["= ".len()..].to_owned()).collect() })
}

pub fn write<P: Display>(folder: &Path, oracle: &str, kept: &[Kept<P>]) -> Result<(), String> {
    for (n, part) in kept.chunks(FILE_PROGRAMS).enumerate() {
        let mut text = String::new();
        for one in part {
            let _ = writeln!(text, "{}", one.program);
            for line in &one.expected {
                let _ = writeln!(text, "= {line}");
            }
            text.push('\n');
        }
        let path = folder.join(format!("{oracle}-{n:02}.txt"));
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}
