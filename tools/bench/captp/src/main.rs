//! The contestants peerd-native and tcp-echo of `./x bench captp`: read `PROGRAM UNITS` a line, answer `ok VALUE..` or `failed WHY`.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
use std::io::{BufRead, Write};

mod caller;
mod echo;
mod memory;
mod process;
mod sockets;

fn main() -> std::io::Result<()> {
    let is_echo = std::env::args().nth(1).is_some_and(|word| word == "tcp-echo");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (program, units) = line.split_once(' ').unwrap_or((&line, ""));
        let units = units.parse().unwrap_or(1);
        let values = match (is_echo, program) {
            (true, "round-trip") => echo::round_trip(units),
            (false, "calls-in-memory") => memory::calls(units),
            (false, "bytes-per-call") => memory::bytes_per_call(units),
            (false, "bytes-per-export") => memory::bytes_per_export(units),
            (false, "handoffs") => memory::handoffs(units),
            (false, "calls-websocket") => sockets::calls(units),
            (false, "round-trip") => sockets::round_trip(units),
            (_, "hello") => Ok(Vec::new()),
            _ => Err(format!("there is no {program}")),
        };
        match values {
            Ok(_) if program == "hello" => println!("ok native"),
            Ok(values) => println!("ok {}", values.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")),
            Err(why) => println!("failed {why}"),
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}
