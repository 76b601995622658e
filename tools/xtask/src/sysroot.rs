//! Which cargo can compile for wasm here: the plain one, or Debian's with a standard library that we build once.
//!
//! Debian's compiler only matches Debian's own library sources, so the sysroot is made from both and kept outside the
//! tree, keyed by the compiler's version: security updates make a new one.
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ground::{Done, Ground, Stop, answer, cache, fingerprint, must, step, which};
use crate::setup::Apt;

const TARGET: &str = "wasm32-unknown-unknown";
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";

/// A cargo that compiles for wasm.
pub enum WasmCargo {
    Plain,
    /// The folder of a private sysroot, with bin/cargo, bin/rustc and bin/rustdoc in it.
    Private(PathBuf),
}

impl WasmCargo {
    pub fn command(&self, ground: &Ground) -> Command {
        match self {
            Self::Plain => ground.program("cargo"),
            Self::Private(folder) => {
                let bin = folder.join("bin");
                let mut path = vec![bin.clone()];
                path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
                let mut command = ground.program(bin.join("cargo"));
                command.env("PATH", std::env::join_paths(path).expect("they came out of PATH"));
                command.env("RUSTC", bin.join("rustc")).env_remove("RUSTUP_TOOLCHAIN");
                command
            }
        }
    }

    pub fn told(&self) -> String {
        match self {
            Self::Plain => "the toolchain's own".to_owned(),
            Self::Private(folder) => folder.display().to_string(),
        }
    }
}

pub fn ensure(ground: &Ground) -> Done<WasmCargo> {
    if has_std(ground) {
        return Ok(WasmCargo::Plain);
    }
    let rustup = which("rustup");
    let closed = rustup.is_none() || std::env::var("RUSTUP_AUTO_INSTALL").is_ok_and(|value| value == "0");
    if closed {
        if let Some(folder) = debian(None)? {
            return Ok(WasmCargo::Private(folder));
        }
        if let Some(apt) = Apt::find() {
            apt.install(&["rustc-web", "cargo-web", "rust-web-src"])?;
            if let Some(folder) = debian(Some(&apt))? {
                return Ok(WasmCargo::Private(folder));
            }
        }
        let command = if rustup.is_some() {
            "rustup target add wasm32-unknown-unknown"
        } else {
            "sudo apt-get install rustc-web cargo-web rust-web-src lld-22"
        };
        return Err(lacking(command));
    }
    eprintln!("x: the toolchain has no wasm standard library: rustup target add {TARGET}");
    match must(Command::new("rustup").args(["target", "add", TARGET]), "rustup target add") {
        Ok(()) if has_std(ground) => Ok(WasmCargo::Plain),
        _ => Err(lacking("rustup target add wasm32-unknown-unknown")),
    }
}

fn lacking(command: &str) -> Stop {
    Stop::Lacking(format!(
        "there is no standard library for {TARGET}, and I may not install one. Type this, then run me again:\n\n    {command}\n"
    ))
}

fn has_std(ground: &Ground) -> bool {
    let folder = answer(ground.program("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    folder.is_some_and(|folder| Path::new(&folder).is_dir())
}

/// The private sysroot, built when there is none yet. None: Debian's compiler or its sources are not installed.
fn debian(apt: Option<&Apt>) -> Done<Option<PathBuf>> {
    let Some(version) = answer(Command::new(RUSTC).arg("-vV").env_remove("RUSTUP_TOOLCHAIN")) else { return Ok(None) };
    let field = |name: &str| version.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    let folder = cache()?.join(format!("wasm-{}-{:016x}", field("release:"), fingerprint(version.as_bytes())));
    if folder.join("bin/cargo").exists() {
        return Ok(Some(folder));
    }
    let Some(debian_root) = answer(Command::new(RUSTC).args(["--print", "sysroot"])) else { return Ok(None) };
    let sources = Path::new(&debian_root).join("lib/rustlib/src/rust/library");
    let lld_major = field("LLVM version:").split('.').next().unwrap_or_default().to_owned();
    let lld = PathBuf::from(format!("/usr/lib/llvm-{lld_major}/bin/lld"));
    let found = apt.is_none().then(Apt::find).flatten();
    if let Some(apt) = apt.or(found.as_ref()) {
        apt.install(&["rust-web-src", &format!("lld-{lld_major}")])?;
    }
    if !sources.exists() || !lld.exists() || !Path::new(CARGO).exists() {
        return Ok(None);
    }
    step("the wasm standard library, from Debian's sources (once, about a minute)", || {
        build(&folder, &debian_root, &field("host:"), &lld)
    })?;
    Ok(Some(folder))
}

fn build(folder: &Path, debian_root: &str, host: &str, lld: &Path) -> Done {
    // Built beside and renamed at the end: an interrupted build leaves nothing that looks finished.
    let making = folder.with_extension(format!("making-{}", std::process::id()));
    fs::remove_dir_all(&making).or_else(ignore_absent)?;
    let stub = making.join("stub");
    fs::create_dir_all(stub.join("src"))?;
    fs::write(stub.join("src/lib.rs"), "")?;
    fs::write(
        stub.join("Cargo.toml"),
        "[package]\nname = \"sysroot-stub\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
         [profile.release]\nopt-level = 3\npanic = \"abort\"\ndebug = 0\n[workspace]\n",
    )?;
    let mut cargo = Command::new(CARGO);
    cargo.args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,proc_macro,test"]);
    cargo.current_dir(&stub).env("PATH", "/usr/bin:/bin").env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Cembed-bitcode=yes");
    for name in ["RUSTUP_TOOLCHAIN", "RUSTC", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "CARGO_ENCODED_RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    must(cargo.stdout(std::io::stderr()), "the build of the wasm standard library")?;

    let rustlib = making.join("lib/rustlib");
    let wasm = rustlib.join(TARGET).join("lib");
    fs::create_dir_all(&wasm)?;
    fs::create_dir_all(rustlib.join(host).join("bin"))?;
    fs::create_dir_all(making.join("bin"))?;
    for entry in fs::read_dir(stub.join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libsysroot_stub") {
            fs::copy(&path, wasm.join(name))?;
        }
    }
    let debian_rustlib = Path::new(debian_root).join("lib/rustlib");
    symlink(debian_rustlib.join(host).join("lib"), rustlib.join(host).join("lib"))?;
    symlink(debian_rustlib.join("etc"), rustlib.join("etc"))?;
    symlink(lld, rustlib.join(host).join("bin/rust-lld"))?;
    for tool in ["rustc", "rustdoc"] {
        let script = making.join("bin").join(tool);
        fs::write(&script, format!("#!/bin/sh\nexec /usr/bin/{tool} --sysroot \"{}\" \"$@\"\n", folder.display()))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    }
    symlink(CARGO, making.join("bin/cargo"))?;
    fs::remove_dir_all(&stub)?;
    match fs::rename(&making, folder) {
        // Another build of the same was quicker; theirs is as good.
        Err(_) if folder.join("bin/cargo").exists() => Ok(fs::remove_dir_all(&making)?),
        other => Ok(other?),
    }
}

fn ignore_absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
