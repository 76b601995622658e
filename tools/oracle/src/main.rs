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
mod workerd;

/// The comparable form of what one side told: a line per step.
type Trace = Vec<String>;

use args::{Args, System, What};
use std::process::ExitCode;

const HELP: &str = "\
./x oracle otp [--runs N] [--seed S] [--at-once K] [--seconds S] [--keep] [--json FILE]
./x oracle workerd [the same]
./x oracle corpus [otp | workerd] [--json FILE]
./x oracle show [otp | workerd] --seed S

Plays the programs of the seeds S, S+1, .. (1000 from 1 if nothing is said) on another system and on this core and compares
what they tell. A difference is shrunk and shown. Fails on a difference, and on a cell that no program met.

  otp            supervision on Erlang/OTP: answers, listings, counts, the order of starts and stops, exit reasons;
                 the cells are those of semantics 12.2, 12.4 and 12.7
  workerd        storage and alarms on workerd's Durable Objects: what is read, what leaves and when, what an error, an abort
                 or a restart leaves; the cells are each operation in each place, each option, each end
  --at-once K    programs in the other system at one time (400)
  --seconds S    begins no new ones after this time
  --keep         writes 1,000 of the programs and the other system's answers into tools/oracle/corpus
  --workerd PATH the program
  corpus         compares with the answers kept there; needs neither system
  show           prints a program and both traces";

fn main() -> ExitCode {
    let args = match Args::read(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(why) => {
            eprintln!("oracle: {why}");
            return ExitCode::from(2);
        }
    };
    let with_otp = args.beside == System::Otp;
    let ended = match args.what {
        What::Help => {
            println!("{HELP}");
            Ok(true)
        }
        What::Play if with_otp => otp::live::otp(&args),
        What::Play => workerd::live::workerd(&args),
        What::Corpus if with_otp => otp::live::corpus(&args),
        What::Corpus => workerd::live::corpus(&args),
        What::Show if with_otp => otp::live::show(&args),
        What::Show => workerd::live::show(&args),
    };
    match ended {
        Ok(holds) => ExitCode::from(u8::from(!holds)),
        Err(why) => {
            eprintln!("oracle: {why}");
            ExitCode::from(2)
        }
    }
}
