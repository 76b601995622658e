//! `./x conformance`: every case of conformance/, natively and in a Chromium Worker.
use std::fs;
use std::path::PathBuf;

use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground};
use crate::node::through;
use crate::rows::Rows;
use crate::setup;
use crate::wasm;

pub const HELP: &str = "\
./x conformance [--case NAME] [--native] [--json FILE]

Plays the cases of conformance/ (after OTP, workerd, Pekko and Orleans, and some of our own) on virtual time: in a
native process, then in a Worker of a real Chromium. Every case is printed by name, with how many of its plays had their
actors in several vats (`over links`), and how many had durable ones in a vat with a journal.

  --case NAME   only the cases whose group/name holds NAME
  --native      no browser";

/// What the rows are called.
const NATIVE: &str = "conformance";
const CHROMIUM: &str = "conformance-chromium";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let case = args.value("--case")?.unwrap_or_default();
    let native = args.flag("--native");
    let file = args.value("--json")?;
    args.done()?;
    let mut rows = Rows::default();
    play(ground, &case, native, &mut rows)?;
    rows.end(file.as_deref())
}

/// Both ways, or only the native one.
pub fn play(ground: &Ground, case: &str, native_only: bool, rows: &mut Rows) -> Done {
    native(ground, case, rows)?;
    if native_only { Ok(()) } else { chromium(ground, case, rows) }
}

fn native(ground: &Ground, case: &str, rows: &mut Rows) -> Done {
    let out = out(ground, NATIVE)?;
    println!("native");
    let mut command = ground.program("cargo");
    // Released, because some claims are about what a hundred thousand children cost.
    command.args(["run", "--quiet", "--release", "--package", "peerd-conformance", "--"]).arg(folder(ground)).arg(case).arg(&out);
    let ended = through(&mut command, "the native cases");
    rows.take(NATIVE, &out, ended)
}

fn chromium(ground: &Ground, case: &str, rows: &mut Rows) -> Done {
    let browser = browser::ensure()?;
    let cargo = setup::for_build(ground)?;
    let module = wasm::library(ground, &cargo, "peerd-conformance", "conformance")?;
    let out = out(ground, CHROMIUM)?;
    println!("{}", browser.version.trim());
    let mut command = ground.program("node");
    command.arg("tools/conformance/run.mjs").arg("--module").arg(module).arg("--cases").arg(folder(ground));
    command.arg("--case").arg(case).arg("--json").arg(&out).env("CHROMIUM", browser.path);
    let ended = through(&mut command, "the cases in Chromium");
    rows.take(CHROMIUM, &out, ended)
}

fn folder(ground: &Ground) -> PathBuf {
    ground.path("conformance")
}

fn out(ground: &Ground, check: &str) -> Done<PathBuf> {
    fs::create_dir_all(ground.path("target"))?;
    let out = ground.path(&format!("target/{check}-rows.json"));
    let _ = fs::remove_file(&out);
    Ok(out)
}
