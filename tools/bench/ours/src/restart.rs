//! restart: one child of a real supervisor, told to crash, until its new incarnation answers. Its reports are built, not printed.
use crate::Machine;
use peerd::prelude::*;

/// Restarts under one supervisor, so that few are in its window.
const FEW: u64 = 100;

#[derive(Message)]
enum Order {
    Crash,
    Ping(Reply<()>),
}

#[derive(Serialize, Deserialize)]
struct Frail;

impl Actor for Frail {
    const NAME: &'static str = "frail";
    type Args = ();
    type Message = Order;

    fn init((): (), _: &mut Context<'_, '_, Frail>) -> Result<Frail, Crash> {
        Ok(Frail)
    }

    fn handle(&mut self, order: Order, cx: &mut Context<'_, '_, Frail>) -> Result<(), Crash> {
        match order {
            Order::Crash => Err(crash("told", "to crash")),
            Order::Ping(reply) => {
                cx.reply(reply, &());
                Ok(())
            }
        }
    }
}

#[derive(Message)]
enum Drive {
    Begin { restarts: u64 },
    Answered { well: bool },
}

#[derive(Serialize, Deserialize)]
struct Main {
    done: Addr<()>,
    child: Addr<Order>,
    left: u64,
}

impl Main {
    fn next(&mut self, cx: &mut Context<'_, '_, Main>) {
        if self.left == 0 {
            cx.send(self.done, &());
        } else {
            self.left -= 1;
            cx.send(self.child, &Order::Crash);
            cx.ask(self.child, Order::Ping, |answer| Drive::Answered { well: answer.is_ok() });
        }
    }
}

impl Actor for Main {
    const NAME: &'static str = "main";
    type Args = (Addr<()>, Addr<Order>);
    type Message = Drive;

    fn init((done, child): Self::Args, _: &mut Context<'_, '_, Main>) -> Result<Main, Crash> {
        Ok(Main { done, child, left: 0 })
    }

    fn handle(&mut self, drive: Drive, cx: &mut Context<'_, '_, Main>) -> Result<(), Crash> {
        match drive {
            Drive::Begin { restarts } => self.left = restarts,
            Drive::Answered { well: true } => {}
            Drive::Answered { well: false } => return Err(crash("restart", "the new incarnation did not answer")),
        }
        self.next(cx);
        Ok(())
    }
}

/// Nanoseconds of so many restarts, after `window` others.
fn restarts(machine: Machine, window: u64, units: u64) -> f64 {
    let mut system = System::new(vec![behaviour::<Main>(), behaviour::<Frail>()]);
    let supervisor = system.supervise(&Supervisor::one_for_one().intensity(10_000, 3_600_000));
    let child = system.start_child::<Frail>(supervisor, Child::new::<Frail>("frail", &())).expect("nothing keeps it from starting");
    let done = system.probe();
    let main = system.spawn::<Main>(&(done.addr(), child));
    if window > 0 {
        run(machine, &mut system, &done, main, window);
    }
    run(machine, &mut system, &done, main, units)
}

fn run(machine: Machine, system: &mut System, done: &peerd::system::Probe<()>, main: Addr<Drive>, restarts: u64) -> f64 {
    let begun = (machine.ns)();
    system.send(main, &Drive::Begin { restarts });
    let ns = (machine.ns)() - begun;
    done.expect_msg();
    let reports = system.take_reports().len() as u64;
    assert!(reports >= restarts, "{reports} reports of {restarts} crashes");
    ns as f64
}

pub fn few(machine: Machine, units: u64) -> Vec<f64> {
    vec![(0..units / FEW).map(|_| restarts(machine, 0, FEW)).sum::<f64>() / units as f64]
}

pub fn many(machine: Machine, units: u64) -> Vec<f64> {
    vec![restarts(machine, 5_000, units) / units as f64]
}
