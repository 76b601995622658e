//! spawn-million, one-to-all, million-live, bytes-idle: many actors that wait, and one that has all their addresses.
use crate::Machine;
use peerd::prelude::*;
use peerd::system::Probe;

/// So many in one turn of the keeper, then others have theirs.
const EACH: usize = 1_000;
const MILLION: usize = 1_000_000;

/// Who waits with 200 bytes of state.
#[derive(Serialize, Deserialize)]
struct Being {
    words: [u64; 25],
}

impl Actor for Being {
    const NAME: &'static str = "being";
    type Args = u64;
    type Message = u64;

    fn init(word: u64, _: &mut Context<'_, '_, Being>) -> Result<Being, Crash> {
        Ok(Being { words: [word; 25] })
    }

    fn handle(&mut self, word: u64, _: &mut Context<'_, '_, Being>) -> Result<(), Crash> {
        self.words[0] = word;
        Ok(())
    }
}

/// Who waits with 32 bytes of state.
#[derive(Serialize, Deserialize)]
struct Small {
    words: [u64; 4],
}

impl Actor for Small {
    const NAME: &'static str = "small";
    type Args = u64;
    type Message = u64;

    fn init(word: u64, _: &mut Context<'_, '_, Small>) -> Result<Small, Crash> {
        Ok(Small { words: [word; 4] })
    }

    fn handle(&mut self, word: u64, _: &mut Context<'_, '_, Small>) -> Result<(), Crash> {
        self.words[0] = word;
        Ok(())
    }
}

#[derive(Message)]
enum Keep {
    /// Spawn until there are so many.
    Small {
        until: u64,
    },
    Large {
        until: u64,
    },
    /// A child of this supervisor more each time the last one has started.
    Children {
        of: Supervised,
        until: u64,
    },
    Started {
        child: Option<Addr<u64>>,
        of: Supervised,
        until: u64,
    },
    /// A message to each of these.
    Tell {
        from: u64,
        until: u64,
    },
}

#[derive(Serialize, Deserialize)]
struct Keeper {
    done: Addr<()>,
    kept: Vec<Addr<u64>>,
}

impl Keeper {
    fn room(&self, until: u64) -> usize {
        EACH.min(until as usize - self.kept.len())
    }

    fn next(&self, until: u64, again: Keep, cx: &mut Context<'_, '_, Keeper>) {
        if self.kept.len() < until as usize {
            let me = cx.me();
            cx.send(me, &again);
        } else {
            cx.send(self.done, &());
        }
    }
}

impl Actor for Keeper {
    const NAME: &'static str = "keeper";
    type Args = Addr<()>;
    type Message = Keep;

    fn init(done: Addr<()>, _: &mut Context<'_, '_, Keeper>) -> Result<Keeper, Crash> {
        Ok(Keeper { done, kept: Vec::new() })
    }

    fn handle(&mut self, keep: Keep, cx: &mut Context<'_, '_, Keeper>) -> Result<(), Crash> {
        match keep {
            Keep::Small { until } => {
                self.kept.extend((0..self.room(until)).map(|_| cx.spawn::<Small>(&7)));
                self.next(until, keep, cx);
            }
            Keep::Large { until } => {
                self.kept.extend((0..self.room(until)).map(|_| cx.spawn::<Being>(&7)));
                self.next(until, keep, cx);
            }
            Keep::Children { of, until } => {
                cx.start_another::<Being>(of, &7, move |child| Keep::Started { child: child.ok(), of, until });
            }
            Keep::Started { child, of, until } => {
                self.kept.push(child.ok_or_else(|| crash("start", "a child did not start"))?);
                self.next(until, Keep::Children { of, until }, cx);
            }
            Keep::Tell { from, until } => {
                let end = until.min(from + EACH as u64);
                for being in &self.kept[from as usize..end as usize] {
                    cx.send(*being, &1);
                }
                if end < until {
                    let me = cx.me();
                    cx.send(me, &Keep::Tell { from: end, until });
                } else {
                    cx.send(self.done, &());
                }
            }
        }
        Ok(())
    }
}

struct World {
    system: System,
    keeper: Addr<Keep>,
    done: Probe<()>,
}

impl World {
    fn new(machine: Machine) -> World {
        let mut system = System::new(vec![behaviour::<Keeper>(), machine.kind::<Being>(), machine.kind::<Small>()]);
        let done = system.probe();
        let keeper = system.spawn::<Keeper>(&done.addr());
        World { system, keeper, done }
    }

    fn timed(&mut self, machine: Machine, keep: &Keep) -> f64 {
        let keeper = self.keeper;
        machine.timed(&mut self.system, &self.done, |system| system.send(keeper, keep))
    }
}

pub fn spawn_million(machine: Machine, units: u64) -> Vec<f64> {
    vec![World::new(machine).timed(machine, &Keep::Small { until: units }) / units as f64]
}

pub fn one_to_all(machine: Machine, units: u64) -> Vec<f64> {
    let mut world = World::new(machine);
    world.timed(machine, &Keep::Small { until: units });
    vec![world.timed(machine, &Keep::Tell { from: 0, until: units }) / units as f64]
}

/// Bytes of this program's memory for each actor with 200 bytes of state.
pub fn bytes(machine: Machine, units: u64) -> Vec<f64> {
    vec![live(machine, units)[0] / units as f64]
}

/// The same for children of a supervisor.
pub fn bytes_supervised(machine: Machine, units: u64) -> Vec<f64> {
    let mut world = World::new(machine);
    let of = world.system.supervise(&Supervisor::of_many::<Being>());
    let before = (machine.bytes)();
    for until in (EACH as u64..=units).step_by(EACH) {
        world.timed(machine, &Keep::Children { of, until });
        // Whoever hosts actors takes what they report.
        drop(world.system.take_reports());
    }
    vec![((machine.bytes)() - before) as f64 / units as f64]
}

/// Bytes of memory for all; nanoseconds to spawn all; nanoseconds until each has handled a message. A million at a time.
pub fn live(machine: Machine, units: u64) -> Vec<f64> {
    let stages = (0..units).step_by(MILLION).map(|from| (from, units.min(from + MILLION as u64)));
    let before = (machine.bytes)();
    let mut world = World::new(machine);
    let spawned = stages.clone().map(|(_, until)| world.timed(machine, &Keep::Large { until })).sum();
    let bytes = (machine.bytes)() - before;
    let messaged = stages.map(|(from, until)| world.timed(machine, &Keep::Tell { from, until })).sum();
    vec![bytes as f64, spawned, messaged]
}
