//! `./x mutants`: one wrong line at a time, and the command that must notice. What survives shows what nobody checks.
//!
//! Rows are in mutants/*.txt, as many as one likes, apart by an empty line:
//!
//! ```text
//! a_late_child_is_not_killed                    its name
//! in core/otp/src/supervisor/stop.rs
//! by oracle corpus                              found by: oracle .., sim .., or test (the words of `cargo test`)
//! - cx.exit(actor, Reason::Kill);               what is there exactly once, a line or more
//! + let _ = actor;                              what is there instead; nothing: it is taken out
//! ```
//! The words after `by` are those of the command: `sim supervisors --runs 1000`, `test -p peerd-otp intensity`.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::args::Args;
use crate::ground::{Done, Ground, Stop, copy_sources, must, step};
use crate::rows::{Rows, Verdict};

pub const HELP: &str = "\
./x mutants [NAME..] [--list] [--json FILE]

Copies the sources to target/mutants, puts in one wrong line of mutants/*.txt at a time and runs the command that must find it.
NAME is a part of the names to run; without one, all run. A mutant that survives fails, and so does a command that fails without
any mutant.";

/// A mutant that makes its finder hang is found too.
const HANGS_AFTER: Duration = Duration::from_secs(180);

#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    name: String,
    file: String,
    by: String,
    find: String,
    instead: String,
}

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let list = args.flag("--list");
    let json = args.value("--json")?;
    let names = args.rest();
    let all = read(ground)?;
    let wanted: Vec<&Mutant> =
        all.iter().filter(|mutant| names.is_empty() || names.iter().any(|name| mutant.name.contains(name.as_str()))).collect();
    if wanted.is_empty() {
        return Err(Stop::Lacking("no mutant has such a name; --list names them".into()));
    }
    if list {
        wanted.iter().for_each(|mutant| println!("{:50}  {}: {}", mutant.name, mutant.by, mutant.file));
        return Ok(());
    }
    let copy = Copy::make(ground)?;
    let mut rows = Rows::default();
    for by in wanted.iter().map(|mutant| mutant.by.as_str()).collect::<BTreeSet<_>>() {
        let holds = step(&format!("{by}, without a mutant"), || copy.finds(by))?;
        if holds != Found::Nothing {
            rows.add("mutants", by, Verdict::Failed, &format!("without a mutant: {}", holds.told()));
            return rows.end(json.as_deref());
        }
    }
    for mutant in wanted {
        let begun = Instant::now();
        let (verdict, why) = match copy.with(mutant)? {
            Ok(Found::Something | Found::Hangs) => (Verdict::Passed, "killed".to_owned()),
            Ok(Found::Nothing) => (Verdict::Failed, format!("SURVIVED `{}`", mutant.by)),
            Ok(Found::NoBuild) => (Verdict::Failed, "does not compile".to_owned()),
            Err(why) => (Verdict::Failed, why),
        };
        println!("{:60} {why}, {:.1} s", mutant.name, begun.elapsed().as_secs_f64());
        rows.add("mutants", &mutant.name, verdict, &why);
    }
    rows.end(json.as_deref())
}

fn read(ground: &Ground) -> Done<Vec<Mutant>> {
    let mut files: Vec<PathBuf> = fs::read_dir(ground.path("mutants"))?.filter_map(Result::ok).map(|file| file.path()).collect();
    files.sort();
    let mut mutants = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "txt")) {
        for block in fs::read_to_string(file)?.split("\n\n").filter(|block| !block.trim().is_empty()) {
            mutants.push(of_block(block).ok_or_else(|| Stop::Failed(format!("{}: no mutant:\n{block}", file.display())))?);
        }
    }
    Ok(mutants)
}

fn of_block(block: &str) -> Option<Mutant> {
    let mut lines = block.trim_matches('\n').lines();
    let (name, file, by) = (lines.next()?, lines.next()?.strip_prefix("in ")?, lines.next()?.strip_prefix("by ")?);
    let (mut find, mut instead) = (Vec::new(), Vec::new());
    for line in lines {
        match (line.strip_prefix("- "), line.strip_prefix("+ ")) {
            (Some(line), _) => find.push(line),
            (_, Some(line)) => instead.push(line),
            _ => return None,
        }
    }
    let mutant = |find: Vec<&str>| Mutant {
        name: name.into(),
        file: file.into(),
        by: by.into(),
        find: find.join("\n"),
        instead: instead.join("\n"),
    };
    (!find.is_empty()).then(|| mutant(find))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Something,
    Hangs,
    NoBuild,
}

impl Found {
    fn told(self) -> &'static str {
        match self {
            Self::Nothing => "it finds nothing",
            Self::Something => "it fails",
            Self::Hangs => "it hangs",
            Self::NoBuild => "it does not compile",
        }
    }
}

/// The sources, apart from those that a person is editing, and their own build.
struct Copy {
    root: PathBuf,
}

impl Copy {
    fn make(ground: &Ground) -> Done<Self> {
        let root = ground.path("target/mutants/tree");
        copy_sources(ground, &root)?;
        Ok(Self { root })
    }

    fn with(&self, mutant: &Mutant) -> Done<Result<Found, String>> {
        let file = self.root.join(&mutant.file);
        let Ok(text) = fs::read_to_string(&file) else { return Ok(Err(format!("there is no {}", mutant.file))) };
        let times = text.matches(&mutant.find).count();
        if times != 1 {
            return Ok(Err(format!("its text is there {times} times")));
        }
        fs::write(&file, text.replacen(&mutant.find, &mutant.instead, 1))?;
        let found = self.finds(&mutant.by);
        fs::write(&file, text)?;
        found.map(Ok)
    }

    fn finds(&self, by: &str) -> Done<Found> {
        let words: Vec<&str> = by.split(' ').collect();
        let (build, run): (Vec<&str>, Vec<&str>) = match words.as_slice() {
            ["oracle", words @ ..] => (vec!["build", "-p", "oracle"], [&["run", "-q", "-p", "oracle", "--"], words].concat()),
            ["sim", words @ ..] => (
                vec!["build", "--profile", "sim", "-p", "peerd-sim"],
                [&["run", "-q", "--profile", "sim", "-p", "peerd-sim", "--"], words].concat(),
            ),
            ["test", words @ ..] => ([&["test", "--no-run"], words].concat(), [&["test", "-q"], words].concat()),
            _ => return Err(Stop::Failed(format!("what is `by {by}`?"))),
        };
        if must(self.cargo(&build).args(["-q"]), "cargo build").is_err() {
            return Ok(Found::NoBuild);
        }
        let mut child = self.cargo(&run).spawn()?;
        let begun = Instant::now();
        loop {
            match child.try_wait()? {
                Some(status) if status.success() => return Ok(Found::Nothing),
                Some(_) => return Ok(Found::Something),
                None if begun.elapsed() > HANGS_AFTER => {
                    child.kill()?;
                    child.wait()?;
                    return Ok(Found::Hangs);
                }
                None => sleep(Duration::from_millis(20)),
            }
        }
    }

    fn cargo(&self, words: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        let target: &Path = &self.root.join("../target");
        cargo.args(words).current_dir(&self.root).env("CARGO_TARGET_DIR", target).stdin(Stdio::null()).stdout(Stdio::null());
        cargo.stderr(Stdio::null());
        cargo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_mutant() {
        let mutant = of_block("name\nin a/b.rs\nby oracle corpus\n- one\n-     two\n+ three").expect("it is whole");
        assert_eq!((mutant.find.as_str(), mutant.instead.as_str()), ("one\n    two", "three"));
        assert_eq!(of_block("name\nin a/b.rs\nby oracle corpus\n+ three"), None);
    }

    #[test]
    fn every_mutants_text_is_in_its_file_exactly_once() {
        let ground = Ground::find();
        for mutant in read(&ground).expect("mutants/ is readable") {
            let text = fs::read_to_string(ground.path(&mutant.file)).unwrap_or_default();
            assert_eq!(text.matches(&mutant.find).count(), 1, "{} in {}", mutant.name, mutant.file);
        }
    }
}
