//! `./x interop`: this project's OCapN peer against programs that others wrote.
//!
//!     suite    ──▶ python    a private Python with what the suite imports
//!     goblins  ──▶ debian    Debian testing's packages, unpacked below the cache folder
//!     bench    ──┘           Goblins as a contestant of ./x bench captp
use crate::args::Args;
use crate::ground::{Done, Ground, Stop};

pub mod bench;
mod debian;
mod goblins;
mod python;
mod started;
mod suite;

pub use goblins::test;

pub const HELP: &str = "\
./x interop suite --path DIR [--framing raw|length|both] [--case NAME] [--json FILE]
./x interop goblins [--case NAME] [--no-browser] [--json FILE]

suite    the public OCapN test suite (a checkout of it in DIR) against `peerd ocapn` on loopback TCP, one line per case. The suite
         of a given day speaks one framing; the other is played by a small shim around its socket.
goblins  Spritely Goblins, out of Debian testing, over WebSocket on loopback: fetch, call, pipelined chain, broken promise,
         handoffs with ours in each role, collection back to where it began. One line per case.

  --framing     raw: Syrup records one after the other; length: each with its length before it. Both if nothing is said
  --case        only the cases whose name holds NAME
  --no-browser  no Chromium

What they need is installed below the cache folder, not into the machine: Python packages at locked versions, and Goblins with
Guile by Debian's own tools. A case that cannot be played is skipped, and on a machine where it must be, that is a failure.";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    match args.first().as_deref() {
        Some("suite") => suite::command(ground, args),
        Some("goblins") => goblins::command(ground, args),
        Some(other) => Err(Stop::Lacking(format!("there is no `{other}` to meet: suite or goblins"))),
        None => Err(Stop::Lacking("whom: suite or goblins?".into())),
    }
}
