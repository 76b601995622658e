//! Debian's i386 packages, fetched with lists of their own: the machine's packages and its architecture are not touched.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ground::{Done, Ground, Stop, answer, must};

/// The last release whose i386 kernels Debian builds.
const RELEASE: &str = "bookworm";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

pub struct Debian {
    folder: PathBuf,
}

/// One package that was fetched.
pub struct Package {
    pub name: String,
    pub version: String,
    /// What it was built from: its source can be asked for by this name.
    pub source: String,
    pub file: PathBuf,
}

impl Debian {
    /// apt's folder for this, with the lists of today.
    pub fn open(ground: &Ground) -> Done<Self> {
        let debian = Self { folder: ground.path("target/linux/apt") };
        let lists = debian.folder.join("var/lib/apt/lists");
        if fs::read_dir(&lists).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| entry.path().is_file()))) {
            return Ok(debian);
        }
        for name in
            ["etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/cache/apt/archives/partial", "var/lib/dpkg", "var/lib/apt/lists/partial"]
        {
            fs::create_dir_all(debian.folder.join(name))?;
        }
        // Nothing is installed there: all that a package needs is fetched.
        fs::write(debian.folder.join("var/lib/dpkg/status"), "")?;
        let (main, security) = mirrors()?;
        let line = |mirror: &str, suite: &str| format!("deb [arch=i386 signed-by={KEYRING}] {mirror} {suite} main\n");
        let mut sources = line(&main, RELEASE) + &line(&main, &format!("{RELEASE}-updates"));
        if let Some(security) = security {
            sources += &line(&security, &format!("{RELEASE}-security"));
        }
        fs::write(debian.folder.join("etc/apt/sources.list"), sources)?;
        let updated = must(debian.apt("apt-get").arg("update"), "apt-get update");
        // A mirror that is in the middle of its own update lacks one list of the three. What can be had is signed all the same.
        match debian.dependency("linux-image-686", "linux-image-") {
            Ok(_) if updated.is_err() => {
                eprintln!("x: not all of Debian's lists could be read: the packages may be older than they could be")
            }
            Ok(_) => {}
            Err(_) => updated?,
        }
        Ok(debian)
    }

    /// These themselves, whatever they depend on.
    pub fn alone(&self, names: &[&str]) -> Done<Vec<Package>> {
        let folder = self.folder.join("alone");
        fs::create_dir_all(&folder)?;
        let there = packages(&folder)?;
        let missing: Vec<&str> = names.iter().copied().filter(|name| !there.contains_key(*name)).collect();
        if !missing.is_empty() {
            must(self.apt("apt-get").arg("download").args(&missing).current_dir(&folder), "apt-get download")?;
        }
        let mut there = packages(&folder)?;
        names.iter().map(|name| there.remove(*name).ok_or_else(|| Stop::Failed(format!("apt-get fetched no {name}")))).collect()
    }

    /// These with all they depend on.
    pub fn whole(&self, names: &[&str]) -> Done<Vec<Package>> {
        let archives = self.folder.join("var/cache/apt/archives");
        must(self.apt("apt-get").args(["install", "-y", "--no-install-recommends", "--download-only"]).args(names), "apt-get install")?;
        Ok(packages(&archives)?.into_values().collect())
    }

    /// The kernel that a package without one of its own stands for today.
    pub fn dependency(&self, package: &str, starts: &str) -> Done<String> {
        let told = answer(self.apt("apt-cache").args(["depends", "--important", package]).stdout(Stdio::piped()));
        let told = told.unwrap_or_default();
        let names = told.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        let found = names.map(|name| name.trim_matches(['<', '>'])).find(|name| name.starts_with(starts));
        found.map(str::to_owned).ok_or_else(|| Stop::Failed(format!("{package} depends on no {starts}..")))
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-o").arg(format!("Dir={}", self.folder.display()));
        command.arg("-o").arg(format!("Dir::State::status={}", self.folder.join("var/lib/dpkg/status").display()));
        // Its user for downloads may not write into our folder.
        command.args(["-o", "APT::Sandbox::User=", "-o", "APT::Architecture=i386", "-o", "APT::Architectures=i386", "-q", "-q"]);
        command.stdout(Stdio::null());
        command
    }
}

impl Package {
    pub fn unpack(&self, to: &Path) -> Done {
        fs::create_dir_all(to)?;
        must(Command::new("dpkg-deb").arg("-x").arg(&self.file).arg(to), "dpkg-deb -x")
    }
}

/// The packages whose files are in a folder, by name; of two versions, the newer file.
fn packages(folder: &Path) -> Done<BTreeMap<String, Package>> {
    let mut found = BTreeMap::new();
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "deb"));
    files.sort();
    for file in files {
        let field = |name: &str| answer(Command::new("dpkg-deb").arg("-f").arg(&file).arg(name)).unwrap_or_default();
        let (name, version, source) = (field("Package"), field("Version"), field("Source"));
        let source = if source.is_empty() { name.clone() } else { source };
        found.insert(name.clone(), Package { name, version, source, file });
    }
    Ok(found)
}

/// Where this machine has its Debian from, and its security updates.
fn mirrors() -> Done<(String, Option<String>)> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    files.extend(fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())));
    let text: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).map(|text| text + "\n").collect();
    let main =
        mirror_in(&text, "/debian").ok_or_else(|| Stop::Lacking("the package sources of this machine name no Debian mirror".into()))?;
    Ok((main, mirror_in(&text, "-security")))
}

fn mirror_in(text: &str, ends: &str) -> Option<String> {
    let lines = text.lines().filter(|line| line.starts_with("URIs:") || line.starts_with("deb "));
    let mut words = lines.flat_map(str::split_whitespace).map(|word| word.trim_end_matches('/'));
    words.find(|word| word.starts_with("http") && word.ends_with(ends)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::mirror_in;

    #[test]
    fn both_mirrors_are_found_in_both_forms_of_sources() {
        let fields = "URIs: http://mirror.example/debian\nURIs: http://mirror.example/debian-security/\n";
        let lines = "deb [signed-by=/a.gpg] http://mirror.example/debian bookworm main\ndeb http://mirror.example/debian-security x main\n";
        for text in [fields, lines] {
            assert_eq!(mirror_in(text, "/debian").as_deref(), Some("http://mirror.example/debian"));
            assert_eq!(mirror_in(text, "-security").as_deref(), Some("http://mirror.example/debian-security"));
        }
        assert_eq!(mirror_in("# URIs: http://mirror.example/debian\n", "/debian"), None);
    }
}
