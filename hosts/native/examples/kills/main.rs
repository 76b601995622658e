//! `./x crash --kills N --native`: a process that writes a journal is killed, N times over, and what it had acknowledged must be there.
//!
//! ```text
//! child: Journal on files ─ "opening", "n position", .. ─▶ pipe ─▶ parent: Ledger ─ SIGKILL ─▶ opens the folder ─▶ Ledger judges
//! ```
#![allow(clippy::disallowed_methods, reason = "it measures and waits for a real process")]
mod child;
mod history;
mod ledger;
mod parent;

use peerd_crash::Tally;
use std::{env, fs, path::PathBuf, process, process::ExitCode, time::Instant};

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--child", folder, seed] => child::write(folder.as_ref(), number(seed).unwrap_or_default()),
        _ => match read(&words) {
            Ok(args) => run(&args),
            Err(why) => lacking(&why),
        },
    }
}

struct Args {
    kills: u64,
    seed: u64,
    json: Option<String>,
}

fn run(args: &Args) -> ExitCode {
    let folder: PathBuf = env::temp_dir().join(format!("peerd-kills-{}", process::id()));
    let (mut tally, begun) = (Tally::default(), Instant::now());
    let sums = parent::kill(&folder, args.kills, args.seed, &mut tally);
    println!("{sums}, in {:.1} s", begun.elapsed().as_secs_f64());
    println!("{}", tally.text());
    if let Some(file) = &args.json
        && let Err(error) = fs::write(file, tally.rows())
    {
        return lacking(&format!("{file}: {error}"));
    }
    if tally.failed() > 0 {
        println!("the journal is left in {}", folder.display());
        return ExitCode::FAILURE;
    }
    // A folder that is left over is nobody's fault.
    let _ = fs::remove_dir_all(&folder);
    ExitCode::SUCCESS
}

fn read(words: &[String]) -> Result<Args, String> {
    let mut args = Args { kills: 0, seed: 1, json: None };
    for pair in words.chunks(2) {
        let [word, value] = pair else { return Err(format!("{} wants a value", pair[0])) };
        match word.as_str() {
            "--kills" => args.kills = number(value)?,
            "--seed" => args.seed = number(value)?,
            "--json" => args.json = Some(value.clone()),
            _ => return Err(format!("I don't know {word} beside --kills; --help says what there is")),
        }
    }
    Ok(args)
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn lacking(why: &str) -> ExitCode {
    eprintln!("crash: {why}");
    ExitCode::from(2)
}
