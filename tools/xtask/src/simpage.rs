//! `./x sim --page`: the simulator as a page, served on loopback or written to a folder; and its case in Chromium.
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground, files_below, write};
use crate::node::through;
use crate::rows::Rows;
use crate::serve::{Served, serve};
use crate::setup;
use crate::sim;
use crate::wasm::{self, Profile};

const CHECK: &str = "simpage";
const CRATE: &str = "peerd-simpage";
/// Where its own files are; colours and type are the product's.
const FOLDER: &str = "hosts/simpage/page";
const THEME: &str = "apps/ui/assets/theme.css";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let out = args.value("--out")?;
    let port = args.number("--port", 0)?;
    args.done()?;
    let site = site(ground, out.as_deref().map(PathBuf::from))?;
    if out.is_some() {
        println!("{}", site.display());
        return Ok(());
    }
    let mut files = BTreeMap::new();
    for name in files_below(&site)? {
        files.insert(name.to_string_lossy().into_owned(), fs::read(site.join(&name))?);
    }
    serve(port, &Served(files), |address| println!("{address}    (ctrl-c ends it)"))
}

/// All files of the page. What goes elsewhere is made small, what stays here is made soon.
fn site(ground: &Ground, out: Option<PathBuf>) -> Done<PathBuf> {
    let profile = if out.is_some() { Profile::Release } else { Profile::Fast };
    let site = out.unwrap_or_else(|| ground.path("target/simpage"));
    let cargo = setup::for_build(ground)?;
    let glued = wasm::library_as(ground, &cargo, CRATE, "simpage", profile)?;
    let own = ground.path(FOLDER);
    for name in files_below(&own)? {
        write(&site.join(&name), &fs::read(own.join(&name))?)?;
    }
    write(&site.join("theme.css"), &fs::read(ground.path(THEME))?)?;
    for name in ["simpage.js", "simpage_bg.wasm"] {
        write(&site.join(name), &fs::read(glued.join(name))?)?;
    }
    Ok(site)
}

/// The page in a real Chromium.
pub fn test(ground: &Ground, rows: &mut Rows) -> Done {
    let site = site(ground, None)?;
    let out = ground.path("target/simpage-rows.json");
    let _ = fs::remove_file(&out);
    let mut script = ground.program("node");
    script.arg("hosts/simpage/test/run.mjs").arg("--site").arg(&site).arg("--json").arg(&out);
    script.env("CHROMIUM", browser::ensure()?.path).env("SIM", sim::built(ground)?);
    let ended = through(&mut script, "the simulator's page in Chromium");
    rows.take(CHECK, &out, ended)
}
