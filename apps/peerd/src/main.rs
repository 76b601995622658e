//! The native command: one file, or folder, per sub-command.
//!
//!     peerd ──▶ ocapn    a peer that listens, with objects to be called
#![allow(clippy::disallowed_methods, reason = "a program: it reads its words and prints")]
use std::process::ExitCode;

mod args;
mod ocapn;

use args::Args;

/// Why a command ended early.
enum Stop {
    /// What it was to do did not work out: exit code 1.
    Failed(String),
    /// The command line does not say what it must: exit code 2.
    Unclear(String),
}

struct Command {
    name: &'static str,
    line: &'static str,
    help: &'static str,
    run: fn(&mut Args) -> Result<(), Stop>,
}

const COMMANDS: &[Command] =
    &[Command { name: "ocapn", line: "an OCapN peer that listens, with objects to be called", help: ocapn::HELP, run: ocapn::command }];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    if matches!(name.as_str(), "" | "help" | "--help" | "-h") {
        println!("peerd COMMAND [--help]\n");
        for command in COMMANDS {
            println!("    {:8}  {}", command.name, command.line);
        }
        return ExitCode::from(if name.is_empty() { 2 } else { 0 });
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("peerd: there is no `{name}`; peerd --help lists what there is");
        return ExitCode::from(2);
    };
    let mut args = Args::new(words.collect());
    if args.asks_for_help() {
        println!("{}", command.help);
        return ExitCode::SUCCESS;
    }
    match (command.run)(&mut args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            let (code, why) = match stop {
                Stop::Failed(why) => (1, why),
                Stop::Unclear(why) => (2, format!("{why} (peerd {name} --help says what can be said)")),
            };
            eprintln!("peerd {name}: {why}");
            ExitCode::from(code)
        }
    }
}
