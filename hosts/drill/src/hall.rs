//! Many small durable actors under the keys of a namespace: made, put out of memory, and asked in no order.
//!
//! ```text
//! Chore ─▶ hall ─ get ─▶ namespace ─ ref ─▶ hall ─ call ─▶ sleeper: one more, 200 bytes of state ─▶ hall ─ Done ─▶ the door
//! ```
use peerd::prelude::*;
use peerd_otp::namespace::{self, Spec};
use peerd_vat::{Behaviour, CALL_MS, CallId, Cx, Durability, Event, Ref};
use std::collections::BTreeMap;

pub const HALL: &str = "hall";
const SLEEPER: &str = "sleeper";
/// Bytes of a state.
const STATE: usize = 200;
/// Has no divisor in common with a number of sleepers that is no multiple of it: each is met once.
const STRIDE: u64 = 982_451_653;

#[derive(Message)]
pub enum Chore {
    /// These are made, by being asked for.
    Make { from: u64, count: u64 },
    /// So many of all, each once if they are fewer, in an order that nothing follows from. `before`: how often each has been asked.
    Ask { from: u64, count: u64, of: u64, before: u64 },
}

/// Of a chore, when all that it changed is durable.
#[derive(Default, Message)]
pub struct Done {
    pub count: u64,
    /// One of them was not as it was left.
    pub is_broken: bool,
}

/// Its own state is of this life only.
#[derive(Default)]
struct Hall {
    door: Option<Ref>,
    names: Option<Ref>,
    /// Whether who is found is asked, and how often it has been.
    asks: Option<u64>,
    asked: BTreeMap<CallId, ()>,
    left: u64,
    done: Done,
}

impl Hall {
    fn begin(&mut self, chore: &Chore, cx: &mut Cx<'_>) {
        let names = self.names.expect("spawned at init");
        let (from, count) = match *chore {
            Chore::Make { from, count } | Chore::Ask { from, count, .. } => (from, count),
        };
        (self.left, self.done) = (count, Done::default());
        for n in from..from + count {
            let number = match *chore {
                Chore::Make { .. } => n,
                Chore::Ask { of, .. } => n.wrapping_mul(STRIDE) % of,
            };
            namespace::get(names, &format!("sleeper {number}"), cx);
        }
        self.asks = if let Chore::Ask { before, .. } = *chore { Some(before) } else { None };
    }

    fn one_less(&mut self, is_well: bool, cx: &mut Cx<'_>) {
        self.left -= 1;
        self.done.count += 1;
        self.done.is_broken |= !is_well;
        if self.left == 0 {
            let (body, _) = peerd::encode(&self.done);
            cx.send(self.door.expect("given at init"), &body);
        }
    }
}

impl Behaviour for Hall {
    fn name(&self) -> &'static str {
        HALL
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.door = cx.refs().first().copied();
        self.names = Some(namespace::spawn(cx, "sleepers", &Spec::new(SLEEPER).durability(Durability::Durable), &[]));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, .. } => {
                if let Some(chore) = peerd::Reader::new(body, &[], None).read() {
                    self.begin(&chore, cx);
                }
            }
            Event::Reply { call, result } if self.asked.remove(&call).is_some() => {
                let count = result.ok().and_then(|answer| answer.body.first_chunk().copied()).map(u64::from_le_bytes);
                self.one_less(count == self.asks.map(|before| before + 1), cx);
            }
            Event::Reply { result, .. } => match (namespace::found(result), self.asks) {
                (Ok(sleeper), Some(_)) => drop(self.asked.insert(cx.call(sleeper, b"", &[], CALL_MS), ())),
                (found, _) => self.one_less(found.is_ok(), cx),
            },
            _ => {}
        }
        Ok(())
    }
}

/// Counts who asks.
struct Sleeper;

impl Behaviour for Sleeper {
    fn name(&self) -> &'static str {
        SLEEPER
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&[0; STATE]);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { reply: Some(reply), .. } = event {
            let mut state = [0; STATE];
            state.copy_from_slice(cx.state());
            let (count, _) = state.split_first_chunk_mut().expect("it is longer");
            *count = (u64::from_le_bytes(*count) + 1).to_le_bytes();
            cx.reply(reply, &count.clone(), &[]);
            cx.become_state(&state);
        }
        Ok(())
    }
}

#[must_use]
pub fn behaviours() -> Vec<Box<dyn Behaviour>> {
    vec![Box::new(Hall::default()), Box::new(Sleeper), namespace::behaviour()]
}
