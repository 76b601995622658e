//! `./x interop goblins`: Spritely Goblins as Debian has it, met live over WebSocket, natively and from a Worker of Chromium.
use std::fs;
use std::process::Command;

use super::debian::{self, Unpacked};
use super::started::{Started, free_port};
use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground, Stop};
use crate::js;
use crate::node::through;
use crate::rows::{Rows, Verdict};
use crate::wasm::Profile;

pub(super) const PACKAGE: &str = "guile-goblins";
pub(super) const GUILE: &str = "/usr/bin/guile-3.0";

/// What the rows are called.
const NATIVE: &str = "goblins-native";
const CHROMIUM: &str = "goblins-chromium";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let case = args.value("--case")?.unwrap_or_default();
    let no_browser = args.flag("--no-browser");
    let file = args.value("--json")?;
    args.done()?;
    let mut rows = Rows::default();
    play(ground, &case, no_browser, &mut rows)?;
    rows.end(file.as_deref())
}

/// For `./x test`: all cases. Where Debian's tools are not, nothing can be said; where they are, not to be able to is a failure.
pub fn test(ground: &Ground, no_browser: bool, rows: &mut Rows) -> Done {
    match play(ground, "", no_browser, rows) {
        Err(Stop::Lacking(why)) => rows.add("goblins", "all", Verdict::Skipped, &why),
        ended => rows.judge("goblins", "start", ended)?,
    }
    Ok(())
}

fn play(ground: &Ground, case: &str, no_browser: bool, rows: &mut Rows) -> Done {
    let goblins = Goblins::start(ground)?;
    println!("guile-goblins {}", goblins.unpacked.version);
    let mut meet = ground.program("cargo");
    meet.args(["run", "--quiet", "--package", "peerd-ocapn", "--example", "meet", "--"]);
    goblins.met(ground, NATIVE, &mut meet, case, rows)?;
    if no_browser {
        rows.add(CHROMIUM, "all", Verdict::Skipped, "--no-browser");
        return Ok(());
    }
    let mut script = ground.program("node");
    script
        .arg("tools/interop/chromium.mjs")
        .arg("--module")
        .arg(js::captp(ground, Profile::Fast)?)
        .env("CHROMIUM", browser::ensure()?.path);
    goblins.met(ground, CHROMIUM, &mut script, case, rows)
}

/// Two peers of Goblins on loopback, for as long as this lives.
struct Goblins {
    unpacked: Unpacked,
    _running: [Started; 2],
    /// Where they are reached.
    locators: [String; 2],
}

impl Goblins {
    fn start(ground: &Ground) -> Done<Goblins> {
        let unpacked = debian::ensure(PACKAGE)?;
        let script = unpacked.give("goblins.scm", &fs::read(ground.path("tools/interop/goblins.scm"))?)?;
        let start = || {
            let mut guile = unpacked.program(GUILE);
            guile.args([&script, &free_port()?.to_string()]);
            // What is to fail there fails at length.
            guile.stderr(fs::File::create(ground.path("target/goblins.log"))?);
            Started::when(&mut guile, "listening at ")
        };
        let ((first, one), (second, two)) = (start()?, start()?);
        Ok(Goblins { unpacked, _running: [first, second], locators: [one, two] })
    }

    /// By this program, which plays all cases that are meant.
    fn met(&self, ground: &Ground, check: &str, by: &mut Command, case: &str, rows: &mut Rows) -> Done {
        let out = ground.path(&format!("target/{check}-rows.json"));
        let _ = fs::remove_file(&out);
        let [first, second] = &self.locators;
        by.args(["--first", first, "--second", second, "--case", case, "--json"]).arg(&out);
        rows.take(check, &out, through(by, "the meeting with Goblins"))
    }
}
