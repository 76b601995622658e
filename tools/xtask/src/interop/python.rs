//! A private Python with the packages of a list, at the versions that the list says.
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::ground::{Done, Ground, Stop, answer, cache, fingerprint, must, step};
use crate::setup::Apt;

const LIST: &str = "tools/interop/python.txt";

/// Its interpreter. Made once for each list and each Python of the machine.
pub fn ensure(ground: &Ground) -> Done<PathBuf> {
    let list = ground.path(LIST);
    let version = version()?;
    let folder = cache()?.join(format!("python-{:016x}", fingerprint(&[version.as_bytes(), &fs::read(&list)?].concat())));
    let python = folder.join("bin/python");
    let stamp = folder.join("complete");
    if stamp.exists() {
        return Ok(python);
    }
    // What an interrupted installation left would not be looked at again.
    let _ = fs::remove_dir_all(&folder);
    step("a private Python (once)", || {
        must(Command::new("python3").args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&list);
        must(pip.stdout(std::io::stderr()), "pip install")
    })?;
    fs::write(stamp, "")?;
    Ok(python)
}

/// Of a Python that can make private ones; Debian has that part in a package of its own.
fn version() -> Done<String> {
    let asked = || answer(Command::new("python3").args(["-c", "import sys, venv, ensurepip; print(sys.executable, sys.version)"]));
    if asked().is_none()
        && let Some(apt) = Apt::find()
    {
        apt.install(&["python3", "python3-venv"])?;
    }
    asked().ok_or_else(|| Stop::Lacking("python3 with venv is not here (on Debian: apt-get install python3-venv)".into()))
}
