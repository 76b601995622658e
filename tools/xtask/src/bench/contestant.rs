//! One contestant: a process that reads `PROGRAM UNITS` a line and answers `ok VALUE..` or `failed WHY`.
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::assembly;
use crate::browser;
use crate::ground::{Done, Ground, Stop, must, step};
use crate::quickjs;
use crate::setup;

/// Limit: a program that takes longer hangs.
const ANSWER_MAX: Duration = Duration::from_secs(180);

pub struct Contestant {
    pub subject: &'static str,
    start: Box<dyn Fn() -> Command>,
    fresh: Fresh,
    /// The one that keeps running and is warm.
    warm: Option<Running>,
}

/// What gives a program memory that nothing has used before.
#[derive(Clone, Copy, PartialEq)]
enum Fresh {
    Process,
    /// A Worker of its own, asked for by the word `fresh`.
    Worker,
}

struct Running {
    process: Child,
    words: ChildStdin,
    lines: Receiver<String>,
}

impl Contestant {
    pub fn process(subject: &'static str, start: impl Fn() -> Command + 'static) -> Self {
        Self::new(subject, Fresh::Process, start)
    }

    fn new(subject: &'static str, fresh: Fresh, start: impl Fn() -> Command + 'static) -> Self {
        Self { subject, start: Box::new(start), fresh, warm: None }
    }

    /// Who it is: a version.
    pub fn hello(&mut self) -> Done<String> {
        self.talk("hello")
    }

    pub fn ask(&mut self, program: &str, units: u64, fresh: bool) -> Done<Vec<f64>> {
        let line = format!("{program} {units}");
        let said = match (fresh, self.fresh) {
            (false, _) => self.talk(&line),
            (true, Fresh::Worker) => self.talk(&format!("fresh {line}")),
            (true, Fresh::Process) => self.heard(&line, Running::start(&mut (self.start)())?.talk(&line)),
        }?;
        let values: Vec<f64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
        if values.is_empty() { Err(self.broken(program, &said)) } else { Ok(values) }
    }

    /// With the one that keeps running.
    fn talk(&mut self, line: &str) -> Done<String> {
        if self.warm.is_none() {
            self.warm = Some(Running::start(&mut (self.start)())?);
        }
        let said = self.warm.as_mut().and_then(|running| running.talk(line));
        self.heard(line, said)
    }

    fn heard(&self, line: &str, said: Option<String>) -> Done<String> {
        match said.as_deref().map(|said| (said, said.strip_prefix("ok "))) {
            Some((_, Some(values))) => Ok(values.to_owned()),
            Some((said, None)) => Err(self.broken(line, said)),
            None => Err(self.broken(line, "it ended, or it hung")),
        }
    }

    fn broken(&self, line: &str, said: &str) -> Stop {
        Stop::Failed(format!("{}: {line}: {said}", self.subject))
    }
}

