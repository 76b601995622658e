//! `./x guests`: the example guests as modules, in target/guests.
use std::fs;
use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::ground::{Done, Ground, must, step};
use crate::sysroot;

pub const HELP: &str = "\
./x guests

Builds each file of examples/guests/guests as a module for metered execution, target/guests/NAME.wasm, and prints how large each is.
The tests of hosts/wasmtime run it themselves.";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    args.done()?;
    sizes(&build(ground)?)
}

/// Prints how large each module in a folder is.
pub fn sizes(folder: &Path) -> Done {
    let mut names: Vec<PathBuf> = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.retain(|path| path.extension().is_some_and(|kind| kind == "wasm"));
    names.sort();
    for path in names {
        println!("{:>7.1} KB  {}", fs::metadata(&path)?.len() as f64 / 1000.0, path.file_name().unwrap_or_default().display());
    }
    Ok(())
}

/// The folder with the modules.
pub fn build(ground: &Ground) -> Done<PathBuf> {
    let cargo = sysroot::ensure(ground)?;
    let target = ground.path("target/guests");
    step("guests", || {
        let mut command = cargo.command(ground);
        command.args(["build", "--quiet", "--examples", "--release", "--target", "wasm32-unknown-unknown", "--package", "peerd-guests"]);
        must(command.arg("--target-dir").arg(&target), "the build of the guests")
    })?;
    let sources = ground.path("examples/guests/guests");
    for entry in fs::read_dir(sources)? {
        let name = entry?.path().with_extension("wasm").file_name().unwrap_or_default().to_owned();
        let built = target.join("wasm32-unknown-unknown/release/examples").join(&name);
        // Renamed into place: several tests may build at a time, and read.
        let fresh = target.join(format!("{}.{}", name.display(), std::process::id()));
        fs::copy(built, &fresh)?;
        fs::rename(fresh, target.join(&name))?;
    }
    Ok(target)
}
