//! `./x sim`: the simulator, and a bounded run of it for `./x test`.
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::args::Args;
use crate::ground::{Done, Ground, must};
use crate::node::through;
use crate::rows::{Rows, Verdict};
use crate::simpage;

pub const HELP: &str = "\
./x sim NAME..|all [--seed S] [--runs N] [--print] [--no-shrink] [--first] [--faults KIND,..] [--json FILE]
./x sim --page [--port N] [--out DIR]

Runs seeded scenarios of the simulator, each seed twice; the end tells turns, faults by kind and checks made. --print shows
the transcripts. A failing seed is cut down to a short schedule. Without a name it lists what there is.

--page builds the simulator as a page and serves it on this machine: a supervision tree to play with, and seeded plays to step
through. With --out it writes the page's files to a folder instead, to be hosted anywhere.";

/// Seeds of every scenario in `./x test`; `./x sim all --runs 10000` is for a longer coffee.
const SEEDS: &str = "200";

const PACKAGE: &str = "peerd-sim";
const PROFILE: &str = "sim";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    if args.flag("--page") {
        return simpage::command(ground, args);
    }
    through(program(ground).args(args.rest()), "the simulator")
}

/// One row per scenario.
pub fn bounded(ground: &Ground, rows: &mut Rows) -> Done {
    let out = ground.path("target/sim-rows.json");
    let _ = fs::remove_file(&out);
    let ended = through(program(ground).args(["all", "--runs", SEEDS, "--json"]).arg(&out), "the simulator");
    let text = fs::read_to_string(&out).unwrap_or_default();
    let mut scenarios: BTreeMap<String, Result<(), String>> = BTreeMap::new();
    for row in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        if !row["check"].is_string() {
            continue;
        }
        let so_far = scenarios.entry(field("check")).or_insert(Ok(()));
        if field("result") != "passed" && so_far.is_ok() {
            *so_far = Err(format!("seed {}: {}", field("case"), field("why")));
        }
    }
    for (name, result) in &scenarios {
        match result {
            Ok(()) => rows.add("sim", name, Verdict::Passed, ""),
            Err(why) => rows.add("sim", name, Verdict::Failed, why),
        }
    }
    if scenarios.is_empty() || (ended.is_err() && scenarios.values().all(Result::is_ok)) {
        rows.judge("sim", "exit-code", ended)?;
    }
    Ok(())
}

fn program(ground: &Ground) -> Command {
    let mut command = ground.program("cargo");
    command.args(["run", "--quiet", "--profile", PROFILE, "--package", PACKAGE, "--"]);
    command
}

/// The program itself, for who runs it from elsewhere.
pub fn built(ground: &Ground) -> Done<PathBuf> {
    must(ground.program("cargo").args(["build", "--quiet", "--profile", PROFILE, "--package", PACKAGE]), "the build of the simulator")?;
    Ok(ground.target().join(PROFILE).join(PACKAGE))
}
