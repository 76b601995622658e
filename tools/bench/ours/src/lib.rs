//! The benchmark programs on this kernel: a line `PROGRAM UNITS` is answered with `ok VALUE` or `failed WHY`.
//!
//!     main.rs   natively: lines on stdin and stdout
//!     web.rs    in a Worker: lines through the module's memory
mod beings;
mod chain;
mod fan;
mod hogs;
mod restart;
mod rings;
#[cfg(target_arch = "wasm32")]
mod web;
mod words;
mod world;

pub use world::{Machine, World};

/// Nanoseconds of the timed part, by the number of units.
type Timed = fn(u64) -> World;
/// A value in the program's own unit.
type Measured = fn(Machine, u64) -> Vec<f64>;

enum Program {
    Timed(Timed),
    Measured(Measured),
}

const PROGRAMS: &[(&str, Program)] = &[
    ("spawn-exit", Program::Timed(chain::spawn_exit)),
    ("spawn-exit-linked", Program::Timed(chain::spawn_exit_linked)),
    ("ping-pong", Program::Timed(rings::ping_pong)),
    ("ring", Program::Timed(rings::ring)),
    ("ring-dense-100", Program::Timed(rings::ring_100)),
    ("ring-dense-1000", Program::Timed(rings::ring_1000)),
    ("fan-in", Program::Timed(fan::fan_in)),
    ("spawn-million", Program::Timed(beings::spawn_million)),
    ("one-to-all", Program::Timed(beings::one_to_all)),
    ("bytes-idle", Program::Measured(beings::bytes)),
    ("bytes-idle-hibernated", Program::Measured(beings::bytes)),
    ("million-live", Program::Measured(beings::live)),
    ("restart", Program::Measured(restart::few)),
    ("restart-5000", Program::Measured(restart::many)),
    ("hogs-p99", Program::Measured(hogs::normal)),
    ("hogs-p99-high", Program::Measured(hogs::high)),
];

#[must_use]
pub fn answer(machine: Machine, line: &str) -> String {
    let mut words = line.split_whitespace();
    let (name, units) = (words.next().unwrap_or_default(), words.next().and_then(|units| units.parse().ok()).unwrap_or(0));
    let Some((_, program)) = PROGRAMS.iter().find(|(known, _)| *known == name) else { return format!("failed there is no {name}") };
    let values = match program {
        Program::Timed(build) => vec![build(units).timed(machine) / units as f64],
        Program::Measured(measure) => measure(machine, units),
    };
    values.iter().fold("ok".to_owned(), |line, value| format!("{line} {value}"))
}
