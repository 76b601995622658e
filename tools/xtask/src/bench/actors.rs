//! `./x bench actors`: every contestant plays every program, interleaved, round by round.
use std::fs;

use serde_json::{Value, json};

use super::contestant::{Contestant, gather};
use super::page;
use super::programs::{EVERYBODY, PROGRAMS, Program};
use super::scores::{Scores, Verdict};
use crate::args::Args;
use crate::ground::{Done, Ground, Stop, answer};
use crate::rows::measured;

/// Times each program is asked in a row, when it does not need a fresh process.
const REPEATS: usize = 3;

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let rounds: usize = args.number("--rounds", 5)?;
    let scale: f64 = args.number("--scale", 1.0)?;
    if rounds == 0 || scale.is_nan() || scale <= 0.0 {
        return Err(Stop::Lacking("of no rounds, or at no scale, nothing is measured".into()));
    }
    let usual: Vec<&str> = PROGRAMS.iter().filter(|program| !program.is_extra).map(|program| program.name).collect();
    let all: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
    let programs = chosen(args.value("--programs")?, &all, &usual)?;
    let subjects = chosen(args.value("--subjects")?, EVERYBODY, EVERYBODY)?;
    let file = args.value("--json")?;
    let write = args.flag("--write");
    args.done()?;

    let mut contestants = gather(ground, &subjects)?;
    let mut conditions = page::conditions(ground, rounds, scale);
    for contestant in &mut contestants {
        let version = contestant.hello()?;
        conditions.push(format!("{}: {version}", contestant.subject));
    }
    let programs: Vec<&Program> = PROGRAMS.iter().filter(|program| programs.iter().any(|name| name == program.name)).collect();
    let mut scores = Scores::default();
    let load_before = load();
    for round in 0..rounds {
        for program in &programs {
            eprintln!("x: round {} of {rounds}: {}", round + 1, program.name);
            play(program, round, scale, &mut contestants, &mut scores)?;
        }
    }
    conditions.push(format!("load before {load_before}, after {}", load()));
    let table = page::table(&scores, &programs);
    println!("{table}\n\n{}", conditions.join("\n"));
    measured(file.as_deref(), &rows(&scores, &programs, rounds, &conditions))?;
    if write {
        page::write(ground, &table, &conditions)?;
    }
    verdict(&scores, &programs)
}

/// One program by everybody, one after the other. The first of each round is another one, and the very first run of each
/// warms up and does not count.
pub fn play(program: &Program, round: usize, scale: f64, contestants: &mut [Contestant], scores: &mut Scores) -> Done {
    let units = program.units(scale);
    let count = contestants.len().max(1);
    for turn in 0..contestants.len() {
        let contestant = &mut contestants[(turn + round) % count];
        if !program.players.contains(&contestant.subject) {
            continue;
        }
        if round == 0 && !program.fresh {
            contestant.ask(program.name, units, false)?;
        }
        for _ in 0..if program.fresh { 1 } else { REPEATS } {
            let values = contestant.ask(program.name, units, program.fresh)?;
            for (row, value) in program.rows.iter().zip(values) {
                scores.add(row.name, contestant.subject, value / row.divisor);
            }
        }
    }
    Ok(())
}

pub fn chosen(words: Option<String>, all: &[&str], usual: &[&str]) -> Done<Vec<String>> {
    let Some(words) = words else { return Ok(usual.iter().map(|name| (*name).to_owned()).collect()) };
    let names: Vec<String> = words.split(',').map(str::to_owned).collect();
    match names.iter().find(|name| !all.contains(&name.as_str())) {
        None => Ok(names),
        Some(unknown) => Err(Stop::Lacking(format!("there is no `{unknown}`; there are {}", all.join(", ")))),
    }
}

fn rows(scores: &Scores, programs: &[&Program], rounds: usize, conditions: &[String]) -> Vec<Value> {
    let mut rows = Vec::new();
    for row in programs.iter().flat_map(|program| program.rows) {
        for subject in EVERYBODY {
            if let Some(score) = scores.of(row.name, subject) {
                rows.push(json!({"bench": "actors", "program": row.name, "subject": subject, "value": score.median, "unit": row.unit,
                    "better": "lower", "rounds": rounds, "min": score.min, "max": score.max, "note": conditions.join("; ")}));
            }
        }
        if let (Some(ratio), Some((beam, _))) = (scores.ratio(row.name, "peerd-chromium"), scores.beam(row.name)) {
            rows.push(json!({"bench": "actors", "program": row.name, "subject": "peerd-chromium", "value": ratio.median, "unit": "x",
                "better": "higher", "rounds": rounds, "best": ratio.best, "note": format!("{beam} divided by it; ratio of medians")}));
        }
    }
    rows
}

fn verdict(scores: &Scores, programs: &[&Program]) -> Done {
    let mut missed = scores.behind();
    let (mut met, mut near) = (0, 0);
    for row in programs.iter().flat_map(|program| program.rows) {
        match scores.judge(row) {
            Verdict::Met => met += 1,
            Verdict::Near => near += 1,
            Verdict::Missed(why) => missed.push(format!("{}: {why}", row.name)),
            Verdict::NotAsked => {}
        }
    }
    println!("\n{met} floors met, {near} missed within the slack, {} missed", missed.len());
    if missed.is_empty() { Ok(()) } else { Err(Stop::Failed(missed.join("\n    "))) }
}

pub fn load() -> String {
    let of_linux = fs::read_to_string("/proc/loadavg").ok();
    let text = of_linux.or_else(|| answer(std::process::Command::new("uptime").arg(""))).unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
