//! `./x assembly`: AssemblyScript actors as modules, compiled as the extension compiles them, in target/assembly.
use std::fs;
use std::path::PathBuf;

use crate::args::Args;
use crate::ground::{Done, Ground, files_below, fingerprint, must, step};
use crate::{guests, setup};

pub const HELP: &str = "\
./x assembly [FILE ..]

Compiles files of AssemblyScript to guests' modules, target/assembly/NAME.wasm, and prints how large each is; without a file those of
examples/assembly, unless nothing has changed since. What is wrong with a file is told with its place. docs/assemblyscript-actors.md tells how
an actor is written. The tests that need the modules run this command themselves.";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let files: Vec<PathBuf> = args.rest().into_iter().map(PathBuf::from).collect();
    let folder = if files.is_empty() { build(ground)? } else { compile(ground, &files)? };
    guests::sizes(&folder)
}

const COMPILER: &str = "apps/extension/guest/assembly";
const EXAMPLES: &str = "examples/assembly";

/// The folder with the examples' modules.
pub fn build(ground: &Ground) -> Done<PathBuf> {
    setup::npm(ground)?;
    let folder = ground.path("target/assembly");
    fs::create_dir_all(&folder)?;
    // One at a time: several tests may ask for it.
    let lock = fs::File::create(folder.join("lock"))?;
    lock.lock()?;
    let mut made_from = fs::read(ground.path("package-lock.json"))?;
    for from in [COMPILER, EXAMPLES] {
        let from = ground.path(from);
        for path in files_below(&from)? {
            made_from.extend(fs::read(from.join(path))?);
        }
    }
    let key = format!("{:016x}", fingerprint(&made_from));
    let stamp = folder.join(".made-from");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == key) {
        return Ok(folder);
    }
    let examples = ground.path(EXAMPLES);
    let files: Vec<PathBuf> = files_below(&examples)?.into_iter().map(|path| examples.join(path)).collect();
    compile(ground, &files)?;
    fs::write(stamp, key)?;
    Ok(folder)
}

fn compile(ground: &Ground, files: &[PathBuf]) -> Done<PathBuf> {
    setup::npm(ground)?;
    let folder = ground.path("target/assembly");
    fs::create_dir_all(&folder)?;
    step("AssemblyScript", || {
        let compiler = folder.join("compile.mjs");
        let mut esbuild = ground.program(ground.path("node_modules/.bin/esbuild"));
        esbuild.args(["tools/assembly/compile.mjs", "--bundle", "--platform=node", "--format=esm", "--log-level=warning"]);
        must(esbuild.args(words(ground)).arg(format!("--outfile={}", compiler.display())), "esbuild of the compiler")?;
        must(ground.program("node").arg(&compiler).arg(&folder).args(files), "the compiler of AssemblyScript")
    })?;
    Ok(folder)
}

/// For a bundle with the compiler in it: its texts as they are, and one binaryen, the one that it was released with.
pub fn words(ground: &Ground) -> [String; 2] {
    let inner = ground.path("node_modules/assemblyscript/node_modules/binaryen");
    let binaryen = if inner.is_dir() { inner } else { ground.path("node_modules/binaryen") };
    ["--loader:.ts=text".into(), format!("--alias:binaryen={}", binaryen.join("index.js").display())]
}
