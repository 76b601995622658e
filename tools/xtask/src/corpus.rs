//! `./x corpus`: drawn guests on four engines, and nothing that tells them apart.
use std::fs::File;

use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground, Stop, must, step};
use crate::node;
use crate::rows::{Rows, Verdict};
use crate::setup;

pub const HELP: &str = "\
./x corpus [--guests N] [--seed N] [--browsers chromium,firefox]

Draws guests from seeds and plays turns of each, with fuel to the end and with half of it, on wasmtime and in real browsers, in both
builds: outcome, fuel, state and outbox have to be the same on all of them. Where wasmi says something else, that is told; of such a guest
the others decide (wasmi 2.0.0 divides by zero where they don't: seed 1385). 1,000 guests unless something else is said.";

const GUESTS: u64 = 1_000;
/// In `./x test`.
const FEW: u64 = 100;
/// So many are worth a build that is fast.
const MANY: u64 = 500;

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let guests = args.number("--guests", GUESTS)?;
    let seed = args.number("--seed", 1)?;
    let browsers = args.value("--browsers")?.unwrap_or_else(|| "chromium,firefox".into());
    args.done()?;
    let browsers: Vec<&str> = browsers.split(',').collect();
    if browsers.contains(&"firefox") && !browser::has_firefox() {
        return Err(Stop::Lacking("no Firefox here (on Debian: apt-get install firefox-esr)".into()));
    }
    play(ground, guests, seed, &browsers)
}

pub fn bounded(ground: &Ground, no_browser: bool, rows: &mut Rows) -> Done {
    let has_firefox = !no_browser && browser::has_firefox();
    for (browser, there) in [("chromium", !no_browser), ("firefox", has_firefox)] {
        if there {
            rows.judge("corpus", browser, play(ground, FEW, 1, &[browser]))?;
        } else {
            rows.add("corpus", browser, Verdict::Skipped, "it is not here, or --no-browser");
        }
    }
    Ok(())
}

fn play(ground: &Ground, guests: u64, seed: u64, browsers: &[&str]) -> Done {
    let file = ground.path("target/corpus.ndjson");
    step("guests, drawn and played natively", || {
        let mut command = ground.program("cargo");
        command.args([
            "run",
            "--quiet",
            "--profile",
            if guests > MANY { "sim" } else { "dev" },
            "--package",
            "peerd-guestlab",
            "--example",
            "corpus",
            "--",
        ]);
        command.args([seed.to_string(), guests.to_string()]).stdout(File::create(&file)?);
        must(&mut command, "the corpus")
    })?;
    setup::for_build(ground)?;
    let mut command = ground.program("node");
    command.arg("tools/corpus/run.mjs").arg(&file).args(browsers).env("CHROMIUM", browser::ensure()?.path);
    node::through(&mut command, "the corpus in browsers")
}
