//! `./x bench captp`: calls between peers, beside Spritely Goblins and beside a bare echo of bytes, interleaved round by round.
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::contestant::{self, Contestant};
use super::page;
use crate::args::Args;
use crate::browser;
use crate::ground::{Done, Ground, Stop};
use crate::interop::bench::Goblins;
use crate::js;
use crate::rows::measured;
use crate::wasm::Profile;

struct Program {
    name: &'static str,
    /// By subject: how much it plays.
    players: &'static [(&'static str, u64)],
    /// Its memory counts.
    fresh: bool,
    /// One per value of the answer.
    rows: &'static [Row],
}

struct Row {
    name: &'static str,
    unit: &'static str,
    better: Better,
}

#[derive(Clone, Copy, PartialEq)]
enum Better {
    Lower,
    Higher,
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "calls-in-memory",
        players: &[(NATIVE, 400_000)],
        fresh: false,
        rows: &[Row { name: "calls-in-memory", unit: "calls/s", better: Better::Higher }],
    },
    Program {
        name: "calls-websocket",
        players: &[(NATIVE, 200_000), (GOBLINS, 1_000)],
        fresh: false,
        rows: &[Row { name: "calls-websocket", unit: "calls/s", better: Better::Higher }],
    },
    Program {
        name: "calls-message-port",
        players: &[(CHROMIUM, 20_000)],
        fresh: false,
        rows: &[Row { name: "calls-message-port", unit: "calls/s", better: Better::Higher }],
    },
    Program {
        name: "round-trip",
        players: &[(NATIVE, 5_000), (ECHO, 5_000), (GOBLINS, 200)],
        fresh: false,
        rows: &[
            Row { name: "round-trip-least", unit: "us", better: Better::Lower },
            Row { name: "round-trip", unit: "us", better: Better::Lower },
        ],
    },
    Program {
        name: "bytes-per-call",
        players: &[(NATIVE, 20_000)],
        fresh: false,
        rows: &[Row { name: "bytes-per-call", unit: "B", better: Better::Lower }],
    },
    Program {
        name: "handoffs",
        players: &[(NATIVE, 2_000)],
        fresh: false,
        rows: &[Row { name: "handoffs", unit: "handoffs/s", better: Better::Higher }],
    },
    Program {
        name: "bytes-per-export",
        players: &[(NATIVE, 200_000)],
        fresh: true,
        rows: &[Row { name: "bytes-per-export", unit: "B", better: Better::Lower }],
    },
];

const NATIVE: &str = "peerd-native";
const CHROMIUM: &str = "peerd-chromium";
const GOBLINS: &str = "goblins";
const ECHO: &str = "tcp-echo";
/// Times in a row, so that what compiles as it runs is compiled.
const REPEATS: usize = 3;
/// What is aimed at may be missed by so much.
const SLACK: f64 = 1.2;

type Samples = BTreeMap<(&'static str, &'static str), Vec<f64>>;

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let rounds: usize = args.number("--rounds", 5)?;
    let only = args.value("--programs")?;
    let file = args.value("--json")?;
    let write = args.flag("--write");
    args.done()?;
    let wanted = |name: &str| only.as_ref().is_none_or(|only| only.split(',').any(|word| word == name));
    let programs: Vec<&Program> = PROGRAMS.iter().filter(|program| wanted(program.name)).collect();
    if rounds == 0 || programs.is_empty() {
        let all: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
        return Err(Stop::Lacking(format!("nothing is measured: there are {}", all.join(", "))));
    }

    let program = contestant::native(ground, "bench-captp")?;
    let (native, echo) = (program.clone(), program);
    let (module, browser) = (js::captp(ground, Profile::Fastest)?, browser::ensure()?.path);
    let script = ground.path("tools/bench/captp/chromium.mjs");
    let command = |program: &Path| std::process::Command::new(program);
    let mut ours = [
        Contestant::process(NATIVE, move || command(&native)),
        Contestant::process(ECHO, move || {
            let mut echo = command(&echo);
            echo.arg(ECHO);
            echo
        }),
        Contestant::process(CHROMIUM, move || {
            let mut node = command(Path::new("node"));
            node.arg(&script).arg(&module).env("CHROMIUM", &browser);
            node
        }),
    ];
    let mut goblins = Goblins::start(ground)?;
    let mut samples = Samples::new();
    for round in 0..=rounds {
        for program in &programs {
            eprintln!("x: {} {}", if round == 0 { "warming up:".into() } else { format!("round {round} of {rounds}:") }, program.name);
            for (subject, units) in program.players.iter().flat_map(|player| [player; REPEATS]) {
                let values = match ours.iter_mut().find(|contestant| contestant.subject == *subject) {
                    Some(contestant) => contestant.ask(program.name, *units, program.fresh)?,
                    None => goblins.ask(program.name, *units)?,
                };
                // The first round warms up.
                for (row, value) in program.rows.iter().zip(values).filter(|_| round > 0) {
                    samples.entry((row.name, *subject)).or_default().push(value);
                }
            }
        }
    }
    let mut conditions = page::conditions(ground, rounds, 1.0);
    conditions.truncate(1);
    conditions.push(format!(
        "a payload of 64 B goes with each call and comes back; 500 calls under way at a time; guile-goblins {}",
        goblins.version()
    ));
    conditions.push(
        "calls/s and handoffs/s are for each second of CPU that all ends together take; on message ports for a second of the clock".into(),
    );
    let table = table(&samples, &programs);
    println!("{table}\n\n{}", conditions.join("\n"));
    measured(file.as_deref(), &rows(&samples, &programs, rounds, &conditions))?;
    if write {
        page::write_captp(ground, &table, &conditions)?;
    }
    verdict(&samples)
}

