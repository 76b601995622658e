//! `./x sim`: plays scenarios under many seeds, the seeds that once failed first.
#![expect(clippy::disallowed_methods, reason = "it says how long it took; no world reads this clock")]
mod args;
mod crew;
mod summary;

use args::Args;
use crew::play_all;
use peerd_sim::{Outcome, SCENARIOS, Scenario, Watch, kept_seeds, render, shrink};
use serde_json::json;
use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    ops::ControlFlow,
    process::ExitCode,
    time::Instant,
};
use summary::Summary;

const HELP: &str = "\
./x sim NAME.. [--seed S] [--runs N] [--print] [--json FILE] [--no-shrink] [--first]
             [--faults none|KIND,KIND..]

Plays a scenario (or `all` short ones) N times, under the seeds S, S+1, .. (20 times from 1 if nothing is said), and before that under
the seeds of seeds.txt. Each seed is played twice and both plays must tell the same story. The end is a summary: turns,
faults by kind, checks made. A failing seed of a drawn script is cut down to a short schedule (not with --no-shrink).
--first stops a scenario at its first failure, --faults leaves out all faults but these (their names are in the summary).
--print shows the transcript of each run, which ends with the hash of its facts. Without a name: what there is.
Exit code: 0 when all hold, 1 when one does not, 2 when this can't be done.";

/// Limit: failures of one scenario that are told; the rest are only counted.
const TOLD_MAX: u64 = 5;

/// Limit: lines of the transcript of what was cut down.
const LINES_MAX: usize = 40;

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
        Ok(scenarios) => run_all(&scenarios, &args),
        Err(why) => lacking(&why),
    }
}

fn wanted(names: &[String]) -> Result<Vec<&'static Scenario>, String> {
    if names == ["all"] {
        return Ok(SCENARIOS.iter().filter(|scenario| !scenario.is_long()).collect());
    }
    let find = |name: &String| {
        let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
        found.ok_or_else(|| format!("there is no scenario `{name}`; without a name I list what there is"))
    };
    names.iter().map(find).collect()
}

fn run_all(scenarios: &[&Scenario], args: &Args) -> ExitCode {
    let (mut rows, mut all) = (String::new(), Summary::default());
    for scenario in scenarios {
        let kept = if args.seed.is_none() { kept_seeds(scenario.name) } else { Vec::new() };
        let first = args.seed.unwrap_or(1);
        let seeds: Vec<u64> = kept.into_iter().chain((0..args.runs).map(|run| first.wrapping_add(run))).collect();
        let begun = Instant::now();
        let mut of_this = Summary::default();
        let watch = if args.print { Watch::All } else { Watch::Checks };
        play_all(scenario, &seeds, watch, args.faults.as_deref(), |seed, outcome| {
            of_this.add(outcome);
            if args.print {
                let ms = outcome.ms;
                say(&format!("{}{} seed {seed}: {ms} ms, transcript {:016x}", outcome.transcript, scenario.name, outcome.hash));
            }
            let (result, why) = match &outcome.result {
                Ok(()) => ("passed", ""),
                Err(why) => ("failed", why.as_str()),
            };
            let _ = writeln!(rows, "{}", json!({"check": scenario.name, "case": seed.to_string(), "result": result, "why": why}));
            if outcome.result.is_err() && of_this.failed <= TOLD_MAX {
                tell_failure(scenario, seed, outcome, args, args.shrink && of_this.failed == 1);
            }
            if args.first && outcome.result.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        say(&of_this.line(scenario.name, begun.elapsed()));
        all.take(of_this);
    }
    if let Some(file) = &args.json
        && let Err(error) = fs::write(file, rows + &all.rows())
    {
        return lacking(&format!("{file}: {error}"));
    }
    say(&all.details());
    say(&format!("{} passed, {} failed, 0 skipped", all.passed, all.failed));
    ExitCode::from(u8::from(all.failed > 0))
}

fn tell_failure(scenario: &Scenario, seed: u64, outcome: &Outcome, args: &Args, cut: bool) {
    let (name, Err(why)) = (scenario.name, &outcome.result) else { return };
    say(&format!("failed: {name} seed {seed}: {why}\n  again: ./x sim {name} --seed {seed} --print"));
    if let (true, Some(script)) = (cut, scenario.script(seed, args.faults.as_deref())) {
        let (short, why) = shrink(&script, seed, why);
        let actors = short.top.size();
        say(&format!("  cut down to {} steps, {} of them faults, and {actors} actors: {why}\n{short}", short.steps.len(), short.faults()));
        if why.starts_with("panic") {
            return;
        }
        let told = render(short.play(seed, Watch::All).facts());
        let lines: Vec<&str> = told.lines().collect();
        say(&format!("  which ends:\n{}\n", lines[lines.len().saturating_sub(LINES_MAX)..].join("\n")));
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
