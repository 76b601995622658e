//! What is made of a guest: `cargo run -p peerd-guest --example rewrite -- FILE` reads FILE (.wasm or .wat), says what about it is
//! refused or what it becomes, and writes FILE's name with .wasm, .trap.wasm and .yield.wasm.
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use peerd_guest::{Limits, rewrite};

fn main() -> ExitCode {
    match env::args().nth(1).ok_or_else(|| "which file?".to_owned()).and_then(|file| run(Path::new(&file))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(file: &Path) -> Result<(), String> {
    let source = wat::parse_file(file).map_err(|why| why.to_string())?;
    let class = rewrite(&source, &Limits::default()).map_err(|why| why.to_string())?;
    println!("{:#?}", class.report);
    for (kind, bytes) in [("wasm", &source), ("trap.wasm", &class.trap), ("yield.wasm", &class.yielding)] {
        fs::write(file.with_extension(kind), bytes).map_err(|why| why.to_string())?;
    }
    Ok(())
}
