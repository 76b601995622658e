//! `./x quickjs`: the engine of JavaScript actors as a module for metered execution, in target/quickjs.
//!
//! QuickJS comes from cargo's registry at the version that tools/quickjs/Cargo.lock names; ours are engine.c (the guest ABI), memory.h,
//! world.c (what stands in for an operating system) and prelude.js. The compiler is Debian's, and so are headers and mathematics.
mod regions;
mod start;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::args::Args;
use crate::ground::{Done, Ground, Stop, answer, fingerprint, must, step, which};
use crate::setup::Apt;

pub const HELP: &str = "\
./x quickjs

Builds the engine of JavaScript actors, target/quickjs/quickjs.wasm, unless nothing has changed since it was built, and prints how large it
is. peerd_script::module makes a class of guests of it and a text; docs/javascript-actors.md tells how.
The compiler and the C library for wasm are Debian's packages clang-22, lld-22, libclang-rt-22-dev-wasm32 and wasi-libc; they are installed
when they are missing. The tests that need the engine run this command themselves.";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    args.done()?;
    let module = build(ground)?;
    println!("{:>7.1} KB  {}", fs::metadata(&module)?.len() as f64 / 1000.0, module.display());
    Ok(())
}

const PACKAGES: [&str; 4] = ["clang-22", "lld-22", "libclang-rt-22-dev-wasm32", "wasi-libc"];
pub const CLANG: &str = "clang-22";
const LD: &str = "wasm-ld-22";
const LIBC_LICENCE: &str = "/usr/share/doc/wasi-libc/copyright";
const LIBC: &str = "/usr/lib/wasm32-wasi/libc.a";

/// What of QuickJS is compiled as it is; quickjs.c is part of engine.c.
const PARTS: [&str; 3] = ["libregexp", "libunicode", "dtoa"];
const OURS: [&str; 5] = ["engine.c", "world.c", "world.h", "memory.h", "prelude.js"];

/// The features that a guest may use, and no other.
const FLAGS: &[&str] = &[
    "--target=wasm32-wasi",
    "-mcpu=mvp",
    "-msign-ext",
    "-mnontrapping-fptoint",
    "-mbulk-memory",
    "-O2",
    "-DNDEBUG",
    "-D_GNU_SOURCE",
    "-ffunction-sections",
    "-fdata-sections",
    "-fvisibility=hidden",
    "-std=gnu23",
];

/// The stack lies below everything else, so that it ends in a trap; the memory never grows.
const LINK: &[&str] = &[
    "--no-entry",
    "--gc-sections",
    "--strip-all",
    "--stack-first",
    "-z",
    "stack-size=131072",
    "--initial-memory=2097152",
    "--max-memory=2097152",
    "--export=peerd_state",
    "--export=peerd_message",
    "--export=peerd_script",
];

/// The engine's module.
pub fn build(ground: &Ground) -> Done<PathBuf> {
    let folder = ground.path("target/quickjs");
    let module = folder.join("quickjs.wasm");
    fs::create_dir_all(&folder)?;
    // One at a time: several tests may ask for it.
    let lock = fs::File::create(folder.join("lock"))?;
    lock.lock()?;
    let stamp = folder.join("made-from");
    let made_from = made_from(ground)?;
    if module.exists() && licence(&module).exists() && fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == made_from) {
        return Ok(module);
    }
    tools()?;
    let source = source(ground)?;
    step("the engine of JavaScript actors", || {
        let own = ground.path("tools/quickjs");
        let mut objects = Vec::new();
        for part in PARTS {
            objects.push(compile(&source, &source.join(part).with_extension("c"), &folder.join(part).with_extension("o"), "-w")?);
        }
        for part in ["engine", "world"] {
            objects.push(compile(&source, &own.join(part).with_extension("c"), &folder.join(part).with_extension("o"), "-Wno-everything")?);
        }
        let fresh = folder.join("fresh.wasm");
        let mut link = Command::new(LD);
        link.args(LINK).args(&objects).arg(LIBC).arg(builtins()?).arg("-o").arg(&fresh);
        must(&mut link, LD)?;
        fs::write(&fresh, start::started(&regions::divide(&fs::read(&fresh)?)?, "peerd_start")?)?;
        fs::rename(fresh, &module)?;
        licences(&source, &module)?;
        Ok(())
    })?;
    fs::write(stamp, made_from)?;
    Ok(module)
}

/// Beside the module: what its parts ask to be told with it.
fn licences(source: &Path, module: &Path) -> Done {
    let parts = [("QuickJS", source.join("LICENSE")), ("wasi-libc, of which mathematics and texts", LIBC_LICENCE.into())];
    let mut told = String::new();
    for (part, file) in parts {
        told.push_str(&format!("{part}\n\n{}\n\n", fs::read_to_string(file)?));
    }
    fs::write(licence(module), told)?;
    Ok(())
}

/// Of a module that was built.
pub fn licence(module: &Path) -> PathBuf {
    module.with_file_name("LICENSE.quickjs")
}

fn compile(source: &Path, from: &Path, to: &Path, warnings: &str) -> Done<PathBuf> {
    let mut clang = Command::new(CLANG);
    clang.args(FLAGS).arg(warnings).arg("-I").arg(source).arg("-c").arg(from).arg("-o").arg(to);
    must(&mut clang, CLANG)?;
    Ok(to.to_owned())
}

fn made_from(ground: &Ground) -> Done<String> {
    let mut told = format!("{FLAGS:?} {LINK:?} {PACKAGES:?}");
    for name in OURS.into_iter().chain(["Cargo.lock"]) {
        told.push_str(&format!(" {:016x}", fingerprint(&fs::read(ground.path("tools/quickjs").join(name))?)));
    }
    Ok(told)
}

/// The C compiler for wasm is there, or is installed.
pub fn tools() -> Done {
    let is_there = || which(CLANG).is_some() && which(LD).is_some() && Path::new(LIBC).exists() && builtins().is_ok();
    if !is_there()
        && let Some(apt) = Apt::find()
    {
        apt.install(&PACKAGES)?;
    }
    if is_there() { Ok(()) } else { Err(Stop::Lacking(format!("a C compiler for wasm: sudo apt-get install {}", PACKAGES.join(" ")))) }
}

/// What the compiler calls where wasm has no instruction.
fn builtins() -> Done<PathBuf> {
    let folder = answer(Command::new(CLANG).arg("-print-resource-dir")).unwrap_or_default();
    let found = Path::new(&folder).join("lib/wasi/libclang_rt.builtins-wasm32.a");
    if found.exists() { Ok(found) } else { Err(Stop::Lacking("there is no libclang_rt.builtins-wasm32.a".into())) }
}

/// The folder of QuickJS in cargo's registry.
fn source(ground: &Ground) -> Done<PathBuf> {
    let mut cargo = ground.program("cargo");
    let host = answer(Command::new("rustc").arg("--print").arg("host-tuple")).unwrap_or_default();
    cargo.args([
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        &host,
        "--manifest-path",
        "tools/quickjs/Cargo.toml",
    ]);
    let lacking = || Stop::Lacking("cargo does not fetch rquickjs-sys".into());
    let told: Value = serde_json::from_str(&answer(&mut cargo).ok_or_else(lacking)?).map_err(|_| lacking())?;
    let packages = told["packages"].as_array().ok_or_else(lacking)?;
    let found = packages.iter().find(|package| package["name"] == "rquickjs-sys").ok_or_else(lacking)?;
    let manifest = Path::new(found["manifest_path"].as_str().ok_or_else(lacking)?);
    Ok(manifest.with_file_name("quickjs"))
}
