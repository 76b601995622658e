//! One vat that runs one program: set up, then timed from the word go until its main actor says that it is done.
use peerd_vat::{Behaviour, Config, Input, Output, Outputs, PortId, Ref, Time, Vat};

pub const PORT: PortId = PortId(1);
/// Turns between two looks at the clock.
const FUEL: u64 = 4_096;

pub struct World {
    pub vat: Vat,
    main: Ref,
    out: Outputs,
    now: Time,
}

impl World {
    /// Boots `main` with `units` as its argument and lets it build what it needs.
    pub fn new(behaviours: Vec<Box<dyn Behaviour>>, units: u64) -> World {
        let mut vat = Vat::new(Config::default(), behaviours);
        let (mut out, now) = (Outputs::new(), Time(0));
        let boot = Input::Boot { behaviour: "main".into(), args: units.to_le_bytes().to_vec(), refs: vec![vat.port(PORT)] };
        vat.handle(now, boot, &mut out).expect("main is in the table");
        let main = vat.root().expect("it was booted");
        let mut world = World { vat, main, out, now };
        world.run();
        world
    }

    pub fn tell(&mut self, body: &[u8]) {
        let message = Input::Message { to: self.main, body: body.to_vec() };
        self.vat.handle(self.now, message, &mut self.out).expect("main's mailbox has room");
    }

    /// Until idle; the bodies that main sent to its port.
    pub fn run(&mut self) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        loop {
            let ran = self.vat.run(self.now, FUEL, &mut self.out);
            for output in self.out.drain(..) {
                match output {
                    Output::Port { body, .. } => said.push(body),
                    Output::Report(_) | Output::DeadLetter(_) | Output::Trace(_) | Output::Dropped { .. } => {}
                    Output::Append { .. } | Output::Flush { .. } | Output::Ended { .. } => {}
                }
            }
            if ran.idle {
                return said;
            }
        }
    }

    /// Says go, and expects main to say this number when it is done.
    pub fn go(&mut self, expect: u64) {
        self.tell(b"go");
        let said = self.run();
        assert!(said.last().is_some_and(|body| body[..] == expect.to_le_bytes()), "main said {said:?}, not {expect}");
    }

    pub fn check(&self) {
        let counters = self.vat.counters();
        assert!(counters.balance(), "{counters:?}");
        assert_eq!(counters.dead_total(), 0, "{counters:?}");
    }
}
