//! restart: one child of a real supervisor, told to crash, until its new incarnation answers. Its reports are built as values;
//! restart-told: and as the text that would be printed.
use crate::Machine;
use peerd::{prelude::*, system::Probe};
use peerd_otp::crash_report::{Limits, page};
use peerd_vat::Report;
use std::hint::black_box;

/// Restarts under one supervisor, so that few are in its window.
const FEW: u64 = 100;
/// Restarts in the window before the clock runs.
const WINDOW: u64 = 5_000;

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

struct World {
    system: System,
    done: Probe<()>,
}

impl World {
    fn new() -> World {
        let mut system = System::new(vec![behaviour::<Main>(), behaviour::<Frail>()]);
        let done = system.probe();
        World { system, done }
    }

    /// A supervisor that nothing has happened to yet, with its child, and who drives them.
    fn family(&mut self) -> Addr<Drive> {
        let supervisor = self.system.supervise(&Supervisor::one_for_one().intensity(10_000, 3_600_000));
        let child =
            self.system.start_child::<Frail>(supervisor, Child::new::<Frail>("frail", &())).expect("nothing keeps it from starting");
        self.system.spawn::<Main>(&(self.done.addr(), child))
    }

    /// Nanoseconds of so many restarts. `tell` is what is done with each report.
    fn restarts(&mut self, machine: Machine, main: Addr<Drive>, restarts: u64, tell: fn(&Report)) -> f64 {
        let begun = (machine.ns)();
        self.system.send(main, &Drive::Begin { restarts });
        let reports = self.system.take_reports();
        reports.iter().for_each(tell);
        let ns = (machine.ns)() - begun;
        self.done.expect_msg();
        assert!(reports.len() as u64 >= restarts, "{} reports of {restarts} crashes", reports.len());
        ns as f64
    }
}

/// Nanoseconds each, with few restarts in the window.
fn each(machine: Machine, units: u64, tell: fn(&Report)) -> Vec<f64> {
    let mut world = World::new();
    let batch = |_| {
        let main = world.family();
        world.restarts(machine, main, FEW, tell)
    };
    vec![(0..units / FEW).map(batch).sum::<f64>() / units as f64]
}

pub fn few(machine: Machine, units: u64) -> Vec<f64> {
    each(machine, units, |_| ())
}

pub fn told(machine: Machine, units: u64) -> Vec<f64> {
    each(machine, units, |report| {
        black_box(page(report, Limits::default()));
    })
}

pub fn many(machine: Machine, units: u64) -> Vec<f64> {
    let mut world = World::new();
    let main = world.family();
    world.restarts(machine, main, WINDOW, |_| ());
    vec![world.restarts(machine, main, units, |_| ()) / units as f64]
}
