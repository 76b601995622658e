//! fan-in: a hundred senders to one counter, which gives a sender a credit after each 500 messages.
use crate::{
    World,
    words::{first, from, number, to},
};
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, SpawnOptions};

const SENDERS: u64 = 100;
const CREDIT: u64 = 500;

struct Main;
struct Counter;
struct Sender;

impl Behaviour for Main {
    fn name(&self) -> &'static str {
        "main"
    }
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let units = number(args);
        let me = cx.me();
        let counter = cx.spawn(SpawnOptions::new("counter", &units.to_le_bytes()).refs(&[me]));
        let share = (units / SENDERS).to_le_bytes();
        let senders: Vec<Ref> = (0..SENDERS).map(|_| cx.spawn(SpawnOptions::new("sender", &share).refs(&[counter]))).collect();
        cx.become_state(&to(&(cx.refs()[0], senders)));
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        if body == b"go" {
            let (_, senders): (Ref, Vec<Ref>) = from(cx.state());
            for sender in senders {
                cx.send(sender, b"go");
            }
        } else {
            let port = first(cx.state());
            cx.send(port, body);
        }
        Ok(())
    }
}

impl Behaviour for Sender {
    fn name(&self) -> &'static str {
        "sender"
    }
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&to(&(cx.refs()[0], number(args))));
        Ok(())
    }
    fn turn(&mut self, _: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (counter, mut left): (Ref, u64) = from(cx.state());
        for n in (1..=CREDIT.min(left)).rev() {
            left -= 1;
            if n == 1 {
                let me = cx.me();
                cx.send_with(counter, &left.to_le_bytes(), &[me]);
            } else {
                cx.send(counter, &left.to_le_bytes());
            }
        }
        cx.become_state(&to(&(counter, left)));
        Ok(())
    }
}

impl Behaviour for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&to(&(cx.refs()[0], number(args), 0u64)));
        Ok(())
    }
    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { refs, .. } = event else { return Ok(()) };
        let (main, units, mut handled): (Ref, u64, u64) = from(cx.state());
        handled += 1;
        if let [sender] = refs {
            cx.send(*sender, b"credit");
        }
        if handled == units {
            cx.send(main, &handled.to_le_bytes());
        }
        cx.become_state(&to(&(main, units, handled)));
        Ok(())
    }
}

pub fn fan_in(units: u64) -> World {
    let units = units.next_multiple_of(SENDERS);
    World::new(vec![Box::new(Main), Box::new(Counter), Box::new(Sender)], units)
}
