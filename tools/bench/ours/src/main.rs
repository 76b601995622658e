//! The contestant on this kernel, natively: reads `PROGRAM UNITS` a line, answers `ok VALUE` or `failed WHY`.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
use bench_ours::{Machine, answer};
use std::io::{BufRead, Write};
use std::sync::OnceLock;
use std::time::Instant;

fn ns() -> u64 {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

fn main() -> std::io::Result<()> {
    for line in std::io::stdin().lock().lines() {
        let answer = match line?.as_str() {
            "hello" => "ok native".to_owned(),
            line => answer(Machine { instead: |_| None, ns, bytes: resident }, line),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}
