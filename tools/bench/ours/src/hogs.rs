//! hogs-p99: 100 actors that work for 50 us and message themselves; what a request waits, from when it was due.
use crate::Machine;
use peerd::{encode, prelude::*};
use peerd_vat::{Class, Config, Input, Output, Outputs, PortId, Vat};
use std::hint::black_box;

const HOGS: usize = 100;
const HOG_NS: u64 = 50_000;
/// What a turn that long costs, at about 25 ns for a small one.
const HOG_REDUCTIONS: u32 = 2_000;
const DOOR: PortId = PortId(1);

#[derive(Message)]
struct Work;

#[derive(Serialize, Deserialize)]
struct Hog {
    turns: u64,
}

impl Actor for Hog {
    const NAME: &'static str = "hog";
    type Args = u64;
    type Message = Work;

    fn init(turns: u64, cx: &mut Context<'_, '_, Hog>) -> Result<Hog, Crash> {
        let me = cx.me();
        cx.send(me, &Work);
        Ok(Hog { turns })
    }

    fn handle(&mut self, _: Work, cx: &mut Context<'_, '_, Hog>) -> Result<(), Crash> {
        spin(self.turns);
        cx.kernel().charge(HOG_REDUCTIONS);
        let me = cx.me();
        cx.send(me, &Work);
        Ok(())
    }
}

#[derive(Message)]
struct Request;

#[derive(Serialize, Deserialize)]
struct Service {
    door: Addr<()>,
}

impl Actor for Service {
    const NAME: &'static str = "service";
    type Args = Addr<()>;
    type Message = Request;

    fn init(door: Addr<()>, _: &mut Context<'_, '_, Service>) -> Result<Service, Crash> {
        Ok(Service { door })
    }

    fn handle(&mut self, _: Request, cx: &mut Context<'_, '_, Service>) -> Result<(), Crash> {
        cx.send(self.door, &());
        Ok(())
    }
}

/// Starts the service and the hogs, and hands the service's address out.
#[derive(Serialize, Deserialize)]
struct Main;

impl Actor for Main {
    const NAME: &'static str = "main";
    type Args = (Addr<Addr<Request>>, bool, u64);
    type Message = ();

    fn init((door, is_high, turns): Self::Args, cx: &mut Context<'_, '_, Main>) -> Result<Main, Crash> {
        let class = if is_high { Class::High } else { Class::Normal };
        let service = cx.spawn_with::<Service>(&Addr::from_ref(door.as_ref()), |options| options.class(class));
        cx.send(door, &service);
        for _ in 0..HOGS {
            cx.spawn::<Hog>(&turns);
        }
        Ok(Main)
    }

    fn handle(&mut self, (): (), _: &mut Context<'_, '_, Main>) -> Result<(), Crash> {
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

/// A host with a clock: between any two turns it looks for a request that is due.
struct Host {
    machine: Machine,
    vat: Vat,
    out: Outputs,
}

impl Host {
    fn now(&self) -> Time {
        Time((self.machine.ns)() / 1_000_000)
    }

    fn input(&mut self, input: Input) {
        let now = self.now();
        self.vat.handle(now, input, &mut self.out).expect("its mailbox has room");
    }

    /// One turn; what it said at the door, if it did.
    fn turn(&mut self) -> Option<Vec<peerd_vat::Ref>> {
        let now = self.now();
        self.vat.run(now, 1, &mut self.out);
        self.out.drain(..).find_map(|output| match output {
            Output::Port { refs, .. } => Some(refs.iter().copied().collect()),
            _ => None,
        })
    }
}

/// One request at a time, due 0.3 to 1.3 ms after the one before was handled.
fn p99(machine: Machine, is_high: bool, requests: u64) -> Vec<f64> {
    let vat = Vat::new(Config::default(), vec![behaviour::<Main>(), behaviour::<Service>(), behaviour::<Hog>()]);
    let door = Addr::<Addr<Request>>::from_ref(vat.port(DOOR));
    let mut host = Host { machine, vat, out: Outputs::new() };
    let (args, refs) = encode(&(door, is_high, calibrate(machine)));
    host.input(Input::Boot { behaviour: Main::NAME.into(), args, refs: refs.into() });
    let service = host.turn().expect("main says who serves")[0];
    let (mut waits, mut seed) = (Vec::new(), 1u64);
    for _ in 0..requests {
        seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        let due = (machine.ns)() + 300_000 + (seed >> 33) % 1_000_000;
        while (machine.ns)() < due {
            host.turn();
        }
        host.input(Input::Message { to: service, body: Vec::new(), refs: [].into() });
        while host.turn().is_none() {}
        waits.push((machine.ns)() - due);
    }
    waits.sort_unstable();
    vec![waits[waits.len() * 99 / 100] as f64 / 1_000.0]
}

pub fn normal(machine: Machine, requests: u64) -> Vec<f64> {
    p99(machine, false, requests)
}

pub fn high(machine: Machine, requests: u64) -> Vec<f64> {
    p99(machine, true, requests)
}
