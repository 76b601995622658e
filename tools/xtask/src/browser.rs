//! Which browser: $CHROMIUM, a Chromium, or Chrome for Testing. Branded Chrome ignores `--load-extension`.
use std::path::PathBuf;
use std::process::Command;

use crate::ground::{Done, Stop, answer, which};
use crate::setup::{self, Apt};

pub struct Browser {
    pub path: PathBuf,
    pub version: String,
}

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "chrome-for-testing"];
/// Below the home folder; a star is one folder, the newest of its kind.
const HOMES: [&str; 5] = [
    ".cache/ms-playwright/chromium-*/chrome-linux/chrome",
    ".cache/puppeteer/chrome/*/chrome-linux64/chrome",
    ".cache/puppeteer/chrome/*/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    ".cache/puppeteer/chrome/*/chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac/Chromium.app/Contents/MacOS/Chromium",
];
const APPS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
];

pub fn ensure() -> Done<Browser> {
    if let Some(path) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        return judge(path);
    }
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if let Some(apt) = Apt::find() {
        apt.install(&["chromium"])?;
        if let Some(browser) = find() {
            return Ok(browser);
        }
    }
    Err(Stop::Lacking(
        "there is no Chromium here (branded Chrome will not do: it ignores --load-extension). Install Chromium or Chrome for \
         Testing, or set CHROMIUM to one; on Debian:\n\n    sudo apt-get install chromium\n"
            .into(),
    ))
}

/// Whether there is Debian's Firefox, which is installed if it can be. It is driven by nothing: pages say by themselves what came of them.
pub fn has_firefox() -> bool {
    setup::there(&["firefox-esr"], "firefox-esr")
}

fn find() -> Option<Browser> {
    let named = NAMES.iter().filter_map(|name| which(name));
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let homes = HOMES.iter().filter_map(|pattern| newest(&home, pattern));
    let apps = APPS.iter().map(PathBuf::from).filter(|path| path.is_file());
    named.chain(homes).chain(apps).find_map(|path| judge(path).ok())
}

fn newest(home: &std::path::Path, pattern: &str) -> Option<PathBuf> {
    let (before, after) = pattern.split_once('*')?;
    let (folder, prefix) = before.rsplit_once('/')?;
    let mut found: Vec<PathBuf> = std::fs::read_dir(home.join(folder)).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)));
    found.sort();
    let path = found.pop()?.join(after.trim_start_matches('/'));
    path.is_file().then_some(path)
}

fn judge(path: PathBuf) -> Done<Browser> {
    let Some(version) = answer(Command::new(&path).arg("--version")) else {
        return Err(Stop::Lacking(format!("{} does not start (asked for --version)", path.display())));
    };
    if branded(&version) {
        return Err(Stop::Lacking(format!(
            "{} is branded Chrome ({version}), which ignores --load-extension, so peerd can't be put into it from here. \
             Use Chromium or Chrome for Testing.",
            path.display()
        )));
    }
    Ok(Browser { path, version })
}

fn branded(version: &str) -> bool {
    version.starts_with("Google Chrome") && !version.contains("for Testing")
}

#[cfg(test)]
mod tests {
    use super::branded;

    #[test]
    fn branded_chrome_is_refused_and_chrome_for_testing_is_not() {
        assert!(branded("Google Chrome 141.0.1"));
        assert!(!branded("Google Chrome for Testing 141.0.1"));
        assert!(!branded("Chromium 156.0.8078.79 built on Debian GNU/Linux 12"));
    }
}
