//! ring, ring-dense and ping-pong: tokens that hold a hop count go round.
use crate::Machine;
use peerd::prelude::*;

#[derive(Message)]
enum Step {
    Token(u64),
    Next(Addr<Step>),
}

#[derive(Serialize, Deserialize)]
struct Hop {
    home: Addr<Play>,
    next: Option<Addr<Step>>,
}

impl Actor for Hop {
    const NAME: &'static str = "hop";
    type Args = (Addr<Play>, Option<Addr<Step>>);
    type Message = Step;

    fn init((home, next): Self::Args, _: &mut Context<'_, '_, Hop>) -> Result<Hop, Crash> {
        Ok(Hop { home, next })
    }

    fn handle(&mut self, step: Step, cx: &mut Context<'_, '_, Hop>) -> Result<(), Crash> {
        match (step, self.next) {
            (Step::Token(left @ 1..), Some(next)) => cx.send(next, &Step::Token(left - 1)),
            (Step::Token(_), _) => cx.send(self.home, &Play::Home),
            (Step::Next(next), _) => self.next = Some(next),
        }
        Ok(())
    }
}

#[derive(Message)]
enum Play {
    Begin { tokens: u64, hops: u64 },
    Home,
}

/// Builds the circle, injects the tokens at its first actor, and tells when all are home.
#[derive(Serialize, Deserialize)]
struct Main {
    first: Addr<Step>,
    done: Addr<()>,
    out: u64,
}

impl Actor for Main {
    const NAME: &'static str = "main";
    type Args = (Addr<()>, u64);
    type Message = Play;

    fn init((done, actors): Self::Args, cx: &mut Context<'_, '_, Main>) -> Result<Main, Crash> {
        let home = cx.me();
        let first = cx.spawn::<Hop>(&(home, None));
        let last = (1..actors).fold(first, |next, _| cx.spawn::<Hop>(&(home, Some(next))));
        cx.send(first, &Step::Next(last));
        Ok(Main { first, done, out: 0 })
    }

    fn handle(&mut self, play: Play, cx: &mut Context<'_, '_, Main>) -> Result<(), Crash> {
        match play {
            Play::Begin { tokens, hops } => {
                self.out = tokens;
                for _ in 0..tokens {
                    cx.send(self.first, &Step::Token(hops - 1));
                }
            }
            Play::Home => {
                self.out -= 1;
                if self.out == 0 {
                    cx.send(self.done, &());
                }
            }
        }
        Ok(())
    }
}

/// Nanoseconds a hop.
fn play(machine: Machine, actors: u64, tokens: u64, hops: u64) -> f64 {
    let mut system = System::new(vec![behaviour::<Main>(), machine.kind::<Hop>()]);
    let done = system.probe();
    let main = system.spawn::<Main>(&(done.addr(), actors));
    let begin = Play::Begin { tokens, hops: hops / tokens };
    machine.timed(&mut system, &done, |system| system.send(main, &begin)) / hops as f64
}

/// A round trip is two hops.
pub fn ping_pong(machine: Machine, units: u64) -> Vec<f64> {
    vec![play(machine, 2, 1, units * 2) * 2.0]
}

pub fn ring(machine: Machine, units: u64) -> Vec<f64> {
    vec![play(machine, 1_000, 1, units)]
}

pub fn ring_100(machine: Machine, units: u64) -> Vec<f64> {
    vec![play(machine, 1_000, 100, units)]
}

pub fn ring_1000(machine: Machine, units: u64) -> Vec<f64> {
    vec![play(machine, 1_000, 1_000, units)]
}
