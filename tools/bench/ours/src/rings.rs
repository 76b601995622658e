//! ring, ring-dense and ping-pong: tokens that hold a hop count go round.
use crate::{
    World,
    words::{first, from, number, to},
};
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, SpawnOptions};

struct Main {
    actors: u64,
    tokens: u64,
}
struct Hop;

impl Behaviour for Main {
    fn name(&self) -> &'static str {
        "main"
    }
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let me = cx.me();
        let first = cx.spawn(SpawnOptions::new("hop", &[]).refs(&[me]));
        let mut next = first;
        for _ in 1..self.actors {
            next = cx.spawn(SpawnOptions::new("hop", &[]).refs(&[next, me]));
        }
        cx.send_with(first, b"next", &[next]);
        cx.become_state(&to(&(cx.refs()[0], first, number(args), 0u64)));
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        let (port, first, units, mut home): (Ref, Ref, u64, u64) = from(cx.state());
        if body == b"go" {
            for _ in 0..self.tokens {
                cx.send(first, &(units / self.tokens - 1).to_le_bytes());
            }
        } else {
            home += 1;
            if home == self.tokens {
                cx.send(port, &units.to_le_bytes());
            }
            cx.become_state(&to(&(port, first, units, home)));
        }
        Ok(())
    }
}

impl Behaviour for Hop {
    fn name(&self) -> &'static str {
        "hop"
    }
    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let [next, main] = cx.refs() {
            cx.become_state(&to(&(*next, *main)));
        } else {
            cx.become_state(&to(&(cx.refs()[0], cx.refs()[0])));
        }
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, refs, .. } = event else { return Ok(()) };
        if let [next] = refs {
            cx.become_state(&to(&(*next, first(&cx.state()[16..]))));
            return Ok(());
        }
        match number(body) {
            0 => cx.send(first(&cx.state()[16..]), b"home"),
            left => cx.send(first(cx.state()), &(left - 1).to_le_bytes()),
        }
        Ok(())
    }
}

fn rounds(actors: u64, tokens: u64, units: u64) -> World {
    let units = units.next_multiple_of(tokens);
    World::new(vec![Box::new(Main { actors, tokens }), Box::new(Hop)], units)
}

pub fn ping_pong(units: u64) -> World {
    rounds(2, 1, units * 2)
}

pub fn ring(units: u64) -> World {
    rounds(1_000, 1, units)
}

pub fn ring_100(units: u64) -> World {
    rounds(1_000, 100, units)
}

pub fn ring_1000(units: u64) -> World {
    rounds(1_000, 1_000, units)
}
