//! Programs with what OTP told about them, kept as text so that a machine without Erlang can still compare.
//!
//! A block per program: its lines, then what is expected of each step, behind `= `. Blocks are apart by an empty line.
use crate::{program::Program, trace::Trace};
use std::{fmt::Write, fs, path::Path};

pub struct Kept {
    pub program: Program,
    pub expected: Trace,
}

/// Programs of one file, so that a person can open it.
const FILE_PROGRAMS: usize = 100;

pub fn read(folder: &Path) -> Result<Vec<Kept>, String> {
    let files = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> =
        files.filter_map(Result::ok).map(|file| file.path()).filter(|path| path.extension().is_some_and(|kind| kind == "txt")).collect();
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

fn of_block(block: &str) -> Result<Kept, String> {
    let (expected, program): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("= "));
    let program = Program::read(&program.join("\n"))?;
    Ok(Kept { program, expected: expected.into_iter().map(|line| line["= ".len()..].to_owned()).collect() })
}

pub fn write(folder: &Path, kept: &[Kept]) -> Result<(), String> {
    for (n, part) in kept.chunks(FILE_PROGRAMS).enumerate() {
        let mut text = String::new();
        for one in part {
            let _ = writeln!(text, "{}", one.program);
            for line in &one.expected {
                let _ = writeln!(text, "= {line}");
            }
            text.push('\n');
        }
        let path = folder.join(format!("otp-{n:02}.txt"));
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}
