//! `./x bench`: what is measured, one file per benchmark.
//!
//!     actors ──▶ contest ──▶ contestant     who takes part, and one line of talk with each
//!                   └──────▶ scores ──▶ page     medians, ratios, floors; the table in docs/benchmarks.md
use crate::args::Args;
use crate::ground::{Done, Ground, Stop};
use crate::opfs;

mod actors;
mod captp;
mod contestant;
mod durable;
mod guests;
mod page;
mod programs;
mod quiet;
mod scores;
pub mod smoke;
mod start;

pub use contestant::hop;

pub const HELP: &str = "\
./x bench start [--rounds N] [--json FILE]
./x bench opfs [--rounds N] [--json FILE]
./x bench durable [--rounds N] [--subjects A,B] [--scale F] [--json FILE]
./x bench captp [--rounds N] [--programs A,B] [--json FILE] [--write]
./x bench guests [--rounds N] [--programs A,B] [--scale F] [--json FILE] [--write]
./x bench actors [--rounds N] [--programs A,B] [--subjects A,B] [--scale F] [--json FILE] [--write]

start    run-warm: seconds from typing a second `./x run` to a loaded practice page, with peerd in the browser. Below 10.
opfs     groups of journal records in a Chromium Worker, and the same bytes without a journal: a write and a flush each.
durable  durable messages (one turn that consumes 256 B and changes 200 B of state, in the file) in a Chromium Worker and natively,
         beside IndexedDB, raw files and Durable Objects on workerd; then the files are replayed and the states compared.
captp    calls between peers of ours, in memory and over WebSocket and TCP on loopback, beside Spritely Goblins (out of Debian) and a
         bare echo of bytes; prints medians and whether what is aimed at is met. Exit code 1 when it is missed by more than 20 %.
guests   metered guests in place of the actors, in a Chromium Worker beside the BEAM, interleaved: messages, a million of them, what
         a request waits beside 100 that never give way and what it waits for the machine itself, and what the meter costs. Exit code 1
         when a floor is missed by more than 20 %.
actors   this kernel natively and in a Chromium Worker beside the BEAM (one and two schedulers), ractor, kameo and actix, all
         interleaved; prints medians, the ratio of medians to the better BEAM with the ratio of the best beside it, and for
         each floor whether it is met. Exit code 1 when one is missed by more than 20 %.

  --programs   only these; ten-million-live is played only when it is named. An unknown one says which there are
  --subjects   only these of peerd-native, peerd-chromium, beam-s1, beam-s2, ractor, kameo, actix
  --scale      of the programs' sizes; 0.01 is a smoke test
  --write      puts the table into docs/benchmarks.md

Nothing else may run meanwhile: Chromium gives its threads a priority of its own, so that `nice` would not be fair.";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let Some(name) = args.first() else {
        return Err(Stop::Lacking("which benchmark: start, opfs, durable, captp, guests or actors?".into()));
    };
    match name.as_str() {
        "start" => start::command(ground, args),
        "opfs" => opfs::bench(ground, args),
        "durable" => durable::command(ground, args),
        "captp" => captp::command(ground, args),
        "guests" => guests::command(ground, args),
        "actors" => actors::command(ground, args),
        other => Err(Stop::Lacking(format!("there is no benchmark `{other}`: start, opfs, durable, captp, guests or actors"))),
    }
}
