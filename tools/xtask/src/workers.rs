//! `./x workers`: guests in several Workers of one page, over shared memory and over ports.
use std::fs;
use std::process::Command;

use crate::args::Args;
use crate::bench;
use crate::browser;
use crate::ground::{Done, Ground, Stop};
use crate::node::through;
use crate::rows::{Rows, Verdict};
use crate::setup;
use crate::wasm::{self, Profile};

pub const HELP: &str = "\
./x workers [--browsers chromium,firefox] [--figures] [--json FILE]

Plays rings of metered guests that lie across two and three Workers, each with a vat of its own: over memory that the Workers share, which
an isolated page may, and over message ports; rings that are full; Workers that end and are replaced. Every token has to come home after
just so many hops.

  --figures   what a hop between two Workers costs either way, and how much more two Workers do than one, instead; measure it on a
              machine that does nothing else";

const CHECK: &str = "workers";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let browsers = args.value("--browsers")?.unwrap_or_else(|| "chromium,firefox".into());
    let (figures, file) = (args.flag("--figures"), args.value("--json")?);
    args.done()?;
    if browsers.split(',').any(|browser| browser == "firefox") && !browser::has_firefox() {
        return Err(Stop::Lacking("no Firefox here (on Debian: apt-get install firefox-esr)".into()));
    }
    let mut rows = Rows::default();
    play(ground, &browsers, figures, &mut rows)?;
    rows.end(file.as_deref())
}

/// For `./x test`: all of it, where there is a browser.
pub fn test(ground: &Ground, rows: &mut Rows) -> Done {
    if !browser::has_firefox() {
        rows.add(CHECK, "firefox", Verdict::Skipped, "it is not here");
        return play(ground, "chromium", false, rows);
    }
    play(ground, "chromium,firefox", false, rows)
}

fn play(ground: &Ground, browsers: &str, figures: bool, rows: &mut Rows) -> Done {
    let out = ground.path("target/workers-rows.json");
    let _ = fs::remove_file(&out);
    let profile = if figures { Profile::Fastest } else { Profile::Fast };
    let mut script = script(ground, profile)?;
    script.args(["--browsers", browsers]).arg("--json").arg(&out);
    if figures {
        script.arg("--figures");
    }
    let ended = through(&mut script, "vats in several Workers");
    rows.take(CHECK, &out, ended)
}

fn script(ground: &Ground, profile: Profile) -> Done<Command> {
    let browser = browser::ensure()?;
    let cargo = setup::for_build(ground)?;
    let module = wasm::library_as(ground, &cargo, "peerd-crowd", "crowd", profile)?;
    let mut script = ground.program("node");
    script.arg("tools/workers/run.mjs").arg("--module").arg(module).arg("--guest").arg(bench::hop(ground)?);
    script.env("CHROMIUM", browser.path);
    Ok(script)
}
