//! Meets two peers that others wrote: `meet --first URI --second URI [--case NAME] --json FILE`, one line and one row per case.
#![allow(clippy::disallowed_methods, reason = "a program: it reads its words and has a clock")]
use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    time::Instant,
};

use ours::{Ours, play};
use peerd_captp::Location;
use peerd_meeting::{CASES, Places};
use peerd_ocapn::{Layer, entropy};

mod ours;

const CHECK: &str = "goblins-native";

fn ours() -> Ours {
    let listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    Ours::new(Layer::WebSocket { listen, seed: entropy().expect("the system has some") })
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let said = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1)).map(String::as_str);
    let place = |name: &str| said(name).and_then(|uri| Location::parse(uri).ok());
    let (Some(first), Some(second)) = (place("--first"), place("--second")) else {
        eprintln!("meet --first URI --second URI [--case NAME] [--json FILE]");
        return ExitCode::from(2);
    };
    let mut rows = String::new();
    let mut failed = 0;
    for case in CASES.iter().filter(|case| case.name.contains(said("--case").unwrap_or_default())) {
        let begun = Instant::now();
        let mut peers = [ours(), ours()];
        let places = Places { first: first.clone(), second: second.clone(), own: Some(peers[1].location.clone()) };
        let end = play(case, &mut peers, places);
        let took = begun.elapsed().as_secs_f64();
        let (mark, result) = if end.is_ok() { ("ok  ", "passed") } else { ("FAIL", "failed") };
        let (Ok(why) | Err(why)) = &end;
        println!("{mark}  {CHECK}  {}  ({took:.1} s)  {why}", case.name);
        failed += usize::from(end.is_err());
        let why = why.replace('\\', "/").replace('"', "'");
        rows += &format!("{{\"check\":\"{CHECK}\",\"case\":\"{}\",\"result\":\"{result}\",\"why\":\"{why}\"}}\n", case.name);
    }
    if let Some(file) = said("--json") {
        fs::write(file, rows).expect("the rows can be written");
    }
    ExitCode::from(u8::from(failed > 0))
}
