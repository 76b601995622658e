//! Who waits with 32 bytes of state: `bench-ours`' `Small`.
#![no_std]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
struct Small {
    words: [u64; 4],
}

#[actor]
impl Actor for Small {
    const NAME: &'static str = "small";
    const STATE_MAX: usize = 256;
    const MESSAGE_MAX: usize = 256;
    type Args = u64;
    type Message = u64;

    fn init(word: u64, _: &mut Context<'_, Small>) -> Result<Small, Crash> {
        Ok(Small { words: [word; 4] })
    }

    fn handle(&mut self, word: u64, _: &mut Context<'_, Small>) -> Result<(), Crash> {
        self.words[0] = word;
        Ok(())
    }
}
