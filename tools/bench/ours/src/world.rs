//! One vat that runs one program: set up, then timed from the word go until its main actor says that it is done.
use peerd_vat::{Behaviour, Config, Input, Output, Outputs, PortId, Ref, Time, Vat};

pub const PORT: PortId = PortId(1);
/// Turns between two looks at the clock.
const FUEL: u64 = 4_096;

/// What a host knows: the time in nanoseconds, and how many bytes of memory this program holds.
#[derive(Clone, Copy)]
pub struct Machine {
    pub ns: fn() -> u64,
    pub bytes: fn() -> u64,
}

pub struct World {
    vat: Vat,
    pub main: Ref,
    units: u64,
    out: Outputs,
    /// What main last sent to its port.
    pub said: Option<(Vec<u8>, Vec<Ref>)>,
}

impl World {
    /// Boots `main` with `units` as its argument and lets it build what it needs.
    pub fn new(behaviours: Vec<Box<dyn Behaviour>>, units: u64) -> World {
        let mut vat = Vat::new(Config::default(), behaviours);
        let mut out = Outputs::new();
        let boot = Input::Boot { behaviour: "main".into(), args: units.to_le_bytes().to_vec(), refs: vec![vat.port(PORT)] };
        vat.handle(Time(0), boot, &mut out).expect("main is in the table");
        let main = vat.root().expect("it was booted");
        let mut world = World { vat, main, units, out, said: None };
        world.run(Time(0));
        world
    }

    pub fn tell(&mut self, to: Ref, body: &[u8]) {
        self.vat.handle(Time(0), Input::Message { to, body: body.to_vec(), refs: Vec::new() }, &mut self.out).expect("its mailbox has room");
    }

    /// Until idle.
    pub fn run(&mut self, now: Time) {
        while !self.run_some(now, FUEL) {}
    }

    /// True when idle.
    pub fn run_some(&mut self, now: Time, fuel: u64) -> bool {
        let ran = self.vat.run(now, fuel, &mut self.out);
        for output in self.out.drain(..) {
            if let Output::Port { body, refs, .. } = output {
                self.said = Some((body, refs));
            }
        }
        ran.idle
    }

    pub fn expect(&mut self, number: u64) {
        let said = self.said.take();
        assert!(said.is_some_and(|(body, _)| body[..] == number.to_le_bytes()), "main did not say {number}");
    }

    /// Says go, and expects main to say the number of units when all is done.
    pub fn go(&mut self) {
        self.tell(self.main, b"go");
        self.run(Time(0));
        self.expect(self.units);
    }

    /// Nanoseconds of `go`.
    pub fn timed(&mut self, machine: Machine) -> f64 {
        let begun = (machine.ns)();
        self.go();
        let ns = (machine.ns)() - begun;
        let counters = self.vat.counters();
        assert!(counters.balance() && counters.dead_total() == 0, "{counters:?}");
        ns as f64
    }
}
