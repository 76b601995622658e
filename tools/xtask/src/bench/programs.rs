//! The programs of `./x bench actors`: how large, who plays, and what must come of it.

pub struct Program {
    pub name: &'static str,
    pub units: u64,
    /// Units are a multiple of this.
    pub step: u64,
    /// In a process (in Chromium a Worker) that has run nothing else: its memory counts.
    pub fresh: bool,
    /// Played only when it is named: it takes 4 GB.
    pub is_extra: bool,
    pub players: &'static [&'static str],
    /// One per value of the answer.
    pub rows: &'static [Row],
}

pub struct Row {
    pub name: &'static str,
    pub unit: &'static str,
    /// What the answer is divided by to be in this unit.
    pub divisor: f64,
    pub floor: Floor,
}

/// What this kernel in a Chromium Worker must reach.
#[derive(Clone, Copy)]
pub enum Floor {
    /// So many times less than the better BEAM.
    Times(f64),
    /// In the row's unit.
    AtMost(f64),
    None,
}

/// A gate compares ratios with this slack, never absolute times.
pub const SLACK: f64 = 1.2;
/// Natively at most this many times Chromium's time.
pub const NATIVE_MAX: f64 = 1.5;

pub const EVERYBODY: &[&str] = &["peerd-native", "peerd-chromium", "beam-s1", "beam-s2", "ractor", "kameo", "actix"];
const NO_RIVALS: &[&str] = &["peerd-native", "peerd-chromium", "beam-s1", "beam-s2"];
const OURS: &[&str] = &["peerd-native", "peerd-chromium"];

const fn row(name: &'static str, unit: &'static str, divisor: f64, floor: Floor) -> Row {
    Row { name, unit, divisor, floor }
}

const fn program(name: &'static str, units: u64, step: u64, players: &'static [&'static str], rows: &'static [Row]) -> Program {
    Program { name, units, step, fresh: false, is_extra: false, players, rows }
}

const fn fresh(name: &'static str, units: u64, players: &'static [&'static str], rows: &'static [Row]) -> Program {
    Program { name, units, step: 1_000, fresh: true, is_extra: false, players, rows }
}

pub const PROGRAMS: &[Program] = &[
    program("spawn-exit", 200_000, 1_000, EVERYBODY, &[row("spawn-exit", "ns", 1.0, Floor::Times(12.0))]),
    program("spawn-exit-linked", 100_000, 1_000, NO_RIVALS, &[row("spawn-exit-linked", "ns", 1.0, Floor::Times(8.0))]),
    program("ping-pong", 200_000, 1_000, EVERYBODY, &[row("ping-pong", "ns", 1.0, Floor::Times(8.0))]),
    program("ring", 300_000, 1_000, EVERYBODY, &[row("ring", "ns", 1.0, Floor::Times(8.0))]),
    program("ring-dense-100", 1_000_000, 1_000, EVERYBODY, &[row("ring-dense-100", "ns", 1.0, Floor::Times(1.6))]),
    program("ring-dense-1000", 1_000_000, 1_000, EVERYBODY, &[row("ring-dense-1000", "ns", 1.0, Floor::Times(1.6))]),
    program("fan-in", 1_000_000, 50_000, EVERYBODY, &[row("fan-in", "ns", 1.0, Floor::Times(6.0))]),
    fresh("spawn-million", 1_000_000, EVERYBODY, &[row("spawn-million", "ns", 1.0, Floor::Times(10.0))]),
    program("one-to-all", 1_000_000, 1_000, EVERYBODY, &[row("one-to-all", "ns", 1.0, Floor::None)]),
    fresh("bytes-idle", 1_000_000, EVERYBODY, &[row("bytes-idle", "B", 1.0, Floor::AtMost(320.0))]),
    fresh("bytes-idle-hibernated", 1_000_000, NO_RIVALS, &[row("bytes-idle-hibernated", "B", 1.0, Floor::AtMost(320.0))]),
    fresh("bytes-idle-supervised", 100_000, NO_RIVALS, &[row("bytes-idle-supervised", "B", 1.0, Floor::AtMost(320.0))]),
    fresh(
        "million-live",
        1_000_000,
        OURS,
        &[
            row("million-live-mb", "MB", 1e6, Floor::AtMost(400.0)),
            row("million-live-spawn", "ms", 1e6, Floor::AtMost(1_000.0)),
            row("million-live-message", "ms", 1e6, Floor::AtMost(1_000.0)),
        ],
    ),
    Program {
        is_extra: true,
        ..fresh(
            "ten-million-live",
            10_000_000,
            OURS,
            &[
                row("ten-million-live-mb", "MB", 1e6, Floor::None),
                row("ten-million-live-spawn", "ms", 1e6, Floor::None),
                row("ten-million-live-message", "ms", 1e6, Floor::None),
            ],
        )
    },
    program("restart", 1_000, 100, NO_RIVALS, &[row("restart", "ns", 1.0, Floor::Times(10.0))]),
    program("restart-told", 1_000, 100, NO_RIVALS, &[row("restart-told", "ns", 1.0, Floor::Times(10.0))]),
    program("restart-5000", 500, 100, NO_RIVALS, &[row("restart-5000", "ns", 1.0, Floor::Times(10.0))]),
    program("hogs-p99", 1_000, 20, NO_RIVALS, &[row("hogs-p99", "us", 1.0, Floor::None)]),
    program("hogs-p99-high", 1_000, 20, NO_RIVALS, &[row("hogs-p99-high", "us", 1.0, Floor::AtMost(1_000.0))]),
];

impl Program {
    pub fn units(&self, scale: f64) -> u64 {
        let units = (self.units as f64 * scale) as u64;
        units.max(1).next_multiple_of(self.step)
    }
}
