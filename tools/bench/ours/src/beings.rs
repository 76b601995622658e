//! spawn-million and one-to-all: many actors that wait, kept by a few that hold their refs.
use crate::{
    Machine, World,
    words::{from, number, to},
};
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, SpawnOptions};

const EACH: u64 = 1_000;

struct Main;
struct Keeper;
/// With this many bytes of state.
struct Being {
    state: usize,
}

impl Behaviour for Main {
    fn name(&self) -> &'static str {
        "main"
    }
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let me = cx.me();
        let keepers: Vec<Ref> = (0..number(args) / EACH).map(|_| cx.spawn(SpawnOptions::new("keeper", &[]).refs(&[me]))).collect();
        cx.become_state(&to(&(cx.refs()[0], 0u64, keepers)));
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        let (port, mut done, keepers): (Ref, u64, Vec<Ref>) = from(cx.state());
        if body == b"go" {
            for keeper in &keepers {
                cx.send(*keeper, b"go");
            }
            done = 0;
        } else {
            done += 1;
            if done == keepers.len() as u64 {
                cx.send(port, &(done * EACH).to_le_bytes());
            }
        }
        cx.become_state(&to(&(port, done, keepers)));
        Ok(())
    }
}

impl Behaviour for Keeper {
    fn name(&self) -> &'static str {
        "keeper"
    }
    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&to(&(cx.refs()[0], Vec::<Ref>::new())));
        Ok(())
    }
    /// First it spawns them; from then on it sends each one a message.
    fn turn(&mut self, _: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (main, kept): (Ref, Vec<Ref>) = from(cx.state());
        if kept.is_empty() {
            let kept: Vec<Ref> = (0..EACH).map(|_| cx.spawn(SpawnOptions::new("being", &[]))).collect();
            cx.become_state(&to(&(main, kept)));
        } else {
            for being in kept {
                cx.send(being, &1u64.to_le_bytes());
            }
        }
        cx.send(main, b"done");
        Ok(())
    }
}

impl Behaviour for Being {
    fn name(&self) -> &'static str {
        "being"
    }
    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&[7; 200][..self.state]);
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        let mut state = [0; 200];
        let state = &mut state[..self.state];
        state.copy_from_slice(cx.state());
        state[..8].copy_from_slice(body);
        cx.become_state(state);
        Ok(())
    }
}

fn world(state: usize, units: u64) -> World {
    World::new(vec![Box::new(Main), Box::new(Keeper), Box::new(Being { state })], units.next_multiple_of(EACH))
}

pub fn spawn_million(units: u64) -> World {
    world(32, units)
}

pub fn one_to_all(units: u64) -> World {
    let mut world = world(32, units);
    world.go();
    world
}

/// Bytes of this program's memory for each actor with 200 bytes of state.
pub fn bytes(machine: Machine, units: u64) -> Vec<f64> {
    vec![live(machine, units)[0] / units as f64]
}

/// Bytes of memory for all; nanoseconds to spawn all; nanoseconds until each has handled a message.
pub fn live(machine: Machine, units: u64) -> Vec<f64> {
    let before = (machine.bytes)();
    let mut world = world(200, units);
    let spawned = world.timed(machine);
    let bytes = (machine.bytes)() - before;
    vec![bytes as f64, spawned, world.timed(machine)]
}
