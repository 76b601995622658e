//! spawn-exit: each actor spawns the next and ends. spawn-exit-linked: a parent spawns a thousand at a time, linked and monitored.
use crate::{
    World,
    words::{first, from, number, to},
};
use peerd_vat::{Behaviour, Crash, Cx, Event, Reason, Ref, SpawnOptions};

struct Main;
struct Link;

impl Behaviour for Main {
    fn name(&self) -> &'static str {
        "main"
    }
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&to(&(cx.refs()[0], number(args))));
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        let (port, units): (Ref, u64) = from(cx.state());
        if body == b"go" {
            let me = cx.me();
            let child = cx.spawn(SpawnOptions::new("link", &[]).refs(&[me]));
            cx.send(child, &(units - 1).to_le_bytes());
        } else {
            cx.send(port, &units.to_le_bytes());
        }
        Ok(())
    }
}

impl Behaviour for Link {
    fn name(&self) -> &'static str {
        "link"
    }
    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&to(&cx.refs()[0]));
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        let main = first(cx.state());
        match number(body) {
            0 => cx.send(main, b"done"),
            left => {
                let child = cx.spawn(SpawnOptions::new("link", &[]).refs(&[main]));
                cx.send(child, &(left - 1).to_le_bytes());
            }
        }
        cx.stop(Reason::Normal);
        Ok(())
    }
}

pub fn spawn_exit(units: u64) -> World {
    World::new(vec![Box::new(Main), Box::new(Link)], units)
}

struct Parent;
struct Child;
const BATCH: u64 = 1_000;

impl Parent {
    fn batch(cx: &mut Cx<'_>) {
        for _ in 0..BATCH {
            let child = cx.spawn(SpawnOptions::new("child", &[0; 8]).linked().monitored());
            cx.send(child, b"end");
        }
    }
}

impl Behaviour for Parent {
    fn name(&self) -> &'static str {
        "main"
    }
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&to(&(cx.refs()[0], number(args), 0u64)));
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (port, units, mut ended): (Ref, u64, u64) = from(cx.state());
        match event {
            Event::User { .. } => Self::batch(cx),
            Event::Down { .. } => {
                ended += 1;
                if ended == units {
                    cx.send(port, &units.to_le_bytes());
                } else if ended.is_multiple_of(BATCH) {
                    Self::batch(cx);
                }
                cx.become_state(&to(&(port, units, ended)));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Behaviour for Child {
    fn name(&self) -> &'static str {
        "child"
    }
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(args);
        Ok(())
    }
    fn turn(&mut self, _: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.stop(Reason::Normal);
        Ok(())
    }
}

pub fn spawn_exit_linked(units: u64) -> World {
    let units = units.next_multiple_of(BATCH);
    World::new(vec![Box::new(Parent), Box::new(Child)], units)
}
