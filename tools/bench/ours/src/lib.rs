//! The benchmark programs on this kernel: a line `PROGRAM UNITS` is answered with `ok VALUE..` or `failed WHY`.
//!
//! The actors use what every developer has, `peerd::prelude`, in the configuration that is shipped.
//!
//!     main.rs   natively: lines on stdin and stdout
//!     web.rs    in a Worker: lines through the module's memory
mod beings;
mod chain;
mod fan;
mod hogs;
mod machine;
mod restart;
mod rings;
#[cfg(all(target_arch = "wasm32", feature = "worker"))]
mod web;

pub use machine::Machine;

/// Answers with values, each in the program's own unit.
type Program = fn(Machine, u64) -> Vec<f64>;

const PROGRAMS: &[(&str, Program)] = &[
    ("spawn-exit", chain::spawn_exit),
    ("spawn-exit-linked", chain::spawn_exit_linked),
    ("ping-pong", rings::ping_pong),
    ("ring", rings::ring),
    ("ring-dense-100", rings::ring_100),
    ("ring-dense-1000", rings::ring_1000),
    ("fan-in", fan::fan_in),
    ("spawn-million", beings::spawn_million),
    ("one-to-all", beings::one_to_all),
    ("bytes-idle", beings::bytes),
    // An actor that waits is always at rest.
    ("bytes-idle-hibernated", beings::bytes),
    ("bytes-idle-supervised", beings::bytes_supervised),
    ("million-live", beings::live),
    ("ten-million-live", beings::live),
    ("restart", restart::few),
    ("restart-told", restart::told),
    ("restart-5000", restart::many),
    ("hogs-p99", hogs::normal),
    ("hogs-p99-high", hogs::high),
];

#[must_use]
pub fn answer(machine: Machine, line: &str) -> String {
    let mut words = line.split_whitespace();
    let (name, units) = (words.next().unwrap_or_default(), words.next().and_then(|units| units.parse().ok()).unwrap_or(1));
    let Some((_, program)) = PROGRAMS.iter().find(|(known, _)| *known == name) else { return format!("failed there is no {name}") };
    program(machine, units).iter().fold("ok".to_owned(), |line, value| format!("{line} {value}"))
}
