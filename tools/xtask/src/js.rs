//! `./x js`: the module for JavaScript developers, built into target/js, and its tests in node and in Chromium.
use std::fs;
use std::path::PathBuf;

use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground, must, step};
use crate::node::through;
use crate::rows::Rows;
use crate::setup;
use crate::wasm;

pub const HELP: &str = "\
./x js [--build] [--no-browser] [--json FILE]

Builds target/js (peerd.js, peerd.d.ts and what they need) and tests it: the types, every case in node, on a page and
through a Worker of a real Chromium, and the programs of examples/js.

  --build        nothing but the module
  --no-browser   types, node and the examples";

const CHECK: &str = "js";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let (build, no_browser) = (args.flag("--build"), args.flag("--no-browser"));
    let file = args.value("--json")?;
    args.done()?;
    if build {
        println!("{}", module(ground)?.display());
        return Ok(());
    }
    let mut rows = Rows::default();
    play(ground, no_browser, &mut rows)?;
    rows.end(file.as_deref())
}

pub fn play(ground: &Ground, no_browser: bool, rows: &mut Rows) -> Done {
    let module = module(ground)?;
    let types = step("types of the JavaScript module", || {
        let mut tsc = ground.program(ground.path("node_modules/.bin/tsc"));
        must(tsc.args(["-p", "hosts/js/test/tsconfig.json"]), "tsc")
    });
    rows.judge(CHECK, "types", types)?;
    let out = ground.path("target/js-rows.json");
    let _ = fs::remove_file(&out);
    let mut tests = ground.program("node");
    tests.arg("hosts/js/test/run.mjs").arg("--module").arg(module).arg("--json").arg(&out);
    if no_browser {
        tests.arg("--no-browser");
    } else {
        tests.env("CHROMIUM", browser::ensure()?.path);
    }
    let ended = through(&mut tests, "the tests of the JavaScript module");
    rows.take(CHECK, &out, ended)
}

/// The folder with the whole module.
fn module(ground: &Ground) -> Done<PathBuf> {
    let cargo = setup::for_build(ground)?;
    let kernel = wasm::library(ground, &cargo, "peerd-js", "kernel")?;
    let out = ground.path("target/js");
    fs::create_dir_all(&out)?;
    for (folder, kinds) in [(kernel, ["kernel.js", "kernel_bg.wasm"]), (ground.path("hosts/js/module"), [".js", ".d.ts"])] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if kinds.iter().any(|kind| name.ends_with(kind)) {
                fs::copy(&path, out.join(name))?;
            }
        }
    }
    Ok(out)
}
