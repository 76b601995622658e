//! The differential oracles: the same random programs on a real system and on this core, and their traces compared.
//!
//! ```text
//! otp       supervision, on Erlang/OTP
//! workerd   storage and alarms, on workerd
//! ```
#![allow(clippy::disallowed_methods, reason = "a tool: it reads a pipe in a thread and times what it did")]
mod args;
mod corpus;
mod draw;
mod otp;
mod shrink;
mod summary;

/// The comparable form of what one side told: a line per step.
type Trace = Vec<String>;

use args::{Args, What};
use std::process::ExitCode;

const HELP: &str = "\
./x oracle otp [--runs N] [--seed S] [--at-once K] [--seconds S] [--keep] [--json FILE]
./x oracle corpus [--json FILE]
./x oracle show --seed S

Plays the programs of the seeds S, S+1, .. (1000 from 1 if nothing is said) on Erlang/OTP and on this core and compares what
they tell: answers, listings, counts, the order of starts and stops, exit reasons. A difference is shrunk and shown. Fails on
a difference, and on a cell of semantics 12.2, 12.4 or 12.7 that no program met.

  --at-once K    programs in the BEAM at one time (400)
  --seconds S    begins no new ones after this time
  --keep         writes 1,000 of the programs and OTP's answers into tools/oracle/corpus
  corpus         compares with the answers kept there; needs no Erlang
  show           prints a program and both traces";

fn main() -> ExitCode {
    let args = match Args::read(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(why) => {
            eprintln!("oracle: {why}");
            return ExitCode::from(2);
        }
    };
    let ended = match args.what {
        What::Help => {
            println!("{HELP}");
            Ok(true)
        }
        What::Otp => otp::live::otp(&args),
        What::Corpus => otp::live::corpus(&args),
        What::Show => otp::live::show(&args),
    };
    match ended {
        Ok(holds) => ExitCode::from(u8::from(!holds)),
        Err(why) => {
            eprintln!("oracle: {why}");
            ExitCode::from(2)
        }
    }
}
