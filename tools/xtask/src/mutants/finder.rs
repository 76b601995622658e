//! A copy of the sources with one wrong line in it, and the command that is to notice.
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Mutant;
use crate::ground::{Done, Ground, Stop, copy_sources, must};

/// A mutant that makes its finder hang is found too. Without one no finder takes half of that.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// Limit: kilobytes that a finder may write to, not what it reserves as an engine does for each memory. A mutant whose queues have no end ends here and not with the machine.
const MEMORY_MAX_KB: u32 = 4 << 20;

#[derive(Clone, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// What it said.
    Something(String),
    Hangs,
    NoBuild,
}

impl Found {
    pub fn told(&self) -> String {
        match self {
            Self::Nothing => "nothing is found".into(),
            Self::Something(what) if what.is_empty() => "it fails".into(),
            Self::Something(what) => what.clone(),
            Self::Hangs => format!("it hangs: more than {} s", HANGS_AFTER.as_secs()),
            Self::NoBuild => "it does not compile".into(),
        }
    }
}

/// The sources, apart from those that a person is editing, and their own build.
pub struct Copy {
    root: PathBuf,
    target: PathBuf,
    /// What the command said last.
    said: PathBuf,
}

impl Copy {
    pub fn make(ground: &Ground) -> Done<Self> {
        let root = ground.path("target/mutants/tree");
        copy_sources(ground, &root)?;
        Ok(Self { target: ground.target().join("mutants/target"), said: ground.path("target/mutants/said.txt"), root })
    }

    /// The next mutant's build follows on the restored file: nothing is built for the restoring alone.
    pub fn with(&self, mutant: &Mutant) -> Done<Result<Found, String>> {
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

    pub fn finds(&self, by: &str) -> Done<Found> {
        let words: Vec<&str> = by.split(' ').collect();
        let (build, mut run): (Vec<&str>, Command) = match words.as_slice() {
            ["oracle", words @ ..] => (vec!["build", "-p", "oracle"], self.program("debug/oracle", words)),
            ["sim", words @ ..] => (vec!["build", "--profile", "sim", "-p", "peerd-sim"], self.program("sim/peerd-sim", words)),
            ["crash", words @ ..] => (vec!["build", "--profile", "sim", "-p", "peerd-crash"], self.program("sim/peerd-crash", words)),
            ["kills", words @ ..] => {
                (vec!["build", "--profile", "sim", "-p", "peerd-native", "--example", "kills"], self.program("sim/examples/kills", words))
            }
            ["conformance", words @ ..] => {
                let words = [&["conformance"], words].concat();
                (vec!["build", "-p", "peerd-conformance"], self.program("debug/peerd-conformance", &words))
            }
            ["test", words @ ..] => ([&["test", "--no-run"], words].concat(), self.bounded("cargo", &[&["test", "-q"], words].concat())),
            _ => return Err(Stop::Failed(format!("what is `by {by}`?"))),
        };
        let mut cargo = Command::new("cargo");
        cargo.args(build).arg("-q").current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        if must(cargo.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()), "cargo build").is_err() {
            return Ok(Found::NoBuild);
        }
        let mut child = run.stdout(File::create(&self.said)?).stderr(Stdio::null()).spawn()?;
        let begun = Instant::now();
        loop {
            match child.try_wait()? {
                Some(status) if status.success() => return Ok(Found::Nothing),
                Some(_) => return Ok(Found::Something(self.what())),
                None if begun.elapsed() > HANGS_AFTER => {
                    // With all that it has started: a test that hangs is a child of cargo.
                    must(Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]), "kill")?;
                    child.wait()?;
                    return Ok(Found::Hangs);
                }
                None => sleep(Duration::from_millis(5)),
            }
        }
    }

    /// The first failure that it told of.
    fn what(&self) -> String {
        let said = fs::read_to_string(&self.said).unwrap_or_default();
        let first = said.lines().find_map(|line| line.strip_prefix("failed: ").or(line.strip_prefix("FAIL  "))).unwrap_or_default();
        first.chars().take(120).collect()
    }

    fn program(&self, path: &str, words: &[&str]) -> Command {
        self.bounded(self.target.join(path), words)
    }

    /// In a process group of its own, and with so much memory.
    fn bounded(&self, program: impl AsRef<OsStr>, words: &[&str]) -> Command {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -d {MEMORY_MAX_KB}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script]).arg(program).args(words).process_group(0);
        shell.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).stdin(Stdio::null());
        shell
    }
}
