//! `./x sim`: plays scenarios under many seeds, the seeds that once failed first.
mod args;

use args::Args;
use peerd_sim::{Outcome, SCENARIOS, Scenario, kept_seeds, run};
use serde_json::json;
use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    process::ExitCode,
};

const HELP: &str = "\
./x sim NAME.. [--seed S] [--runs N] [--print] [--json FILE]

Plays a scenario (or `all`) N times, under the seeds S, S+1, .. (20 times from 1 if nothing is said), and before that under
the seeds of seeds.txt. --print shows the transcript of each run, which ends with its hash. Without a name: what there is.
Exit code: 0 when all hold, 1 when one does not, 2 when this can't be done.";

fn main() -> ExitCode {
    let args = match Args::read(std::env::args().skip(1)) {
        Ok(args) if args.help => {
            say(HELP);
            return ExitCode::SUCCESS;
        }
        Ok(args) => args,
        Err(why) => return lacking(&why),
    };
    if args.names.is_empty() {
        for scenario in SCENARIOS {
            say(&format!("{:12} {}", scenario.name, scenario.line));
        }
        return ExitCode::SUCCESS;
    }
    match wanted(&args.names) {
        Ok(scenarios) => play_all(&scenarios, &args),
        Err(why) => lacking(&why),
    }
}

fn wanted(names: &[String]) -> Result<Vec<&'static Scenario>, String> {
    if names == ["all"] {
        return Ok(SCENARIOS.iter().collect());
    }
    let find = |name: &String| {
        let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
        found.ok_or_else(|| format!("there is no scenario `{name}`; without a name I list what there is"))
    };
    names.iter().map(find).collect()
}

fn play_all(scenarios: &[&Scenario], args: &Args) -> ExitCode {
    let (mut rows, mut passed, mut failed) = (String::new(), 0u64, 0u64);
    for scenario in scenarios {
        let kept = if args.seed.is_none() { kept_seeds(scenario.name) } else { Vec::new() };
        let first = args.seed.unwrap_or(1);
        for seed in kept.into_iter().chain((0..args.runs).map(|run| first.wrapping_add(run))) {
            let outcome = run(scenario, seed);
            show(scenario, seed, &outcome, args.print);
            let (result, why) = match &outcome.result {
                Ok(()) => ("passed", ""),
                Err(why) => ("failed", why.as_str()),
            };
            let _ = writeln!(rows, "{}", json!({"check": scenario.name, "case": seed.to_string(), "result": result, "why": why}));
            *(if outcome.result.is_ok() { &mut passed } else { &mut failed }) += 1;
        }
    }
    if let Some(file) = &args.json
        && let Err(error) = fs::write(file, rows)
    {
        return lacking(&format!("{file}: {error}"));
    }
    say(&format!("{passed} passed, {failed} failed, 0 skipped"));
    ExitCode::from(u8::from(failed > 0))
}

fn show(scenario: &Scenario, seed: u64, outcome: &Outcome, print: bool) {
    let name = scenario.name;
    if print {
        say(&format!("{}{name} seed {seed}: {} ms, transcript {:016x}", outcome.transcript, outcome.ms, outcome.hash));
    }
    if let Err(why) = &outcome.result {
        say(&format!("failed: {name} seed {seed}: {why}\n  again: ./x sim {name} --seed {seed} --print"));
    }
}

/// Whoever reads may have seen enough and gone; the exit code still counts.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

fn lacking(why: &str) -> ExitCode {
    eprintln!("sim: {why}");
    ExitCode::from(2)
}