/// Sorted.
fn sorted(samples: &Samples, row: &'static str, subject: &'static str) -> Option<Vec<f64>> {
    let mut values = samples.get(&(row, subject))?.clone();
    values.sort_by(f64::total_cmp);
    Some(values)
}

fn median(samples: &Samples, row: &'static str, subject: &'static str) -> Option<f64> {
    sorted(samples, row, subject).map(|values| values[values.len() / 2])
}

fn rows(samples: &Samples, programs: &[&Program], rounds: usize, conditions: &[String]) -> Vec<Value> {
    let mut told = Vec::new();
    for row in programs.iter().flat_map(|program| program.rows) {
        for subject in [NATIVE, CHROMIUM, GOBLINS, ECHO] {
            let Some(values) = sorted(samples, row.name, subject) else { continue };
            let better = if row.better == Better::Higher { "higher" } else { "lower" };
            told.push(
                json!({"bench": "captp", "program": row.name, "subject": subject, "value": values[values.len() / 2], "unit": row.unit,
                "better": better, "rounds": rounds, "min": values[0], "max": values[values.len() - 1], "note": conditions.join("; ")}),
            );
        }
    }
    told
}

/// The median of each, and in brackets the best.
fn table(samples: &Samples, programs: &[&Program]) -> String {
    let mut lines = vec![["program", "unit", "native", "Chromium", "Goblins", "bytes alone"].map(str::to_owned)];
    for row in programs.iter().flat_map(|program| program.rows) {
        let told = |subject| {
            sorted(samples, row.name, subject).map_or_else(String::new, |values| {
                let best = if row.better == Better::Higher { values[values.len() - 1] } else { values[0] };
                let number = |value: f64| if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") };
                format!("{} ({})", number(values[values.len() / 2]), number(best))
            })
        };
        lines.push([row.name.to_owned(), row.unit.to_owned(), told(NATIVE), told(CHROMIUM), told(GOBLINS), told(ECHO)]);
    }
    page::aligned(&lines)
}

/// What is aimed at, of what was measured: by how much each is kept, where 1 is just so.
fn verdict(samples: &Samples) -> Done {
    let of = |row, subject| median(samples, row, subject);
    let best = |row, subject| sorted(samples, row, subject).map(|values| values[0]);
    let aims = [
        ("200,000 calls/s in memory", of("calls-in-memory", NATIVE).map(|ours| ours / 200_000.0)),
        ("50,000 calls/s on message ports", of("calls-message-port", CHROMIUM).map(|ours| ours / 50_000.0)),
        (
            "50 times Goblins' calls over WebSocket",
            of("calls-websocket", NATIVE).zip(of("calls-websocket", GOBLINS)).map(|(ours, theirs)| ours / theirs / 50.0),
        ),
        (
            "a round trip in 1.5 times that of bare bytes",
            of("round-trip", NATIVE).zip(of("round-trip", ECHO)).map(|(ours, bare)| 1.5 * bare / ours),
        ),
        ("30 us at the least", best("round-trip-least", NATIVE).map(|ours| 30.0 / ours)),
    ];
    let mut missed = Vec::new();
    println!();
    for (aim, kept) in aims {
        let Some(kept) = kept else { continue };
        println!("{}: {aim}, by a factor of {kept:.2}", if kept >= 1.0 { "met" } else { "missed" });
        if kept * SLACK < 1.0 {
            missed.push(aim);
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(Stop::Failed(missed.join("; "))) }
}
