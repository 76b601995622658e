//! `./x js`: the modules for JavaScript developers, built into target/js and target/captp, and their tests in node and in Chromium.
use std::fs;
use std::path::PathBuf;

use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground, must, step};
use crate::node::through;
use crate::rows::Rows;
use crate::setup;
use crate::wasm::{self, Profile};

pub const HELP: &str = "\
./x js [--build] [--no-browser] [--json FILE]

Builds target/js (peerd.js: actors in JavaScript) and target/captp (captp.js: refs to objects that are elsewhere), each with its
types and what it needs, and tests them: the types, every case in node, on a page and through a Worker of a real Chromium, for
captp.js also with a sandbox of an opaque origin, and the programs of examples/js.

  --build        nothing but the modules
  --no-browser   types, node and the examples";

/// A module, and where it comes from.
struct Module {
    name: &'static str,
    /// Of its tests' rows.
    check: &'static str,
    /// In hosts, with its JavaScript and its tests.
    folder: &'static str,
    package: &'static str,
    /// Its wasm and the glue beside it.
    glue: &'static str,
    /// In target.
    out: &'static str,
}

const MODULES: [Module; 2] = [
    Module { name: "peerd.js", check: "js", folder: "js", package: "peerd-js", glue: "kernel", out: "js" },
    Module { name: "captp.js", check: "captp-js", folder: "captp-js", package: "peerd-captp-js", glue: "endpoint", out: "captp" },
];

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let (only_build, no_browser) = (args.flag("--build"), args.flag("--no-browser"));
    let file = args.value("--json")?;
    args.done()?;
    if only_build {
        for module in &MODULES {
            println!("{}", build(ground, module, Profile::Fast)?.display());
        }
        return Ok(());
    }
    let mut rows = Rows::default();
    play(ground, no_browser, &mut rows)?;
    rows.end(file.as_deref())
}

pub fn play(ground: &Ground, no_browser: bool, rows: &mut Rows) -> Done {
    MODULES.iter().try_for_each(|module| test(ground, module, no_browser, rows))
}

fn test(ground: &Ground, module: &Module, no_browser: bool, rows: &mut Rows) -> Done {
    let built = build(ground, module, Profile::Fast)?;
    let folder = format!("hosts/{}/test", module.folder);
    let types = step(&format!("types of {}", module.name), || {
        let mut tsc = ground.program(ground.path("node_modules/.bin/tsc"));
        must(tsc.args(["-p", &format!("{folder}/tsconfig.json")]), "tsc")
    });
    rows.judge(module.check, "types", types)?;
    let out = ground.path(&format!("target/{}-rows.json", module.check));
    let _ = fs::remove_file(&out);
    let mut tests = ground.program("node");
    tests.arg(format!("{folder}/run.mjs")).arg("--module").arg(built).arg("--json").arg(&out);
    if no_browser {
        tests.arg("--no-browser");
    } else {
        tests.env("CHROMIUM", browser::ensure()?.path);
    }
    let ended = through(&mut tests, &format!("the tests of {}", module.name));
    rows.take(module.check, &out, ended)
}

/// The folder of captp.js, for who serves it to a browser.
pub fn captp(ground: &Ground, profile: Profile) -> Done<PathBuf> {
    build(ground, &MODULES[1], profile)
}

/// The folder with all of it.
fn build(ground: &Ground, module: &Module, profile: Profile) -> Done<PathBuf> {
    let cargo = setup::for_build(ground)?;
    let glued = wasm::library_as(ground, &cargo, module.package, module.glue, profile)?;
    // Who measures does not take it from who tests, nor the other way round.
    let is_usual = profile == Profile::Fast;
    let out = ground.path("target").join(if is_usual { module.out.to_owned() } else { format!("{}-{}", module.out, profile.name()) });
    fs::create_dir_all(&out)?;
    let glue = [format!("{}.js", module.glue), format!("{}_bg.wasm", module.glue)];
    let source = ground.path("hosts").join(module.folder).join("module");
    for (folder, kinds) in [(glued, glue), (source, [".js".into(), ".d.ts".into()])] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if kinds.iter().any(|kind| name.ends_with(kind.as_str())) {
                fs::copy(&path, out.join(name))?;
            }
        }
    }
    Ok(out)
}
