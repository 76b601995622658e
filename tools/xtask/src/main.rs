//! What `./x` runs: one file per command, and below them the steps that several commands share.
//!
//!     x ──▶ main ──▶ run test e2e escape miniwob sim conformance crash history fuzz interop oracle mutants js guests corpus workers quickjs assembly bench setup build linux size pack     commands
//!                       └──▶ setup ──▶ sysroot browser npm                 what this machine must have
//!                       └──▶ build ──▶ wasm bundle manifest icons          target/extension/{store,dev,e2e}
#![allow(clippy::disallowed_methods, reason = "a tool of the house: it times steps and reads the environment")]
use std::process::ExitCode;

mod args;
mod assembly;
mod bench;
mod browser;
mod build;
mod bundle;
mod conformance;
mod corpus;
mod crash;
mod fuzz;
mod ground;
mod guests;
mod history;
mod icons;
mod interop;
mod js;
mod linux;
mod manifest;
mod mutants;
mod node;
mod opfs;
mod oracle;
mod pack;
mod quickjs;
mod rows;
#[cfg(test)]
mod rules;
mod run;
mod serve;
mod setup;
mod sim;
mod simpage;
mod size;
mod sysroot;
mod test;
mod variants;
mod wasm;
mod workers;
mod zip;

use args::Args;
use ground::{Done, Ground, Stop};

struct Command {
    name: &'static str,
    line: &'static str,
    help: &'static str,
    run: fn(&Ground, &mut Args) -> Done,
}

const COMMANDS: &[Command] = &[
    Command { name: "run", line: "build, open Chromium with peerd in it, replay a bundled recipe", help: run::HELP, run: run::command },
    Command { name: "test", line: "every test, browser tests included", help: test::HELP, run: test::command },
    Command { name: "e2e", line: "the extension in a real Chromium, against a scripted model", help: node::E2E_HELP, run: node::e2e },
    Command {
        name: "escape",
        line: "what code in a sandbox tries, against walls that are up and down",
        help: node::ESCAPE_HELP,
        run: node::escape,
    },
    Command { name: "miniwob", line: "the MiniWoB tasks through the extension's own tools", help: node::MINIWOB_HELP, run: node::miniwob },
    Command { name: "sim", line: "the simulator", help: sim::HELP, run: sim::command },
    Command {
        name: "conformance",
        line: "the cases of OTP and the process model, natively and in Chromium",
        help: conformance::HELP,
        run: conformance::command,
    },
    Command {
        name: "crash",
        line: "power cuts for the journal, at every byte and every system call, and kills of Chromium and of a process",
        help: crash::HELP,
        run: crash::command,
    },
    Command {
        name: "history",
        line: "the past of a durable system's folder, turn by turn, as lines or as a page to scrub through",
        help: history::HELP,
        run: history::command,
    },
    Command {
        name: "fuzz",
        line: "coverage-guided fuzzing of the mailbox, supervisors and the journal",
        help: fuzz::HELP,
        run: fuzz::command,
    },
    Command {
        name: "interop",
        line: "our OCapN peer against the public suite and against Spritely Goblins",
        help: interop::HELP,
        run: interop::command,
    },
    Command { name: "oracle", line: "random programs on Erlang/OTP and on this core, compared", help: oracle::HELP, run: oracle::command },
    Command {
        name: "mutants",
        line: "one wrong line at a time, and the command that must notice",
        help: mutants::HELP,
        run: mutants::command,
    },
    Command { name: "js", line: "the modules for JavaScript developers, built and tested", help: js::HELP, run: js::command },
    Command { name: "guests", line: "the example guests as modules", help: guests::HELP, run: guests::command },
    Command {
        name: "corpus",
        line: "drawn guests on four engines, browsers among them, compared",
        help: corpus::HELP,
        run: corpus::command,
    },
    Command { name: "workers", line: "guests in several Workers of one page", help: workers::HELP, run: workers::command },
    Command { name: "quickjs", line: "the engine of JavaScript actors as a module", help: quickjs::HELP, run: quickjs::command },
    Command { name: "assembly", line: "AssemblyScript actors as modules", help: assembly::HELP, run: assembly::command },
    Command { name: "bench", line: "the benchmarks", help: bench::HELP, run: bench::command },
    Command { name: "setup", line: "install or build what is missing", help: setup::HELP, run: setup::command },
    Command { name: "build", line: "the extension, in target/extension/", help: build::HELP, run: build::command },
    Command { name: "linux", line: "the images of the Linux machine", help: linux::HELP, run: linux::command },
    Command { name: "size", line: "how large the extension is", help: size::HELP, run: size::command },
    Command { name: "pack", line: "a zip for your own Chromium", help: pack::HELP, run: pack::command },
];

fn main() -> ExitCode {
    let ground = Ground::find();
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    if matches!(name.as_str(), "" | "help" | "--help" | "-h") {
        println!("./x COMMAND [--help]\n");
        for command in COMMANDS {
            println!("    {:11}  {}", command.name, command.line);
        }
        println!("\nExit code: 0 what was checked holds; 1 it does not; 2 this machine or this command line lacks something.");
        return ExitCode::from(if name.is_empty() { 2 } else { 0 });
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("x: there is no `{name}`; ./x --help lists what there is");
        return ExitCode::from(2);
    };
    let mut args = Args::new(words.collect());
    if args.help() {
        println!("{}", command.help);
        return ExitCode::SUCCESS;
    }
    match (command.run)(&ground, &mut args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Failed(why)) => {
            if !why.is_empty() {
                eprintln!("x {name}: {why}");
            }
            ExitCode::from(1)
        }
        Err(Stop::Lacking(why)) => {
            eprintln!("x {name}: {why}");
            ExitCode::from(2)
        }
    }
}
