//! 2. The counter's next version: it knows how many lives it has had, and takes over what the first one counted.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
pub enum Count {
    Add(u64),
    Get(Reply<u64>),
    Crash,
    Lives(Reply<u64>),
}

#[derive(Message)]
pub struct Counter {
    total: u64,
    lives: u64,
}

#[actor]
impl Actor for Counter {
    const NAME: &'static str = "counter";
    type Args = u64;
    type Message = Count;

    fn init(total: u64, _: &mut Context<'_, Counter>) -> Result<Counter, Crash> {
        Ok(Counter { total, lives: 1 })
    }

    fn handle(&mut self, message: Count, cx: &mut Context<'_, Counter>) -> Result<(), Crash> {
        match message {
            Count::Add(more) => self.total += more,
            Count::Get(reply) => cx.reply(reply, &self.total),
            Count::Lives(reply) => cx.reply(reply, &self.lives),
            Count::Crash => return Err(Crash::new("told", "to crash")),
        }
        Ok(())
    }

    fn recovered(&mut self, _: &mut Context<'_, Counter>) -> Result<(), Crash> {
        self.lives += 1;
        Ok(())
    }

    /// The first version's state is its total.
    fn migrate(old: Old<'_>, _: &mut Context<'_, Counter>) -> Result<Counter, Crash> {
        match old.read::<u64>() {
            Some(total) if old.version == 1 => Ok(Counter { total, lives: 1 }),
            _ => Err(Crash::new("no_migration", "no state of a counter")),
        }
    }
}
