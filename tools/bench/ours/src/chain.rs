//! spawn-exit: each actor spawns the next and ends. spawn-exit-linked: a thousand at a time, linked and monitored.
use crate::Machine;
use peerd::prelude::*;

/// How many are still to be spawned.
#[derive(Message)]
struct Left(u64);

#[derive(Serialize, Deserialize)]
struct Link {
    last_tells: Addr<()>,
}

impl Actor for Link {
    const NAME: &'static str = "link";
    type Args = Addr<()>;
    type Message = Left;

    fn init(last_tells: Addr<()>, _: &mut Context<'_, '_, Link>) -> Result<Link, Crash> {
        Ok(Link { last_tells })
    }

    fn handle(&mut self, Left(left): Left, cx: &mut Context<'_, '_, Link>) -> Result<(), Crash> {
        if left == 0 {
            cx.send(self.last_tells, &());
        } else {
            let next = cx.spawn::<Link>(&self.last_tells);
            cx.send(next, &Left(left - 1));
        }
        cx.stop(Reason::Normal);
        Ok(())
    }
}

pub fn spawn_exit(machine: Machine, units: u64) -> Vec<f64> {
    let mut system = System::new(vec![behaviour::<Link>()]);
    let done = system.probe();
    let first = system.spawn::<Link>(&done.addr());
    vec![machine.timed(&mut system, &done, |system| system.send(first, &Left(units))) / units as f64]
}

const BATCH: u64 = 1_000;

#[derive(Message)]
struct Batch;

#[derive(Serialize, Deserialize)]
struct Parent {
    done: Addr<()>,
    left: u64,
    living: u64,
}

impl Actor for Parent {
    const NAME: &'static str = "parent";
    type Args = (Addr<()>, u64);
    type Message = Batch;

    fn init((done, left): (Addr<()>, u64), _: &mut Context<'_, '_, Parent>) -> Result<Parent, Crash> {
        Ok(Parent { done, left, living: 0 })
    }

    fn handle(&mut self, _: Batch, cx: &mut Context<'_, '_, Parent>) -> Result<(), Crash> {
        self.living = BATCH.min(self.left);
        self.left -= self.living;
        for _ in 0..self.living {
            let child = cx.spawn_with::<Child>(&0, |options| options.linked().monitored());
            cx.send(child, &End);
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal, cx: &mut Context<'_, '_, Parent>) -> Result<(), Crash> {
        if let Signal::Down { .. } = signal {
            self.living -= 1;
            if self.living == 0 && self.left == 0 {
                cx.send(self.done, &());
            } else if self.living == 0 {
                return self.handle(Batch, cx);
            }
        }
        Ok(())
    }
}

#[derive(Message)]
struct End;

#[derive(Serialize, Deserialize)]
struct Child(u64);

impl Actor for Child {
    const NAME: &'static str = "child";
    type Args = u64;
    type Message = End;

    fn init(state: u64, _: &mut Context<'_, '_, Child>) -> Result<Child, Crash> {
        Ok(Child(state))
    }

    fn handle(&mut self, _: End, cx: &mut Context<'_, '_, Child>) -> Result<(), Crash> {
        cx.stop(Reason::Normal);
        Ok(())
    }
}

pub fn spawn_exit_linked(machine: Machine, units: u64) -> Vec<f64> {
    let mut system = System::new(vec![behaviour::<Parent>(), behaviour::<Child>()]);
    let done = system.probe();
    let parent = system.spawn::<Parent>(&(done.addr(), units));
    vec![machine.timed(&mut system, &done, |system| system.send(parent, &Batch)) / units as f64]
}
