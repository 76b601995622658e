//! `bench-rivals ractor|kameo|actix`: reads `PROGRAM UNITS` a line, answers `ok VALUE` or `failed WHY`. All on one thread.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
mod actix;
mod kameo;
mod ractor;
mod rival;

use rival::answer;
use std::io::{BufRead, Write};

fn main() -> std::io::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let actix = ::actix::System::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        // A new one for each program: with it end the actors that nobody stopped.
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let answer = match name.as_str() {
            "ractor" => tokio.block_on(answer::<ractor::Ractor>(&line)),
            "kameo" => tokio.block_on(answer::<kameo::Kameo>(&line)),
            "actix" => actix.block_on(answer::<actix::Actix>(&line)),
            other => format!("failed there is no {other}"),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}
