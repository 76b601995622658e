//! `./x history FOLDER`: what the journal in a folder tells of its durable actors, turn by turn, as lines or as a page.
#![allow(clippy::disallowed_methods, reason = "a command: it has arguments")]
mod line;
mod page;

use peerd_native::{Store, Told};
use std::{collections::VecDeque, fs, process::ExitCode};

const HELP: &str = include_str!("help.txt");

struct Args {
    folder: String,
    actor: Option<String>,
    last: usize,
    page: Option<String>,
    key: Option<String>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match read(words.into_iter()).and_then(|args| tell(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("history: {why}");
            ExitCode::from(2)
        }
    }
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut args = Args { folder: String::new(), actor: None, last: 1_000, page: None, key: None };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        match word.as_str() {
            "--actor" => args.actor = Some(value()?),
            "--last" => args.last = value()?.parse().map_err(|_| "--last wants a number")?,
            "--page" => args.page = Some(value()?),
            "--key" => args.key = Some(value()?),
            _ if word.starts_with("--") || !args.folder.is_empty() => {
                return Err(format!("I don't know {word}; --help says what there is"));
            }
            _ => args.folder = word,
        }
    }
    if args.folder.is_empty() { Err("which folder? --help says more".into()) } else { Ok(args) }
}

fn tell(args: &Args) -> Result<(), String> {
    let (mut newest, mut all) = (VecDeque::new(), 0_u64);
    let is_wanted = |told: &Told| match &args.actor {
        Some(word) => *word == told.label || *word == told.behaviour || *word == told.actor.to_string(),
        None => true,
    };
    let store = match &args.key {
        Some(file) => Store::at(&args.folder).sealed(key(file)?),
        None => Store::at(&args.folder),
    };
    peerd_native::history(store, None, |told| {
        if is_wanted(&told) {
            all += 1;
            newest.push_back(told);
            if newest.len() > args.last {
                newest.pop_front();
            }
        }
    })
    .map_err(|why| format!("{}: {why}", args.folder))?;
    match &args.page {
        Some(file) => {
            fs::write(file, page::page(&args.folder, newest.iter())).map_err(|error| format!("{file}: {error}"))?;
            println!("{file}: {} of {all} records", newest.len());
        }
        None => {
            newest.iter().for_each(|told| println!("{}", line::line(told)));
            println!("{} of {all} records", newest.len());
        }
    }
    Ok(())
}

fn key(file: &str) -> Result<[u8; 32], String> {
    let bytes = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let digits = || std::str::from_utf8(&bytes).ok().map(str::trim).filter(|text| text.len() == 64 && text.is_ascii());
    let of_digits = |text: &str| (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect::<Option<Vec<u8>>>();
    let key = if bytes.len() == 32 { Some(bytes.clone()) } else { digits().and_then(of_digits) };
    key.and_then(|key| key.try_into().ok()).ok_or_else(|| format!("{file}: neither 32 bytes nor 64 hexadecimal digits"))
}
