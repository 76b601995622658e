//! A package of Debian testing with all it needs, unpacked into a folder: the machine's own packages are not touched.
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ground::{Done, Stop, answer, cache, must, step, which};

const SUITE: &str = "testing";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Debian's packages put files into these as if they were folders.
const MERGED: [&str; 4] = ["bin", "sbin", "lib", "lib64"];

pub struct Unpacked {
    root: PathBuf,
    pub version: String,
}

/// Once per machine: testing moves on, and what is here stays as it is.
pub fn ensure(package: &str) -> Done<Unpacked> {
    let folder = cache()?.join(format!("debian-{package}"));
    let said = folder.join("version");
    if !said.exists() {
        for tool in ["apt-get", "dpkg-deb", "unshare"] {
            which(tool).ok_or_else(|| Stop::Lacking(format!("{package} is unpacked by Debian's tools, and there is no {tool} here")))?;
        }
        step(&format!("{package} out of Debian {SUITE} (once)"), || unpack(package, &folder))?;
    }
    Ok(Unpacked { root: folder.join("root"), version: fs::read_to_string(said)?.trim().to_owned() })
}

/// Built beside and renamed at the end: an interruption leaves nothing that looks finished.
fn unpack(package: &str, folder: &Path) -> Done {
    let making = folder.with_extension(format!("making-{}", std::process::id()));
    let (apt, root) = (making.join("apt"), making.join("root"));
    for name in
        ["etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg"]
    {
        fs::create_dir_all(apt.join(name))?;
    }
    for name in MERGED {
        fs::create_dir_all(root.join("usr").join(name))?;
        symlink(format!("usr/{name}"), root.join(name))?;
    }
    for name in ["dev", "proc", "tmp"] {
        fs::create_dir_all(root.join(name))?;
    }
    // Nothing is installed there: all that the package needs is fetched.
    fs::write(apt.join("var/lib/dpkg/status"), "")?;
    fs::write(apt.join("etc/apt/sources.list"), format!("deb [signed-by={KEYRING}] {} {SUITE} main\n", mirror()?))?;
    let private = || {
        let mut command = Command::new("apt-get");
        command.arg("-o").arg(format!("Dir={}", apt.display()));
        command.arg("-o").arg(format!("Dir::State::status={}", apt.join("var/lib/dpkg/status").display()));
        // Its user for downloads may not write into our folder.
        command.args(["-o", "APT::Sandbox::User=", "-q", "-q"]).stdout(Stdio::null());
        command
    };
    must(private().arg("update"), "apt-get update")?;
    must(private().args(["install", "-y", "--no-install-recommends", "--download-only", package]), "apt-get install")?;
    let mut version = None;
    for entry in fs::read_dir(apt.join("var/cache/apt/archives"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "deb") {
            must(Command::new("dpkg-deb").arg("-x").arg(&path).arg(&root), "dpkg-deb")?;
            let field = |name| answer(Command::new("dpkg-deb").arg("-f").arg(&path).arg(name));
            version = version.or(field("Package").filter(|name| name == package).and_then(|_| field("Version")));
        }
    }
    let version = version.ok_or_else(|| Stop::Failed(format!("apt-get fetched no {package}")))?;
    fs::write(making.join("version"), version)?;
    fs::remove_dir_all(&apt)?;
    match fs::rename(&making, folder) {
        // Another process was quicker; its own is as good.
        Err(_) if folder.join("version").exists() => Ok(fs::remove_dir_all(&making)?),
        other => Ok(other?),
    }
}

/// Where this machine has its Debian from: one-line sources, or the newer form with a field.
fn mirror() -> Done<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    files.extend(fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())));
    let found = files.iter().filter_map(|file| fs::read_to_string(file).ok()).find_map(|text| mirror_in(&text));
    found.ok_or_else(|| Stop::Lacking("the package sources of this machine name no Debian mirror".into()))
}

fn mirror_in(text: &str) -> Option<String> {
    let lines = text.lines().filter(|line| line.starts_with("URIs:") || line.starts_with("deb "));
    let mut words = lines.flat_map(str::split_whitespace).map(|word| word.trim_end_matches('/'));
    words.find(|word| word.starts_with("http") && word.ends_with("/debian")).map(str::to_owned)
}

impl Unpacked {
    /// A program of it, which sees its files alone: Guile's modules know each other by whole paths. Its folders are mounted where no
    /// other process sees them, by a user of its own where this one is not root. It has no variables of the environment but what
    /// it needs.
    pub fn program(&self, path: &str) -> Command {
        let mut command = Command::new("unshare");
        command.arg("--mount");
        if answer(Command::new("id").arg("-u")).is_none_or(|id| id != "0") {
            command.args(["--user", "--map-root-user"]);
        }
        let enter = "for folder in dev proc; do mount --rbind /$folder \"$0/$folder\" || exit 2; done; exec chroot \"$0\" \"$@\"";
        command.args(["sh", "-c", enter]).arg(&self.root).arg(path);
        // A home to keep compiled scripts in.
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/tmp");
        command
    }

    /// Puts a file where its programs see it, and says where that is.
    pub fn give(&self, name: &str, bytes: &[u8]) -> Done<String> {
        crate::ground::write(&self.root.join("tmp").join(name), bytes)?;
        Ok(format!("/tmp/{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::mirror_in;

    #[test]
    fn a_mirror_is_found_in_both_forms_of_sources() {
        let field = "Types: deb\n# URIs: http://old.example/debian\nURIs: http://mirror.example/debian/\nSuites: bookworm\n";
        assert_eq!(mirror_in(field).as_deref(), Some("http://mirror.example/debian"));
        let line = "deb [signed-by=/a.gpg] https://other.example/apt x main\ndeb http://mirror.example/debian bookworm main\n";
        assert_eq!(mirror_in(line).as_deref(), Some("http://mirror.example/debian"));
        assert_eq!(mirror_in("deb https://other.example/node_20.x nodistro main\n"), None);
    }
}