impl Running {
    fn start(command: &mut Command) -> Done<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let words = process.stdin.take().expect("it is piped");
        let said = BufReader::new(process.stdout.take().expect("it is piped"));
        let (to, lines) = channel();
        // A thread, so that a contestant that hangs can be waited for with a limit.
        thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        Ok(Self { process, words, lines })
    }

    fn talk(&mut self, line: &str) -> Option<String> {
        writeln!(self.words, "{line}").ok()?;
        self.lines.recv_timeout(ANSWER_MAX).ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Builds and names those that take part. A peer that can't be had here is left out and told.
pub fn gather(ground: &Ground, wanted: &[String]) -> Done<Vec<Contestant>> {
    let is_wanted = |subject: &str| wanted.iter().any(|name| name == subject);
    let mut found = Vec::new();
    if is_wanted("peerd-native") {
        let program = native(ground, "bench-ours")?;
        found.push(Contestant::new("peerd-native", Fresh::Process, move || Command::new(&program)));
    }
    if is_wanted("peerd-chromium") {
        let (module, chromium) = (wasm(ground, "bench-ours")?, browser::ensure()?.path);
        let script = ground.path("tools/bench/page/chromium.mjs");
        found.push(Contestant::new("peerd-chromium", Fresh::Worker, move || {
            let mut command = Command::new("node");
            command.arg(&script).arg(&module).env("CHROMIUM", &chromium);
            command
        }));
    }
    found.extend(beams(ground, &is_wanted)?);
    for subject in ["ractor", "kameo", "actix"] {
        if is_wanted(subject) {
            let program = native(ground, "bench-rivals")?;
            found.push(Contestant::new(subject, Fresh::Process, move || {
                let mut command = Command::new(&program);
                command.arg(subject);
                command
            }));
        }
    }
    Ok(found)
}

/// The kernel in Chromium with guests, and the BEAM.
pub fn gather_guests(ground: &Ground) -> Done<Vec<Contestant>> {
    let (module, guests, chromium) = (wasm(ground, "bench-guests")?, guests(ground)?, browser::ensure()?.path);
    let script = ground.path("tools/bench/page/chromium.mjs");
    let beside = ["tools/bench/guests/worker.js", "hosts/webassembly/js/guests.js"].map(|name| ground.path(name));
    let chromium = Contestant::new("peerd-chromium", Fresh::Worker, move || {
        let mut command = Command::new("node");
        command.arg(&script).arg(&module).args(&beside).args(&guests).env("CHROMIUM", &chromium);
        command
    });
    let mut found = vec![chromium];
    found.extend(beams(ground, &|_| true)?);
    Ok(found)
}

fn beams(ground: &Ground, is_wanted: &dyn Fn(&str) -> bool) -> Done<Vec<Contestant>> {
    let mut found = Vec::new();
    for (subject, schedulers) in [("beam-s1", "1:1"), ("beam-s2", "2:2")] {
        if is_wanted(subject) && erlang() {
            let folder = beam(ground)?;
            found.push(Contestant::new(subject, Fresh::Process, move || {
                let mut command = Command::new("erl");
                command.args(["+S", schedulers, "+P", "4000000", "-noshell", "-pa"]).arg(&folder).args(["-s", "bench", "serve"]);
                command
            }));
        }
    }
    Ok(found)
}

pub fn native(ground: &Ground, package: &str) -> Done<PathBuf> {
    let target = ground.path("target/bench");
    step(&format!("build of {package}"), || {
        let mut command = ground.program("cargo");
        command.args(["build", "--quiet", "--release", "--manifest-path", "tools/bench/Cargo.toml", "--package", package]);
        must(command.arg("--target-dir").arg(&target), package)
    })?;
    Ok(target.join("release").join(package))
}

fn wasm(ground: &Ground, package: &str) -> Done<PathBuf> {
    let release = build_wasm(ground, package, &["--lib"])?;
    Ok(release.join(format!("{}.wasm", package.replace('-', "_"))))
}

/// The modules that are loaded as guests.
fn guests(ground: &Ground) -> Done<Vec<PathBuf>> {
    build_wasm(ground, "bench-guests-kernels", &["--examples"])?;
    let examples = build_wasm(ground, "bench-guests-actors", &["--examples"])?.join("examples");
    let mut modules = ["hop", "being", "small", "hog", "service", "kernels"].map(|name| examples.join(format!("{name}.wasm"))).to_vec();
    modules.push(assembly::build(ground)?.join("counter.wasm"));
    modules.push(quickjs::build(ground)?);
    Ok(modules)
}

/// The guest that is a member of a ring.
pub fn hop(ground: &Ground) -> Done<PathBuf> {
    Ok(build_wasm(ground, "bench-guests-actors", &["--examples"])?.join("examples/hop.wasm"))
}

/// The folder that these are in.
fn build_wasm(ground: &Ground, package: &str, what: &[&str]) -> Done<PathBuf> {
    let cargo = setup::for_build(ground)?;
    let target = ground.path("target/bench-wasm");
    step(&format!("build of {package} for wasm"), || {
        let mut command = cargo.command(ground);
        command.args(["build", "--quiet", "--release", "--manifest-path", "tools/bench/Cargo.toml", "--package", package]);
        command.args(what).args(["--target", "wasm32-unknown-unknown"]);
        must(command.arg("--target-dir").arg(&target), &format!("{package} for wasm"))
    })?;
    Ok(target.join("wasm32-unknown-unknown/release"))
}

fn erlang() -> bool {
    // Without it the others are still measured.
    let there = setup::there(&["erl", "erlc"], "erlang-base");
    if !there {
        eprintln!("x: no Erlang here (on Debian: apt-get install erlang-base): the BEAM is left out");
    }
    there
}

fn beam(ground: &Ground) -> Done<PathBuf> {
    let folder = ground.path("target/bench/beam");
    std::fs::create_dir_all(&folder)?;
    let sources = crate::ground::files_below(&ground.path("tools/bench/beam"))?;
    let mut command = ground.program("erlc");
    command.arg("-Wall").arg("-o").arg(&folder).args(sources.iter().map(|name| ground.path("tools/bench/beam").join(name)));
    must(&mut command, "erlc")?;
    Ok(folder)
}
