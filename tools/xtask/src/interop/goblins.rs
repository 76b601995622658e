//! `./x interop goblins`: Spritely Goblins as Debian has it, met live over WebSocket, natively and from a Worker of Chromium.
use std::fs;

use super::debian::{self, Unpacked};
use super::started::{Started, free_port};
use crate::args::Args;
use crate::ground::{Done, Ground, Stop};
use crate::node::through;
use crate::rows::{Rows, Verdict};

pub(super) const PACKAGE: &str = "guile-goblins";
pub(super) const GUILE: &str = "/usr/bin/guile-3.0";

/// What the rows are called.
const NATIVE: &str = "goblins-native";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let case = args.value("--case")?.unwrap_or_default();
    let file = args.value("--json")?;
    args.done()?;
    let mut rows = Rows::default();
    play(ground, &case, &mut rows)?;
    rows.end(file.as_deref())
}

/// For `./x test`: all cases. Where Debian's tools are not, nothing can be said.
pub fn test(ground: &Ground, rows: &mut Rows) -> Done {
    match play(ground, "", rows) {
        Err(Stop::Lacking(why)) => rows.add("goblins", "all", Verdict::Skipped, &why),
        ended => ended?,
    }
    Ok(())
}

fn play(ground: &Ground, case: &str, rows: &mut Rows) -> Done {
    let goblins = Goblins::start(ground)?;
    println!("guile-goblins {}", goblins.version());
    let out = ground.path(&format!("target/{NATIVE}-rows.json"));
    let _ = fs::remove_file(&out);
    let mut meet = ground.program("cargo");
    meet.args(["run", "--quiet", "--profile", "sim", "--package", "peerd-ocapn", "--example", "meet", "--"]);
    meet.args(["--first", &goblins.locators[0], "--second", &goblins.locators[1], "--case", case, "--json"]).arg(&out);
    let ended = through(&mut meet, "the meeting with Goblins");
    rows.take(NATIVE, &out, ended)
}

/// Two peers of Goblins on loopback, for as long as this lives.
pub struct Goblins {
    unpacked: Unpacked,
    _running: [Started; 2],
    /// Where they are reached.
    pub locators: [String; 2],
}

impl Goblins {
    pub fn start(ground: &Ground) -> Done<Goblins> {
        let unpacked = debian::ensure(PACKAGE)?;
        let script = unpacked.give("goblins.scm", &fs::read(ground.path("tools/interop/goblins.scm"))?)?;
        let start = || {
            let mut guile = unpacked.program(GUILE);
            guile.args([&script, &free_port()?.to_string()]);
            Started::when(&mut guile, "listening at ")
        };
        let ((first, one), (second, two)) = (start()?, start()?);
        Ok(Goblins { unpacked, _running: [first, second], locators: [one, two] })
    }

    pub fn version(&self) -> &str {
        &self.unpacked.version
    }
}
