//! 6. A hog: told to, it computes for as long as it is let. Beside it others go on.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
pub enum Work {
    /// So many rounds, and what they come to goes to whoever asked.
    Rounds(u64, Reply<u64>),
    ForEver,
}

#[derive(Message)]
pub struct Hog {
    sum: u64,
}

impl Hog {
    fn round(&mut self) {
        self.sum ^= self.sum << 13;
        self.sum ^= self.sum >> 7;
        self.sum ^= self.sum << 17;
    }
}

#[actor]
impl Actor for Hog {
    const NAME: &'static str = "hog";
    type Args = ();
    type Message = Work;

    fn init((): (), _: &mut Context<'_, Hog>) -> Result<Hog, Crash> {
        Ok(Hog { sum: 0x9E37_79B9_7F4A_7C15 })
    }

    fn handle(&mut self, message: Work, cx: &mut Context<'_, Hog>) -> Result<(), Crash> {
        match message {
            Work::Rounds(count, reply) => {
                (0..count).for_each(|_| self.round());
                cx.reply(reply, &self.sum);
            }
            Work::ForEver => loop {
                self.round();
                if self.sum == 0 {
                    break;
                }
            },
        }
        Ok(())
    }
}
