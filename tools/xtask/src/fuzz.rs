//! `./x fuzz`: coverage-guided fuzzing of the mailbox, of supervisors, of the journal's reader, of Syrup, of CapTP sessions and of guests. libFuzzer, on a stable compiler.
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::args::Args;
use crate::ground::{Done, Ground, Stop, answer, copy_sources, must, step, which};
use crate::rows::{Rows, Verdict};
use crate::setup::Apt;

pub const HELP: &str = "\
./x fuzz mailbox|supervisor|journal|syrup|captp|guest|all [--minutes M | --seconds S] [--planted] [--json FILE]

Plays bytes as commands: `mailbox` against a model of one mailbox, `supervisor` under all the simulator's checkers, `journal` as
files with the right sums and any meaning, `syrup` as a value, `captp` as hostile peers of a machine and its user, `guest` as a module that is
rewritten, played beside what it was, and edited. Ten minutes each if nothing is said; what is learnt stays in target/fuzz/corpus. Prints
executions and edges. What breaks a promise is written to target/fuzz/found, and said, with the input in base64. Put into
tools/fuzz/kept/NAME, under a name that says what it broke, it is played first by every later run. `./x test` plays those, and
from a fixed seed the same few thousand inputs every time.

  --planted   puts a bug into a copy of the sources first: the fuzzer must find it";

/// With the executions of each in `./x test`: about thirty seconds.
const TARGETS: [(&str, u64); 6] =
    [("mailbox", 40_000), ("supervisor", 4_000), ("journal", 20_000), ("syrup", 200_000), ("captp", 3_000), ("guest", 1_000)];
/// Where the draws of those begin.
const SMOKE_SEED: u64 = 1;

/// Limit: bytes of one input; a command takes a few. A module takes more.
const LENGTH_MAX: u32 = 240;
const MODULE_MAX: u32 = 4_096;

/// Makes the compiler count which edges are taken, and tell the fuzzer what is compared with what.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// By target: a file, what is there exactly once, and the bug.
const PLANTED: [(&str, &str, &str, &str); 6] = [
    (
        "mailbox",
        "core/vat/src/commit.rs",
        "        let deferred = mem::take(&mut self.tables.slots.life_mut(me).deferred);\n",
        "        let deferred = mem::take(&mut self.tables.slots.life_mut(me).deferred);\n        if self.ledger.now.0 > 100 {\n            return;\n        }\n",
    ),
    ("supervisor", "core/otp/src/intensity.rs", "|oldest| *oldest < since", "|oldest| *oldest <= since"),
    (
        "journal",
        "core/journal/src/bytes.rs",
        "let (bytes, rest) = self.0.split_at_checked(length)?;",
        "let (bytes, rest) = self.0.split_at(length);",
    ),
    (
        "syrup",
        "core/syrup/src/reader.rs",
        "(0..=DIGITS_OF_SMALL_MAX, 0) if negative =>",
        "(0..=DIGITS_OF_SMALL_MAX, 0) if negative && digits.len() > 1 =>",
    ),
    ("guest", "core/guest/src/rewrite/emission.rs", "if offset != 0 {", "if offset > 1 << 20 {"),
    ("captp", "core/captp/src/peer/promises.rs", "if waits_for_itself || self.contains(&outcome, promise) {", "if waits_for_itself {"),
];

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let planted = args.flag("--planted");
    let minutes = args.number("--minutes", if planted { 1 } else { 10 })?;
    let seconds = args.number("--seconds", minutes * 60)?;
    let file = args.value("--json")?;
    let names = match args.rest().as_slice() {
        [all] if all == "all" => TARGETS.map(|target| target.0).to_vec(),
        [name] => {
            let known = TARGETS.iter().find(|target| target.0 == name);
            vec![known.ok_or_else(|| Stop::Lacking(format!("there is no fuzzer `{name}`")))?.0]
        }
        _ => return Err(Stop::Lacking("which one: mailbox, supervisor, journal, syrup, captp, guest or all?".into())),
    };
    let (mut rows, mut counts) = (Rows::default(), Vec::new());
    for name in names {
        if planted {
            find_planted(ground, name, seconds, &mut rows)?
        } else {
            run_clean(ground, name, &ground.path("target/fuzz"), Until::Seconds(seconds), &mut rows, &mut counts)?
        }
    }
    let ended = rows.end(file.as_deref());
    if let Some(file) = file {
        let text = fs::read_to_string(&file)? + &counts.iter().map(|row| format!("{row}\n")).collect::<String>();
        fs::write(file, text)?;
    }
    ended
}

/// A short run of each, for `./x test`: what is kept and, from nothing learnt, the same inputs on every machine. A gate that draws
/// its inputs anew fails over what nobody has changed; looking for new ones is the long run's.
pub fn smoke(ground: &Ground, rows: &mut Rows) -> Done {
    let folder = ground.path("target/fuzz/smoke");
    let _ = fs::remove_dir_all(&folder);
    TARGETS.iter().try_for_each(|(name, runs)| run_clean(ground, name, &folder, Until::Executions(*runs), rows, &mut Vec::new()))
}

fn run_clean(ground: &Ground, name: &str, folder: &Path, until: Until, rows: &mut Rows, counts: &mut Vec<Value>) -> Done {
    let program = build(&ground.root, &ground.path("target/fuzz"), name)?;
    let kept = ground.path("tools/fuzz/kept").join(name);
    let seen = fuzz(&program, folder, Some(&kept), name, until)?;
    println!("{name:12} {} executions, {} edges, {until}: {}", seen.executions, seen.edges, seen.found.as_deref().unwrap_or("clean"));
    for (what, value) in [("executions", seen.executions), ("edges", seen.edges)] {
        counts.push(json!({"bench": "fuzz", "program": format!("{name} {what}"), "subject": "peerd-native", "value": value, "unit": "",
            "better": "higher", "rounds": 1, "min": value, "max": value, "note": until.to_string()}));
    }
    match seen.found {
        None => rows.add("fuzz", name, Verdict::Passed, ""),
        Some(why) => rows.add("fuzz", name, Verdict::Failed, &why),
    }
    Ok(())
}

