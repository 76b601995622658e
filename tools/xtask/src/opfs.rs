//! The journal in a real Chromium: its cases, how it survives SIGKILL, and what a group of records costs there.
use std::fs;
use std::process::Command;

use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground};
use crate::node::through;
use crate::rows::Rows;
use crate::setup;
use crate::wasm;

const CHECK: &str = "opfs";
const CRATE: &str = "peerd-drill";

/// For `./x test`: all cases, and a few kills.
pub fn test(ground: &Ground, rows: &mut Rows) -> Done {
    play(ground, &["--kills", "3"], rows)
}

/// `./x crash --kills N`.
pub fn kills(ground: &Ground, kills: u32, args: &mut Args) -> Done {
    let seed: u32 = args.number("--seed", 1)?;
    let file = args.value("--json")?;
    args.done()?;
    let mut rows = Rows::default();
    play(ground, &["--case", "killed", "--kills", &kills.to_string(), "--seed", &seed.to_string()], &mut rows)?;
    rows.end(file.as_deref())
}

/// `./x bench opfs`.
pub fn bench(ground: &Ground, args: &mut Args) -> Done {
    let mut script = script(ground, "tools/opfs/measure.mjs")?;
    through(script.args(args.rest()), "the journal's figures")
}

fn play(ground: &Ground, words: &[&str], rows: &mut Rows) -> Done {
    let out = ground.path("target/opfs-rows.json");
    let _ = fs::remove_file(&out);
    let mut script = script(ground, "tools/opfs/run.mjs")?;
    let ended = through(script.args(words).arg("--json").arg(&out), "the journal in Chromium");
    rows.take(CHECK, &out, ended)
}

fn script(ground: &Ground, path: &str) -> Done<Command> {
    let browser = browser::ensure()?;
    let cargo = setup::for_build(ground)?;
    let module = wasm::library(ground, &cargo, CRATE, "drill")?;
    let mut script = ground.program("node");
    script.arg(path).arg("--module").arg(module).env("CHROMIUM", browser.path);
    Ok(script)
}
