//! 1. A counter: the smallest guest. It crashes when it is told to, and its supervisor starts it again.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
pub enum Count {
    Add(u64),
    Get(Reply<u64>),
    Crash,
}

#[derive(Message)]
pub struct Counter {
    total: u64,
}

#[actor]
impl Actor for Counter {
    const NAME: &'static str = "counter";
    type Args = u64;
    type Message = Count;

    fn init(total: u64, _: &mut Context<'_, Counter>) -> Result<Counter, Crash> {
        Ok(Counter { total })
    }

    fn handle(&mut self, message: Count, cx: &mut Context<'_, Counter>) -> Result<(), Crash> {
        match message {
            Count::Add(more) => self.total += more,
            Count::Get(reply) => cx.reply(reply, &self.total),
            Count::Crash => return Err(Crash::new("told", "to crash")),
        }
        Ok(())
    }
}
