//! `corpus SEED COUNT`: so many guests drawn from seeds, a line of JSON each (see `corpus::row`); what it drew in all goes to the other
//! output.
use std::io::{BufWriter, Write, stdout};
use std::process::ExitCode;

use peerd_guestlab::corpus::row;
use peerd_guestlab::generated::seeded;

fn main() -> ExitCode {
    match play() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn play() -> Result<(), String> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>().map_err(|_| format!("{text} is no number")));
    let (first, count) = (numbers.next().unwrap_or(Ok(1))?, numbers.next().unwrap_or(Ok(100))?);
    let mut out = BufWriter::new(stdout().lock());
    let (mut seed, mut told, mut others) = (first, 0, 0);
    while told < count {
        if let Some(row) = row(&format!("seed {seed}"), &seeded(seed)).map_err(|why| format!("seed {seed}: {why}"))? {
            writeln!(out, "{}", row.line).map_err(|why| why.to_string())?;
            if let Some(other) = row.other {
                eprintln!("seed {seed}: {other}");
                others += 1;
            }
            told += 1;
        }
        seed += 1;
    }
    eprintln!("{told} guests of {} seeds; wasmtime in both builds, and wasmi but for {others}", seed - first);
    Ok(())
}
