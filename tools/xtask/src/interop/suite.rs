//! `./x interop suite`: the public OCapN suite, which is not ours and lies in a folder, against `peerd ocapn`.
use std::fs;
use std::path::{Path, PathBuf};

use super::python;
use super::started::Started;
use crate::args::Args;
use crate::ground::{Done, Ground, Stop, answer, must, step};
use crate::node::through;
use crate::rows::Rows;

const FRAMINGS: [&str; 2] = ["raw", "length"];

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let path = args.value("--path")?.ok_or_else(|| Stop::Lacking("--path DIR: where is a checkout of the suite?".into()))?;
    let framing = args.value("--framing")?.unwrap_or_else(|| "both".into());
    let case = args.value("--case")?.unwrap_or_default();
    let file = args.value("--json")?;
    args.done()?;
    let folder = fs::canonicalize(&path).map_err(|error| Stop::Lacking(format!("--path {path}: {error}")))?;
    if !folder.join("test_runner.py").is_file() {
        return Err(Stop::Lacking(format!("--path {path}: there is no test_runner.py in it")));
    }
    let framings: Vec<&str> = FRAMINGS.into_iter().filter(|known| framing == "both" || framing == *known).collect();
    if framings.is_empty() {
        return Err(Stop::Lacking(format!("--framing {framing}: raw, length or both")));
    }
    let python = python::ensure(ground)?;
    let peerd = peerd(ground)?;
    println!("the suite in {}{}", folder.display(), commit(&folder));
    let mut rows = Rows::default();
    for framing in framings {
        let mut serve = ground.program(&peerd);
        serve.args(["ocapn", "--listen", "127.0.0.1:0", "--transport", "tcp", "--dial-framing", framing]);
        let (_peer, locator) = Started::when(&mut serve, "listening at ")?;
        let out = ground.path(&format!("target/interop-suite-{framing}.json"));
        let _ = fs::remove_file(&out);
        let mut play = ground.program(&python);
        play.arg(ground.path("tools/interop/suite.py")).arg("--path").arg(&folder).args(["--locator", &locator, "--framing", framing]);
        let ended = through(play.args(["--case", &case, "--json"]).arg(&out), "the suite");
        rows.take(&format!("suite-{framing}"), &out, ended)?;
    }
    rows.end(file.as_deref())
}

/// The command that a person uses.
pub fn peerd(ground: &Ground) -> Done<PathBuf> {
    step("the command peerd", || {
        let mut build = ground.program("cargo");
        must(build.args(["build", "--quiet", "--package", "peerd-command"]), "cargo build of peerd")
    })?;
    Ok(ground.target().join("debug/peerd"))
}

fn commit(folder: &Path) -> String {
    let mut git = std::process::Command::new("git");
    let said = answer(git.arg("-C").arg(folder).args(["log", "-1", "--format=%H of %cs"]));
    said.map(|said| format!(", {said}")).unwrap_or_default()
}
