//! `./x setup`: what this machine must have, installed or built when it is missing. Every step is quick when it is there.
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args::Args;
use crate::browser;
use crate::ground::{self, Done, Ground, Stop, answer, fingerprint, must, step, which};
use crate::sysroot::{self, WasmCargo};

pub const HELP: &str = "\
./x setup

Installs or builds what is missing: the standard library for wasm32-unknown-unknown, a Chromium, the npm packages of
package-lock.json. Node 20 or newer must be there. Everything else in ./x does this by itself first.

  CHROMIUM=PATH       the browser to use (Chromium or Chrome for Testing)
  RUSTUP_AUTO_INSTALL=0   never let rustup download; Debian's compiler builds the wasm std instead";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    args.done()?;
    let wasm = sysroot::ensure(ground)?;
    npm(ground)?;
    let browser = browser::ensure()?;
    println!("wasm std   {}", wasm.told());
    println!("browser    {} ({})", browser.path.display(), browser.version);
    println!("node       {}", node()?);
    Ok(())
}

/// What a build needs: the compiler's wasm side and the npm tools.
pub fn for_build(ground: &Ground) -> Done<WasmCargo> {
    let wasm = sysroot::ensure(ground)?;
    npm(ground)?;
    Ok(wasm)
}

fn node() -> Done<String> {
    const LEAST: u32 = 20;
    let lacking = |what: &str| Stop::Lacking(format!("{what}: install Node {LEAST} or newer (on Debian: apt-get install nodejs npm)"));
    let version = answer(Command::new("node").arg("--version")).ok_or_else(|| lacking("there is no node here"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok()).unwrap_or(0);
    if major < LEAST { Err(lacking(&format!("node is {version}"))) } else { Ok(version) }
}

pub fn npm(ground: &Ground) -> Done {
    packages(&ground.root, &[])
}

/// Cloudflare's server, which only the oracle needs: in a folder of its own, because it is larger than all else together. Its program.
pub fn workerd(ground: &Ground) -> Done<PathBuf> {
    let folder = ground.target().join("workerd");
    for name in ["package.json", "package-lock.json"] {
        ground::write(&folder.join(name), &std::fs::read(ground.path("tools/oracle/workerd").join(name))?)?;
    }
    // Its script would only try whether it runs.
    packages(&folder, &["--ignore-scripts"])?;
    let made = |entry: std::io::Result<std::fs::DirEntry>| entry.ok().map(|entry| entry.path().join("bin/workerd"));
    let found = std::fs::read_dir(folder.join("node_modules/@cloudflare"))?.filter_map(made).find(|program| program.is_file());
    found.ok_or_else(|| Stop::Lacking("there is no workerd for this machine".into()))
}

/// Those of a folder's package-lock.json, unless they are there.
fn packages(folder: &Path, words: &[&str]) -> Done {
    node()?;
    let lock = std::fs::read(folder.join("package-lock.json"))?;
    let want = format!("{:016x}", fingerprint(&lock));
    let stamp = folder.join("node_modules/.peerd-lock");
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == want) {
        return Ok(());
    }
    if which("npm").is_none() {
        return Err(Stop::Lacking("there is no npm here (on Debian: apt-get install npm)".into()));
    }
    step("npm packages (npm ci)", || {
        let mut npm = Command::new("npm");
        npm.current_dir(folder).args(["ci", "--silent", "--no-progress"]).args(words).stdout(std::io::stderr());
        must(&mut npm, "npm ci")
    })?;
    std::fs::write(stamp, want)?;
    Ok(())
}

/// Python's package fetcher, for the MiniWoB pages.
pub fn pip() -> Done {
    let there = || answer(Command::new("python3").args(["-m", "pip", "--version"])).is_some();
    if there() {
        return Ok(());
    }
    if let Some(apt) = Apt::find() {
        apt.install(&["python3", "python3-pip"])?;
    }
    if there() { Ok(()) } else { Err(Stop::Lacking("python3 -m pip is not here (on Debian: apt-get install python3-pip)".into())) }
}

/// Whether these programs are here, now: they are installed when one is missing.
pub fn there(programs: &[&str], package: &str) -> bool {
    let there = || programs.iter().all(|program| which(program).is_some());
    if !there()
        && let Some(apt) = Apt::find()
        && let Err(why) = apt.install(&[package])
    {
        eprintln!("x: {package}: {why:?}");
    }
    there()
}

/// Debian's package manager, when this process may use it without asking for a password.
pub struct Apt {
    sudo: bool,
}

impl Apt {
    pub fn find() -> Option<Self> {
        which("apt-get")?;
        let root = answer(Command::new("id").arg("-u")).is_some_and(|id| id == "0");
        if root {
            return Some(Self { sudo: false });
        }
        answer(Command::new("sudo").args(["-n", "true"])).map(|_| Self { sudo: true })
    }

    /// Installs what is missing. The lists are refreshed once, and only when something is to be installed.
    pub fn install(&self, packages: &[&str]) -> Done {
        let missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        step(&format!("Debian packages: {}", missing.join(" ")), || {
            must(self.apt().args(["update", "-q"]).stdout(std::io::stderr()), "apt-get update")?;
            let mut install = self.apt();
            install.args(["install", "-q", "-y", "--no-install-recommends"]).args(&missing);
            must(install.env("DEBIAN_FRONTEND", "noninteractive").stdout(std::io::stderr()), "apt-get install")
        })
    }

    fn apt(&self) -> Command {
        if self.sudo {
            let mut command = Command::new("sudo");
            command.args(["-n", "apt-get"]);
            command
        } else {
            Command::new("apt-get")
        }
    }
}

fn installed(package: &str) -> bool {
    let status = answer(Command::new("dpkg-query").args(["-W", "-f=${Status}", package]));
    status.is_some_and(|status| status == "install ok installed")
}
