//! `./x bench guests`: the programs of `actors` with metered guests in place of their actors, and what only guests can be asked.
use serde_json::{Value, json};

use super::actors::{chosen, load, play};
use super::contestant::gather_guests;
use super::page;
use super::programs::{Floor, Program, Row};
use super::quiet;
use super::scores::{Scores, Verdict};
use crate::args::Args;
use crate::ground::{Done, Ground, Stop};
use crate::rows::{Rows, measured};

const BOTH: &[&str] = &["peerd-chromium", "beam-s1", "beam-s2"];
const OURS: &[&str] = &["peerd-chromium"];
const HOGS: &str = "hogs-p99";
/// Plays no program: what the machine itself keeps waiting.
const MACHINE: &str = "native-loop";
const LISTENS: usize = 3;

const fn row(name: &'static str, unit: &'static str, floor: Floor) -> Row {
    Row { name, unit, divisor: 1.0, floor }
}

const fn program(name: &'static str, units: u64, players: &'static [&'static str], rows: &'static [Row]) -> Program {
    Program { name, units, step: 1_000, fresh: false, is_extra: false, players, rows }
}

pub const PROGRAMS: &[Program] = &[
    program("ping-pong", 200_000, BOTH, &[row("ping-pong", "ns", Floor::Times(3.0))]),
    program("ring", 300_000, BOTH, &[row("ring", "ns", Floor::Times(3.0))]),
    program("ring-dense-1000", 1_000_000, BOTH, &[row("ring-dense", "ns", Floor::Times(1.2))]),
    Program { fresh: true, ..program("spawn-million", 1_000_000, BOTH, &[row("spawn-million", "ns", Floor::Times(10.0))]) },
    Program { fresh: true, ..program("bytes-idle", 1_000_000, BOTH, &[row("bytes-idle", "B", Floor::AtMost(320.0))]) },
    Program {
        fresh: true,
        ..program(
            "million-live",
            1_000_000,
            OURS,
            &[
                Row { name: "million-mb", unit: "MB", divisor: 1e6, floor: Floor::None },
                Row { name: "million-spawned", unit: "ms", divisor: 1e6, floor: Floor::AtMost(1_000.0) },
                Row { name: "million-messaged", unit: "ms", divisor: 1e6, floor: Floor::None },
            ],
        )
    },
    Program {
        fresh: true,
        step: 20,
        ..program(
            HOGS,
            3_000,
            OURS,
            &[
                row(HOGS, "ns", Floor::AtMost(50_000.0)),
                row("hogs-p50", "ns", Floor::None),
                row("hogs-longest", "ns", Floor::AtMost(1_000_000.0)),
                row("hogs-slow-turns", "turns", Floor::None),
                row("hogs-suspended", "turns", Floor::None),
            ],
        )
    },
    // Not a measure: long turns on one instance are right, or it fails.
    Program { step: 42, ..program("agree", 42, OURS, &[row("agree", "turns", Floor::None)]) },
    // In a Worker of its own: it keeps the engine's code and an image of each class.
    Program {
        fresh: true,
        step: 10,
        ..program(
            "javascript",
            20_000,
            OURS,
            &[
                row("javascript-turn", "ns", Floor::None),
                row("javascript-class", "ns", Floor::None),
                row("javascript-engine", "ns", Floor::None),
                row("javascript-slice", "ns", Floor::None),
                row("javascript-fuel", "fuel", Floor::None),
                row("javascript-agree", "turns", Floor::None),
            ],
        )
    },
    Program {
        step: 10,
        ..program("assembly", 20_000, OURS, &[row("assembly-turn", "ns", Floor::None), row("assembly-fuel", "fuel", Floor::None)])
    },
    // The BEAM counts in microseconds.
    Program {
        step: 20,
        ..program(HOGS, 3_000, &["beam-s1", "beam-s2"], &[Row { name: HOGS, unit: "ns", divisor: 1e-3, floor: Floor::None }])
    },
    Program {
        step: 1,
        ..program(
            "metering-overhead",
            40,
            OURS,
            &[
                row("metering-overhead", "x", Floor::AtMost(1.2)),
                row("metering-sha256", "x", Floor::None),
                row("metering-sort", "x", Floor::None),
                row("metering-nbody", "x", Floor::None),
                row("metering-json", "x", Floor::None),
                row("metering-regex", "x", Floor::None),
                row("metering-sieve", "x", Floor::None),
            ],
        )
    },
];

fn names(program: &Program) -> impl Iterator<Item = &'static str> {
    [program.name].into_iter().chain(program.rows.iter().map(|row| row.name))
}

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let rounds: usize = args.number("--rounds", 5)?;
    let scale: f64 = args.number("--scale", 1.0)?;
    if rounds == 0 || scale.is_nan() || scale <= 0.0 {
        return Err(Stop::Lacking("of no rounds, or at no scale, nothing is measured".into()));
    }
    // One is found by its own name and by those of its rows.
    let mut all: Vec<&str> = PROGRAMS.iter().flat_map(names).collect();
    all.sort_unstable();
    all.dedup();
    let wanted = chosen(args.value("--programs")?, &all, &all)?;
    let (file, write) = (args.value("--json")?, args.flag("--write"));
    args.done()?;

    let mut contestants = gather_guests(ground)?;
    let mut conditions = page::conditions(ground, rounds, scale);
    conditions.push("every rule of the meter on: fuel, depth, marks, one NaN, bulk pieces; a turn's memory put back after it".into());
    for contestant in &mut contestants {
        let version = contestant.hello()?;
        conditions.push(format!("{}: {version}", contestant.subject));
    }
    let programs: Vec<&Program> =
        PROGRAMS.iter().filter(|program| names(program).any(|name| wanted.iter().any(|wanted| wanted == name))).collect();
    let (mut scores, before) = (Scores::default(), load());
    for round in 0..rounds {
        for program in &programs {
            eprintln!("x: round {} of {rounds}: {}", round + 1, program.name);
            // Before and after, and each time with other memory: how quiet it is depends on which.
            let listens = if program.name == HOGS && program.players == OURS { LISTENS } else { 0 };
            (0..listens).for_each(|_| scores.add(HOGS, MACHINE, quiet::wait_ns()));
            play(program, round, scale, &mut contestants, &mut scores)?;
            (0..listens).for_each(|_| scores.add(HOGS, MACHINE, quiet::wait_ns()));
        }
    }
    if let Some(machine) = scores.of(HOGS, MACHINE) {
        let (mb, waits) = (quiet::BYTES >> 20, page::figure(machine));
        conditions
            .push(format!("before and after hogs-p99 a native loop that only touches {mb} MB waits {waits} ns at its 99th percentile"));
    }
    conditions.push(format!("load before {before}, after {}", load()));
    let table = table(&scores, &programs);
    println!("{table}\n\n{}", conditions.join("\n"));
    measured(file.as_deref(), &rows(&scores, &programs, rounds, &conditions))?;
    if write {
        page::write_guests(ground, &table, &conditions)?;
    }
    verdict(&scores, &programs)
}

