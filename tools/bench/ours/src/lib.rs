//! The benchmark programs on this kernel.
mod beings;
mod chain;
mod fan;
mod rings;
mod words;
mod world;

pub use world::World;

pub struct Program {
    pub name: &'static str,
    pub units: u64,
    pub run: fn(u64) -> (World, u64),
}

pub const PROGRAMS: &[Program] = &[
    Program { name: "spawn-exit", units: 300_000, run: chain::spawn_exit },
    Program { name: "spawn-exit-linked", units: 300_000, run: chain::spawn_exit_linked },
    Program { name: "ping-pong", units: 300_000, run: rings::ping_pong },
    Program { name: "ring", units: 1_000_000, run: rings::ring },
    Program { name: "ring-dense-100", units: 1_000_000, run: rings::ring_100 },
    Program { name: "ring-dense-1000", units: 1_000_000, run: rings::ring_1000 },
    Program { name: "fan-in", units: 1_000_000, run: fan::fan_in },
    Program { name: "spawn-million", units: 1_000_000, run: beings::spawn_million },
    Program { name: "one-to-all", units: 1_000_000, run: beings::one_to_all },
];
