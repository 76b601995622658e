//! hogs-p99: 100 guests whose turns never end, and one that answers; what a request waits, from when it was due.
use crate::{
    classes::{class, find},
    ns, say,
};
use peerd_metered::{Class, behaviour};
use peerd_vat::{Behaviour, Config, Crash, Cx, Event, Input, Output, Outputs, PortId, Ref, SpawnOptions, Time, Vat};
use peerd_webassembly::{Quick, Slow};
use std::cell::RefCell;

const HOGS: usize = 100;
const DOOR: PortId = PortId(1);
const CPU: PortId = PortId(2);

/// Starts the service and the hogs, and hands the service's address out.
struct Main;

impl Behaviour for Main {
    fn name(&self) -> &'static str {
        "main"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let door = cx.refs()[0];
        let service = cx.spawn(SpawnOptions::new("service", b"").refs(&[door]));
        cx.send_with(door, b"", &[service]);
        for _ in 0..HOGS {
            cx.spawn(SpawnOptions::new("hog", b""));
        }
        Ok(())
    }

    fn turn(&mut self, _: Event<'_>, _: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }
}

struct Host {
    vat: Vat,
    out: Outputs,
    slow: Slow,
    service: Option<Ref>,
    due: u64,
    is_asked: bool,
    waits: Vec<u64>,
    requests: usize,
    seed: u64,
}

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

impl Host {
    fn new(requests: usize) -> Option<Host> {
        let mut vat = Vat::new(Config::default(), vec![Box::new(Main)]);
        let (mut slow, cpu) = (Slow::default(), vat.port(CPU));
        for name in ["service", "hog"] {
            let (name, compiled) = find(name)?;
            let class: Class = class(name).slow(cpu);
            slow.add(name, class.version, compiled.clone());
            vat.add(behaviour(class, Quick::new(compiled))).ok()?;
        }
        let (door, seed) = (vat.port(DOOR), 1);
        let mut host =
            Host { vat, out: Outputs::new(), slow, service: None, due: u64::MAX, is_asked: false, waits: Vec::new(), requests, seed };
        host.input(Input::Boot { behaviour: "main".into(), args: Vec::new(), refs: vec![door] });
        Some(host)
    }

    fn now() -> Time {
        Time(ns() / 1_000_000)
    }

    fn input(&mut self, input: Input) {
        self.vat.handle(Host::now(), input, &mut self.out).expect("its mailbox has room");
    }

    /// Everything that is not slow. True when all requests were handled, the first half of which warms up: an engine compiles meanwhile.
    fn step(&mut self) -> bool {
        loop {
            if let Some(service) = self.service.filter(|_| !self.is_asked && ns() >= self.due) {
                self.is_asked = true;
                self.input(Input::Message { to: service, body: Vec::new(), refs: Vec::new() });
            }
            for (to, body) in self.slow.ended() {
                self.input(Input::Reply { to, body });
            }
            let idle = self.vat.run(Host::now(), 64, &mut self.out).idle;
            for output in std::mem::take(&mut self.out) {
                self.take(output);
            }
            if self.waits.len() >= 2 * self.requests {
                self.waits.drain(..self.requests);
                return true;
            }
            if idle {
                return false;
            }
        }
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Port { port: CPU, reply: Some(reply), body, .. } => {
                if let Some(body) = self.slow.ask(&body, reply) {
                    self.input(Input::Reply { to: reply, body });
                }
            }
            Output::Port { port: DOOR, refs, .. } => {
                match refs.first() {
                    Some(service) => self.service = Some(*service),
                    None => self.waits.push(ns() - self.due),
                }
                self.seed = self.seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
                (self.is_asked, self.due) = (false, ns() + 300_000 + (self.seed >> 33) % 1_000_000);
            }
            Output::Dropped { port: CPU, reply } => self.slow.dropped(reply),
            _ => {}
        }
    }
}

/// One request at a time, due 0.3 to 1.3 ms after the one before was handled. 1 if it could begin.
#[unsafe(no_mangle)]
extern "C" fn hogs_begin(requests: usize) -> u32 {
    HOST.set(Host::new(requests));
    HOST.with_borrow(|host| u32::from(host.is_some()))
}

/// 1 when it is over; else there is time for a slice.
#[unsafe(no_mangle)]
extern "C" fn hogs_step() -> u32 {
    HOST.with_borrow_mut(|host| host.as_mut().map_or(1, |host| u32::from(host.step())))
}

/// The answer's length: the 99th percentile, the median and the longest wait in ns, and how many slow turns are under way.
#[unsafe(no_mangle)]
extern "C" fn hogs_told() -> usize {
    HOST.with_borrow_mut(|host| {
        let Some(host) = host else { return say("failed the guests are not loaded".into()) };
        host.waits.sort_unstable();
        let at = |part: usize| host.waits.get(host.waits.len() * part / 100).copied().unwrap_or_default();
        let longest = host.waits.last().copied().unwrap_or_default();
        say(format!("ok {} {} {longest} {}", at(99), at(50), host.slow.under_way()))
    })
}