/// For `./x test`: every program once, small. No aims, but each must complete and its accounting hold.
pub fn smoke(ground: &Ground, checks: &mut Rows) -> Done {
    let mut contestants = gather_guests(ground)?;
    let ours = &mut contestants[0];
    for program in PROGRAMS.iter().filter(|program| program.players.contains(&"peerd-chromium")) {
        let units = if program.name == "agree" { program.units } else { program.units(0.01) };
        let played = ours.ask(program.name, units, program.fresh);
        checks.judge("bench", &format!("guests-{}", program.name), played.map(drop))?;
    }
    Ok(())
}

/// Each row once: a program that is played apart by ours and by the BEAM has one of them.
fn all<'a>(programs: &'a [&Program]) -> impl Iterator<Item = &'a Row> {
    let ours = programs.iter().filter(|program| program.players.contains(&"peerd-chromium"));
    ours.flat_map(|program| program.rows)
}

fn floor(row: &Row) -> String {
    match row.floor {
        Floor::Times(floor) => format!("{floor}x"),
        Floor::AtMost(most) => format!("<= {most}"),
        Floor::None => String::new(),
    }
}

fn table(scores: &Scores, programs: &[&Program]) -> String {
    let mut lines = vec![["program", "unit", "Chromium", "BEAM", "ratio (best)", "aim", ""].map(str::to_owned)];
    for row in all(programs) {
        let ours = scores.of(row.name, "peerd-chromium").map_or_else(String::new, page::figure);
        let beam = scores.beam(row.name).map_or_else(String::new, |(subject, score)| format!("{} {}", page::figure(score), &subject[5..]));
        let ratio = scores.ratio(row.name, "peerd-chromium");
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{:.1}x ({:.1}x)", ratio.median, ratio.best));
        let verdict = match scores.judge(row) {
            Verdict::Met => "met",
            Verdict::Near => "near",
            Verdict::Missed(_) => "missed",
            Verdict::NotAsked => "",
        };
        lines.push([row.name.to_owned(), row.unit.to_owned(), ours, beam, ratio, floor(row), verdict.to_owned()]);
    }
    page::aligned(&lines)
}

fn rows(scores: &Scores, programs: &[&Program], rounds: usize, conditions: &[String]) -> Vec<Value> {
    let mut told = Vec::new();
    for row in all(programs) {
        for subject in BOTH.iter().chain(&[MACHINE]) {
            let Some(score) = scores.of(row.name, subject) else { continue };
            told.push(json!({"bench": "guests", "program": row.name, "subject": subject, "value": score.median, "unit": row.unit,
                "better": "lower", "rounds": rounds, "min": score.min, "max": score.max, "note": conditions.join("; ")}));
        }
    }
    told
}

/// That this was not a quiet machine, if it was not: a loop that only touches memory waits longer than the aim.
fn machine(scores: &Scores, row: &Row) -> String {
    match (scores.of(row.name, MACHINE), row.floor) {
        (Some(machine), Floor::AtMost(most)) if machine.median > most => {
            format!("; not on a quiet machine: a native loop that only touches memory waits {:.0} {}", machine.median, row.unit)
        }
        _ => String::new(),
    }
}

fn verdict(scores: &Scores, programs: &[&Program]) -> Done {
    let (mut met, mut near, mut missed) = (0, 0, Vec::new());
    for row in all(programs) {
        match scores.judge(row) {
            Verdict::Met => met += 1,
            Verdict::Near => near += 1,
            Verdict::Missed(why) => missed.push(format!("{}: {why}{}", row.name, machine(scores, row))),
            Verdict::NotAsked => {}
        }
    }
    if let Some(ratio) = scores.ratio(HOGS, "peerd-chromium").filter(|ratio| ratio.median < 1.0) {
        missed.push(format!("{HOGS}: the BEAM is ahead by {:.1}x", 1.0 / ratio.median));
    }
    println!("\n{met} aims met, {near} missed within the slack, {} missed", missed.len());
    if missed.is_empty() { Ok(()) } else { Err(Stop::Failed(missed.join("\n    "))) }
}
