//! `./x crash`: power cuts for the journal, and a bounded run of them for `./x test`. The work is done in hosts/crash.
use std::fs;
use std::process::Command;

use crate::args::Args;
use crate::ground::{Done, Ground};
use crate::node::through;
use crate::opfs;
use crate::rows::Rows;

pub const HELP: &str = "\
./x crash [--seed S] [--runs N] [--groups G] [--json FILE]
./x crash --keep FOLDER [--seed S] [--groups G]
./x crash --speed
./x crash --kills N [--seed S] [--json FILE]

Writes seeded workloads of the journal in memory (2 from seed 1 if nothing is said) and lets everything happen to their files:
the power goes at every byte of every append and between any two steps, with unflushed sectors lost, torn and out of order; a bit
of every byte is flipped; groups are forged, forked, left out and written twice; frozen owners write late; stores are lost.
Recovery must give the fold of a prefix with all that was acknowledged, or refuse where acknowledged bytes are damaged. Prints
what was tried, and what was dropped and refused, by kind.

  --keep    writes the files of one run to a folder, as they lie there, and prints the hash of their image
  --speed   how fast commits are framed and read back, in memory
  --kills   SIGKILL of a real Chromium N times, while its Worker opens, compacts and writes a journal. Acknowledged is what
            another process has heard before the kill; all of that must be there after it, and nothing twice";

/// In `./x test`: a hundred thousand crashes, in seconds.
const BOUNDED: [&str; 4] = ["--runs", "2", "--groups", "10"];

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    if let Some(kills) = args.value("--kills")? {
        return opfs::kills(ground, &kills, args);
    }
    through(program(ground).args(args.rest()), "the crash test")
}

/// One row per kind.
pub fn bounded(ground: &Ground, rows: &mut Rows) -> Done {
    let out = ground.path("target/crash-rows.json");
    let _ = fs::remove_file(&out);
    let mark = rows.mark();
    let ended = through(program(ground).args(BOUNDED).arg("--json").arg(&out), "the crash test");
    rows.read("crash", &out);
    if ended.is_err() && !rows.failed_since(mark) {
        rows.judge("crash", "exit-code", ended)?;
    }
    Ok(())
}

fn program(ground: &Ground) -> Command {
    let mut command = ground.program("cargo");
    command.args(["run", "--quiet", "--profile", "sim", "--package", "peerd-crash", "--"]);
    command
}
