//! `./x crash`: power cuts for the journal, and a bounded run of them for `./x test`. The work is done in hosts/crash.
use std::fs;
use std::ops::Range;
use std::process::{Command, Stdio};

use crate::args::Args;
use crate::ground::{Done, Ground, Stop, must};
use crate::node::through;
use crate::opfs;
use crate::rows::{Rows, Verdict};
use crate::setup;

pub const HELP: &str = "\
./x crash [--seed S] [--runs N] [--groups G] [--json FILE]
./x crash --keep FOLDER [--seed S] [--groups G]
./x crash --speed
./x crash --power [--runs N] [--seed S] [--json FILE]
./x crash --kills N [--native] [--seed S] [--json FILE]

Writes seeded workloads of the journal in memory (2 from seed 1 if nothing is said) and lets everything happen to their files:
the power goes at every byte of every append and between any two steps, with unflushed sectors lost, torn and out of order; a bit
of every byte is flipped; groups are forged, forked, left out and written twice; frozen owners write late; stores are lost.
Recovery must give the fold of a prefix with all that was acknowledged, or refuse where acknowledged bytes are damaged. And vats
of durable actors live several times each, with power cuts at any step of a flight. Prints what was tried, and what was dropped and refused, by kind.

  --keep    writes the files of one run to a folder, as they lie there, and prints the hash of their image
  --speed   how fast commits are framed and read back, in memory
  --power   a real host writes a journal on files, three owners one after another of which two are killed at a flush or a write,
            under a trace of its system calls (strace; installed when it is missing and this machine allows it). At each step the files are rebuilt from what
            a completed fdatasync covers, and a torn subset of the rest, and opened. The same traces of a host that never flushes,
            and of one that speaks before it has flushed, must be found. N times, 5 if nothing is said
  --kills   SIGKILL of a real Chromium N times, while its Worker opens, compacts and writes a journal, and N times while durable
            actors in it handle messages and tell each other. Acknowledged is what another process has heard before the kill; all
            of that must be there after it, and nothing twice
  --native  the same for the journal on files: a process appends groups of numbered messages, compacts, and is killed at moments
            drawn from S. Prints where the kills fell, what was acknowledged and what was recovered beyond that. What the machine does
            until a kill is not drawn: a seed does not repeat a run. It does NOT find a build that leaves out the flush, because the
            page cache outlives a killed process; power cuts do";

/// And as many kills of a process as take a second or two.
const KILLS: [&str; 2] = ["--kills", "12"];

const CUTS: [&str; 2] = ["--package", "peerd-crash"];
const KILLER: [&str; 4] = ["--package", "peerd-native", "--example", "kills"];

/// Owners of one journal.
const OWNERS: u64 = 3;
const GROUPS: &str = "40";
/// At the start of which call an owner is killed, and of how many of them it makes for [`GROUPS`].
const DIES_AT: [(&str, u64); 2] = [("fdatasync", 50), ("write", 90)];
/// What a journal's host does to files, and what it says.
const CALLS: &str = "trace=openat,lseek,write,fdatasync,fsync,unlink,unlinkat";

/// In `./x test`: a hundred thousand crashes, in seconds.
const BOUNDED: [&str; 4] = ["--runs", "2", "--groups", "10"];

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let kills: u32 = args.number("--kills", 0)?;
    if kills > 0 {
        if !args.flag("--native") {
            return opfs::kills(ground, kills, args);
        }
        return through(program(ground, &KILLER).args(["--kills", &kills.to_string()]).args(args.rest()), "the kills");
    }
    if !args.flag("--power") {
        return through(program(ground, &CUTS).args(args.rest()), "the crash test");
    }
    let (runs, seed): (u64, u64) = (args.number("--runs", 5)?, args.number("--seed", 1)?);
    let json = args.value("--json")?;
    args.done()?;
    if !strace() {
        return Err(Stop::Lacking("--power needs strace".into()));
    }
    let mut rows = Rows::default();
    power(ground, seed..seed + runs, &mut rows)?;
    rows.end(json.as_deref())
}

/// Three owners of one journal on files, each under a trace.
fn power(ground: &Ground, seeds: Range<u64>, rows: &mut Rows) -> Done {
    let mut build = ground.program("cargo");
    build.args(["build", "--quiet", "--profile", "sim", "--package", "peerd-native", "--example", "writes"]);
    must(&mut build, "cargo build of the writer")?;
    let writer = ground.target().join("sim/examples/writes");
    for run in seeds {
        let folder = ground.path("target/crash-power");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let mut check = program(ground, &CUTS);
        check.args(["--seed", &run.to_string()]);
        for owner in 0..OWNERS {
            let trace = folder.join(format!("trace-{owner}"));
            let mut strace = Command::new("strace");
            strace.args(["-f", "-xx", "-s", "4194304", "-e", CALLS]);
            let dies = owner + 1 < OWNERS;
            if dies {
                let (call, calls) = DIES_AT[((run + owner) % DIES_AT.len() as u64) as usize];
                strace.arg("-e").arg(format!("inject={call}:signal=SIGKILL:when={}", 1 + (run * 37 + owner * 17) % calls));
            }
            strace.arg("-o").arg(&trace).arg(&writer).arg(folder.join("journal")).arg(GROUPS);
            let ended = strace.stdout(Stdio::null()).status()?;
            // One that lives on as it should have died has been killed by nobody: the run shows nothing.
            if ended.success() == dies {
                rows.add("power", &format!("owner-{owner}"), Verdict::Failed, &format!("of seed {run}: {ended}"));
                return Ok(());
            }
            check.arg("--trace").arg(&trace);
        }
        let out = folder.join("rows.json");
        let mark = rows.mark();
        let ended = through(check.arg("--json").arg(&out), "the check of a trace");
        rows.take("power", &out, ended)?;
        if rows.failed_since(mark) {
            println!("seed {run}: its traces are in {}", folder.display());
            return Ok(());
        }
    }
    Ok(())
}

/// One row per kind.
pub fn bounded(ground: &Ground, rows: &mut Rows) -> Done {
    for (what, words) in [(&CUTS[..], &BOUNDED[..]), (&KILLER, &KILLS)] {
        let out = ground.path("target/crash-rows.json");
        let _ = fs::remove_file(&out);
        let ended = through(program(ground, what).args(words).arg("--json").arg(&out), "the crash test");
        rows.take("crash", &out, ended)?;
    }
    if !strace() {
        rows.add("power", "all", Verdict::Skipped, "there is no strace here, and none can be installed");
        return Ok(());
    }
    power(ground, 1..2, rows)
}

fn strace() -> bool {
    setup::there(&["strace"], "strace")
}

fn program(ground: &Ground, what: &[&str]) -> Command {
    let mut command = ground.program("cargo");
    command.args(["run", "--quiet", "--profile", "sim"]).args(what).arg("--");
    command
}
