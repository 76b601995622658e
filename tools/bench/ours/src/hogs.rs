//! hogs-p99: 100 actors that work for 50 us and message themselves; what a request waits, from when it was due.
use crate::{Machine, World};
use peerd_vat::{Behaviour, Class, Crash, Cx, Event, SpawnOptions, Time};
use std::hint::black_box;

const HOGS: usize = 100;
const HOG_NS: u64 = 50_000;
/// What a turn that long costs, at about 25 ns for a small one.
const HOG_REDUCTIONS: u32 = 2_000;

struct Main {
    service: Class,
}
struct Service;
struct Hog {
    turns: u64,
}

impl Behaviour for Main {
    fn name(&self) -> &'static str {
        "main"
    }
    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let port = cx.refs()[0];
        let service = cx.spawn(SpawnOptions::new("service", &[]).refs(&[port]).class(self.service));
        cx.send_with(port, b"service", &[service]);
        Ok(())
    }
    fn turn(&mut self, _: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        for _ in 0..HOGS {
            let hog = cx.spawn(SpawnOptions::new("hog", &[]));
            cx.send(hog, b"work");
        }
        Ok(())
    }
}

impl Behaviour for Service {
    fn name(&self) -> &'static str {
        "service"
    }
    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&crate::words::to(&cx.refs()[0]));
        Ok(())
    }
    fn turn(&mut self, _: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let port = crate::words::first(cx.state());
        cx.send(port, b"handled");
        Ok(())
    }
}

impl Behaviour for Hog {
    fn name(&self) -> &'static str {
        "hog"
    }
    fn init(&mut self, _: &[u8], _: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }
    fn turn(&mut self, _: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        spin(self.turns);
        cx.charge(HOG_REDUCTIONS);
        let me = cx.me();
        cx.send(me, b"work");
        Ok(())
    }
}

fn spin(turns: u64) {
    for turn in 0..turns {
        black_box(turn);
    }
}

/// How many turns of the empty loop take 50 us.
fn calibrate(machine: Machine) -> u64 {
    const TURNS: u64 = 1_000_000;
    spin(TURNS);
    let begun = (machine.ns)();
    spin(TURNS);
    TURNS * HOG_NS / ((machine.ns)() - begun).max(1)
}

/// One request at a time, due 0.3 to 1.3 ms after the one before was handled.
fn p99(service: Class, machine: Machine, requests: u64) -> Vec<f64> {
    let mut world = World::new(vec![Box::new(Main { service }), Box::new(Service), Box::new(Hog { turns: calibrate(machine) })], 0);
    let service = world.said.take().expect("main names the service").1[0];
    world.tell(world.main, b"go");
    let (mut waits, mut seed) = (Vec::new(), 1u64);
    for _ in 0..requests {
        seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        let due = (machine.ns)() + 300_000 + (seed >> 33) % 1_000_000;
        let mut asked = false;
        while world.said.take().is_none() {
            if !asked && (machine.ns)() >= due {
                world.tell(service, b"request");
                asked = true;
            }
            world.run_some(Time(0), 1);
        }
        waits.push((machine.ns)() - due);
    }
    waits.sort_unstable();
    vec![waits[waits.len() * 99 / 100] as f64 / 1_000.0]
}

pub fn normal(machine: Machine, requests: u64) -> Vec<f64> {
    p99(Class::Normal, machine, requests)
}

pub fn high(machine: Machine, requests: u64) -> Vec<f64> {
    p99(Class::High, machine, requests)
}
