//! 3. Two of these play a ball to each other, so many times, and the one that has it then says so.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
pub enum Play {
    /// The other one.
    Against(Addr<Play>),
    Ball(u64),
}

#[derive(Message)]
pub struct Player {
    other: Option<Addr<Play>>,
    /// Who is told.
    judge: Addr<u64>,
    hits: u64,
}

#[actor]
impl Actor for Player {
    const NAME: &'static str = "player";
    type Args = Addr<u64>;
    type Message = Play;

    fn init(judge: Addr<u64>, _: &mut Context<'_, Player>) -> Result<Player, Crash> {
        Ok(Player { other: None, judge, hits: 0 })
    }

    fn handle(&mut self, message: Play, cx: &mut Context<'_, Player>) -> Result<(), Crash> {
        match message {
            Play::Against(other) => self.other = Some(other),
            Play::Ball(left) => {
                self.hits += 1;
                match self.other {
                    Some(other) if left > 0 => cx.send(other, &Play::Ball(left - 1)),
                    _ => cx.send(self.judge, &self.hits),
                }
            }
        }
        Ok(())
    }
}
