//! Who waits with 200 bytes of state: `bench-ours`' `Being`.
#![no_std]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
struct Being {
    words: [u64; 25],
}

#[actor]
impl Actor for Being {
    const NAME: &'static str = "being";
    const STATE_MAX: usize = 256;
    const MESSAGE_MAX: usize = 256;
    type Args = u64;
    type Message = u64;

    fn init(word: u64, _: &mut Context<'_, Being>) -> Result<Being, Crash> {
        Ok(Being { words: [word; 25] })
    }

    fn handle(&mut self, word: u64, _: &mut Context<'_, Being>) -> Result<(), Crash> {
        self.words[0] = word;
        Ok(())
    }
}
