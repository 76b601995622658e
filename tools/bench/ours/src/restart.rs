//! restart: one child of a real supervisor, told to crash, until its new incarnation answers.
use crate::{
    Machine, World,
    words::{from, number, to},
};
use peerd_otp::supervisor::{ChildSpec, SupervisorSpec, behaviour, spawn};
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, Time};

/// Restarts under one supervisor, so that few are in its window.
const FEW: u64 = 100;

struct Main;
struct Frail;

impl Behaviour for Main {
    fn name(&self) -> &'static str {
        "main"
    }
    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let spec = SupervisorSpec {
            intensity: 10_000,
            period_ms: 3_600_000,
            children: vec![ChildSpec::new("child", "frail", vec![])],
            announce: Some(0),
            ..SupervisorSpec::default()
        };
        let me = cx.me();
        spawn(cx, "supervisor", &spec, &[me]);
        let port = cx.refs()[0];
        cx.become_state(&to(&(port, port, 0u64, 0u64)));
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (port, mut child, mut asked, mut left): (Ref, Ref, u64, u64) = from(cx.state());
        match event {
            Event::User { refs: [announced], .. } => child = *announced,
            Event::User { body, .. } => {
                asked = number(body);
                left = asked;
                crash(child, cx);
            }
            Event::Reply { result, .. } => {
                result.map_err(|settle| Crash::new("reply", format!("{settle:?}")))?;
                left -= 1;
                if left > 0 {
                    crash(child, cx);
                } else {
                    cx.send(port, &asked.to_le_bytes());
                }
            }
            _ => return Ok(()),
        }
        cx.become_state(&to(&(port, child, asked, left)));
        Ok(())
    }
}

fn crash(child: Ref, cx: &mut Cx<'_>) {
    cx.send(child, b"crash");
    cx.call(child, b"ping", &[], 5_000);
}

impl Behaviour for Frail {
    fn name(&self) -> &'static str {
        "frail"
    }
    fn init(&mut self, _: &[u8], _: &mut Cx<'_>) -> Result<(), Crash> {
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { reply: Some(reply), .. } => cx.reply(reply, b"pong", &[]),
            _ => return Err(Crash::new("told", "to crash")),
        }
        Ok(())
    }
}

fn restarts(machine: Machine, window: u64, units: u64) -> f64 {
    let mut world = World::new(vec![Box::new(Main), Box::new(Frail), behaviour()], 0);
    let mut ns = 0;
    for units in [window, units] {
        if units > 0 {
            let begun = (machine.ns)();
            world.tell(world.main, &units.to_le_bytes());
            world.run(Time(0));
            world.expect(units);
            ns = (machine.ns)() - begun;
        }
    }
    ns as f64
}

pub fn few(machine: Machine, units: u64) -> Vec<f64> {
    let batches = (units / FEW).max(1);
    vec![(0..batches).map(|_| restarts(machine, 0, FEW)).sum::<f64>() / (batches * FEW) as f64]
}

pub fn many(machine: Machine, units: u64) -> Vec<f64> {
    vec![restarts(machine, 5_000, units) / units as f64]
}