fn find_planted(ground: &Ground, name: &str, seconds: u64, rows: &mut Rows) -> Done {
    let (_, file, right, wrong) = PLANTED.iter().find(|planted| planted.0 == name).expect("every fuzzer has one");
    let tree = ground.path("target/fuzz/planted");
    copy_sources(ground, &tree)?;
    let text = fs::read_to_string(tree.join(file))?;
    if text.matches(right).count() != 1 {
        return Err(Stop::Failed(format!("{file} has changed: the bug can't be planted")));
    }
    fs::write(tree.join(file), text.replacen(right, wrong, 1))?;
    // With nothing learnt or kept before: that may hold the answer.
    let folder = ground.path("target/fuzz/planted-run");
    let _ = fs::remove_dir_all(folder.join("corpus").join(name));
    let program = build(&tree, &ground.path("target/fuzz/planted-build"), name)?;
    let seen = fuzz(&program, &folder, None, name, Until::Seconds(seconds))?;
    println!("{name:12} planted bug in {file}: {} executions: {}", seen.executions, seen.found.as_deref().unwrap_or("NOT FOUND"));
    match seen.found {
        Some(why) => rows.add("fuzz-planted", name, Verdict::Passed, &why),
        None => rows.add("fuzz-planted", name, Verdict::Failed, &format!("not found in {seconds} s")),
    }
    Ok(())
}

/// The program's path. Why a named target: build scripts must not be instrumented.
fn build(tree: &Path, target: &Path, name: &str) -> Done<PathBuf> {
    if which("c++").is_none() {
        let apt = Apt::find().ok_or_else(|| Stop::Lacking("libFuzzer needs a C++ compiler (on Debian: apt-get install g++)".into()))?;
        apt.install(&["g++"])?;
    }
    let told = answer(Command::new("rustc").arg("-vV")).unwrap_or_default();
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).ok_or_else(|| Stop::Lacking("there is no rustc here".into()))?;
    step(&format!("fuzzer {name}"), || {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--release", "--target", host, "--bin", name]).current_dir(tree.join("tools/fuzz"));
        must(cargo.env("RUSTFLAGS", INSTRUMENTED).env("CARGO_TARGET_DIR", target), "cargo build of a fuzzer")
    })?;
    Ok(target.join(host).join("release").join(name))
}

/// How long one runs.
#[derive(Clone, Copy)]
enum Until {
    Seconds(u64),
    /// From a fixed seed.
    Executions(u64),
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Until::Seconds(seconds) => write!(f, "{seconds} s"),
            Until::Executions(_) => write!(f, "seed {SMOKE_SEED}"),
        }
    }
}

struct Seen {
    executions: u64,
    edges: u64,
    /// The promise that was broken.
    found: Option<String>,
}

fn fuzz(program: &Path, folder: &Path, kept: Option<&Path>, name: &str, until: Until) -> Done<Seen> {
    let (corpus, found) = (folder.join("corpus").join(name), folder.join("found"));
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&found)?;
    let mut command = Command::new(program);
    // What it learns goes to the first of the folders.
    command
        .arg(&corpus)
        .args(kept.filter(|kept| kept.is_dir()))
        .args(match until {
            Until::Seconds(seconds) => vec![format!("-max_total_time={seconds}")],
            Until::Executions(runs) => vec![format!("-runs={runs}"), format!("-seed={SMOKE_SEED}")],
        })
        .arg(format!("-max_len={}", if name == "guest" { MODULE_MAX } else { LENGTH_MAX }));
    command.arg(format!("-artifact_prefix={}/{name}-", found.display())).args([
        "-print_final_stats=1",
        "-timeout=20",
        "-rss_limit_mb=2048",
    ]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let (mut seen, mut why) = (Seen { executions: 0, edges: 0, found: None }, String::new());
    let (mut panicked, mut input) = (false, None);
    for line in BufReader::new(child.stderr.take().expect("it is piped")).lines() {
        let line = String::from_utf8_lossy(line?.as_bytes()).into_owned();
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(at) = words.iter().position(|word| *word == "cov:") {
            seen.edges = words.get(at + 1).and_then(|word| word.parse().ok()).unwrap_or(seen.edges);
            let count = words[0].trim_start_matches('#').parse().unwrap_or(0);
            seen.executions = seen.executions.max(count);
        } else if let Some(count) = line.strip_prefix("stat::number_of_executed_units:") {
            seen.executions = count.trim().parse().unwrap_or(seen.executions);
        } else if let Some(base64) = line.strip_prefix("Base64: ") {
            input = Some(base64.to_owned());
        } else if std::mem::take(&mut panicked) {
            why = line.clone();
        }
        panicked = line.contains("panicked at");
    }
    if !child.wait()?.success() {
        let why = if why.is_empty() { "it ended with an error".into() } else { why };
        // The input stands in what a machine printed that nobody can reach any more.
        seen.found = Some(input.map_or(why.clone(), |input| format!("{why}; the input in base64: {input}")));
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_has_its_place_in_the_sources() {
        for (name, file, right, _) in PLANTED {
            let text = fs::read_to_string(Ground::find().path(file)).expect("it is a file of the tree");
            assert_eq!(text.matches(right).count(), 1, "{name} in {file}");
        }
    }
}
