//! `./x bench start`: how long a person waits at the second `./x run`.
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use serde_json::json;

use crate::args::Args;
use crate::ground::{Done, Ground, Stop};
use crate::rows::measured;

const LIMIT_S: f64 = 10.0;

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let rounds: usize = args.number("--rounds", 5)?;
    let file = args.value("--json")?;
    args.done()?;
    once(ground)?; // the first run; from here on it is the second
    let mut seconds = Vec::new();
    for _ in 0..rounds.max(1) {
        seconds.push(once(ground)?);
    }
    seconds.sort_by(f64::total_cmp);
    let (min, median, max) = (seconds[0], seconds[seconds.len() / 2], seconds[seconds.len() - 1]);
    println!("run-warm  {median:.2} s  (of {rounds}: {min:.2} to {max:.2})");
    let row = json!({"bench": "start", "program": "run-warm", "subject": "peerd-chromium", "value": median, "unit": "s",
        "better": "lower", "rounds": rounds, "min": min, "max": max, "note": "./x run typed to practice page loaded"});
    measured(file.as_deref(), &[row])?;
    if max < LIMIT_S { Ok(()) } else { Err(Stop::Failed(format!("the slowest took {max:.1} s; the limit is {LIMIT_S} s"))) }
}

fn once(ground: &Ground) -> Done<f64> {
    let begun = Instant::now();
    let mut run = ground.program("./x").args(["run", "--headless", "--until-loaded"]).stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(run.stdout.take().expect("it is piped")).lines();
    let mut loaded = None;
    for line in lines {
        if line?.starts_with("practice page loaded") {
            loaded.get_or_insert(begun.elapsed().as_secs_f64());
        }
    }
    let status = run.wait()?;
    match loaded {
        Some(seconds) if status.success() => Ok(seconds),
        _ => Err(Stop::Failed("./x run --headless --until-loaded did not load the practice page".into())),
    }
}
