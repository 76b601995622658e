//! Where the project stands on this machine, how a program is started, and how progress is told.
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Why a command ended early.
#[derive(Debug)]
pub enum Stop {
    /// What was checked does not hold: exit 1.
    Failed(String),
    /// This machine, or the command line, lacks something: exit 2.
    Lacking(String),
}

pub type Done<T = ()> = Result<T, Stop>;

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Failed(error.to_string())
    }
}

pub struct Ground {
    pub root: PathBuf,
}

impl Ground {
    pub fn find() -> Self {
        let root = std::env::var_os("PEERD_ROOT").map(PathBuf::from);
        Self { root: root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")) }
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    pub fn extension(&self, variant: &str) -> PathBuf {
        self.root.join("target/extension").join(variant)
    }

    /// Where cargo builds when nothing is said.
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), |target| self.root.join(target))
    }

    /// A program started in the project's folder.
    pub fn program(&self, name: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(name);
        command.current_dir(&self.root);
        command
    }
}

/// Does it, and tells what it was and how long it took. The name is told first: a person waits knowing for what.
pub fn step<T>(name: &str, work: impl FnOnce() -> Done<T>) -> Done<T> {
    eprintln!("x: {name}");
    let begun = Instant::now();
    let made = work()?;
    let seconds = begun.elapsed().as_secs_f64();
    if seconds >= 2.0 {
        eprintln!("x: {name}: {seconds:.0} s");
    }
    Ok(made)
}

/// Runs it with the person's own terminal; anything but success stops.
pub fn must(command: &mut Command, what: &str) -> Done {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Stop::Failed(format!("{what} failed ({status})"))),
        Err(error) => Err(Stop::Lacking(format!("{what} could not start: {error}"))),
    }
}

/// What it printed, trimmed; None when it is absent or failed.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The program's own path, found as a shell would find it.
pub fn which(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// This project's folder outside the tree, for what is made once per machine.
pub fn cache() -> Done<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    Ok(cache.ok_or_else(|| Stop::Lacking("neither XDG_CACHE_HOME nor HOME is set".into()))?.join("peerd"))
}

/// FNV-1a: names caches and stamps. Not for anything that an enemy could choose.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Files below a folder, relative to it, sorted.
pub fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("it was found below").to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Writes only what differs, so that what depends on the file's time is not done again.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

/// The sources as git knows them, apart from those that a person is editing. What is built there stays.
pub fn copy_sources(ground: &Ground, to: &Path) -> Done {
    let listed = answer(ground.program("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]));
    let listed = listed.ok_or_else(|| Stop::Lacking("git does not say which files there are".into()))?;
    let mut names = BTreeSet::new();
    for name in listed.lines() {
        if let Ok(bytes) = fs::read(ground.path(name)) {
            write(&to.join(name), &bytes)?;
            names.insert(name);
        }
    }
    // What has gone here must go there: a crate that moved would be there twice.
    for ring in ["core", "hosts", "apps", "tools"] {
        prune(to, &to.join(ring), &names)?;
    }
    Ok(())
}

fn prune(root: &Path, folder: &Path, names: &BTreeSet<&str>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            prune(root, &path, names)?;
        } else if path.is_file() && !path.strip_prefix(root).ok().and_then(Path::to_str).is_some_and(|name| names.contains(name)) {
            fs::remove_file(&path)?;
        }
    }
    // Only an empty one goes.
    let _ = fs::remove_dir(folder);
    Ok(())
}
