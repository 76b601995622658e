//! The two wasm modules: compiled, given their JavaScript glue, made small.
use std::fs;
use std::path::{Path, PathBuf};

use crate::build::Files;
use crate::ground::{Done, Ground, Stop, fingerprint, must, step};
use crate::quickjs;
use crate::sysroot::WasmCargo;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Release,
    Fast,
    /// For who measures speed.
    Fastest,
}

impl Profile {
    /// Cargo's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Profile::Release => "release",
            Profile::Fast => "wasm-fast",
            Profile::Fastest => "wasm-fastest",
        }
    }
}

/// The crate, its file as cargo names it, and its name inside the extension.
const MODULES: [(&str, &str, &str); 2] = [("peerd-browser", "peerd_browser", "worker"), ("peerd-ui", "peerd_ui", "ui")];

/// Of hosts/webassembly, from the folder of the glue: see `bundle`.
const GUESTS: &str = "../guests/kernel.js";

const WASM_OPT: [&str; 8] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-simd",
];

pub fn files(ground: &Ground, cargo: &WasmCargo, profile: Profile) -> Done<Files> {
    let cargo_profile = profile.name();
    // A target folder of its own: another compiler's files there would be thrown away by each build in turn.
    let target = ground.path("target/wasm");
    step(&format!("wasm ({cargo_profile})"), || {
        let mut command = cargo.command(ground);
        command.args(["build", "--quiet", "--target", "wasm32-unknown-unknown", "--profile", cargo_profile]);
        command.arg("--target-dir").arg(&target);
        for (package, ..) in MODULES {
            command.args(["--package", package]);
        }
        must(&mut command, "the wasm build")
    })?;
    let bindgen = tool(ground)?;
    let mut files = Files::new();
    for (_, file, name) in MODULES {
        let input = target.join("wasm32-unknown-unknown").join(cargo_profile).join(format!("{file}.wasm"));
        let out = target.join("glued").join(cargo_profile).join(name);
        glue(ground, &bindgen, &input, &out, name, profile)?;
        let script = format!("{name}.js");
        files.insert(Path::new("wasm").join(&script), placed(&fs::read_to_string(out.join(&script))?)?.into_bytes());
        let module = format!("{name}_bg.wasm");
        files.insert(Path::new("wasm").join(&module), fs::read(out.join(&module))?);
        // Glue beside the module: what crates ship as JavaScript files of their own.
        let snippets = out.join("snippets");
        if snippets.is_dir() {
            for path in crate::ground::files_below(&snippets)? {
                files.insert(Path::new("wasm/snippets").join(&path), fs::read(snippets.join(&path))?);
            }
        }
    }
    Ok(files)
}

/// Glue imports by its bare name what the kernel calls directly, and in a Worker there is no map that says where that lies.
fn placed(script: &str) -> Done<String> {
    let bare = |line: &str| line.starts_with("import ") && [" from 'guests'", " from \"guests\""].iter().any(|end| line.contains(end));
    let place = |line: &str| line.replace("'guests'", &format!("'{GUESTS}'")).replace("\"guests\"", &format!("'{GUESTS}'"));
    let lines: Vec<String> = script.lines().map(|line| if bare(line) { place(line) } else { line.into() }).collect();
    match lines.iter().find(|line| line.starts_with("import ") && !line.contains("'.") && !line.contains("\".")) {
        Some(line) => Err(Stop::Failed(format!("the glue imports what has no place in the extension: {line}"))),
        None => Ok(lines.join("\n") + "\n"),
    }
}

/// One crate's library with its glue, outside of the extension: the folder that holds NAME.js and NAME_bg.wasm.
pub fn library(ground: &Ground, cargo: &WasmCargo, package: &str, name: &str) -> Done<PathBuf> {
    library_as(ground, cargo, package, name, Profile::Fast)
}

pub fn library_as(ground: &Ground, cargo: &WasmCargo, package: &str, name: &str, profile: Profile) -> Done<PathBuf> {
    let target = ground.path("target/wasm");
    let cargo_profile = profile.name();
    step(&format!("wasm ({package}, {cargo_profile})"), || {
        let mut command = cargo.command(ground);
        command.args(["build", "--quiet", "--lib", "--target", "wasm32-unknown-unknown", "--profile", cargo_profile, "--package", package]);
        // For those that have C in them.
        command.env("CC_wasm32_unknown_unknown", quickjs::CLANG);
        must(command.arg("--target-dir").arg(&target), "the wasm build")
    })?;
    let input = target.join("wasm32-unknown-unknown").join(cargo_profile).join(format!("{}.wasm", package.replace('-', "_")));
    let out = target.join("glued").join(cargo_profile).join(name);
    glue(ground, &tool(ground)?, &input, &out, name, profile)?;
    Ok(out)
}

fn tool(ground: &Ground) -> Done<PathBuf> {
    let target = ground.path("target/x");
    let path = target.join("debug/bindgen");
    let what = if path.exists() { "bindgen" } else { "bindgen (compiled once, about two minutes)" };
    step(what, || {
        let mut command = ground.program("cargo");
        command.args(["build", "--quiet", "--package", "bindgen", "--target-dir"]).arg(&target);
        must(&mut command, "the build of tools/bindgen")
    })?;
    Ok(path)
}

fn glue(ground: &Ground, bindgen: &Path, input: &Path, out: &Path, name: &str, profile: Profile) -> Done {
    let key = format!("{:016x}", fingerprint(&[fs::read(input)?, fs::read(bindgen)?].concat()));
    let stamp = out.join(".made-from");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == key) {
        return Ok(());
    }
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::create_dir_all(out)?;
    must(ground.program(bindgen).arg(input).arg(out).arg(name), "bindgen")?;
    if profile == Profile::Release {
        let module = out.join(format!("{name}_bg.wasm"));
        let small = out.join("small.wasm");
        step(&format!("wasm-opt {name}"), || {
            let optimiser = wasm_opt(ground)?;
            must(ground.program(optimiser).args(WASM_OPT).arg(&module).arg("-o").arg(&small), "wasm-opt")
        })?;
        fs::rename(small, module)?;
    }
    fs::write(stamp, key)?;
    Ok(())
}

fn wasm_opt(ground: &Ground) -> Done<PathBuf> {
    let npm = ground.path("node_modules/.bin/wasm-opt");
    if npm.exists() { Ok(npm) } else { Err(Stop::Lacking("npm's binaryen is not in node_modules: run ./x setup".into())) }
}
